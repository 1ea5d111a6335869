/* SPDX-License-Identifier: GPL-2.0 */
/* Text of unknown origin, such as names of tasks and files, in XML and HTML. */
#ifndef BASE_XML_H
#define BASE_XML_H

#include <stdio.h>

/*
 * Write a text as the content of an element, or of an attribute in double quotes.
 * Whatever is no character that XML allows becomes "?".
 */
void xml_put(FILE *out, const char *text);

#endif
