/* SPDX-License-Identifier: GPL-2.0 */
/* Probes of the pages that keep a memory block from going offline. */
#ifndef MHP_PROBE_BLOCKER_H
#define MHP_PROBE_BLOCKER_H

#include "mhp_probe_block.h"

#define MHP_BLOCKERS \
	4 /* reported in one attempt to migrate, as the events do */

/* The number of the attempt to migrate, 0 if it is unknown */
MHP_KERNEL u32 mhp_pass(void)
{
	return mhp_has(MHP_HAS_PASS) ? mhp_block_op.pass : 0;
}

/* Not static, because a program calls it at several places. */
MHP_KERNEL_CALLED int mhp_blocker_emit(u64 page, u32 stage, s64 ret)
{
	u32 unknown = 0;

	if (!ret)
		unknown |= MHP_FIELD(mhp_offline_blocker, ret);
	if (!mhp_has(MHP_HAS_PASS) && stage != MHP_STAGE_ISOLATE_RANGE)
		unknown |= MHP_FIELD(mhp_offline_blocker, pass);
	if (!mhp_vmemmap_base)
		unknown |= MHP_FIELD(mhp_offline_blocker, pfn);
	if (!__mhp_kind((void *)page))
		unknown |= MHP_FIELD(mhp_offline_blocker, kind);
	if (!bpf_core_field_exists(((struct folio *)0)->_large_mapcount) &&
	    mhp_probe_is_large(mhp_probe_head(page)))
		unknown |= MHP_FIELD(mhp_offline_blocker, mapcount);
	mhp_emit_mhp_offline_blocker(unknown, (void *)page, stage, mhp_pass(),
				     ret);
	return 0;
}

/* As the events: only the first pages of attempts 1, 2, 4, 8 and so on, and none before */
MHP_KERNEL void mhp_blocker_report(u64 page, u32 stage, s64 ret)
{
	u32 pass = mhp_block_op.pass;

	if (mhp_has(MHP_HAS_PASS) && !pass)
		return;
	if (pass & (pass - 1) || mhp_block_op.reported >= MHP_BLOCKERS)
		return;
	mhp_block_op.reported++;
	mhp_blocker_emit(page, stage, ret);
}

MHP_KERNEL void mhp_pass_next(void)
{
	mhp_block_op.pass++;
	mhp_block_op.reported = 0;
}

SEC("fentry/do_migrate_range")
int mhp_enter_pass(void *ctx __attribute__((unused)))
{
	if (mhp_block_is(MHP_PROBE_OFFLINE))
		mhp_pass_next();
	return 0;
}

/* So does an attempt that finds nothing to migrate, but leaves pages. */
SEC("fexit/test_pages_isolated")
int mhp_exit_test(void *ctx)
{
	if (mhp_block_is(MHP_PROBE_OFFLINE) && (s32)mhp_ret(ctx))
		mhp_pass_next();
	return 0;
}

/*
 * Where do_migrate_range() is inlined, the attempts can only be guessed, which is enough to report as few pages as the
 * events: an attempt isolates pages in order, then migrates them.
 */
MHP_KERNEL void mhp_pass_guess(u64 page)
{
	if (mhp_has(MHP_HAS_PASS))
		return;
	if (page <= mhp_block_op.isolated)
		mhp_pass_next();
	mhp_block_op.isolated = page;
}

SEC("fexit/isolate_folio_to_list")
int mhp_exit_isolate_page(void *ctx)
{
	if (!mhp_block_is(MHP_PROBE_OFFLINE))
		return 0;
	mhp_pass_guess(mhp_arg(ctx, 0));
	if (!(mhp_ret(ctx) & 1))
		mhp_blocker_report(mhp_arg(ctx, 0), MHP_STAGE_ISOLATE_PAGE,
				   -MHP_EBUSY);
	return 0;
}

/* What could not be migrated is still in the list. */
struct mhp_probe_list {
	u64 head;
	u64 at;
	s64 ret;
};

static long mhp_probe_list_step(u32 i __attribute__((unused)),
				struct mhp_probe_list *list)
{
	list->at = MHP_KERNEL_FIELD(list->at, struct list_head, next);
	if (!list->at || list->at == list->head)
		return 1;
	mhp_blocker_report(list->at - bpf_core_field_offset(struct page, lru),
			   MHP_STAGE_MIGRATE, list->ret);
	return 0;
}

SEC("fexit/migrate_pages")
int mhp_exit_migrate(void *ctx)
{
	struct mhp_probe_list list = { mhp_arg(ctx, 0), mhp_arg(ctx, 0),
				       (s32)mhp_ret(ctx) };

	if (!mhp_block_is(MHP_PROBE_OFFLINE))
		return 0;
	if (mhp_block_op.isolated == MHP_NO_PAGE)
		mhp_pass_guess(0);
	if (list.ret)
		bpf_loop(MHP_BLOCKERS, mhp_probe_list_step, &list, 0);
	mhp_block_op.isolated = MHP_NO_PAGE;
	return 0;
}

/*
 * The kernel logs the page that keeps a block from being isolated. It also logs, at a limited rate, those of the other
 * stages, which is all there is if the functions above cannot be probed.
 */
SEC("fexit/dump_page")
int mhp_exit_dump(void *ctx)
{
	u64 page = mhp_arg(ctx, 0);
	char why = 0;

	if (!mhp_block_is(MHP_PROBE_OFFLINE))
		return 0;
	bpf_probe_read_kernel(&why, sizeof(why), (void *)mhp_arg(ctx, 1));
	if (why == 'u')
		mhp_blocker_emit(page, MHP_STAGE_ISOLATE_RANGE, -MHP_EBUSY);
	else if (why == 'i' && !mhp_has(MHP_HAS_ISOLATE_PAGE))
		mhp_blocker_report(page, MHP_STAGE_ISOLATE_PAGE, -MHP_EBUSY);
	else if (why == 'm' && !mhp_has(MHP_HAS_MIGRATE))
		mhp_blocker_report(page, MHP_STAGE_MIGRATE, 0);
	return 0;
}

/* The huge page that could not be dissolved */
SEC("fexit/dissolve_free_hugetlb_folio")
int mhp_exit_dissolve_one(void *ctx)
{
	if (mhp_block_is(MHP_PROBE_OFFLINE) && (s32)mhp_ret(ctx))
		mhp_blocker_emit(mhp_arg(ctx, 0), MHP_STAGE_DISSOLVE,
				 (s32)mhp_ret(ctx));
	return 0;
}

#endif
