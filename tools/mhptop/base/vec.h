/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Growing arrays: room for one more element at the end or in the middle, by
 * doubling. The owner has the array, the number of its elements and the room.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>

/* Room for one more element. False without memory, and nothing has changed. */
#define vec_grow(array, nr, room)                                      \
	({                                                             \
		void *vec_grown = vec_reserve(array, sizeof(*(array)), \
					      (nr) + 1, &(room));      \
		if (vec_grown)                                         \
			(array) = vec_grown;                           \
		vec_grown != NULL;                                     \
	})
/*
 * The same, and a zeroed element at a place, with those behind it moved up by
 * one and the number increased.
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
 * The array with room for at least nr elements, nr not 0. NULL without memory,
 * and then the old one is still there.
 */
void *vec_reserve(void *array, size_t size, size_t nr, size_t *room);
/* Move the elements from a place on up by one, and zero the place. */
void vec_open(void *place, size_t size, size_t behind);

#endif
