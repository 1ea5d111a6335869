/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps of a memory block that goes online or offline. Private to rules/.
 */
#ifndef RULES_STEPS_H
#define RULES_STEPS_H

#include "rules/state.h"

/* S(id, words) */
#define RULE_STEPS(S)                                \
	S(ON_BEGUN, "online: begun")                 \
	S(ON_PREPARED, "online: prepared")           \
	S(ON_READY, "online: memmap ready")          \
	S(ON_VETOED, "online: vetoed")               \
	S(ON_CANCELLED, "online: cancelled")         \
	S(ON_UNDONE, "online: memmap undone")        \
	S(ON_GOING, "online: going")                 \
	S(ON_MANAGED, "online: managed")             \
	S(ON_PRESENT, "online: present")             \
	S(ON_ONLINE, "online: online")               \
	S(ON_DONE, "online: done")                   \
	S(OFF_BEGUN, "offline: begun")               \
	S(OFF_TAKEN, "offline: memmap not counted")  \
	S(OFF_GOING, "offline: going")               \
	S(OFF_VETOED, "offline: vetoed")             \
	S(OFF_CANCELLED, "offline: cancelled")       \
	S(OFF_MANAGED, "offline: not managed")       \
	S(OFF_PRESENT, "offline: not present")       \
	S(OFF_OFFLINED, "offline: offline")          \
	S(OFF_LEFT, "offline: memmap left its zone") \
	S(OFF_DONE, "offline: done")                 \
	S(FAILED, "failed") /* only the end event is missing */

enum step {
#define STEP_ID(id, words) id,
	RULE_STEPS(STEP_ID)
#undef STEP_ID
};

struct rule_edge {
	u8 from;
	u8 to;
	u16 event; /* 0: taken without an event */
	u8 step; /* of a notifier call */
	u16 when; /* conditions */
};

/* The rule of the order of an online or offline. */
static inline enum rule_id rule_order(const struct rule_op *op)
{
	return op->kind == OP_ONLINE ? RULE_ORDER_ONLINE : RULE_ORDER_OFFLINE;
}

/* The edge that a record takes from a step, possibly after edges without an event. NULL: none. */
const struct rule_edge *rule_edge_find(const struct rule_op *op,
				       unsigned int step,
				       const struct mhp_record *r);
/* Whether a step is the wanted one, or leads to it without an event that the source can report. */
bool rule_step_reached(const struct rule_op *op, unsigned int step,
		       unsigned int want);
/* Count that an edge was taken. */
void rule_edge_taken(struct rules *rules, const struct rule_edge *edge);
/* Append the names of all events that may follow a step to text. */
void rule_steps_next(const struct rule_op *op, unsigned int step, char *text,
		     size_t len);

/* An operation on a block begins: find out whether the block uses the memmap of its range. */
void rules_users_begin(struct rules *rules, const struct rule_block *block);
/* Take an event about that memmap. False: it is about the block itself. */
bool rules_users_take(struct rules *rules, const struct mhp_record *r);
/* No edge fits: whether one may if the block, whose host is unknown, uses such a memmap. */
bool rules_users_guess(struct rules *rules);
/* A step of the block itself was taken. */
void rules_users_step(struct rules *rules, const struct mhp_record *r);
/* The operation has ended with ret. */
void rules_users_end(struct rules *rules, s64 ret);

#endif
