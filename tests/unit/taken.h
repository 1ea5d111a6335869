/* SPDX-License-Identifier: GPL-2.0 */
/* Hands records to a model. Times are 1000 times the number of a record. */
#ifndef TEST_TAKEN_H
#define TEST_TAKEN_H

#include <string.h>

#include "model/event_table.h"
#include "model/model.h"

#define PAGES 32768ULL /* of a memory block */

static struct model model;

/* The record is empty afterwards. */
static void take(struct mhp_record *r, unsigned int event, u64 seq)
{
	r->event = event;
	r->size = event_info(event)->size;
	r->seq = seq;
	r->time_ns = 1000 * seq;
	model_take(&model, r);
	memset(r, 0, sizeof(*r));
}

#endif
