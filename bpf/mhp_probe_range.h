/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Probes of ranges: add, removal, and the memmap of each section.
 *
 * The kernel holds the device hotplug lock for an add and a removal, and mem_hotplug_lock while memmap is populated or
 * freed, so there is one of each at a time. What a probe notes at the begin of a function is for its end in the same
 * thread.
 */
#ifndef MHP_PROBE_RANGE_H
#define MHP_PROBE_RANGE_H

#include "mhp_probe_emit.h"
#include "mhp_probe_state.h"

#define MHP_ENOMEM 12
#define MHP_EINVAL 22
#define MHP_NID_UNKNOWN (-2)

/* A copy of an altmap of the kernel; its fields are accessed where the running kernel has them. */
union mhp_altmap {
	struct vmem_altmap altmap;
	u64 words[8];
};

struct mhp_probe_range mhp_add; /* in progress */
struct mhp_probe_range mhp_remove;

struct mhp_probe_memmap mhp_memmap;
struct mhp_probe_sections mhp_sections;
u64 mhp_section_pfn; /* of the section that gives up its memmap */

/* Returns NULL if there is no altmap. */
MHP_KERNEL const struct vmem_altmap *mhp_altmap_read(union mhp_altmap *copy,
						     u64 at)
{
	u32 size = bpf_core_type_size(struct vmem_altmap);

	if (!at || size > sizeof(*copy))
		return (void *)0;
	bpf_probe_read_kernel(copy, size, (void *)at);
	return &copy->altmap;
}

/*
 * Kernels whose memory blocks have no altmap of their own describe it on the stack: while it is populated it may be as
 * large as the memory block, and only what was taken from it is kept; when it is freed, it has no base any more.
 */
MHP_KERNEL int mhp_altmap_is_made_up(void)
{
	return bpf_core_field_exists(
		((struct memory_block___pages *)0)->nr_vmemmap_pages);
}

/* -- add -------------------------------------------------------------------- */

MHP_KERNEL void mhp_add_begin_emit(u32 unknown)
{
	mhp_add.begun = 1;
	mhp_emit_mhp_add_begin(unknown, mhp_add.start_pfn, mhp_add.nr_pages,
			       unknown ? 0 : mhp_add.nid, mhp_add.flags);
}

/* Why the memmap is where it is; 0: unknown */
MHP_KERNEL u32 mhp_add_why(void)
{
	if (!(mhp_add.flags & MHP_ADD_MEMMAP_ON_MEMORY))
		return MHP_WHY_NOT_REQUESTED;
	if (mhp_hosting_off)
		return MHP_WHY_DISABLED;
	return mhp_add.hosting && mhp_add.hosting != MHP_HOSTING_BUDDY ?
		       MHP_WHY_SELF_HOSTED :
		       0;
}

MHP_KERNEL void mhp_add_end_emit(s64 ret)
{
	u32 hosting = ret ? MHP_HOSTING_NONE : mhp_add.hosting;
	u32 why = mhp_add_why(), unknown = 0;

	mhp_add.ended = 1;
	if (!why)
		unknown |= MHP_FIELD(mhp_add_end, why);
	if (!hosting)
		unknown |= MHP_FIELD(mhp_add_end, hosting);
	if (mhp_add.nid == MHP_NID_UNKNOWN)
		unknown |= MHP_FIELD(mhp_add_end, nid);
	mhp_emit_mhp_add_end(unknown, mhp_add.start_pfn, mhp_add.nr_pages,
			     ret ? 0 : mhp_add.vmemmap_pages,
			     mhp_add.nid == MHP_NID_UNKNOWN ? 0 : mhp_add.nid,
			     hosting, why, ret);
}

MHP_KERNEL void mhp_add_failed_emit(u64 start_pfn, u64 nr_pages, u32 reason,
				    s64 ret)
{
	if (mhp_add.failed)
		return;
	mhp_add.failed = 1;
	mhp_emit_mhp_add_failed(reason ? 0 : MHP_FIELD(mhp_failed, reason),
				start_pfn, nr_pages, reason, ret);
}

