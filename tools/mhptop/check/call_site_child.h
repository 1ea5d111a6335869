/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A child process that reads a vmlinux and finds call sites in it: libdw may not
 * survive a damaged file. Private to call_site*.c.
 */
#ifndef CALL_SITE_CHILD_H
#define CALL_SITE_CHILD_H

#include <sys/types.h>
#include "check/call_site.h"

#define SITES_FOUND_MAX 16

/* The child's first message */
struct site_hello {
	int err; /* 0, -EINVAL, -ENOENT or another -errno */
	char release[128]; /* of the vmlinux */
	char why[256]; /* reason of err */
};

/* The answer to a request, which is a struct mhp_record */
struct site_answer {
	size_t nr; /* sites, of which found has no more than fit */
	struct call_site found[SITES_FOUND_MAX];
};

struct site_child {
	pid_t pid; /* 0: none */
	int fd; /* both ways */
};

/*
 * Start a child that reads a vmlinux; path NULL: look for one of a release where
 * they are installed. hello has what came of it, with or without an error. After
 * an error there is no child.
 */
void site_child_start(struct site_child *child, const char *path,
		      const char *release, struct site_hello *hello);
/* Answers with no sites if the child has died. */
void site_child_ask(struct site_child *child, const struct mhp_record *record,
		    struct site_answer *answer);
void site_child_stop(struct site_child *child); /* twice is fine */

#endif
