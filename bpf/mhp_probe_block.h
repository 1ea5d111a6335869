/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Probes of memory blocks that go online or offline: begin and end, the memory notifier, and the zones' counts.
 *
 * The kernel holds the device hotplug lock, so there is one such operation at a time. Functions that others call as well
 * count only in its thread.
 */
#ifndef MHP_PROBE_BLOCK_H
#define MHP_PROBE_BLOCK_H

#include "mhp_probe_range.h"
#include "mhp_refused.h"

#define MHP_EINTR 4
#define MHP_EBUSY 16
#define MHP_EHWPOISON 133

#define MHP_NO_PAGE (~0ULL) /* behind all pages */

enum mhp_probe_kind { MHP_PROBE_NONE, MHP_PROBE_ONLINE, MHP_PROBE_OFFLINE };

struct mhp_probe_block mhp_block_op; /* in progress */
struct mhp_probe_driver mhp_driver;

MHP_KERNEL int mhp_block_is(u32 kind)
{
	return mhp_block_op.tid == mhp_tid() && mhp_block_op.kind == kind;
}

MHP_KERNEL u64 mhp_block_pages(void)
{
	return 1ULL << mhp_block_shift;
}

MHP_KERNEL void mhp_block_enter(u64 dev, u32 kind)
{
	u64 at = dev - bpf_core_field_offset(struct memory_block, dev);

	mhp_probe_begin(&mhp_block_op.opened,
			mhp_block_op.kind == MHP_PROBE_ONLINE ?
				MHP_EVENT_mhp_online_end :
				MHP_EVENT_mhp_offline_end);
	mhp_block_op.at = at;
	mhp_block_op.start_pfn =
		MHP_KERNEL_FIELD(at, struct memory_block, dev.id)
		<< mhp_block_shift;
	mhp_block_op.vmemmap_pages = mhp_probe_vmemmap_pages(at);
	mhp_block_op.zone = 0;
	mhp_block_op.managed = 0;
	mhp_block_op.veto = 0;
	mhp_block_op.nid = MHP_KERNEL_FIELD(at, struct memory_block, nid);
	mhp_block_op.begun = 0;
	mhp_block_op.counted = 0;
	mhp_block_op.notifying = 0;
	mhp_block_op.failed = 0;
	mhp_block_op.no_isolation = 0;
	mhp_block_op.ram = 0;
	mhp_block_op.no_dissolve = 0;
	mhp_block_op.pass = 0;
	mhp_block_op.reported = 0;
	mhp_block_op.isolated = MHP_NO_PAGE;
	mhp_block_op.emptied = 0;
	mhp_block_op.kind = kind;
	mhp_block_op.tid = mhp_tid();
}

/* -- online ----------------------------------------------------------------- */

MHP_KERNEL void mhp_online_begin_emit(u32 unknown)
{
	mhp_block_op.begun = 1;
	mhp_emit_mhp_online_begin(unknown, mhp_block_op.start_pfn,
				  mhp_block_pages(), mhp_block_op.vmemmap_pages,
				  mhp_block_op.nid, (void *)mhp_block_op.zone);
}

SEC("fentry/memory_subsys_online")
int mhp_enter_online(void *ctx)
{
	mhp_add_online();
	mhp_block_enter(mhp_arg(ctx, 0), MHP_PROBE_ONLINE);
	if (!mhp_has(MHP_HAS_ZONE) &&
	    mhp_kernel_state_of(mhp_block_op.at) == MHP_STATE_OFFLINE)
		mhp_online_begin_emit(MHP_FIELD(mhp_block_begin, zone));
	return 0;
}

/* The last step before anything happens */
SEC("fexit/zone_for_pfn_range")
int mhp_exit_zone(void *ctx)
{
	if (!mhp_block_is(MHP_PROBE_ONLINE) || mhp_block_op.begun)
		return 0;
	mhp_block_op.zone = mhp_ret(ctx);
	mhp_online_begin_emit(0);
	return 0;
}

