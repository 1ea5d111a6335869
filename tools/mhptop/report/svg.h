/* SPDX-License-Identifier: GPL-2.0 */
/* The pictures of a report, as SVG inside of HTML. Their colours are classes of its style. */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include "report/report.h"

/* One row for each memory block, or group of them, one column for each piece of time. 0 or -ENOMEM. */
int svg_map(const struct report *report, FILE *out);
/* One lane for each kind of operation, in which each has its place in time. 0 or -ENOMEM. */
int svg_waterfall(const struct report *report, FILE *out);
/* How many operations of a kind took how long */
void svg_distribution(const struct summary_times *times, FILE *out);
/*
 * The phases of an operation; max_ns has the full width, or the operation itself if
 * it takes longer: one that has not ended is no part of the maximum.
 */
void svg_phases(const struct history_operation *operation, u64 max_ns,
		FILE *out);

#endif
