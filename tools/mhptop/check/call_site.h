/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Call sites: the lines of the kernel's source that may have reported an event. They are read from a vmlinux: a
 * tracepoint has a static key, the kernel's jump table lists each place that tests the key, and the debug info has the
 * source line of that place.
 */
#ifndef CALL_SITE_H
#define CALL_SITE_H

#include <stddef.h>
#include "mhp_event.h"

#define CALL_SITE_NAME 128
#define CALL_SITE_FILE 256

struct call_site {
	char function[CALL_SITE_NAME]; /* the function that contains the call */
	char within[CALL_SITE_NAME]; /* function it was inlined into, "": none, or several */
	char file[CALL_SITE_FILE]; /* relative to the top of the kernel's source, "": no debug info */
	int line; /* from 1, 0: no debug info */
};

struct call_sites;

/*
 * For events of a kernel with this release, as of `uname -r`; "" or "unknown" if
 * the release is not known. Does not open a file yet. NULL: out of memory.
 */
struct call_sites *call_sites_new(const char *release);
void call_sites_free(struct call_sites *sites); /* NULL is fine */
/*
 * Use this vmlinux; call it at most once. 0; 1: it is used, but has another
 * release; -ENOMEM; -EINVAL: it is unusable. Except for 0, why has the reason.
 */
int call_sites_load(struct call_sites *sites, const char *path, char *why,
		    size_t len);
/*
 * Both, for a vmlinux that the user named, which must be usable; path may be NULL.
 * Returns the exit code, after errors were reported on stderr. The sites are the
 * caller's to free, even after an error.
 */
int call_sites_open(struct call_sites **sites, const char *release,
		    const char *path);
/*
 * Find the calls that may have reported a record, except those that its fields
 * rule out. Returns their number, and the first max of them in found. Without
 * call_sites_load(), the first call looks for a vmlinux where distributions and
 * kernel builds install it. Without a vmlinux, there are no sites.
 */
size_t call_sites_find(struct call_sites *sites,
		       const struct mhp_record *record, struct call_site *found,
		       size_t max);
/* "function(), file:line, inlined into other()", as snprintf(). */
int call_site_print(const struct call_site *site, char *buf, size_t len);

#endif
