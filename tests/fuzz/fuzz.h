/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers of the fuzz targets: pass an input as a file, and check conditions.
 * Each target is a libFuzzer program; run.sh runs them and makes their seeds.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/plain_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
u64 __wrap_loop_now(void);

static u64 fuzz_now_ns, fuzz_look_ns;

/*
 * In place of loop_now(). With the real clock, an input that failed once might not fail again. Instead, the size of an
 * input determines how much time passes between two readings of the clock: 1 us to 8 s.
 */
u64 __wrap_loop_now(void)
{
	return fuzz_now_ns += fuzz_look_ns;
}

/* A violated condition is reported like a crash, with the input that caused it. */
#define must(condition, ...)                                           \
	do {                                                           \
		if (!(condition)) {                                    \
			fprintf(stderr, "%s:%d: violated: ", __FILE__, \
				__LINE__);                             \
			fprintf(stderr, __VA_ARGS__);                  \
			fputc('\n', stderr);                           \
			abort();                                       \
		}                                                      \
	} while (0)

/* Write the bytes to a file in memory, the same one each time; returns its path. */
static inline const char *fuzz_file(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[32];

	fuzz_now_ns = 0;
	fuzz_look_ns = 1000ULL << size % 24;
	if (fd < 0) {
		fd = memfd_create("input", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (pwrite(fd, data, size, 0) != (ssize_t)size || ftruncate(fd, size))
		abort();
	return path;
}

/* Text for a terminal: it must not contain control characters. */
static inline void must_be_plain(const char *text, const char *what)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	plain_text(copy);
	must(!strcmp(copy, text), "%s is not plain: %s", what, copy);
	free(copy);
}

/* An error message for the user. */
static inline void must_be_reason(const char *why, size_t size)
{
	must(memchr(why, '\0', size), "an unterminated reason");
	must(*why, "an error without a reason");
	must_be_plain(why, "a reason");
}

#endif
