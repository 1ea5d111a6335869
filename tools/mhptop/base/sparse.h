/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A sparse array: elements of one size, found by number, such as that of a
 * memory block. Elements begin zeroed, never move, and can be walked in order.
 * Memory use grows with the elements, not with their numbers.
 */
#ifndef BASE_SPARSE_H
#define BASE_SPARSE_H

#include <stddef.h>
#include "base/types.h"

/* Numbers are below this: enough for 52 bits of address in blocks of 16 MiB. */
#define SPARSE_MAX (1ULL << 28)

struct sparse {
	struct sparse_branch **root; /* NULL while the array is empty */
	size_t size; /* bytes of an element */
	size_t nr; /* elements */
};

/* Begin with an empty array of elements of size bytes. Allocates nothing. */
static inline void sparse_init(struct sparse *sparse, size_t size)
{
	*sparse = (struct sparse){ .size = size };
}

/* Free all elements. The array is then empty and can be used again. */
void sparse_free(struct sparse *sparse);
/* The element with a number, NULL if there is none. Valid until sparse_free(). */
void *sparse_find(const struct sparse *sparse, u64 number);
/*
 * Find the element with a number, or create it. NULL if out of memory or if the
 * number is SPARSE_MAX or more.
 */
void *sparse_make(struct sparse *sparse, u64 number);
/*
 * Find the first element whose number is *number or more, and store its number
 * in *number. NULL if there is none.
 */
void *sparse_next(const struct sparse *sparse, u64 *number);
/*
 * The same, for walks over many elements: *nr elements, at least one, follow each
 * other in memory and have consecutive numbers.
 */
void *sparse_run(const struct sparse *sparse, u64 *number, size_t *nr);

#endif
