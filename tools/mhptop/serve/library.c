// SPDX-License-Identifier: GPL-2.0
/* Loads libmicrohttpd. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>

#include "serve/library.h"

/* The version of the ABI that the header is of, since 2015 */
#define LIBRARY "libmicrohttpd.so.12"

static struct mhd mhd;

static bool find_function(void *library, const char *name, void *function)
{
	*(void **)function = dlsym(library, name);
	return *(void **)function;
}

const struct mhd *mhd_load(char *why, size_t len)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		snprintf(
			why, len,
			"cannot load " LIBRARY
			": install libmicrohttpd, or use --textfile without --listen");
		return NULL;
	}
#define FIND(name)                                            \
	if (!find_function(library, #name, &mhd.name)) {      \
		snprintf(why, len, LIBRARY " has no " #name); \
		return NULL;                                  \
	}
	MHD_FUNCTIONS(FIND)
	return &mhd;
}
