/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes a recording into the recorder's output, in its form. Each batch of records is
 * written with one write(), so that a recorder that is killed leaves at most one
 * incomplete line, or record.
 */
#ifndef RECORD_WRITER_H
#define RECORD_WRITER_H

#include <sys/types.h>
#include "base/out.h"
#include "format/binary.h"
#include "format/record_json.h"
#include "record/output.h"
#include "record/pack.h"

#define BATCH_BYTES 65536

struct writer {
	struct record_output *output;
	struct out out;
	off_t size; /* of the file when the recording began */
	bool linked; /* the file had a name when the recording began */
	off_t begin; /* where the output begins in a file that others wrote before */
	struct binary_writer binary;
	struct pack *pack; /* NULL: it is not packed */
	size_t used;
	char batch[BATCH_BYTES + RECORDING_LINE_MAX];
};

/* Before anything is written. 0 or -ENOMEM. */
int writer_init(struct writer *writer, struct record_output *output,
		int signals);
void writer_fini(struct writer *writer);

/* The output was opened: begin a recording in it with this header. 0 or the first error, which is kept in writer->out.err. */
int writer_begin(struct writer *writer, const struct source_info *info);
/* Add a record. 0 or the first error. */
int writer_put(struct writer *writer, const struct mhp_record *record);
/* Write what was added. Also looks what others did to the file. 0 or the first error. */
int writer_flush(struct writer *writer);
/* End the recording. 0 or the first error. */
int writer_end(struct writer *writer, const struct recording_totals *totals);
/* The most bytes that the recording has if another record and its totals follow now. */
u64 writer_size(const struct writer *writer);

#endif
