/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How strictly json-c may parse a text: for the reader, and for the tests that
 * let json-c judge what we write.
 */
#ifndef MHPTOP_JSON_FLAGS_H
#define MHPTOP_JSON_FLAGS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Returns the flags of json_tokener_set_flags(): UTF-8 is validated, and
 * parsing is strict. In strict mode json-c 0.18 compares signed characters, and
 * so rejects every byte beyond ASCII as a control character; that version
 * parses a text that has such bytes less strictly.
 */
static inline int json_flags(const char *text, size_t len)
{
	bool strict = true;
	size_t i;

	for (i = 0; i < len && json_c_version_num() == (0 << 16 | 18 << 8); i++)
		strict &= (unsigned char)text[i] < 0x80;
	return JSON_TOKENER_VALIDATE_UTF8 | (strict ? JSON_TOKENER_STRICT : 0);
}

#endif
