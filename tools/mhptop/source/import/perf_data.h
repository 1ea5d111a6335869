/* SPDX-License-Identifier: GPL-2.0 */
/*
 * perf.data files: what is wrong with the file as a whole, and perf script,
 * which prints the events.
 */
#ifndef PERF_DATA_H
#define PERF_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/types.h"

#define PERF_DATA_MAGIC "PERFILE2"

struct perf_data {
	u64 lost; /* events that perf counted as lost */
	bool cut; /* the file ends early, or its recorder was killed */
	bool unmarked; /* nothing says that the file is complete */
	u64 events; /* the mhp events that were to be recorded, a bit, 1 << number, for each */
	const char *
		partial; /* what was left out of them, NULL: nothing; see perf_scope.h */
};

/*
 * Walk through the records of a file. perf script does not report all losses,
 * and prints what there is of a file that was cut. 0 or -errno; -EPROTO: not a
 * perf.data; -EMSGSIZE: something else follows its end.
 */
int perf_data_look(int fd, struct perf_data *data);

/*
 * Start perf script with a file. bare: print only what no user can choose, which
 * is neither the names of tasks nor the texts of events. Returns the descriptor of a pipe that it prints
 * to, which the caller closes, or -errno; -ENOENT: perf is not installed.
 */
int perf_data_print(int fd, bool bare, pid_t *pid);
/*
 * Wait for perf script to end. 0, -EPROTO if it refused the file, or -ECHILD if it
 * could not be started, lacked memory or crashed.
 */
int perf_data_wait(pid_t pid);
/* Kill perf script unless it has ended. */
void perf_data_stop(pid_t pid);

#endif
