// SPDX-License-Identifier: GPL-2.0
/* Escapes text for XML and HTML. */
#include <string.h>

#include "base/plain_text.h"
#include "base/xml.h"

/*
 * The bytes of a character that XML allows, 0: it does not. File names in debug
 * info may consist of any bytes. U+FFFE and U+FFFF are not allowed.
 */
static size_t xml_char(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t size = plain_text_char(at, len);

	if (size == 1 && (*at < ' ' || *at == 0x7f) && *at != '\n')
		return 0;
	if (size == 2 && at[0] == 0xc2 && at[1] < 0xa0)
		return 0;
	if (size == 3 && at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe)
		return 0;
	return size;
}

void xml_put(FILE *out, const char *text)
{
	size_t left = strlen(text), size;

	for (; left; text += size, left -= size) {
		size = xml_char(text, left);
		if (!size) {
			fputc('?', out);
			size = 1;
		} else if (*text == '<') {
			fputs("&lt;", out);
		} else if (*text == '>') {
			fputs("&gt;", out);
		} else if (*text == '&') {
			fputs("&amp;", out);
		} else if (*text == '"') {
			fputs("&quot;", out);
		} else {
			fwrite(text, 1, size, out);
		}
	}
}
