/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the probes make the events of tracepoints.h: for each event a function mhp_emit_<event>() with the arguments of
 * its TP_PROTO(), which fills the record by the event's own TP_fast_assign().
 */
#ifndef MHP_PROBE_EMIT_H
#define MHP_PROBE_EMIT_H

#include "mhp_store.h"
#include "mhp_probe_has.h"
#include "mhp_probe_page.h"

/* enum mhp_probe_has of the probes that are attached; set before mhp_open */
u32 mhp_probe_has;
/* The kernel was booted with memory_hotplug.memmap_on_memory off; set before loading */
const volatile u32 mhp_hosting_off = 0;

MHP_KERNEL u64 mhp_arg(void *ctx, u32 n)
{
	u64 value = 0;

	bpf_get_func_arg(ctx, n, &value);
	return value;
}

MHP_KERNEL u64 mhp_ret(void *ctx)
{
	u64 value = 0;

	bpf_get_func_ret(ctx, &value);
	return value;
}

MHP_KERNEL u32 mhp_tid(void)
{
	return bpf_get_current_pid_tgid();
}

MHP_KERNEL int mhp_has(u32 bit)
{
	return mhp_probe_has & bit;
}

u32 mhp_op_tid; /* of the operation in progress, 0: none */
u32 mhp_op_missed; /* an event of it that may be missing, see mhp_probe_replaced.h */
/* What is known of an operation until its end. Probes are attached one by one, so one may begin before its events count. */
enum mhp_op_opened {
	MHP_OP_OPEN = 1,
	MHP_OP_STORED = 2, /* its begin was stored, so its end has to be */
};

/* For bpf_missed_count() in user space */
u64 mhp_ops_seen; /* begins of operations, and calls of the memory notifier */
u32 mhp_ops_open; /* operations that have not ended */

MHP_KERNEL void mhp_op_seen(void)
{
	__sync_fetch_and_add(&mhp_ops_seen, 1);
}

/* An operation begins. If the one before has no end, that event is lost. */
MHP_KERNEL void mhp_probe_begin(u32 *opened, u32 end_event)
{
	u32 stored = *(volatile u32 *)&mhp_open ? MHP_OP_STORED : 0;

	if (*opened & MHP_OP_STORED)
		mhp_store_missed(end_event);
	if (!*opened)
		__sync_fetch_and_add(&mhp_ops_open, 1);
	mhp_op_seen();
	*opened = MHP_OP_OPEN | stored;
	mhp_op_tid = mhp_tid();
	mhp_op_missed = 0;
}

/* It ends. What may be missing of it may have come after the last loss that was counted. */
MHP_KERNEL void mhp_probe_end(u32 *opened)
{
	if (mhp_op_missed)
		mhp_store_missed(mhp_op_missed);
	if (*opened)
		__sync_fetch_and_add(&mhp_ops_open, -1);
	*opened = 0;
	mhp_op_tid = 0;
	mhp_op_missed = 0;
}

#include "mhp_read.h"
#undef TP_PROTO
#undef TP_ARGS
#undef TP_fast_assign
#define TP_PROTO(...) __VA_ARGS__
#define TP_ARGS(...) __VA_ARGS__
#define TP_fast_assign(...) __VA_ARGS__
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(class, proto, args, fields, assign, print) \
	static __always_inline                                         \
		__attribute__((unused)) void mhp_assign_##class(       \
			struct mhp_##class * __entry, MHP_ONE(proto))  \
	{                                                              \
		assign                                                 \
	}
/*
 * mhp_emit_<event>_record() stores a record whose payload is filled. It is not static, so that the verifier checks it once
 * for each probe that makes the event, whatever leads to it; and there is one for each event, so that a probe contains the
 * fold of its own events and of no other.
 */
#undef DEFINE_EVENT
#define DEFINE_EVENT(class, event, proto, args)                               \
	__attribute__((noinline)) int mhp_emit_##event##_record(              \
		struct mhp_record *r)                                         \
	{                                                                     \
		u32 lock;                                                     \
                                                                              \
		if (!r)                                                       \
			return 0;                                             \
		lock = mhp_store_begin();                                     \
		if (*(volatile u32 *)&mhp_open)                               \
			mhp_store_known(r, MHP_EVENT_##event,                 \
					sizeof(r->p.class), r->unknown);      \
		mhp_store_end(lock);                                          \
		return 0;                                                     \
	}                                                                     \
	static __always_inline __attribute__((unused)) void mhp_emit_##event( \
		u32 unknown, MHP_ONE(proto))                                  \
	{                                                                     \
		struct mhp_record r = {                                       \
			.unknown = unknown |                                  \
				   mhp_unknown_pages(MHP_EVENT_##event)       \
		};                                                            \
                                                                              \
		mhp_assign_##class(&r.p.class, args);                         \
		mhp_emit_##event##_record(&r);                                \
	}
#include "../tracepoints.h"

#endif
