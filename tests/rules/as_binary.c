// SPDX-License-Identifier: GPL-2.0
/*
 * Writes an NDJSON recording of the current schema in binary form, as the recorder
 * would have:
 *
 *	as_binary FILE >FILE.mhp
 *
 * Records of events that this version does not know are left out.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format/binary.h"
#include "format/record_json.h"

/* 1: written, 0: not known, or -1 */
static int convert(struct binary_writer *writer, const char *line, size_t len)
{
	char buf[BINARY_BEGIN_MAX], why[160];
	struct recording_totals totals;
	struct source_info info;
	struct mhp_record record;
	const char *text;
	size_t used;
	int err;

	if (recording_is_header(line, len)) {
		if (recording_header_get(line, len, &info, why, sizeof(why)))
			return -1;
		used = binary_begin_put(writer, &info, buf);
	} else if (recording_is_totals(line, len)) {
		if (recording_totals_get(line, len, &totals, why, sizeof(why)))
			return -1;
		used = binary_totals_put(writer, &totals, buf);
	} else {
		err = record_from_json(line, len, SOURCE_SCHEMA, &record,
				       &text);
		if (err || !record.event)
			return err == -ENOMSG ? 0 : -1;
		used = binary_record_put(writer, &record, buf);
	}
	return fwrite(buf, 1, used, stdout) == used ? 1 : -1;
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "re") : NULL;
	struct binary_writer writer;
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	if (!file) {
		fprintf(stderr, "usage: as_binary FILE\n");
		return 2;
	}
	while ((len = getline(&line, &room, file)) > 0) {
		if (line[len - 1] == '\n')
			len--;
		if (convert(&writer, line, len) >= 0)
			continue;
		fprintf(stderr, "as_binary: cannot convert: %s", line);
		return 1;
	}
	return fflush(stdout) ? 1 : 0;
}
