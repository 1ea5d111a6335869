/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A folder that looks like the root of a machine: files, and memory blocks in
 * sysfs. A test defines root, the template of its name, first.
 */
#ifndef TEST_TREE_H
#define TEST_TREE_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void run(const char *fmt, ...)
{
	char command[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	if (system(command)) {
		printf("Bail out! %s\n", command);
		exit(1);
	}
}

static void put(const char *path, const char *text)
{
	run("mkdir -p %s/$(dirname %s) && printf '%s\\n' > %s/%s", root, path,
	    text, root, path);
}

static inline void put_block(int id, int node, const char *state,
			     const char *zones)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/devices/system/memory/memory%d/state",
		 id);
	put(path, state);
	snprintf(path, sizeof(path),
		 "sys/devices/system/memory/memory%d/valid_zones", id);
	put(path, zones);
	run("mkdir -p %s/sys/devices/system/node/node%d && touch %s/sys/devices/system/node/node%d/memory%d %s/sys/devices/system/memory/memory%d/node%d",
	    root, node, root, node, id, root, id, node);
}

#endif
