/* SPDX-License-Identifier: GPL-2.0 */
/* The header Accept: which of the two formats of the metrics a client wants. */
#ifndef SERVE_ACCEPT_H
#define SERVE_ACCEPT_H

#include <stdbool.h>

/*
 * Whether a header Accept, which may be NULL, prefers OpenMetrics to Prometheus'
 * text format (RFC 9110, 12.5.1). What says nothing of OpenMetrics does not.
 */
bool accept_openmetrics(const char *accept);

#endif
