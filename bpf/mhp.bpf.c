// SPDX-License-Identifier: GPL-2.0
/*
 * The collector: a program for each event of tracepoints.h, made by expanding that header, and the programs of the
 * snapshot (mhp_snapshot.h).
 */
#include "mhp_store.h"
#include <bpf/bpf_core_read.h>
#include "mhp_snapshot.h"

char _license[] SEC("license") = "GPL";

/* The kernel's structure of each class, reduced to its fields. CO-RE finds their offsets. */
#include "mhp_read.h"
#undef __field
#define __field(type, name) type name;
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(class, proto, args, fields, assign, print) \
	struct trace_event_raw_##class {                               \
		fields                                                 \
	} __attribute__((preserve_access_index));
#include "../tracepoints.h"

/* A field that the running kernel does not have is 0. */
#include "mhp_read.h"
#undef __field
#define __field(type, name) \
	payload->name = bpf_core_field_exists(ctx->name) ? ctx->name : 0;
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(class, proto, args, fields, assign, print) \
	static __always_inline void mhp_take_##class(                  \
		struct mhp_##class * payload,                          \
		const struct trace_event_raw_##class *ctx)             \
	{                                                              \
		fields                                                 \
	}
#include "../tracepoints.h"

/*
 * Programs are attached one after the other. Until the last one is attached, and once the first one is detached, they
 * ignore their events; otherwise an add could have a begin and an end but no sections. A program that returns 0 would
 * hide the event from perf.
 */
#include "mhp_read.h"
#undef DEFINE_EVENT
#define DEFINE_EVENT(class, event, proto, args)                 \
	SEC("tp/mhp/" #event)                                   \
	int event(const struct trace_event_raw_##class *ctx)    \
	{                                                       \
		u32 lock = mhp_store_begin();                   \
		struct mhp_record r;                            \
                                                                \
		if (*(volatile u32 *)&mhp_open) {               \
			mhp_take_##class(&r.p.class, ctx);      \
			mhp_store_record(&r, MHP_EVENT_##event, \
					 sizeof(r.p.class));    \
		}                                               \
		mhp_store_end(lock);                            \
		return 1;                                       \
	}
#include "../tracepoints.h"