/* The place of the error reports why; what is left has no other place. */
MHP_KERNEL void mhp_online_failed_emit(u64 pfn, u64 nr_pages, u32 reason,
				       s64 ret)
{
	if (mhp_block_op.failed)
		return;
	mhp_block_op.failed = 1;
	mhp_emit_mhp_online_failed(reason ? 0 : MHP_FIELD(mhp_failed, reason),
				   pfn, nr_pages, reason, ret);
}

/* Its notifiers are the only ones that can fail once it has begun. */
SEC("fexit/online_pages")
int mhp_exit_online_pages(void *ctx)
{
	s64 ret = (s32)mhp_ret(ctx);

	if (mhp_block_is(MHP_PROBE_ONLINE) && ret)
		mhp_online_failed_emit(
			mhp_arg(ctx, 0), mhp_arg(ctx, 1),
			mhp_block_op.veto ? MHP_REASON_NOTIFIER : 0, ret);
	return 0;
}

SEC("fexit/memory_subsys_online")
int mhp_exit_online(void *ctx)
{
	s64 ret = (s32)mhp_ret(ctx);

	if (!mhp_block_is(MHP_PROBE_ONLINE))
		return 0;
	if (!mhp_block_op.begun && ret == -MHP_EHWPOISON)
		mhp_online_begin_emit(MHP_FIELD(mhp_block_begin, zone));
	if (mhp_block_op.begun) {
		if (ret)
			mhp_online_failed_emit(
				mhp_block_op.start_pfn, mhp_block_pages(),
				ret == -MHP_EHWPOISON ? MHP_REASON_HWPOISON : 0,
				ret);
		if (!ret && !mhp_block_op.zone)
			mhp_block_op.zone = MHP_KERNEL_FIELD(
				mhp_block_op.at, struct memory_block, zone);
		mhp_emit_mhp_online_end(
			mhp_block_op.zone ? 0 : MHP_FIELD(mhp_block_end, zone),
			mhp_block_op.start_pfn, mhp_block_pages(),
			mhp_block_op.vmemmap_pages, mhp_block_op.nid,
			(void *)mhp_block_op.zone, ret);
	}
	mhp_block_op.tid = 0;
	mhp_probe_end(&mhp_block_op.opened);
	return 0;
}

SEC("fexit/mhp_init_memmap_on_memory")
int mhp_exit_init(void *ctx)
{
	if ((s32)mhp_ret(ctx)) {
		if (mhp_block_is(MHP_PROBE_ONLINE))
			mhp_online_failed_emit(mhp_arg(ctx, 0), mhp_arg(ctx, 1),
					       MHP_REASON_MEMMAP,
					       (s32)mhp_ret(ctx));
		return 0;
	}
	mhp_emit_mhp_vmemmap_online(0, mhp_arg(ctx, 0), mhp_arg(ctx, 1),
				    (void *)mhp_arg(ctx, 2));
	return 0;
}

SEC("fexit/mhp_deinit_memmap_on_memory")
int mhp_exit_deinit(void *ctx)
{
	int known = mhp_block_op.tid == mhp_tid() && mhp_block_op.zone;

	mhp_emit_mhp_vmemmap_offline(
		known ? 0 :
			MHP_FIELD(mhp_vmemmap_zone, zone) |
				MHP_FIELD(mhp_vmemmap_zone, nid),
		mhp_arg(ctx, 0), mhp_arg(ctx, 1),
		known ? (void *)mhp_block_op.zone : (void *)0);
	return 0;
}

/* -- offline ---------------------------------------------------------------- */

SEC("fentry/memory_subsys_offline")
int mhp_enter_offline(void *ctx)
{
	mhp_block_enter(mhp_arg(ctx, 0), MHP_PROBE_OFFLINE);
	if (mhp_kernel_state_of(mhp_block_op.at) != MHP_STATE_ONLINE)
		return 0;
	mhp_block_op.zone =
		MHP_KERNEL_FIELD(mhp_block_op.at, struct memory_block, zone);
	mhp_block_op.begun = 1;
	mhp_emit_mhp_offline_begin(0, mhp_block_op.start_pfn, mhp_block_pages(),
				   mhp_block_op.vmemmap_pages, mhp_block_op.nid,
				   (void *)mhp_block_op.zone);
	return 0;
}