/* Of an add that failed before anything was added; 0: unknown */
MHP_KERNEL u32 mhp_add_reason(s64 ret)
{
	u64 pages = 1ULL << mhp_block_shift;

	if (mhp_add.hosting)
		return 0;
	if (!mhp_add.nr_pages ||
	    (mhp_add.start_pfn | mhp_add.nr_pages) & (pages - 1))
		return MHP_REASON_UNALIGNED;
	return ret == -MHP_ENOMEM ? MHP_REASON_NO_MEMORY : MHP_REASON_NO_NODE;
}

/*
 * Where the kernel onlines what it added by itself, it does so inside the function. Nothing fails any more by then, so
 * the first online reports the end of the add.
 */
MHP_KERNEL void mhp_add_online(void)
{
	if (mhp_add.tid == mhp_tid() && mhp_add.begun && !mhp_add.ended)
		mhp_add_end_emit(0);
}

MHP_KERNEL void mhp_add_enter(void *ctx)
{
	u64 res = mhp_arg(ctx, 1);
	u64 start = MHP_KERNEL_FIELD(res, struct resource, start);
	u64 end = MHP_KERNEL_FIELD(res, struct resource, end);

	mhp_probe_begin(&mhp_add.opened, MHP_EVENT_mhp_add_end);
	mhp_add.tid = mhp_tid();
	mhp_add.start_pfn = start >> mhp_page_shift;
	mhp_add.nr_pages = (end + 1 - start) >> mhp_page_shift;
	mhp_add.flags = mhp_arg(ctx, 2);
	mhp_add.nid = mhp_arg(ctx, 0);
	mhp_add.vmemmap_pages = 0;
	mhp_add.hosting = 0;
	mhp_add.begun = 0;
	mhp_add.ended = 0;
	mhp_add.failed = 0;
	if (!(mhp_add.flags & MHP_ADD_NID_IS_MGID))
		return mhp_add_begin_emit(0);
	mhp_add.nid = MHP_NID_UNKNOWN;
	if (!mhp_has(MHP_HAS_GROUP))
		mhp_add_begin_emit(MHP_FIELD(mhp_add_begin, nid));
}

/* The group of an add that names one: the node is that of the group. */
SEC("fexit/memory_group_find_by_id")
int mhp_exit_group(void *ctx)
{
	u64 group = mhp_ret(ctx);

	if (mhp_add.tid != mhp_tid() || mhp_add.begun)
		return 0;
	mhp_add.nid = -1;
	if (group)
		mhp_add.nid = MHP_KERNEL_FIELD(group, struct memory_group, nid);
	mhp_add_begin_emit(0);
	return 0;
}

MHP_KERNEL void mhp_add_exit(void *ctx)
{
	s64 ret = (s32)mhp_ret(ctx);

	if (mhp_add.tid != mhp_tid())
		return;
	/* It failed before it looked for the group. */
	if (!mhp_add.begun)
		mhp_add_begin_emit(MHP_FIELD(mhp_add_begin, nid));
	if (ret && !mhp_add.ended)
		mhp_add_failed_emit(mhp_add.start_pfn, mhp_add.nr_pages,
				    mhp_add_reason(ret), ret);
	if (!mhp_add.ended)
		mhp_add_end_emit(ret);
	mhp_add.tid = 0;
	mhp_probe_end(&mhp_add.opened);
}

SEC("fentry/add_memory_resource")
int mhp_enter_add(void *ctx)
{
	mhp_add_enter(ctx);
	return 0;
}

SEC("fexit/add_memory_resource")
int mhp_exit_add(void *ctx)
{
	mhp_add_exit(ctx);
	return 0;
}

/* The same in kernels in which add_memory_resource() only calls it, and so do others. */
SEC("fentry/__add_memory_resource")
int mhp_enter_add_inner(void *ctx)
{
	mhp_add_enter(ctx);
	return 0;
}

SEC("fexit/__add_memory_resource")
int mhp_exit_add_inner(void *ctx)
{
	mhp_add_exit(ctx);
	return 0;
}

