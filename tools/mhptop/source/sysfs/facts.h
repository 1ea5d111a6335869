/* SPDX-License-Identifier: GPL-2.0 */
/* The facts beside the events that attention_find() needs, read from /proc and /sys. */
#ifndef SYSFS_FACTS_H
#define SYSFS_FACTS_H

#include "model/attention.h"

struct facts_source;

/*
 * Open the files that need privileges, which a live source gives up when it reads for
 * the first time. What may not be opened is unknown later. root is prepended to all
 * paths, "" for the machine itself. thorough: count the pages of each virtio-mem
 * device with each look, however large it is. NULL: out of memory.
 */
struct facts_source *facts_open(const char *root, bool thorough);
void facts_close(struct facts_source *source); /* NULL is fine */
/*
 * The facts as of now_ns (CLOCK_MONOTONIC), read again only if some seconds have
 * passed since. Valid until the next call.
 */
const struct attention_facts *facts_read(struct facts_source *source,
					 u32 page_bytes, u64 block_bytes,
					 u64 now_ns);

#endif
