/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The blocks that a frame shows, in its order: what text and JSON share. How a
 * block is written is theirs.
 */
#ifndef VIEW_BLOCKS_H
#define VIEW_BLOCKS_H

#include "view/view.h"

/* The number of the block in the list, from 0. */
typedef void (*view_block_put)(FILE *out, const struct model *model,
			       const struct mhp_block *block, size_t nth);

/* 0, -ENOMEM, or -EINVAL for a filter that is none. */
int view_blocks(FILE *out, const struct model *model,
		const struct view_opts *opts, view_block_put put);

#endif