/* Hosting has been decided. An add of several memory blocks that host their memmap comes here for each. */
SEC("fentry/arch_add_memory")
int mhp_enter_arch_add(void *ctx)
{
	u64 params = mhp_arg(ctx, 3), altmap;
	union mhp_altmap copy;
	const struct vmem_altmap *it;

	if (mhp_add.tid != mhp_tid())
		return 0;
	if (mhp_add.nid == MHP_NID_UNKNOWN)
		mhp_add.nid = mhp_arg(ctx, 0);
	altmap = MHP_KERNEL_FIELD(params, struct mhp_params, altmap);
	it = mhp_altmap_read(&copy, altmap);
	mhp_add.hosting = !it			      ? MHP_HOSTING_BUDDY :
			  mhp_kernel_is_range(altmap) ? MHP_HOSTING_RANGE :
							MHP_HOSTING_BLOCK;
	if (it && !mhp_altmap_is_made_up())
		mhp_add.vmemmap_pages += it->free;
	return 0;
}

/* The last step of an add that can fail */
SEC("fexit/create_memory_block_devices")
int mhp_exit_devices(void *ctx)
{
	s64 ret = (s32)mhp_ret(ctx);

	if (mhp_add.tid == mhp_tid() && ret)
		mhp_add_failed_emit(mhp_arg(ctx, 0) >> mhp_page_shift,
				    mhp_arg(ctx, 1) >> mhp_page_shift,
				    MHP_REASON_DEVICE, ret);
	return 0;
}

/* -- removal ---------------------------------------------------------------- */

struct mhp_probe_walk {
	u64 first; /* number of a memory block */
	u64 vmemmap_pages;
	u64 busy_pfn; /* of the first one that is not offline, 0: none */
	s32 nid;
	u32 unknown;
};

MHP_KERNEL u64 mhp_probe_vmemmap_pages(u64 block)
{
	u64 altmap = MHP_KERNEL_FIELD(block, struct memory_block, altmap);
	union mhp_altmap copy;
	const struct vmem_altmap *it = mhp_altmap_read(&copy, altmap);
	u64 start, end;

	if (!it)
		return MHP_KERNEL_FIELD(block, struct memory_block___pages,
					nr_vmemmap_pages);
	if (!mhp_kernel_is_range(altmap))
		return it->free;
	start = MHP_KERNEL_FIELD(block, struct memory_block, dev.id)
		<< mhp_block_shift;
	end = it->base_pfn + it->free;
	if (end <= start)
		return 0;
	return end - start < 1ULL << mhp_block_shift ? end - start :
						       1ULL << mhp_block_shift;
}

/* One memory block: from the kernel or, where it cannot be found there, from the ledger */
static long mhp_probe_walk_step(u32 i, struct mhp_probe_walk *walk)
{
	struct mhp_block *account;
	u64 at;

	if (mhp_at_blocks) {
		at = mhp_kernel_block_at(walk->first + i);
		if (!at)
			return 0;
		walk->nid = MHP_KERNEL_FIELD(at, struct memory_block, nid);
		if (!walk->busy_pfn &&
		    mhp_kernel_state_of(at) != MHP_STATE_OFFLINE)
			walk->busy_pfn = (walk->first + i) << mhp_block_shift;
		walk->vmemmap_pages += mhp_probe_vmemmap_pages(at);
		return 0;
	}
	account = mhp_ledger_block((void *)0,
				   (walk->first + i) << mhp_block_shift, 0);
	/* A snapshot that read the kernel's memory block knows what it hosts, if not always who hosts its memmap. */
	if (!account || account->flags & MHP_BLOCK_SYSFS ||
	    (!(account->flags & MHP_BLOCK_SNAPSHOT) &&
	     (!account->hosting || account->hosting == MHP_HOSTING_NONE))) {
		walk->unknown = 1;
		return 0;
	}
	walk->nid = account->nid;
	walk->vmemmap_pages += account->vmemmap_pages;
	return 0;
}