/* The pages that an offline asks for */
MHP_KERNEL u64 mhp_block_usable(void)
{
	return mhp_block_pages() - mhp_block_op.vmemmap_pages;
}

/* What failed follows from what was called, and returned an error. 0: unknown */
MHP_KERNEL u32 mhp_offline_reason(s64 ret)
{
	if (mhp_block_op.veto)
		return MHP_REASON_NOTIFIER;
	if (ret == -MHP_EINVAL && mhp_has(MHP_HAS_HOLES) &&
	    mhp_block_op.ram != mhp_block_usable())
		return MHP_REASON_HOLES;
	if (mhp_block_op.no_isolation)
		return MHP_REASON_ISOLATION;
	if (!mhp_has(MHP_HAS_ISOLATION) || !mhp_has(MHP_HAS_NOTIFIER))
		return 0;
	if (ret == -MHP_EINTR)
		return MHP_REASON_SIGNAL;
	if (ret == -MHP_EINVAL)
		return mhp_has(MHP_HAS_HOLES) ? MHP_REASON_MULTIZONE : 0;
	if (mhp_block_op.no_dissolve)
		return MHP_REASON_HUGETLB;
	return mhp_has(MHP_HAS_DISSOLVE) ? MHP_REASON_UNMOVABLE : 0;
}

MHP_KERNEL void mhp_offline_failed_emit(u64 pfn, u64 nr_pages, u32 reason,
					s64 ret)
{
	if (mhp_block_op.failed)
		return;
	mhp_block_op.failed = 1;
	mhp_emit_mhp_offline_failed(reason ? 0 : MHP_FIELD(mhp_failed, reason),
				    pfn, nr_pages, reason, ret);
}

SEC("fexit/offline_pages")
int mhp_exit_offline_pages(void *ctx)
{
	s64 ret = (s32)mhp_ret(ctx);

	if (mhp_block_is(MHP_PROBE_OFFLINE) && ret)
		mhp_offline_failed_emit(mhp_arg(ctx, 0), mhp_arg(ctx, 1),
					mhp_offline_reason(ret), ret);
	return 0;
}

SEC("fexit/memory_subsys_offline")
int mhp_exit_offline(void *ctx)
{
	s64 ret = (s32)mhp_ret(ctx);

	if (!mhp_block_is(MHP_PROBE_OFFLINE))
		return 0;
	if (mhp_block_op.begun) {
		if (ret)
			mhp_offline_failed_emit(
				mhp_block_op.start_pfn, mhp_block_pages(),
				mhp_block_op.zone ? mhp_offline_reason(ret) :
						    MHP_REASON_NO_ZONE,
				ret);
		mhp_emit_mhp_offline_end(0, mhp_block_op.start_pfn,
					 mhp_block_pages(),
					 mhp_block_op.vmemmap_pages,
					 mhp_block_op.nid,
					 (void *)mhp_block_op.zone, ret);
	}
	mhp_block_op.tid = 0;
	mhp_probe_end(&mhp_block_op.opened);
	return 0;
}

/* offline_pages() counts the pages of a block that are RAM with this; nothing else calls it. */
SEC("fentry/count_system_ram_pages_cb")
int mhp_enter_ram(void *ctx)
{
	if (mhp_block_is(MHP_PROBE_OFFLINE))
		mhp_block_op.ram += mhp_arg(ctx, 1);
	return 0;
}

SEC("fexit/start_isolate_page_range")
int mhp_exit_isolate(void *ctx)
{
	if (mhp_block_is(MHP_PROBE_OFFLINE))
		mhp_block_op.no_isolation = (s32)mhp_ret(ctx) != 0;
	return 0;
}

