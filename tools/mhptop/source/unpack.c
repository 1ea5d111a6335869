// SPDX-License-Identifier: GPL-2.0
/*
 * Unpacks gzip and zstd as a stream, so that a small file that holds very much
 * costs time but no memory. Files of several packed parts are supported.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "source/unpack.h"

#define PACKED_BYTES 16384
#define GZIP_WINDOW (16 + MAX_WBITS) /* with the header of gzip */
#define ZSTD_WINDOW_LOG 26 /* 64 MiB: more than zstd uses below level 22 */

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

struct unpack {
	int fd;
	enum packing packing;
	bool grows;
	bool eof; /* of the packed file */
	bool inside; /* a packed part has begun but not ended */
	bool full; /* there may be more output, even if all input was taken */
	int err; /* returned from now on */
	z_stream gzip;
	ZSTD_DStream *zstd;
	size_t start; /* unread bytes of packed */
	size_t end;
	unsigned char packed[PACKED_BYTES];
};

struct unpack *unpack_new(int fd, bool grows)
{
	struct unpack *unpack = calloc(1, sizeof(*unpack));

	if (unpack) {
		unpack->fd = fd;
		unpack->grows = grows;
	}
	return unpack;
}

void unpack_free(struct unpack *unpack)
{
	if (!unpack)
		return;
	if (unpack->packing == PACKING_GZIP)
		inflateEnd(&unpack->gzip);
	ZSTD_freeDStream(unpack->zstd);
	free(unpack);
}

const char *unpack_format(const struct unpack *unpack)
{
	return unpack->packing == PACKING_GZIP ? "gzip" :
	       unpack->packing == PACKING_ZSTD ? "zstd" :
						 NULL;
}

/* Read more packed bytes. 0, also at the end of the file, or -errno. */
static int unpack_fill(struct unpack *unpack)
{
	ssize_t n;

	unpack->end -= unpack->start;
	memmove(unpack->packed, unpack->packed + unpack->start, unpack->end);
	unpack->start = 0;
	do {
		n = read(unpack->fd, unpack->packed + unpack->end,
			 sizeof(unpack->packed) - unpack->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	unpack->end += n;
	unpack->eof = !n;
	return 0;
}

static int start_gzip(struct unpack *unpack)
{
	if (inflateInit2(&unpack->gzip, GZIP_WINDOW) != Z_OK)
		return -ENOMEM;
	unpack->packing = PACKING_GZIP;
	return 0;
}

static int start_zstd(struct unpack *unpack)
{
	unpack->zstd = ZSTD_createDStream();
	if (!unpack->zstd)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(unpack->zstd, ZSTD_d_windowLogMax,
			       ZSTD_WINDOW_LOG);
	unpack->packing = PACKING_ZSTD;
	return 0;
}

static int find_packing(struct unpack *unpack)
{
	static const unsigned char gzip[] = { 0x1f, 0x8b, 8 };
	static const unsigned char zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
	int err = 0;

	while (!err && !unpack->eof && unpack->end < sizeof(zstd))
		err = unpack_fill(unpack);
	if (err || (unpack->grows && unpack->end < sizeof(zstd)))
		return err;
	if (!unpack->grows && unpack->end >= sizeof(gzip) &&
	    !memcmp(unpack->packed, gzip, sizeof(gzip)))
		return start_gzip(unpack);
	if (unpack->end >= sizeof(zstd) &&
	    !memcmp(unpack->packed, zstd, sizeof(zstd)))
		return start_zstd(unpack);
	unpack->packing = PACKING_NONE;
	return 0;
}

/* Unpack some of the bytes that were read: the number of bytes made of them, or -errno. */
static ssize_t gzip_step(struct unpack *unpack, void *buf, size_t len)
{
	z_stream *gzip = &unpack->gzip;
	int ret;

	gzip->next_in = unpack->packed + unpack->start;
	gzip->avail_in = unpack->end - unpack->start;
	gzip->next_out = buf;
	gzip->avail_out = len;
	ret = inflate(gzip, Z_NO_FLUSH);
	unpack->start = unpack->end - gzip->avail_in;
	unpack->inside = true;
	if (ret == Z_STREAM_END) {
		unpack->inside = false;
		ret = inflateReset(gzip);
	}
	if (ret == Z_MEM_ERROR)
		return -ENOMEM;
	if (ret != Z_OK && ret != Z_BUF_ERROR)
		unpack->err = -EPROTO;
	return len - gzip->avail_out;
}

static int zstd_error(size_t ret)
{
	switch (ZSTD_getErrorCode(ret)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return -EFBIG;
	case ZSTD_error_memory_allocation:
		return -ENOMEM;
	default:
		return -EPROTO;
	}
}

static ssize_t zstd_step(struct unpack *unpack, void *buf, size_t len)
{
	ZSTD_inBuffer in = { unpack->packed, unpack->end, unpack->start };
	ZSTD_outBuffer out = { buf, len, 0 };
	size_t ret = ZSTD_decompressStream(unpack->zstd, &out, &in);

	unpack->start = in.pos;
	unpack->inside = ret;
	if (ZSTD_isError(ret))
		unpack->err = zstd_error(ret);
	return out.pos;
}

/* Bytes that were read before it was known whether the file is packed, then the file itself. */
static ssize_t plain_step(struct unpack *unpack, void *buf, size_t len)
{
	size_t left = unpack->end - unpack->start;

	if (len > left)
		len = left;
	memcpy(buf, unpack->packed + unpack->start, len);
	unpack->start += len;
	return len;
}

static ssize_t unpack_step(struct unpack *unpack, void *buf, size_t len)
{
	if (unpack->packing == PACKING_GZIP)
		return gzip_step(unpack, buf, len);
	if (unpack->packing == PACKING_ZSTD)
		return zstd_step(unpack, buf, len);
	return plain_step(unpack, buf, len);
}

bool unpack_is_inside(const struct unpack *unpack)
{
	return unpack->inside;
}

ssize_t unpack_read(struct unpack *unpack, void *buf, size_t len)
{
	ssize_t n;

	if (unpack->grows)
		unpack->eof = false;
	if (unpack->packing == PACKING_UNKNOWN)
		unpack->err = find_packing(unpack);
	if (unpack->packing == PACKING_UNKNOWN)
		return unpack->err;
	while (!unpack->err) {
		if (unpack->start < unpack->end || unpack->full) {
			n = unpack_step(unpack, buf, len);
			unpack->full = n == (ssize_t)len;
			if (n)
				return n;
			if (unpack->err)
				break;
		}
		if (unpack->eof)
			return unpack->inside && !unpack->grows ? -ENODATA : 0;
		if (unpack->start == unpack->end)
			unpack->err = unpack_fill(unpack);
	}
	return unpack->err;
}
