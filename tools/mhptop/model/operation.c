// SPDX-License-Identifier: GPL-2.0
/* Recognises the events of operations, and pairs begins with ends. */
#include "model/operation.h"

static const struct {
	const char *name;
	u16 begin;
	u16 failed;
	u16 end;
} operations[NR_OPERATIONS] = {
#define OPERATION(name)                                \
	{                                              \
#name, MHP_EVENT_mhp_##name##_begin,   \
			MHP_EVENT_mhp_##name##_failed, \
			MHP_EVENT_mhp_##name##_end     \
	}
	[OPERATION_ADD] = OPERATION(add),
	[OPERATION_ONLINE] = OPERATION(online),
	[OPERATION_OFFLINE] = OPERATION(offline),
	[OPERATION_REMOVE] = OPERATION(remove),
};

const char *operation_name(enum operation operation)
{
	return operations[operation].name;
}

bool operation_is_known(const struct source_info *info,
			enum operation operation)
{
	u64 needed = 1ULL << operations[operation].begin |
		     1ULL << operations[operation].end;

	return info->kind != SOURCE_SYSFS && !(info->unknown_events & needed);
}

static bool find_step(struct operation_event *event, unsigned int number)
{
	int i;

	for (i = 0; i < NR_OPERATIONS; i++) {
		event->operation = i;
		event->step = OPERATION_BEGINS;
		if (operations[i].begin == number)
			return true;
		event->step = OPERATION_FAILS;
		if (operations[i].failed == number)
			return true;
		event->step = OPERATION_ENDS;
		if (operations[i].end == number)
			return true;
	}
	return false;
}

static void set_end(struct operation_event *event,
		    const struct mhp_record *record)
{
	const union mhp_payload *p = &record->p;

	switch (event->operation) {
	case OPERATION_ADD:
		event->ret = p->mhp_add_end.ret;
		break;
	case OPERATION_REMOVE:
		event->ret = p->mhp_remove_end.ret;
		break;
	default:
		event->ret = p->mhp_block_end.ret;
		/* Before schema 3, the end has the reason. */
		event->reason = record->reason;
	}
}

bool operation_event_get(struct operation_event *event,
			 const struct mhp_record *record)
{
	const union mhp_payload *p = &record->p;

	*event = (struct operation_event){ 0 };
	if (!find_step(event, record->event))
		return false;
	/* All of these events begin with the two fields. */
	event->start_pfn = p->mhp_failed.start_pfn;
	event->nr_pages = p->mhp_failed.nr_pages;
	if (event->step == OPERATION_FAILS &&
	    !(record->unknown & MHP_FIELD(mhp_failed, reason)))
		event->reason = p->mhp_failed.reason;
	if (event->step == OPERATION_ENDS)
		set_end(event, record);
	return true;
}

_Static_assert(offsetof(struct mhp_mhp_failed, start_pfn) == 0 &&
		       offsetof(struct mhp_mhp_failed, nr_pages) == 8 &&
		       offsetof(struct mhp_mhp_add_begin, start_pfn) == 0 &&
		       offsetof(struct mhp_mhp_add_begin, nr_pages) == 8 &&
		       offsetof(struct mhp_mhp_add_end, start_pfn) == 0 &&
		       offsetof(struct mhp_mhp_add_end, nr_pages) == 8 &&
		       offsetof(struct mhp_mhp_block_begin, start_pfn) == 0 &&
		       offsetof(struct mhp_mhp_block_begin, nr_pages) == 8 &&
		       offsetof(struct mhp_mhp_block_end, start_pfn) == 0 &&
		       offsetof(struct mhp_mhp_block_end, nr_pages) == 8 &&
		       offsetof(struct mhp_mhp_remove_begin, start_pfn) == 0 &&
		       offsetof(struct mhp_mhp_remove_begin, nr_pages) == 8 &&
		       offsetof(struct mhp_mhp_remove_end, start_pfn) == 0 &&
		       offsetof(struct mhp_mhp_remove_end, nr_pages) == 8,
	       "the events of operations begin with start_pfn and nr_pages");

bool operation_follow(struct operation_open *open,
		      const struct operation_event *event, u64 time_ns,
		      struct operation_end *end)
{
	struct operation_open *one = &open[event->operation];
	bool same = one->begin_ns && time_ns >= one->begin_ns &&
		    one->begin.start_pfn == event->start_pfn;

	switch (event->step) {
	case OPERATION_BEGINS:
		*one = (struct operation_open){ .begin = *event,
						.begin_ns = time_ns };
		return false;
	case OPERATION_FAILS:
		one->reason = event->reason;
		return false;
	case OPERATION_ENDS:
		break;
	}
	*end = (struct operation_end){ .begin_ns = same ? one->begin_ns : 0 };
	if (event->ret)
		end->reason = event->reason ?: one->reason;
	*one = (struct operation_open){ 0 };
	return true;
}
