/* SPDX-License-Identifier: GPL-2.0 */
/* The files of the page for a browser, which are part of the program. */
#ifndef SERVE_ASSETS_H
#define SERVE_ASSETS_H

struct asset {
	const char *path; /* of the request */
	const char *type; /* the value of the header Content-Type */
	const char *text;
	const char *end;
};

/* NULL if there is no such file. */
const struct asset *assets_find(const char *path);

#endif
