/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model and a tally as metrics, in Prometheus' text format or in OpenMetrics.
 * docs/serve.md lists them. What is not known is absent.
 */
#ifndef EXPORT_OPENMETRICS_H
#define EXPORT_OPENMETRICS_H

#include <stdio.h>
#include "export/tally.h"

enum metrics_format { METRICS_TEXT, METRICS_OPENMETRICS };

/* The value of the header Content-Type, a static string. */
const char *metrics_type(enum metrics_format format);
/*
 * Write all metrics. Update the stream and the time of the model first. 0 or
 * -errno.
 */
int metrics_put(const struct model *model, const struct tally *tally,
		enum metrics_format format, FILE *out);

#endif
