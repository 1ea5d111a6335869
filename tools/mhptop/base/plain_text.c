// SPDX-License-Identifier: GPL-2.0
/* UTF-8 and control characters in text of unknown origin. */
#include <string.h>

#include "base/plain_text.h"

size_t plain_text_char(const unsigned char *text, size_t len)
{
	unsigned char first = text[0], low = 0x80, high = 0xbf;
	size_t size, i;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (len < size)
		return 0;
	/* No overlong encodings, no surrogates, nothing above U+10FFFF. */
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (text[1] < low || text[1] > high)
		return 0;
	for (i = 2; i < size; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

/*
 * A C1 control takes two bytes in UTF-8, but a terminal without UTF-8 obeys the
 * single bytes 0x80 to 0x9f as well.
 */
static int is_control(const unsigned char *at, size_t size)
{
	if (size == 2)
		return at[0] == 0xc2 && at[1] < 0xa0;
	return size < 2 && (*at < 0x20 || (*at >= 0x7f && *at < 0xa0));
}

void plain_text(char *text)
{
	unsigned char *to = (unsigned char *)text;
	const unsigned char *at = to, *end = at + strlen(text);
	size_t size;

	while (at < end) {
		size = plain_text_char(at, end - at);
		if (is_control(at, size)) {
			*to++ = '?';
			at += size ? size : 1;
		} else {
			do {
				*to++ = *at++;
			} while (size && --size);
		}
	}
	*to = '\0';
}
