// SPDX-License-Identifier: GPL-2.0
/* Looks at the machine once; longer only if memory is just going offline. */
#include <errno.h>
#include <string.h>

#include "doctor/now.h"
#include "format/attention_json.h"
#include "model/times.h"
#include "source/live.h"

#define NOW_PATIENCE_NS (2 * LOOP_NS)
#define NOW_LOOK_NS (LOOP_NS / 10)

static bool is_offlining(const struct model *model)
{
	const struct mhp_block *block = NULL;

	while ((block = ledger_next_block(model->ledger, block)))
		if (block_is_offlining(block))
			return true;
	return false;
}

/* 0 or -errno. */
static int read_now(struct stream *stream)
{
	int ret;

	do
		ret = stream_read(stream, stream_take, stream);
	while (ret > 0);
	stream_tick(stream, loop_now());
	return ret == -ENODATA ? 0 : ret;
}

/* An offline that is only in progress ends soon, one that tries again and again does not. */
static int look(struct stream *stream)
{
	struct pollfd fd = { .events = POLLIN };
	int err = read_now(stream);
	/* The time of an offline that was in progress counts from the snapshot, which has been read now. */
	u64 until = loop_now() + NOW_PATIENCE_NS;

	while (!err && is_offlining(&stream->model) && loop_now() < until) {
		fd.fd = source_fd(stream->source);
		err = loop_wait(&fd, 1, loop_now() + NOW_LOOK_NS);
		if (err >= 0)
			err = read_now(stream);
	}
	return err;
}

static void print_doubts(const struct attention *attention, FILE *out)
{
	const char *sep = "";
	int i;

	if (!attention->unknown)
		return;
	fputs("unknown: ", out);
	for (i = 0; i < ATTENTION_NR; i++) {
		if (!(attention->unknown >> i & 1))
			continue;
		fprintf(out, "%s%s", sep, attention_infos[i].id);
		sep = ", ";
	}
	fputc('\n', out);
}

static void print_text(const struct attention *attention, FILE *out)
{
	const struct attention_finding *finding = attention->kept;
	char text[ATTENTION_TEXT];
	size_t i;

	for (i = 0; i < attention->nr_kept; i++, finding++)
		fprintf(out, "%s: %s\n  do: %s\n",
			attention_infos[finding->id].id,
			attention_text(text, finding),
			attention_infos[finding->id].advice);
	if (attention->nr > attention->nr_kept)
		fprintf(out, "and %llu more\n",
			attention->nr - attention->nr_kept);
	if (!attention->nr)
		fputs("nothing needs attention\n", out);
	print_doubts(attention, out);
}

int doctor_now_run(struct stream *stream, bool json, FILE *out)
{
	struct model *model = &stream->model;
	struct facts_source *facts = facts_open("", true);
	struct attention attention;
	int err = look(stream);

	if (err) {
		facts_close(facts);
		return status_fail(STATUS_FAILED, "cannot read memory: %s",
				   strerror(-err));
	}
	stream_tick(stream, loop_now());
	stream_update(stream);
	attention_find(&attention, model,
		       facts ? facts_read(facts, model->info.page_bytes,
					  model->info.block_bytes,
					  model_now(model)) :
			       NULL,
		       NOW_PATIENCE_NS);
	facts_close(facts);
	if (json) {
		attention_json_put(out, &attention);
		fputc('\n', out);
	} else {
		print_text(&attention, out);
	}
	return attention.nr	 ? STATUS_VIOLATED :
	       attention.unknown ? STATUS_UNKNOWN :
				   STATUS_OK;
}