SEC("fentry/try_remove_memory")
int mhp_enter_remove(void *ctx)
{
	struct mhp_probe_walk walk = { .nid = -1 };
	u32 unknown = 0;

	mhp_probe_begin(&mhp_remove.opened, MHP_EVENT_mhp_remove_end);
	mhp_remove.tid = mhp_tid();
	mhp_remove.start_pfn = mhp_arg(ctx, 0) >> mhp_page_shift;
	mhp_remove.nr_pages = mhp_arg(ctx, 1) >> mhp_page_shift;
	walk.first = mhp_remove.start_pfn >> mhp_block_shift;
	bpf_loop(mhp_remove.nr_pages >> mhp_block_shift, mhp_probe_walk_step,
		 &walk, 0);
	mhp_remove.nid = walk.nid;
	mhp_remove.vmemmap_pages = walk.unknown ? 0 : walk.vmemmap_pages;
	mhp_remove.begun = !walk.unknown;
	mhp_remove.busy_pfn = walk.busy_pfn;
	if (walk.unknown)
		unknown = MHP_FIELD(mhp_remove_begin, vmemmap_pages) |
			  MHP_FIELD(mhp_remove_begin, nid);
	mhp_emit_mhp_remove_begin(unknown, mhp_remove.start_pfn,
				  mhp_remove.nr_pages, mhp_remove.vmemmap_pages,
				  mhp_remove.nid);
	return 0;
}

/* A removal fails before it changes anything: a memory block is not offline, or only some host their memmap. */
MHP_KERNEL void mhp_remove_failed_emit(s64 ret)
{
	if (mhp_remove.busy_pfn)
		mhp_emit_mhp_remove_failed(0, mhp_remove.busy_pfn,
					   1ULL << mhp_block_shift,
					   MHP_REASON_NOT_OFFLINE, ret);
	else if (ret == -MHP_EINVAL)
		mhp_emit_mhp_remove_failed(0, mhp_remove.start_pfn,
					   mhp_remove.nr_pages,
					   MHP_REASON_MIXED_HOSTING, ret);
	else
		mhp_emit_mhp_remove_failed(MHP_FIELD(mhp_failed, reason),
					   mhp_remove.start_pfn,
					   mhp_remove.nr_pages, 0, ret);
}

SEC("fexit/try_remove_memory")
int mhp_exit_remove(void *ctx)
{
	u32 unknown = 0;

	if (mhp_remove.tid != mhp_tid())
		return 0;
	if ((s32)mhp_ret(ctx))
		mhp_remove_failed_emit((s32)mhp_ret(ctx));
	if (!mhp_remove.begun)
		unknown = MHP_FIELD(mhp_remove_end, vmemmap_pages) |
			  MHP_FIELD(mhp_remove_end, nid);
	mhp_emit_mhp_remove_end(unknown, mhp_remove.start_pfn,
				mhp_remove.nr_pages, mhp_remove.vmemmap_pages,
				mhp_remove.nid, (s32)mhp_ret(ctx));
	mhp_remove.tid = 0;
	mhp_probe_end(&mhp_remove.opened);
	return 0;
}

/* -- memmap ----------------------------------------------------------------- */

MHP_KERNEL u64 mhp_altmap_alloc(u64 altmap)
{
	return altmap ? MHP_KERNEL_FIELD(altmap, struct vmem_altmap, alloc) : 0;
}

/* vmemmap pages that describe so many pages */
MHP_KERNEL u64 mhp_memmap_size(u64 nr_pages)
{
	return nr_pages * mhp_probe_page_size() >> mhp_page_shift;
}

/* Without the symbol, the first memmap that comes or goes tells where page 0 would have its own. */
MHP_KERNEL void mhp_probe_base(u64 page, u64 pfn)
{
	if (!mhp_vmemmap_base && page)
		mhp_vmemmap_base = page - pfn * mhp_probe_page_size();
}

SEC("fentry/__populate_section_memmap")
int mhp_enter_populate(void *ctx)
{
	mhp_memmap.pfn = mhp_arg(ctx, 0);
	mhp_memmap.nr_pages = mhp_arg(ctx, 1);
	mhp_memmap.nid = mhp_arg(ctx, 2);
	mhp_memmap.altmap = mhp_arg(ctx, 3);
	mhp_memmap.pgmap = mhp_arg(ctx, 4);
	mhp_memmap.alloc = mhp_altmap_alloc(mhp_memmap.altmap);
	mhp_memmap.tid = mhp_tid();
	return 0;
}

