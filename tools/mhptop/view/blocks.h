/* SPDX-License-Identifier: GPL-2.0 */
/* The blocks of a frame, filtered and sorted, for text and JSON. */
#ifndef VIEW_BLOCKS_H
#define VIEW_BLOCKS_H

#include "view/view.h"

/* Write one block; nth is its position in the list, from 0. */
typedef void (*view_block_put)(FILE *out, const struct model *model,
			       const struct mhp_block *block, size_t nth);

/* Call put for each block. 0, -ENOMEM, or -EINVAL for an invalid filter. */
int view_blocks(FILE *out, const struct model *model,
		const struct view_opts *opts, view_block_put put);

#endif