SEC("fexit/dissolve_free_hugetlb_folios")
int mhp_exit_dissolve(void *ctx)
{
	if (mhp_block_is(MHP_PROBE_OFFLINE))
		mhp_block_op.no_dissolve = (s32)mhp_ret(ctx) != 0;
	return 0;
}

SEC("fexit/dissolve_free_huge_pages")
int mhp_exit_dissolve_pages(void *ctx)
{
	if (mhp_block_is(MHP_PROBE_OFFLINE))
		mhp_block_op.no_dissolve = (s32)mhp_ret(ctx) != 0;
	return 0;
}

/* -- the memory notifier ---------------------------------------------------- */

/* As notifier_to_errno() */
MHP_KERNEL s64 mhp_probe_errno(s32 ret)
{
	ret &= ~0x8000;
	return ret > 1 ? 1 - ret : 0;
}

MHP_KERNEL u64 mhp_zone_managed(u64 zone)
{
	return MHP_KERNEL_FIELD(zone, struct zone, managed_pages);
}

MHP_KERNEL void mhp_notify_enter(void)
{
	if (mhp_block_op.tid == mhp_tid())
		mhp_block_op.notifying = 1;
}

MHP_KERNEL void mhp_notify_exit(u64 action, u64 at, s32 result)
{
	u64 start = MHP_KERNEL_FIELD(at, struct memory_notify, start_pfn);
	u64 nr = MHP_KERNEL_FIELD(at, struct memory_notify, nr_pages);
	s64 ret = mhp_probe_errno(result);

	if (!nr)
		start = MHP_KERNEL_FIELD(at, struct memory_notify,
					 altmap_start_pfn);
	/* The action has 4 bytes where it is an enum. */
	mhp_emit_mhp_notify(0, start, nr, (u32)action, ret);
	if (ret)
		mhp_refused_emit(start, nr, (u32)action);
	if (mhp_block_op.tid != mhp_tid())
		return;
	mhp_block_op.notifying = 0;
	if (ret)
		mhp_block_op.veto = ret;
	if (ret && __mhp_step((u32)action) == MHP_STEP_PREPARE_ONLINE)
		mhp_online_failed_emit(start, nr, MHP_REASON_NOTIFIER, ret);
	if (mhp_block_op.zone)
		mhp_block_op.managed = mhp_zone_managed(mhp_block_op.zone);
}

/*
 * memory_notify() is inlined where it is in the same file as its caller, but what it calls is not. That has other
 * chains as well, so the address of the memory notifier's must be known.
 */
SEC("fentry/blocking_notifier_call_chain")
int mhp_enter_chain(void *ctx)
{
	if (mhp_memory_chain && mhp_arg(ctx, 0) == mhp_memory_chain) {
		mhp_op_seen();
		mhp_notify_enter();
	}
	return 0;
}

SEC("fexit/blocking_notifier_call_chain")
int mhp_exit_chain(void *ctx)
{
	if (mhp_memory_chain && mhp_arg(ctx, 0) == mhp_memory_chain) {
		/* Also of an operation whose begin no probe has seen. */
		mhp_op_seen();
		mhp_notify_exit(mhp_arg(ctx, 1), mhp_arg(ctx, 2), mhp_ret(ctx));
	}
	return 0;
}

SEC("fentry/memory_notify")
int mhp_enter_notify(void *ctx __attribute__((unused)))
{
	if (!mhp_memory_chain)
		mhp_notify_enter();
	return 0;
}

SEC("fexit/memory_notify")
int mhp_exit_notify(void *ctx)
{
	if (!mhp_memory_chain)
		mhp_notify_exit(mhp_arg(ctx, 0), mhp_arg(ctx, 1), mhp_ret(ctx));
	return 0;
}

/* -- counts ----------------------------------------------------------------- */

/*
 * Which pages a change of the present pages is about. Without the address of the memmap, this follows from the order: an
 * online counts the pages of the block first, then those of its memmap; an offline the other way round, and if it fails,
 * only those of the memmap.
 */
