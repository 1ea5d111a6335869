/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What debug info or, without any, the symbols say of a place that tests the
 * key of an event. Nobody but call_site*.c includes this.
 */
#ifndef CALL_SITE_DWARF_H
#define CALL_SITE_DWARF_H

#include <elfutils/libdwfl.h>
#include "check/call_site.h"

enum site_verdict {
	SITE_NONE, /* no call, or nothing is known of it */
	SITE_OTHER, /* a call whose arguments are other than the record's */
	SITE_FITS,
};

/* *site is set unless SITE_NONE is returned. */
enum site_verdict site_resolve(Dwfl_Module *module, Dwarf_Addr pc,
			       const struct mhp_record *record,
			       struct call_site *site);

#endif
