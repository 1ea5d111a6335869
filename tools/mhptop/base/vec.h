/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Growing arrays, whose capacity doubles. The caller owns the array (NULL while
 * it is empty), the number of its elements (nr) and its capacity (room).
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>

/* Make room for one more element. False if out of memory; nothing changes then. */
#define vec_grow(array, nr, room)                                      \
	({                                                             \
		void *vec_grown = vec_reserve(array, sizeof(*(array)), \
					      (nr) + 1, &(room));      \
		if (vec_grown)                                         \
			(array) = vec_grown;                           \
		vec_grown != NULL;                                     \
	})
/*
 * Insert a zeroed element at an index: move those from there up by one and
 * increment nr. False if out of memory; nothing changes then.
 */
#define vec_insert(array, nr, room, at)                              \
	({                                                           \
		size_t vec_at = (at);                                \
		bool vec_fits = vec_grow(array, nr, room);           \
		if (vec_fits)                                        \
			vec_open((array) + vec_at, sizeof(*(array)), \
				 (nr)++ - vec_at);                   \
		vec_fits;                                            \
	})

/*
 * Reallocate the array if it has no room for nr elements of size bytes, and
 * update *room. nr must not be 0. Returns the array, or NULL if out of memory;
 * the old array is still valid then.
 */
void *vec_reserve(void *array, size_t size, size_t nr, size_t *room);
/*
 * Move the elements from place on, of which there are behind, up by one and zero
 * the one at place. The array must have room.
 */
void vec_open(void *place, size_t size, size_t behind);

#endif
