// SPDX-License-Identifier: GPL-2.0
/* Growing arrays: the functions behind the macros. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

#define FIRST_ROOM 16

void *vec_reserve(void *array, size_t size, size_t nr, size_t *room)
{
	size_t wanted = *room ? *room : FIRST_ROOM;

	if (nr <= *room)
		return array;
	while (wanted < nr)
		wanted *= 2;
	array = reallocarray(array, wanted, size);
	if (array)
		*room = wanted;
	return array;
}

void vec_open(void *place, size_t size, size_t behind)
{
	memmove((char *)place + size, place, behind * size);
	memset(place, 0, size);
}
