/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which function of the memory notifier refused. The tracepoint notifier_run (Linux 6.4) has the function that the kernel is
 * about to call, of whatever notifier. A refusal ends the calls, so the last function that the thread called is the one that
 * refused.
 */
#ifndef MHP_REFUSED_H
#define MHP_REFUSED_H

#include "mhp_probe_emit.h"
#include "mhp_probe_state.h"

#define MHP_NOTIFIERS_MAX 64
#define MHP_ASKED 16 /* threads whose last call is kept; a power of two */

struct mhp_probe_asked mhp_asked[MHP_ASKED]; /* by thread */
u64 mhp_text; /* address of _stext, 0 if not found */

struct mhp_asking {
	u64 at; /* the struct notifier_block that comes next */
	u64 call;
	u32 found;
	u32 unused;
};

MHP_KERNEL struct mhp_probe_asked *mhp_asked_by(u32 tid)
{
	return &mhp_asked[tid & (MHP_ASKED - 1)];
}

/* Every notifier runs this each time, so it only keeps what it is given. */
SEC("raw_tracepoint/notifier_run")
int mhp_ask(const u64 *args)
{
	u32 tid = mhp_tid();
	struct mhp_probe_asked *asked = mhp_asked_by(tid);

	asked->call = args[0];
	asked->tid = tid;
	return 0;
}

static long mhp_asking_step(u32 i __attribute__((unused)),
			    struct mhp_asking *asking)
{
	if (!asking->at)
		return 1;
	asking->found = MHP_KERNEL_FIELD(asking->at, struct notifier_block,
					 notifier_call) == asking->call;
	asking->at = MHP_KERNEL_FIELD(asking->at, struct notifier_block, next);
	return asking->found;
}

/*
 * The function that this thread called last, if the memory notifier has it; otherwise 0: the function that refused called
 * another notifier, or another thread has taken its place.
 */
MHP_KERNEL u64 mhp_asked_last(void)
{
	struct mhp_probe_asked *asked = mhp_asked_by(mhp_tid());
	struct mhp_asking asking = { .call = asked->call };

	if (asked->tid != mhp_tid() || !mhp_memory_chain || !mhp_text)
		return 0;
	asking.at = MHP_KERNEL_FIELD(mhp_memory_chain,
				     struct blocking_notifier_head, head);
	bpf_loop(MHP_NOTIFIERS_MAX, mhp_asking_step, &asking, 0);
	return asking.found ? asking.call : 0;
}

MHP_KERNEL void mhp_refused_find(void)
{
	u64 at = 0;

	if (!mhp_kernel_symbol("_stext", &at))
		mhp_text = at;
}

/* Not static, so that the verifier checks it once. */
__attribute__((noinline)) int mhp_refused_emit(u64 start_pfn, u64 nr_pages,
					       u32 action)
{
	u64 call = mhp_asked_last();
	struct mhp_record r;
	u32 lock;

	if (!call)
		return 0;
	lock = mhp_store_begin();
	if (*(volatile u32 *)&mhp_open) {
		((u64 *)(&r.p.mhp_refused + 1))[-1] = 0;
		r.p.mhp_refused.start_pfn = start_pfn;
		r.p.mhp_refused.nr_pages = nr_pages;
		r.p.mhp_refused.call = call - mhp_text;
		r.p.mhp_refused.step = __mhp_step(action);
		mhp_store_record(&r, MHP_EVENT_mhp_refused,
				 sizeof(r.p.mhp_refused));
	}
	mhp_store_end(lock);
	return 0;
}

/* After the program that stores this event, as it is attached later */
SEC("raw_tracepoint/mhp_notify")
int mhp_refuse(const u64 *args)
{
	if (args[3])
		mhp_refused_emit(args[0], args[1], args[2]);
	return 0;
}

#endif