MHP_KERNEL u64 mhp_present_pfn(u64 page, s64 delta)
{
	u64 pages = mhp_block_op.start_pfn + mhp_block_op.vmemmap_pages;
	int memmap = mhp_block_op.kind == MHP_PROBE_ONLINE ?
			     mhp_block_op.counted > 0 :
			     delta > 0 || !mhp_block_op.counted;

	if (mhp_vmemmap_base)
		return page_to_pfn((void *)page);
	return memmap && mhp_block_op.vmemmap_pages ? mhp_block_op.start_pfn :
						      pages;
}

/* Pages join the managed ones in pieces of up to 1,024; what they add up to is the event. */
MHP_KERNEL void mhp_managed_online(void)
{
	u64 after;

	if (mhp_block_op.counted || !mhp_block_op.zone ||
	    !mhp_has(MHP_HAS_NOTIFIER))
		return;
	after = mhp_zone_managed(mhp_block_op.zone);
	mhp_emit_mhp_managed(
		0, mhp_block_op.start_pfn + mhp_block_op.vmemmap_pages,
		after - mhp_block_op.managed, after, (void *)mhp_block_op.zone,
		MHP_CAUSE_ONLINE);
}

MHP_KERNEL void mhp_managed_offline(s64 delta)
{
	mhp_emit_mhp_managed(
		0, mhp_block_op.start_pfn + mhp_block_op.vmemmap_pages, delta,
		mhp_zone_managed(mhp_block_op.zone), (void *)mhp_block_op.zone,
		MHP_CAUSE_OFFLINE);
}

/* The managed pages have just changed. */
SEC("fentry/adjust_present_page_count")
int mhp_enter_present(void *ctx __attribute__((unused)))
{
	if (mhp_block_is(MHP_PROBE_ONLINE))
		mhp_managed_online();
	if (!mhp_block_is(MHP_PROBE_OFFLINE) || !mhp_block_op.emptied ||
	    !mhp_block_op.zone)
		return 0;
	mhp_block_op.emptied = 0;
	mhp_managed_offline(-mhp_block_op.taken);
	return 0;
}

/*
 * How many pages the buddy gives up. Kernels in which this function does not return their number pass it to
 * adjust_managed_page_count(). Others call that for each page that goes online as well, so that it would cost most to
 * probe it there.
 */
SEC("fexit/__offline_isolated_pages")
int mhp_exit_emptied(void *ctx)
{
	if (!mhp_block_is(MHP_PROBE_OFFLINE))
		return 0;
	mhp_block_op.taken = mhp_ret(ctx);
	mhp_block_op.emptied = 1;
	return 0;
}

SEC("fexit/adjust_managed_page_count")
int mhp_exit_managed(void *ctx)
{
	if (mhp_block_op.tid != mhp_tid() || !mhp_block_op.zone)
		return 0;
	/* These are also the kernels in which virtio-mem gives back what it took, so that the offline can take it. */
	if (mhp_block_op.notifying && mhp_vmemmap_base)
		mhp_emit_mhp_managed(0, page_to_pfn((void *)mhp_arg(ctx, 0)),
				     mhp_arg(ctx, 1),
				     mhp_zone_managed(mhp_block_op.zone),
				     (void *)mhp_block_op.zone,
				     MHP_CAUSE_DRIVER);
	if (!mhp_block_op.notifying && mhp_block_op.kind == MHP_PROBE_OFFLINE)
		mhp_managed_offline(mhp_arg(ctx, 1));
	return 0;
}

#define MHP_ACCOUNT_UNKNOWN                                            \
	(MHP_FIELD(mhp_account, after) | MHP_FIELD(mhp_account, nid) | \
	 MHP_FIELD(mhp_account, zone))

