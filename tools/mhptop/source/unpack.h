/* SPDX-License-Identifier: GPL-2.0 */
/* Reads a file, and unpacks it on the way if gzip or zstd packed it. */
#ifndef UNPACK_H
#define UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* For messages: what -EFBIG of unpack_read() means. zstd -d alone refuses such a file, too. */
#define UNPACK_TOO_LARGE \
	"too much memory to unpack it; unpack it with zstd -d --long=31"

struct unpack;

/*
 * Look at the first bytes of a file that was opened at its beginning. NULL: out
 * of memory. The descriptor remains the caller's, and must outlive it. A file that
 * grows is unpacked only if zstd packs it, whose users write all they have at once.
 */
struct unpack *unpack_new(int fd, bool grows);
void unpack_free(struct unpack *unpack); /* NULL is fine */
/* "gzip" or "zstd", NULL if the file is not packed. */
const char *unpack_format(const struct unpack *unpack);
/*
 * Like read(), but with -errno. -EPROTO: the packed data is damaged, -ENODATA:
 * it was cut; all bytes before that place have been returned. -EFBIG: unpacking
 * it takes too much memory. 0 is the end of a file that grows for now.
 */
ssize_t unpack_read(struct unpack *unpack, void *buf, size_t len);
/* Whether the file goes on: the end of a packed part has not been read. */
bool unpack_is_inside(const struct unpack *unpack);

#endif
