/* SPDX-License-Identifier: GPL-2.0 */
/* Makes records of adds and hands them to a model. */
#ifndef TEST_RECORDS_H
#define TEST_RECORDS_H

#include "taken.h"

static u64 number;

static void event(unsigned int what, const char *comm, u32 pid, u64 block,
		  u64 nr, struct mhp_record *r)
{
	strncpy(r->comm, comm, sizeof(r->comm));
	r->pid = pid;
	/* All of these events begin with the two fields. */
	r->p.mhp_failed.start_pfn = block * PAGES;
	r->p.mhp_failed.nr_pages = nr * PAGES;
	take(r, what, ++number);
}

static void add_memory(const char *comm, u32 pid, u64 block, u64 nr, u32 flags)
{
	struct mhp_record r = { 0 };
	u64 i;

	r.p.mhp_add_begin.flags = flags;
	event(MHP_EVENT_mhp_add_begin, comm, pid, block, nr, &r);
	for (i = 0; i < nr; i++) {
		r.p.mhp_vmemmap_populate.vmemmap_pages = 512;
		r.p.mhp_vmemmap_populate.hosting = MHP_HOSTING_BUDDY;
		event(MHP_EVENT_mhp_vmemmap_populate, comm, pid, block + i, 1,
		      &r);
	}
	r.p.mhp_add_end.hosting = MHP_HOSTING_BUDDY;
	event(MHP_EVENT_mhp_add_end, comm, pid, block, nr, &r);
}

#endif
