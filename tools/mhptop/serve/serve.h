/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop serve`: metrics over HTTP and in a file. */
#ifndef SERVE_H
#define SERVE_H

#include <stdbool.h>
#include "serve/address.h"
#include "serve/credentials.h"
#include "source/stream.h"

struct serve_opts {
	bool listens;
	struct address address; /* if it listens */
	struct credential_files files; /* if it listens */
	const char *textfile; /* NULL: none */
	bool from_pipe; /* the stream is of a pipe, from which more may come at any time */
};

/*
 * Read a stream, and serve metrics of it until a signal arrives, or until the
 * stream ends if it does not listen. Returns the exit code, after errors were
 * reported on stderr.
 */
int serve_run(struct stream *stream, const struct serve_opts *opts);

#endif
