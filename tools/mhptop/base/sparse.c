// SPDX-License-Identifier: GPL-2.0
/* A sparse array as a tree of three levels, whose leaves hold the elements. */
#include <stdlib.h>

#include "base/sparse.h"

#define LEAF_BITS 5
#define BRANCH_BITS 11
#define ROOT_BITS 12

#define LEAF_SIZE (1U << LEAF_BITS)
#define BRANCH_SIZE (1U << BRANCH_BITS)
#define ROOT_SIZE (1U << ROOT_BITS)

_Static_assert(1ULL << (LEAF_BITS + BRANCH_BITS + ROOT_BITS) == SPARSE_MAX,
	       "the tree has room for all numbers");

/* Bit n of the mask is set if element n exists. */
struct sparse_leaf {
	u32 mask;
	_Alignas(max_align_t) char elements[];
};

struct sparse_branch {
	struct sparse_leaf *leaves[BRANCH_SIZE];
};

static unsigned int root_index(u64 number)
{
	return number >> (LEAF_BITS + BRANCH_BITS);
}

static unsigned int branch_index(u64 number)
{
	return number >> LEAF_BITS & (BRANCH_SIZE - 1);
}

static unsigned int leaf_index(u64 number)
{
	return number & (LEAF_SIZE - 1);
}

void sparse_free(struct sparse *sparse)
{
	size_t i, j;

	for (i = 0; sparse->root && i < ROOT_SIZE; i++) {
		for (j = 0; sparse->root[i] && j < BRANCH_SIZE; j++)
			free(sparse->root[i]->leaves[j]);
		free(sparse->root[i]);
	}
	free(sparse->root);
	sparse_init(sparse, sparse->size);
}

static struct sparse_leaf *find_leaf(const struct sparse *sparse, u64 number)
{
	struct sparse_branch *branch;

	if (!sparse->root || number >= SPARSE_MAX)
		return NULL;
	branch = sparse->root[root_index(number)];
	return branch ? branch->leaves[branch_index(number)] : NULL;
}

void *sparse_find(const struct sparse *sparse, u64 number)
{
	struct sparse_leaf *leaf = find_leaf(sparse, number);

	if (!leaf || !(leaf->mask & 1U << leaf_index(number)))
		return NULL;
	return leaf->elements + leaf_index(number) * sparse->size;
}

static struct sparse_leaf *make_leaf(struct sparse *sparse, u64 number)
{
	struct sparse_branch **branch;
	struct sparse_leaf **leaf;

	if (number >= SPARSE_MAX)
		return NULL;
	if (!sparse->root)
		sparse->root = calloc(ROOT_SIZE, sizeof(*sparse->root));
	if (!sparse->root)
		return NULL;
	branch = &sparse->root[root_index(number)];
	if (!*branch)
		*branch = calloc(1, sizeof(**branch));
	if (!*branch)
		return NULL;
	leaf = &(*branch)->leaves[branch_index(number)];
	if (!*leaf)
		*leaf = calloc(1, sizeof(**leaf) + LEAF_SIZE * sparse->size);
	return *leaf;
}

void *sparse_make(struct sparse *sparse, u64 number)
{
	struct sparse_leaf *leaf = make_leaf(sparse, number);
	u32 bit = 1U << leaf_index(number);

	if (!leaf)
		return NULL;
	sparse->nr += !(leaf->mask & bit);
	leaf->mask |= bit;
	return leaf->elements + leaf_index(number) * sparse->size;
}

void *sparse_next(const struct sparse *sparse, u64 *number)
{
	const struct sparse_branch *branch;
	struct sparse_leaf *leaf;
	u64 at = *number;
	u32 mask;

	while (sparse->root && at < SPARSE_MAX) {
		branch = sparse->root[root_index(at)];
		if (!branch) {
			at = (at | (BRANCH_SIZE * LEAF_SIZE - 1)) + 1;
			continue;
		}
		leaf = branch->leaves[branch_index(at)];
		mask = leaf ? leaf->mask & ~0U << leaf_index(at) : 0;
		if (mask) {
			*number = (at & ~(u64)(LEAF_SIZE - 1)) +
				  __builtin_ctz(mask);
			return leaf->elements +
			       leaf_index(*number) * sparse->size;
		}
		at = (at | (LEAF_SIZE - 1)) + 1;
	}
	return NULL;
}

void *sparse_run(const struct sparse *sparse, u64 *number, size_t *nr)
{
	void *element = sparse_next(sparse, number);
	u32 missing;

	if (!element)
		return NULL;
	missing = ~(find_leaf(sparse, *number)->mask >> leaf_index(*number));
	*nr = missing ? (size_t)__builtin_ctz(missing) : LEAF_SIZE;
	return element;
}
