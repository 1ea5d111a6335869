// SPDX-License-Identifier: GPL-2.0
/* The sparse array against a plain list of numbers; growing arrays. */
#include <stdint.h>
#include <stdlib.h>

#include "base/sparse.h"
#include "base/vec.h"
#include "ktap.h"

/* Neighbours, edges of leaves and branches, and the last number there is. */
static const u64 numbers[] = { 0,
			       1,
			       31,
			       32,
			       63,
			       65535,
			       65536,
			       1ULL << 20,
			       1ULL << 27,
			       SPARSE_MAX - 2,
			       SPARSE_MAX - 1 };
#define NR (sizeof(numbers) / sizeof(*numbers))

/* In an order of their own, each remembers its number. */
static void fill(struct sparse *sparse)
{
	u64 *element;
	size_t i, at;

	for (i = 0; i < NR; i++) {
		at = (i * 7 + 3) % NR;
		element = sparse_make(sparse, numbers[at]);
		if (!ok(element && !*element, "element %llu is new and zeroed",
			numbers[at]))
			exit(ktap_done());
		*element = numbers[at] + 1;
	}
}

static void test_walk(struct sparse *sparse)
{
	u64 number = 0, *element;
	size_t i;

	for (i = 0; (element = sparse_next(sparse, &number)); i++) {
		eq("the walk is in order", number, numbers[i]);
		eq("and has the element", *element, number + 1);
		number++;
	}
	eq("the walk has all elements", i, NR);
	number = 33;
	element = sparse_next(sparse, &number);
	eq("a walk can begin in between", number, 63);
	number = SPARSE_MAX;
	ok(!sparse_next(sparse, &number), "no element is beyond the last");
	number = ~0ULL;
	ok(!sparse_next(sparse, &number), "not even far beyond");
}

static void test_sparse(void)
{
	struct sparse sparse;
	u64 *first, *element, number = 0;

	sparse_init(&sparse, sizeof(u64));
	ok(!sparse_find(&sparse, 0), "an empty array has no element");
	ok(!sparse_next(&sparse, &number), "and none to walk");
	fill(&sparse);
	eq("the number of elements", sparse.nr, NR);
	first = sparse_find(&sparse, 0);
	element = sparse_make(&sparse, 0);
	ok(first == element && *element == 1, "an element is made only once");
	eq("and counted only once", sparse.nr, NR);
	ok(!sparse_find(&sparse, 30) && !sparse_find(&sparse, 1ULL << 21),
	   "elements that were not made are not found");
	ok(!sparse_make(&sparse, SPARSE_MAX) && !sparse_make(&sparse, ~0ULL),
	   "numbers end at SPARSE_MAX");
	ok(!sparse_find(&sparse, SPARSE_MAX) && !sparse_find(&sparse, ~0ULL),
	   "and nothing is found beyond");
	test_walk(&sparse);
	ok(sparse_find(&sparse, 0) == first, "elements do not move");
	sparse_free(&sparse);
	ok(!sparse_find(&sparse, 0) && !sparse.nr, "a freed array is empty");
	ok(sparse_make(&sparse, 5) != NULL, "and can be used again");
	sparse_free(&sparse);
}

static void test_vec(void)
{
	size_t nr = 0, room = 0, i, wrong = 0;
	u32 *array = NULL;

	for (i = 0; i < 1000; i++) {
		if (!vec_grow(array, nr, room))
			exit(ktap_done());
		array[nr++] = i;
	}
	for (i = 0; i < nr; i++)
		wrong += array[i] != i;
	eq("a growing array keeps its elements", wrong, 0);
	ok(vec_insert(array, nr, room, 500), "an element in the middle");
	eq("is zeroed", array[500], 0);
	eq("what is before it stays", array[499], 499);
	eq("what is behind it moves up", array[501], 500);
	eq("to the last", array[1000], 999);
	eq("and is counted", nr, 1001);
	ok(vec_insert(array, nr, room, nr), "an element at the end");
	eq("is zeroed, too", array[1001], 0);
	free(array);
}

int main(void)
{
	test_sparse();
	test_vec();
	return ktap_done();
}