SEC("fexit/adjust_present_page_count")
int mhp_exit_present(void *ctx)
{
	u64 zone = mhp_block_op.zone;
	s64 delta = mhp_arg(ctx, 2);
	u32 cause = MHP_CAUSE_ONLINE;

	/* The operation began before the probes were there: it is unknown whose pages these are. */
	if (mhp_block_op.tid != mhp_tid() || !zone) {
		mhp_emit_mhp_present(MHP_ACCOUNT_UNKNOWN |
					     MHP_FIELD(mhp_account, start_pfn) |
					     MHP_FIELD(mhp_account, cause),
				     0, delta, 0, (void *)0, 0);
		return 0;
	}
	if (mhp_block_op.kind == MHP_PROBE_OFFLINE)
		cause = delta > 0 ? MHP_CAUSE_ROLLBACK : MHP_CAUSE_OFFLINE;
	mhp_emit_mhp_present(0, mhp_present_pfn(mhp_arg(ctx, 0), delta), delta,
			     MHP_KERNEL_FIELD(zone, struct zone, present_pages),
			     (void *)zone, cause);
	mhp_block_op.counted++;
	return 0;
}

/*
 * virtio-mem gives pages of an online block to the buddy, and takes them back. Its functions are those of a module, so
 * these are kprobes, whose arguments are in registers.
 */
MHP_KERNEL u64 mhp_register(void *ctx, u32 n)
{
	u64 at = (u64)ctx;

	if (!bpf_core_field_exists(((struct pt_regs *)0)->di))
		return mhp_kernel_u64(
			at + bpf_core_field_offset(struct pt_regs, regs) +
			n * 8);
	return n == 0 ? MHP_KERNEL_FIELD(at, struct pt_regs, di) :
	       n == 1 ? MHP_KERNEL_FIELD(at, struct pt_regs, si) :
			MHP_KERNEL_FIELD(at, struct pt_regs, dx);
}

MHP_KERNEL s32 mhp_register_ret(void *ctx)
{
	return bpf_core_field_exists(((struct pt_regs *)0)->ax) ?
		       MHP_KERNEL_FIELD((u64)ctx, struct pt_regs, ax) :
		       mhp_register(ctx, 0);
}

MHP_KERNEL void mhp_driver_enter(u64 pfn, s64 delta)
{
	mhp_driver.pfn = pfn;
	mhp_driver.delta = delta;
	mhp_driver.tid = mhp_tid();
}

MHP_KERNEL void mhp_driver_exit(s32 ret)
{
	u64 block, zone = 0;

	if (mhp_driver.tid != mhp_tid())
		return;
	mhp_driver.tid = 0;
	if (ret)
		return;
	block = mhp_at_blocks ?
			mhp_kernel_block_at(mhp_driver.pfn >> mhp_block_shift) :
			0;
	if (block)
		zone = MHP_KERNEL_FIELD(block, struct memory_block, zone);
	mhp_emit_mhp_managed(zone ? 0 : MHP_ACCOUNT_UNKNOWN, mhp_driver.pfn,
			     mhp_driver.delta,
			     zone ? mhp_zone_managed(zone) : 0, (void *)zone,
			     MHP_CAUSE_DRIVER);
}

SEC("kprobe/virtio_mem_fake_online")
int mhp_enter_driver_online(void *ctx)
{
	mhp_driver_enter(mhp_register(ctx, 0), mhp_register(ctx, 1));
	return 0;
}

SEC("kretprobe/virtio_mem_fake_online")
int mhp_exit_driver_online(void *ctx __attribute__((unused)))
{
	mhp_driver_exit(0);
	return 0;
}

/* Some kernels pass the device before the pages. */
SEC("kprobe/virtio_mem_fake_offline")
int mhp_enter_driver_offline(void *ctx)
{
	if ((s64)mhp_register(ctx, 0) < 0)
		mhp_driver_enter(mhp_register(ctx, 1), -mhp_register(ctx, 2));
	else
		mhp_driver_enter(mhp_register(ctx, 0), -mhp_register(ctx, 1));
	return 0;
}

SEC("kretprobe/virtio_mem_fake_offline")
int mhp_exit_driver_offline(void *ctx)
{
	mhp_driver_exit(mhp_register_ret(ctx));
	return 0;
}

#endif
