/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Call sites: which line of the kernel's source told of an event. They are found in a vmlinux, without running anything:
 * a tracepoint is a static key, and the kernel's jump table lists each place that tests it. Which vmlinux that is and
 * what its table says is in call_site_elf.c, what its debug info says of a place in call_site_dwarf.c.
 *
 * How they are shown is not here; no source and no view is known.
 */
#ifndef CALL_SITE_H
#define CALL_SITE_H

#include <stddef.h>
#include "mhp_event.h"

#define CALL_SITE_NAME 128
#define CALL_SITE_FILE 256

struct call_site {
	char function[CALL_SITE_NAME]; /* that has the call in its source */
	char within[CALL_SITE_NAME]; /* what it was inlined into, "": nothing, or several functions */
	char file[CALL_SITE_FILE]; /* from the top of the kernel's source, "" without debug info */
	int line; /* from 1, 0 without debug info */
};

struct call_sites;

/*
 * For the events of a kernel by its release, as `uname -r` has it; "" or
 * "unknown" for no kernel in particular. Opens nothing yet. NULL: no memory.
 */
struct call_sites *call_sites_new(const char *release);
void call_sites_free(struct call_sites *sites); /* NULL is fine */
/*
 * Take them from this vmlinux. 0; 1: it is of another release; -ENOMEM, or
 * -EINVAL: it is of no use. Why then says so in one line. Only once.
 */
int call_sites_load(struct call_sites *sites, const char *path, char *why,
		    size_t len);
/*
 * The places that may have told of a record: those that its fields do not rule
 * out. Returns how many there are, of which up to max are handed over. Without
 * call_sites_load() the first call looks for vmlinux where distributions and
 * kernel builds leave it; where there is none, there are no places.
 */
size_t call_sites_find(struct call_sites *sites,
		       const struct mhp_record *record, struct call_site *found,
		       size_t max);
/* "function(), file:line, inlined into other()", as snprintf(). */
int call_site_print(const struct call_site *site, char *buf, size_t len);

#endif
