/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations on memory as the events report them: each begins, may report why
 * it fails, and ends. The kernel runs one at a time.
 */
#ifndef MODEL_OPERATION_H
#define MODEL_OPERATION_H

#include <stdbool.h>
#include "model/source_info.h"

enum operation {
	OPERATION_ADD,
	OPERATION_ONLINE,
	OPERATION_OFFLINE,
	OPERATION_REMOVE,
	NR_OPERATIONS
};

enum operation_step { OPERATION_BEGINS, OPERATION_FAILS, OPERATION_ENDS };

struct operation_event {
	enum operation operation;
	enum operation_step step;
	u64 start_pfn;
	u64 nr_pages;
	s64 ret; /* of its end */
	u32 reason; /* enum mhp_reason, of its failure; 0: unknown */
};

/* "add" and so on */
const char *operation_name(enum operation operation);
/* False if the record is of an event that neither begins nor ends an operation, nor says why it fails. */
bool operation_event_get(struct operation_event *event,
			 const struct mhp_record *record);
/* Whether a source reports the begin and the end of an operation. */
bool operation_is_known(const struct source_info *info,
			enum operation operation);

/* An operation in progress */
struct operation_open {
	struct operation_event begin;
	u64 begin_ns; /* 0: none is in progress */
	u32 reason; /* why it fails, as far as it is known; 0: unknown */
};

struct operation_end {
	u64 begin_ns; /* 0: its begin is unknown */
	u32 reason; /* why it failed; 0: unknown, or it did not */
};

/*
 * Follow the operations of each kind, with the events in the order in which they
 * came; open is an array of NR_OPERATIONS. True if one ended, with what is known
 * about it in end.
 */
bool operation_follow(struct operation_open *open,
		      const struct operation_event *event, u64 time_ns,
		      struct operation_end *end);

#endif
