/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps of a memory block on its way online or offline. For rules*.c
 * alone.
 */
#ifndef RULES_STEPS_H
#define RULES_STEPS_H

#include "rules_state.h"

enum step {
	ON_BEGUN,
	ON_PREPARED,
	ON_READY,
	ON_VETOED,
	ON_CANCELLED,
	ON_UNDONE,
	ON_GOING,
	ON_MANAGED,
	ON_PRESENT,
	ON_ONLINE,
	ON_DONE,
	OFF_BEGUN,
	OFF_TAKEN,
	OFF_GOING,
	OFF_VETOED,
	OFF_CANCELLED,
	OFF_MANAGED,
	OFF_PRESENT,
	OFF_OFFLINED,
	OFF_LEFT,
	OFF_DONE,
	FAILED, /* only the end is to come */
};

struct rule_edge {
	u8 from;
	u8 to;
	u16 event; /* 0: it is taken without one */
	u8 step; /* of a notifier call */
	u8 when;
};

/* The edge that a record takes from a step, maybe over such without an event; NULL: none. */
const struct rule_edge *rule_edge_find(const struct rule_op *op,
				       unsigned int step,
				       const struct mhp_record *r);
/* What could have come, as words added to text. */
void rule_steps_next(const struct rule_op *op, unsigned int step, char *text,
		     size_t len);

/* What rules_block.c and rules_block_end.c have in common. */
enum rule_id rule_order(const struct rule_op *op);
void rule_same_place(struct rules *rules, const char *what, u64 start, u64 nr,
		     u64 want_start, u64 want_nr);
void rule_same_zone(struct rules *rules, s32 nid, u32 zone);
void rules_block_begin(struct rules *rules, const struct mhp_record *r);
void rules_block_end(struct rules *rules, const struct mhp_record *r);

#endif