SEC("fexit/__populate_section_memmap")
int mhp_exit_populate(void *ctx)
{
	u64 page = mhp_ret(ctx), host_pfn, pages;
	union mhp_altmap copy;
	const struct vmem_altmap *altmap;
	u32 hosting, unknown = 0;

	if (mhp_memmap.tid != mhp_tid())
		return 0;
	mhp_memmap.tid = 0;
	mhp_probe_base(page, mhp_memmap.pfn);
	altmap = mhp_altmap_read(&copy, mhp_memmap.altmap);
	hosting = mhp_memmap.pgmap			 ? MHP_HOSTING_DEVICE :
		  !altmap				 ? MHP_HOSTING_BUDDY :
		  mhp_kernel_is_range(mhp_memmap.altmap) ? MHP_HOSTING_RANGE :
							   MHP_HOSTING_BLOCK;
	pages = altmap ? altmap->alloc - mhp_memmap.alloc :
			 mhp_memmap_size(mhp_memmap.nr_pages);
	/* Device memory of large pages may share parts of its memmap. */
	if (!altmap && mhp_memmap.pgmap &&
	    MHP_KERNEL_FIELD(mhp_memmap.pgmap, struct dev_pagemap,
			     vmemmap_shift))
		unknown |= MHP_FIELD(mhp_vmemmap_populate, vmemmap_pages);
	host_pfn = mhp_probe_backing(page ?: mhp_probe_page_at(mhp_memmap.pfn));
	if (!mhp_walked)
		unknown |= MHP_FIELD(mhp_vmemmap_populate, host_pfn);
	mhp_emit_mhp_vmemmap_populate(unknown, mhp_memmap.pfn,
				      mhp_memmap.nr_pages, host_pfn, pages,
				      altmap, mhp_memmap.nid, hosting,
				      page ? 0 : -MHP_ENOMEM);
	return 0;
}

/*
 * Where the function above cannot be probed: what one arch_add_memory() added, section by section. All sections take the
 * same part of an altmap, so what each of them took follows from what all took.
 */
static long mhp_probe_section_step(u32 i, void *ctx __attribute__((unused)))
{
	const struct mhp_probe_sections *add = &mhp_sections;
	u64 nr_pages = 1ULL << (mhp_section_shift & 63);
	u64 pages = mhp_memmap_size(nr_pages), host_pfn;
	u64 pfn = add->start_pfn + i * nr_pages;
	struct mhp_record r = { 0 };
	struct mhp_mhp_vmemmap_populate *e = &r.p.mhp_vmemmap_populate;

	host_pfn = mhp_probe_backing(mhp_probe_page_at(pfn));
	if (!mhp_walked)
		r.unknown = MHP_FIELD(mhp_vmemmap_populate, host_pfn);
	e->start_pfn = pfn;
	e->nr_pages = nr_pages;
	e->host_pfn = host_pfn;
	e->vmemmap_pages = pages;
	if (add->altmap) {
		e->altmap_base = MHP_KERNEL_FIELD(add->altmap,
						  struct vmem_altmap, base_pfn);
		e->altmap_free = add->hosts;
		e->altmap_alloc = MHP_KERNEL_FIELD(add->altmap,
						   struct vmem_altmap, alloc) -
				  pages * (add->nr - 1 - i);
		e->altmap_align = MHP_KERNEL_FIELD(add->altmap,
						   struct vmem_altmap, align);
	}
	e->nid = add->nid;
	e->hosting = add->hosting;
	mhp_emit_mhp_vmemmap_populate_record(&r);
	return 0;
}

SEC("fexit/arch_add_memory")
int mhp_exit_arch_add(void *ctx)
{
	if (mhp_add.tid != mhp_tid())
		return 0;
	if ((s32)mhp_ret(ctx)) {
		mhp_add_failed_emit(mhp_arg(ctx, 1) >> mhp_page_shift,
				    mhp_arg(ctx, 2) >> mhp_page_shift,
				    MHP_REASON_ARCH_ADD, (s32)mhp_ret(ctx));
		return 0;
	}
	mhp_sections.altmap =
		MHP_KERNEL_FIELD(mhp_arg(ctx, 3), struct mhp_params, altmap);
	mhp_sections.hosts = mhp_altmap_alloc(mhp_sections.altmap);
	if (mhp_altmap_is_made_up())
		mhp_add.vmemmap_pages += mhp_sections.hosts;
	else if (mhp_sections.altmap)
		mhp_sections.hosts = MHP_KERNEL_FIELD(mhp_sections.altmap,
						      struct vmem_altmap, free);
	if (mhp_has(MHP_HAS_POPULATE) || !mhp_section_shift)
		return 0;
	mhp_sections.nid = mhp_arg(ctx, 0);
	mhp_sections.start_pfn = mhp_arg(ctx, 1) >> mhp_page_shift;
	mhp_sections.nr = mhp_arg(ctx, 2) >> mhp_page_shift >>
			  (mhp_section_shift & 63);
	mhp_sections.hosting = mhp_add.hosting;
	bpf_loop(mhp_sections.nr, mhp_probe_section_step, (void *)0, 0);
	return 0;
}

