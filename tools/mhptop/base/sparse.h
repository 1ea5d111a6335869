/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A sparse array: zeroed elements of one size, found by a number such as that
 * of a memory block. Elements never move, and can be walked in order. Memory
 * grows with the elements, not with their numbers.
 */
#ifndef BASE_SPARSE_H
#define BASE_SPARSE_H

#include <stddef.h>
#include "base/types.h"

/* Numbers end here: blocks of 16 MiB then cover 52 bits of address. */
#define SPARSE_MAX (1ULL << 28)

struct sparse {
	struct sparse_branch **root; /* NULL while it is empty */
	size_t size; /* bytes of an element */
	size_t nr; /* elements */
};

/* Begin with an empty array. All zero but for the size, so this cannot fail. */
static inline void sparse_init(struct sparse *sparse, size_t size)
{
	*sparse = (struct sparse){ .size = size };
}

void sparse_free(struct sparse *sparse);
/* NULL if there is no such element. */
void *sparse_find(const struct sparse *sparse, u64 number);
/*
 * The element of a number, made if need be. NULL without memory, or for a
 * number of SPARSE_MAX or more.
 */
void *sparse_make(struct sparse *sparse, u64 number);
/*
 * The first element whose number is *number or more, and its number; NULL if
 * there is none.
 */
void *sparse_next(const struct sparse *sparse, u64 *number);

#endif
