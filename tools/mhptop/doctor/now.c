// SPDX-License-Identifier: GPL-2.0
/* Prints what needs attention, as far as one look at the machine shows it. */
#include <errno.h>
#include <string.h>

#include "base/fit.h"
#include "doctor/now.h"
#include "format/attention_json.h"
#include "source/look.h"

static void print_doubts(const struct attention *attention,
			 const struct attention_facts *facts, FILE *out)
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
	if (!facts || !facts->ranges_known)
		fputs("  do: Run it as root: only root can see which memory belongs to which device.\n",
		      out);
}

static int print_text(const struct attention *attention,
		      const struct attention_facts *facts, FILE *to)
{
	const struct attention_finding *finding = attention->kept;
	FILE *out = fit_open(to, fit_cols(to));
	char text[ATTENTION_TEXT];
	size_t i;

	if (!out)
		return -ENOMEM;
	for (i = 0; i < attention->nr_kept; i++, finding++)
		fprintf(out, "%s: %s\n  do: %s\n",
			attention_infos[finding->id].id,
			attention_text(text, finding),
			attention_infos[finding->id].advice);
	if (attention->nr > attention->nr_kept)
		fprintf(out, "and %llu more\n",
			attention->nr - attention->nr_kept);
	if (!attention->nr)
		fputs(attention->unknown ?
			      "found nothing that needs attention\n" :
			      "nothing needs attention\n",
		      out);
	print_doubts(attention, facts, out);
	if (!attention->of_id[ATTENTION_MEMMAP_LEFT])
		fprintf(out,
			"not looked for: %s: only a dashboard or mhptop serve that runs during the removal can see it\n",
			attention_infos[ATTENTION_MEMMAP_LEFT].id);
	return fit_close(out);
}

int doctor_now_run(struct stream *stream, bool json, FILE *out)
{
	struct model *model = &stream->model;
	struct facts_source *source = facts_open("", true);
	const struct attention_facts *facts = NULL;
	struct attention attention;
	int err = stream_look(stream, stream_take, stream);

	if (err) {
		facts_close(source);
		return status_fail(STATUS_FAILED, "cannot read memory: %s",
				   strerror(-err));
	}
	stream_tick(stream, loop_now());
	stream_update(stream);
	if (source)
		facts = facts_read(source, model->info.page_bytes,
				   model->info.block_bytes, model_now(model));
	attention_find(&attention, model, facts, LOOK_PATIENCE_NS);
	/* Whatever the source, a look does not see the removals before it, so this must not decide what is known. */
	attention.unknown &= ~(1U << ATTENTION_MEMMAP_LEFT);
	if (json) {
		attention_json_put(out, &attention);
		fputc('\n', out);
	} else if (print_text(&attention, facts, out) == -ENOMEM) {
		err = -ENOMEM;
	}
	facts_close(source);
	if (err)
		return status_fail(STATUS_FAILED, "out of memory");
	return attention.nr	 ? STATUS_VIOLATED :
	       attention.unknown ? STATUS_UNKNOWN :
				   STATUS_OK;
}
