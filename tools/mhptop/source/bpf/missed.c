// SPDX-License-Identifier: GPL-2.0
/* Counts the events that the collector missed because a program did not run. */
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "model/event_table.h"
#include "source/bpf/bpf.h"
#include "mhp.skel.h" /* needs our own types */

/* The event that a program makes, 0: none */
static unsigned int made_by(const char *prog)
{
	unsigned int event;

	for (event = 1; event_info(event); event++)
		if (!strcmp(prog, event_info(event)->name))
			return event;
	return bpf_probes_event(prog);
}

/* bpf_prog_info, recursion_misses: how often a program was called while its CPU ran it */
static u64 prog_missed(const struct bpf_program *prog)
{
	struct bpf_prog_info info = { 0 };
	u32 size = sizeof(info);

	if (bpf_program__fd(prog) < 0 ||
	    bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size))
		return 0;
	return info.recursion_misses;
}

/* What the probes have seen of operations so far, UINT64_MAX: one is in progress */
static u64 idle_since(const struct bpf_source *self)
{
	const struct mhp_bpf__bss *bss = self->skel->bss;
	u64 seen = __atomic_load_n(&bss->mhp_ops_seen, __ATOMIC_SEQ_CST);

	return __atomic_load_n(&bss->mhp_ops_open, __ATOMIC_SEQ_CST) ?
		       UINT64_MAX :
		       seen;
}

void bpf_missed_count(struct bpf_source *self)
{
	u64 own[MHP_NR_EVENTS] = { 0 }, shared[MHP_NR_EVENTS] = { 0 };
	u64 before = idle_since(self), nr;
	struct bpf_missed *missed = &self->missed;
	struct bpf_program *prog;
	unsigned int event;
	bool idle;

	if (self->closed)
		return;
	bpf_object__for_each_program(prog, self->skel->obj) {
		event = made_by(bpf_program__name(prog));
		nr = event ? prog_missed(prog) : 0;
		*(bpf_probes_share(bpf_program__name(prog)) ?
			  &shared[event] :
			  &own[event]) += nr;
	}
	/* No operation since the last time, and none in progress then or now */
	idle = idle_since(self) == missed->seen && missed->seen != UINT64_MAX;
	for (event = 1; event_info(event); event++) {
		if (idle)
			missed->harmless[event] +=
				shared[event] - missed->shared[event];
		missed->shared[event] = shared[event];
		missed->count[event] =
			own[event] + shared[event] - missed->harmless[event];
	}
	missed->seen = before;
}
