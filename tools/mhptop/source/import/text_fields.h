/* SPDX-License-Identifier: GPL-2.0 */
/* The fields of an event in a line of text: "start_pfn=0x100000 zone=Movable". */
#ifndef TEXT_FIELDS_H
#define TEXT_FIELDS_H

#include <stddef.h>
#include "mhp_event.h"

/*
 * Parse the fields of the record's event. 0; 1: a field has a word that only a
 * newer kernel knows; or -EPROTO with a reason: a field is missing or has an
 * invalid value.
 */
int text_fields_parse(struct mhp_record *record, const char *text, char *why,
		      size_t len);

#endif
