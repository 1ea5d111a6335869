/* SPDX-License-Identifier: GPL-2.0 */
/* Packs what the recorder writes with zstd. */
#ifndef RECORD_PACK_H
#define RECORD_PACK_H

#include <stdbool.h>
#include "base/out.h"

struct pack;

struct pack *pack_new(void); /* NULL: out of memory */
void pack_free(struct pack *pack); /* NULL is fine */
/*
 * Pack bytes and write all that they became, so that whoever unpacks the file gets
 * them, also if nothing follows. last: nothing does; the file gets its end, without
 * which a reader knows that it was cut. The next call begins anew. 0 or -errno.
 */
int pack_write(struct pack *pack, struct out *out, const char *buf, size_t len,
	       bool last);
/* The most that so many bytes can become. */
u64 pack_bound(u64 bytes);

#endif
