/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The record that the collector passes to user space for each event, with types generated from tracepoints.h.
 *
 * Compiled for BPF and for user space. An event class "x" becomes struct mhp_x with the fields of the event; an event
 * "y" becomes MHP_EVENT_y.
 */
#ifndef MHP_EVENT_H
#define MHP_EVENT_H

#include <linux/types.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;

#include "mhp_read.h"
#undef __field
#define __field(type, name) type name;
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(class, proto, args, fields, assign, print) \
	struct mhp_##class {                                           \
		fields                                                 \
	};
#include "mhp_all_events.h"

/* The fields of each class in order, one byte each: the offset of a field is its number. */
#include "mhp_read.h"
#undef __field
#define __field(type, name) char name;
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(class, proto, args, fields, assign, print) \
	struct mhp_fields_##class {                                    \
		fields                                                 \
	};
#include "mhp_all_events.h"

/* The bit of a field in the unknown fields of a record */
#define MHP_FIELD(class, field) \
	(1U << __builtin_offsetof(struct mhp_fields_##class, field))

/*
 * Numbers the events, from 1, in the order of their definition. An enum cannot do that directly, because the header
 * contains semicolons between the events.
 */
#include "mhp_read.h"
#undef DEFINE_EVENT
#define DEFINE_EVENT(class, name, proto, args) char name;
struct mhp_event_order {
	char unset;
#include "mhp_all_events.h"
};
#define MHP_NR_EVENTS ((int)sizeof(struct mhp_event_order))

#include "mhp_read.h"
#undef DEFINE_EVENT
#define DEFINE_EVENT(class, name, proto, args)                           \
	enum {                                                           \
		MHP_EVENT_##name =                                       \
			__builtin_offsetof(struct mhp_event_order, name) \
	};
#include "mhp_all_events.h"

#include "mhp_read.h"
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(class, proto, args, fields, assign, print) \
	struct mhp_##class class;
union mhp_payload {
#include "mhp_all_events.h"
};

#define MHP_COMM_LEN 16

/*
 * seq numbers all events since the collector was attached, from 1, including those that found no room in the ring
 * buffer: a gap is a loss. time_ns is CLOCK_MONOTONIC. pid is the thread's id. size is that of the payload in use, in
 * bytes. schema is that of an old recording, 0 if the record has the current form. Before schema 3, the end events of
 * online and offline had the reason of a failure: reason is that enum mhp_reason, 0 if there is none. unknown has a bit,
 * MHP_FIELD(), for each field that the source could not report; the field itself is 0.
 */
struct mhp_record {
	u64 seq;
	u64 time_ns;
	u32 cpu;
	u32 pid;
	u16 event;
	u16 size;
	u32 unknown : 24;
	u32 schema : 3;
	u32 reason : 5;
	char comm[MHP_COMM_LEN];
	union mhp_payload p;
};

/* The bit in unknown of the reason of such an end event, which is no field of it */
#define MHP_OLD_REASON (1U << 23)

/* Whether the kernel was one in which the memmap of a range belongs to the blocks in which it lies: see docs/range.md. */
#define MHP_FIRST_DESIGN_SCHEMA 2
static inline int mhp_is_first_design(const struct mhp_record *r)
{
	return r->schema && r->schema <= MHP_FIRST_DESIGN_SCHEMA;
}

/* Bytes before the payload */
#define MHP_RECORD_HEADER __builtin_offsetof(struct mhp_record, p)

#endif