/* Who hosts memmap that is about to be freed; 0: unknown */
MHP_KERNEL u32 mhp_free_hosting(u64 pfn, u64 altmap)
{
	struct mhp_block *account;
	u32 hosting;

	if (mhp_add.tid != mhp_tid() && mhp_remove.tid != mhp_tid())
		return MHP_HOSTING_DEVICE;
	if (altmap)
		return mhp_kernel_is_range(altmap) ? MHP_HOSTING_RANGE :
						     MHP_HOSTING_BLOCK;
	account = mhp_ledger_block((void *)0, pfn, 0);
	if (account && account->hosting && account->hosting != MHP_HOSTING_NONE)
		return account->hosting;
	if (!mhp_section_shift)
		return 0;
	hosting = mhp_kernel_hosting(pfn >> mhp_section_shift);
	return hosting == MHP_HOSTING_NONE ? 0 : hosting;
}

SEC("fentry/section_deactivate")
int mhp_enter_deactivate(void *ctx)
{
	mhp_section_pfn = mhp_arg(ctx, 0);
	return 0;
}

SEC("fentry/vmemmap_free")
int mhp_enter_free(void *ctx)
{
	u64 start = mhp_arg(ctx, 0), end = mhp_arg(ctx, 1);

	if (mhp_section_pfn)
		mhp_probe_base(start, mhp_section_pfn);
	if (!mhp_vmemmap_base)
		return 0;
	mhp_memmap.pfn = page_to_pfn((void *)start);
	mhp_memmap.nr_pages = (end - start) / mhp_probe_page_size();
	mhp_memmap.altmap = mhp_arg(ctx, 2);
	mhp_memmap.alloc = mhp_altmap_alloc(mhp_memmap.altmap);
	mhp_memmap.host_pfn = mhp_probe_backing(start);
	mhp_memmap.known = mhp_walked;
	mhp_memmap.hosting =
		mhp_free_hosting(mhp_memmap.pfn, mhp_memmap.altmap);
	mhp_memmap.tid = mhp_tid();
	return 0;
}

SEC("fexit/vmemmap_free")
int mhp_exit_free(void *ctx __attribute__((unused)))
{
	const struct vmem_altmap *altmap;
	union mhp_altmap copy;
	u32 unknown = 0;
	u64 pages;

	if (mhp_memmap.tid != mhp_tid())
		return 0;
	mhp_memmap.tid = 0;
	altmap = mhp_altmap_read(&copy, mhp_memmap.altmap);
	pages = altmap ? mhp_memmap.alloc - altmap->alloc :
			 mhp_memmap_size(mhp_memmap.nr_pages);
	if (!mhp_memmap.known)
		unknown |= MHP_FIELD(mhp_vmemmap_free, host_pfn);
	if (!mhp_memmap.hosting)
		unknown |= MHP_FIELD(mhp_vmemmap_free, hosting);
	if (altmap && mhp_altmap_is_made_up()) {
		unknown |= MHP_FIELD(mhp_vmemmap_free, altmap_base) |
			   MHP_FIELD(mhp_vmemmap_free, altmap_free) |
			   MHP_FIELD(mhp_vmemmap_free, altmap_align);
		copy.altmap.base_pfn = 0;
		copy.altmap.free = 0;
		copy.altmap.align = 0;
	}
	mhp_emit_mhp_vmemmap_free(unknown, mhp_memmap.pfn, mhp_memmap.nr_pages,
				  mhp_memmap.host_pfn, pages, altmap,
				  mhp_memmap.hosting);
	return 0;
}

#endif
