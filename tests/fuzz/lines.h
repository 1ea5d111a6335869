/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A mutator for inputs that consist of lines with numbers, such as recordings:
 * it drops, duplicates or moves a line, changes a number, or repeats an item of
 * a list. Random changes of bytes almost always make such an input invalid at
 * the change, so that nothing after it is read.
 */
#ifndef LINES_H
#define LINES_H

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed);

/* A piece of the input: a line with its newline, or the digits of a number. */
struct piece {
	size_t at;
	size_t len;
};

static inline struct piece line_at(const uint8_t *data, size_t size, size_t at)
{
	struct piece line = { at, 0 };

	while (line.at && data[line.at - 1] != '\n')
		line.at--;
	while (at < size && data[at] != '\n')
		at++;
	line.len = at + (at < size) - line.at;
	return line;
}

/* The first number after a position, or an empty piece at the end. */
static inline struct piece number_at(const uint8_t *data, size_t size,
				     size_t at)
{
	struct piece number = { size, 0 };

	while (at < size && isdigit(data[at]))
		at++;
	while (at < size && !isdigit(data[at]))
		at++;
	number.at = at;
	while (at < size && isdigit(data[at]))
		at++;
	number.len = at - number.at;
	return number;
}

/* Replace a piece; returns the new size, or the old one if there is no room. */
static inline size_t replace(uint8_t *data, size_t size, size_t max,
			     struct piece old, const void *bytes, size_t len)
{
	if (size - old.len + len > max)
		return size;
	memmove(data + old.at + len, data + old.at + old.len,
		size - old.at - old.len);
	memcpy(data + old.at, bytes, len);
	return size - old.len + len;
}

/* Use a limit of a type, a neighbour of the value, or another number of the input. */
static inline size_t change_number(uint8_t *data, size_t size, size_t max)
{
	static const char *const edges[] = {
		"0",
		"1",
		"-1",
		"32768",
		"65535",
		"2147483647",
		"-2147483648",
		"4294967295",
		"1073741824",
		"9223372036854775807",
		"-9223372036854775808",
		"18446744073709551615",
	};
	struct piece old = number_at(data, size, rand() % size);
	struct piece other = number_at(data, size, rand() % size);
	char text[32] = "";

	if (old.len >= sizeof(text) || other.len >= sizeof(text))
		return size;
	memcpy(text, data + other.at, other.len);
	if (rand() % 2)
		strcpy(text, edges[rand() % (sizeof(edges) / sizeof(*edges))]);
	else if (rand() % 2)
		snprintf(text, sizeof(text), "%llu",
			 strtoull(text, NULL, 10) + rand() % 3 - 1);
	return replace(data, size, max, old, text, strlen(text));
}

static inline size_t change_lines(uint8_t *data, size_t size, size_t max)
{
	struct piece line = line_at(data, size, rand() % size);
	struct piece place = line_at(data, size, rand() % size);
	uint8_t *copy = malloc(line.len + 1);
	int way = rand() % 3;

	if (!copy)
		return size;
	memcpy(copy, data + line.at, line.len);
	place.len = 0;
	/* Moved, doubled, dropped. */
	if (way == 1)
		place.at = line.at;
	if (way != 1)
		size = replace(data, size, max, line, "", 0);
	if (way == 0 && place.at > line.at)
		place.at -= line.len;
	if (way != 2)
		size = replace(data, size, max, place, copy, line.len);
	free(copy);
	return size;
}

/* Repeat the text between two commas: lists have a maximum length. */
static inline size_t repeat_item(uint8_t *data, size_t size, size_t max)
{
	struct piece item = { rand() % size, 1 }, place;
	int times = 1 << rand() % 8;
	uint8_t text[64];

	while (item.at < size && data[item.at] != ',')
		item.at++;
	while (item.at + item.len < size &&
	       !strchr(",}\n", data[item.at + item.len]))
		item.len++;
	if (item.at == size || item.len > sizeof(text))
		return size;
	memcpy(text, data + item.at, item.len);
	for (place = (struct piece){ item.at, 0 }; times; times--)
		size = replace(data, size, max, place, text, item.len);
	return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	srand(seed);
	if (!size || !(rand() % 4))
		return LLVMFuzzerMutate(data, size, max);
	do {
		if (!size)
			break;
		switch (rand() % 8) {
		case 0:
			size = repeat_item(data, size, max);
			break;
		case 1:
		case 2:
			size = change_lines(data, size, max);
			break;
		default:
			size = change_number(data, size, max);
		}
	} while (rand() % 2);
	return size;
}

#endif
