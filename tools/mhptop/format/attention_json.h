/* SPDX-License-Identifier: GPL-2.0 */
/* What needs attention as JSON, for frames and for the doctor. */
#ifndef FORMAT_ATTENTION_JSON_H
#define FORMAT_ATTENTION_JSON_H

#include <stdio.h>
#include "model/attention.h"

/* One object: found, findings and unknown. */
void attention_json_put(FILE *out, const struct attention *attention);

#endif
