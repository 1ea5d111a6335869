/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bytes of a recording as lines of NDJSON, whatever form the file has: it is
 * unpacked on the way, and a binary recording becomes the lines that it stands for.
 */
#ifndef SOURCE_INPUT_H
#define SOURCE_INPUT_H

#include <stdbool.h>
#include <sys/types.h>

struct input;

/*
 * Read from a descriptor, which the caller closes after input_free(). Only a
 * regular file may be unpacked, as that may have to wait for more; grows: a
 * recorder may still be writing it. NULL if out of memory.
 */
struct input *input_new(int fd, bool unpack, bool grows);
void input_free(struct input *input);
/*
 * Read into a buffer of len bytes, which must be empty (INPUT_BYTES) unless the file
 * turns out to be text. Returns the bytes of lines, perhaps 0; *eof is set at the end of
 * the file, for now. Or -errno, after the lines before the damage, with why.
 */
ssize_t input_read(struct input *input, char *buf, size_t len, bool *eof,
		   const char **why);
/* There will be no more bytes than those up to the end. 0, or an error as above. */
int input_end(struct input *input, const char **why);
/*
 * Whether the bytes that were read are not all, as the packed file that they come
 * from was cut. What is behind the last line, or record, is not damaged then.
 */
bool input_is_cut(const struct input *input);
/* For messages: what it means. */
#define INPUT_CUT "the packed file is truncated: its end is missing"
/* Whether the packer has not ended what was read. */
bool input_is_open(const struct input *input);
/* Whether the begin of a binary record was read, but not its end. */
bool input_is_inside(const struct input *input);
/* Whether input_read() has an error to report, however little there is to read. */
bool input_failed(const struct input *input);

#define INPUT_BYTES 65536

#endif
