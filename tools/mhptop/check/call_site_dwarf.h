/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looks up a place that tests the key of an event, in the debug info or, without
 * any, in the symbols. Private to call_site*.c.
 */
#ifndef CALL_SITE_DWARF_H
#define CALL_SITE_DWARF_H

#include <elfutils/libdwfl.h>
#include "check/call_site.h"

enum site_verdict {
	SITE_NONE, /* not a call, or an unknown one */
	SITE_OTHER, /* a call with other arguments than the record has */
	SITE_FITS, /* a call that may have made the record */
};

/* *site is set unless SITE_NONE is returned. */
enum site_verdict site_resolve(Dwfl_Module *module, Dwarf_Addr pc,
			       const struct mhp_record *record,
			       struct call_site *site);

#endif
