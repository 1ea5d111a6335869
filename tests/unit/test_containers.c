// SPDX-License-Identifier: GPL-2.0
/* Tests of the sparse array and of growing arrays. */
#include <stdint.h>
#include <stdlib.h>

#include "base/sparse.h"
#include "base/vec.h"
#include "ktap.h"

/* Neighbours, boundaries of leaves and branches, and the highest number; ascending */
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

/* Creates the elements in mixed order and stores number + 1 in each. */
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
		eq("the walk returns the element of the number", *element,
		   number + 1);
		number++;
	}
	eq("the walk visits all elements", i, NR);
	number = 33;
	element = sparse_next(sparse, &number);
	eq("a walk can start between two elements", number, 63);
	number = SPARSE_MAX;
	ok(!sparse_next(sparse, &number),
	   "a walk from SPARSE_MAX finds nothing");
	number = ~0ULL;
	ok(!sparse_next(sparse, &number),
	   "a walk from the highest u64 finds nothing");
}

static void test_runs(void)
{
	/* Two neighbours, a hole, three up to the end of a leaf, and all of the next one */
	static const struct {
		u64 first, nr;
	} runs[] = { { 0, 2 }, { 29, 3 }, { 32, 32 }, { 65536, 1 } };
	u64 number = 0, made = 0, *elements;
	struct sparse sparse;
	size_t i, nr, j, wrong = 0;

	sparse_init(&sparse, sizeof(u64));
	ok(!sparse_run(&sparse, &number, &nr), "an empty array has no run");
	for (i = 0; i < sizeof(runs) / sizeof(*runs); i++)
		for (j = 0; j < runs[i].nr; j++, made++)
			*(u64 *)sparse_make(&sparse, runs[i].first + j) =
				runs[i].first + j;
	for (i = 0; (elements = sparse_run(&sparse, &number, &nr)); i++) {
		eq("a run begins where it should", number, runs[i].first);
		eq("a run is as long as it can be", nr, runs[i].nr);
		for (j = 0; j < nr; j++)
			wrong += elements[j] != number + j;
		made -= nr;
		number += nr;
	}
	eq("the runs have all elements", made, 0);
	eq("the elements of a run follow each other", wrong, 0);
	number = 40;
	ok(sparse_run(&sparse, &number, &nr) && number == 40 && nr == 24,
	   "a run may begin inside a leaf");
	sparse_free(&sparse);
}

static void test_sparse(void)
{
	struct sparse sparse;
	u64 *first, *element, number = 0;

	sparse_init(&sparse, sizeof(u64));
	ok(!sparse_find(&sparse, 0), "an empty array has no element 0");
	ok(!sparse_next(&sparse, &number),
	   "a walk of an empty array finds nothing");
	fill(&sparse);
	eq("the number of elements", sparse.nr, NR);
	first = sparse_find(&sparse, 0);
	element = sparse_make(&sparse, 0);
	ok(first == element && *element == 1,
	   "sparse_make() returns an existing element unchanged");
	eq("an existing element is not counted again", sparse.nr, NR);
	ok(!sparse_find(&sparse, 30) && !sparse_find(&sparse, 1ULL << 21),
	   "elements that were not created are not found");
	ok(!sparse_make(&sparse, SPARSE_MAX) && !sparse_make(&sparse, ~0ULL),
	   "no element is created at or above SPARSE_MAX");
	ok(!sparse_find(&sparse, SPARSE_MAX) && !sparse_find(&sparse, ~0ULL),
	   "no element is found at or above SPARSE_MAX");
	test_walk(&sparse);
	ok(sparse_find(&sparse, 0) == first, "elements do not move");
	sparse_free(&sparse);
	ok(!sparse_find(&sparse, 0) && !sparse.nr, "a freed array is empty");
	ok(sparse_make(&sparse, 5) != NULL, "a freed array can be used again");
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
	ok(vec_insert(array, nr, room, 500),
	   "an element is inserted in the middle");
	eq("the inserted element is zeroed", array[500], 0);
	eq("the element before it stays in place", array[499], 499);
	eq("the element after it moves up", array[501], 500);
	eq("the last element moves up", array[1000], 999);
	eq("the number of elements grows by one", nr, 1001);
	ok(vec_insert(array, nr, room, nr),
	   "an element is inserted at the end");
	eq("the element at the end is zeroed", array[1001], 0);
	free(array);
}

int main(void)
{
	test_sparse();
	test_runs();
	test_vec();
	return ktap_done();
}
