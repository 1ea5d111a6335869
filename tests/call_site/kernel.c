// SPDX-License-Identifier: GPL-2.0
/*
 * A vmlinux in miniature: it never runs, but its code tests the keys of some tracepoints like the kernel's code. The
 * lines that the test looks for are marked.
 */
#include "kernel.h"

const char linux_banner[] = "Linux version " RELEASE " (a@b) #1 SMP\n";

#define INLINE static inline __attribute__((always_inline))
TRACE(mhp_notify, 2, long, action)
TRACE(mhp_vmemmap_online, 0, long, vmemmap_pages)
TRACE(mhp_offline_failed, 1, enum mhp_reason, reason)
TRACE(mhp_offline_end, 0, long, ret)
TRACE(mhp_present, 0, enum mhp_cause, cause)
#undef INLINE
#define INLINE static __attribute__((noinline))
TRACE(mhp_managed, 0, long, delta)

__attribute__((noinline)) void sink(long pfn, long field)
{
	asm volatile("" : : "r"(pfn), "r"(field));
}

__attribute__((noinline)) void notify(long action)
{
	if (trace_mhp_notify_enabled())
		sink(1, 1);
	trace_mhp_notify(action, 2); /* here: notify */
}

static inline __attribute__((always_inline)) void helper(long pages)
{
	sink(pages, 0);
	trace_mhp_vmemmap_online(pages, 3); /* here: helped */
}

__attribute__((noinline)) void once_helped(long pages)
{
	helper(pages);
}

__attribute__((noinline)) void ends(long pfn, enum mhp_reason reason)
{
	trace_mhp_offline_failed(pfn, MHP_REASON_HUGETLB);
	sink(pfn, 1);
	trace_mhp_offline_failed(pfn, MHP_REASON_SIGNAL); /* here: none */
	sink(pfn, 2);
	trace_mhp_offline_failed(pfn, reason); /* here: any */
}

__attribute__((noinline)) void many(long pfn, long ret)
{
	trace_mhp_offline_end(pfn, ret); /* here: first */
	sink(pfn, 3);
	trace_mhp_offline_end(pfn + 1, ret); /* here: second */
	sink(pfn, 4);
	trace_mhp_offline_end(pfn + 2, ret); /* here: third */
	sink(pfn, 5);
	trace_mhp_offline_end(pfn + 3, ret);
}

static inline __attribute__((always_inline)) void shared(long pfn)
{
	trace_mhp_present(pfn, MHP_CAUSE_OFFLINE); /* here: shared */
}

__attribute__((noinline)) void first_user(long pfn)
{
	shared(pfn);
}

/* A name as the compiler gives it to a part of a function */
void second_user(long pfn) asm("second_user.part.0");

__attribute__((noinline)) void second_user(long pfn)
{
	shared(pfn + 1);
}

__attribute__((noinline)) void unknown_caller(long pfn)
{
	trace_mhp_managed(pfn, 1);
}

extern char __start___jump_table[], __stop___jump_table[];

void _start(void)
{
	sink(__stop___jump_table - __start___jump_table,
	     trace_mhp_managed_enabled());
	notify(1);
	once_helped(1);
	ends(1, MHP_REASON_SIGNAL);
	many(1, 0);
	first_user(1);
	second_user(1);
	unknown_caller(1);
}
