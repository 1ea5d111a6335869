// SPDX-License-Identifier: GPL-2.0
/* Packs with zstd: one frame for a file, a block of it for each batch. */
#include <errno.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "record/pack.h"

struct pack {
	ZSTD_CCtx *zstd;
	char packed[65536];
};

struct pack *pack_new(void)
{
	struct pack *pack = calloc(1, sizeof(*pack));

	if (!pack)
		return NULL;
	pack->zstd = ZSTD_createCCtx();
	if (pack->zstd && !ZSTD_isError(ZSTD_CCtx_setParameter(
				  pack->zstd, ZSTD_c_checksumFlag, 1)))
		return pack;
	pack_free(pack);
	return NULL;
}

void pack_free(struct pack *pack)
{
	if (!pack)
		return;
	ZSTD_freeCCtx(pack->zstd);
	free(pack);
}

int pack_write(struct pack *pack, struct out *out, const char *buf, size_t len,
	       bool last)
{
	ZSTD_inBuffer in = { buf, len, 0 };
	size_t left;
	int err = 0;

	do {
		ZSTD_outBuffer to = { pack->packed, sizeof(pack->packed), 0 };

		left = ZSTD_compressStream2(pack->zstd, &to, &in,
					    last ? ZSTD_e_end : ZSTD_e_flush);
		if (ZSTD_isError(left))
			return ZSTD_getErrorCode(left) ==
					       ZSTD_error_memory_allocation ?
				       -ENOMEM :
				       -EIO;
		err = out_write(out, pack->packed, to.pos);
	} while (!err && left);
	return err;
}

u64 pack_bound(u64 bytes)
{
	/* The end of a frame has a check of four bytes, and a block a head of three. */
	return ZSTD_compressBound(bytes) + 64;
}
