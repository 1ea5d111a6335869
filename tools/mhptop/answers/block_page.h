/* SPDX-License-Identifier: GPL-2.0 */
/* What `mhptop explain` says of a memory block, for the page of the dashboard about it. */
#ifndef ANSWERS_BLOCK_PAGE_H
#define ANSWERS_BLOCK_PAGE_H

#include "model/block_answers.h"

/*
 * Open the answers of the running machine, or of a recording. Of the machine: before anything
 * else is opened, and before privileges are given up. NULL: out of memory.
 */
struct block_answers *block_page_open(bool live);
void block_page_close(struct block_answers *answers); /* NULL is fine */

#endif
