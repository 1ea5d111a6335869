/* SPDX-License-Identifier: GPL-2.0 */
/* A plan of an offline while it is made. */
#ifndef ANSWERS_PLANNING_H
#define ANSWERS_PLANNING_H

#include "answers/plan.h"
#include "answers/room.h"

struct planning {
	struct plan *plan;
	struct page_source *source;
	struct room room;
	bool balloon; /* the machine has one */
};

void plan_add_finding(struct plan_result *result,
		      const struct plan_finding *finding);
/* Whether there is room for what has to move out of a memory block. */
void planning_room(struct planning *p, struct plan_block *block);
/* The same for what is left of one that is going offline, with findings about huge pages only. Its free pages are isolated. */
void planning_room_left(struct planning *p, struct plan_block *block);
/* The answer for all memory blocks: those that could each go alone may need the same room. */
void planning_together(struct planning *p);

#endif
