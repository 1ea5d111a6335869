// SPDX-License-Identifier: GPL-2.0
/*
 * What another tool printed, or anything else that is given in its place: read,
 * judged and shown. An event that was read and is printed again must be read
 * as the same. Of files that perf and trace-cmd recorded there is nothing to
 * read here: these two are not to be found.
 */
#include "judge.h"
#include "lines.h"
#include "source/import/text_line.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

static void event_again(const struct mhp_record *record)
{
	const struct event_info *info = event_info(record->event);
	char fields[640], line[1024], why[160] = "no event in it";
	struct mhp_record again;

	must(info && record->size == info->size, "event %u of %u bytes",
	     record->event, record->size);
	must(!event_is_tool(record->event), "%s is not the kernel's",
	     info->name);
	event_print(record, fields, sizeof(fields));
	snprintf(line, sizeof(line), "task %u [%03u] %llu.%09llu: mhp:%s: %s\n",
		 record->pid, record->cpu, record->time_ns / 1000000000,
		 record->time_ns % 1000000000, info->name, fields);
	must(text_line_read(line, &again, why, sizeof(why)) == 1,
	     "what was printed cannot be read: %s: %s", why, line);
	must(again.event == record->event && again.pid == record->pid &&
		     again.cpu == record->cpu &&
		     again.time_ns == record->time_ns &&
		     !memcmp(&again.p, &record->p, info->size),
	     "another event than was printed: %s", line);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return setenv("PATH", "/nowhere", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct judge judge = { .take = event_again };
	struct stream *stream = &judge.stream;
	int err;

	/* That is a recording, which has a target of its own. */
	if (size && *data == '{')
		return 0;
	err = stream_open_any(stream, fuzz_file(data, size), NULL);
	if (err) {
		must_be_reason(stream->why, sizeof(stream->why));
		return 0;
	}
	/* Nothing in a text says what to ask of it: its length does. */
	judge_run(&judge, size * 0x9e3779b97f4a7c15ULL >> 32);
	must(stream->err || !memchr(data, '\0', size),
	     "a byte 0 is passed over");
	stream_close(stream);
	return 0;
}
