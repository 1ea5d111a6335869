// SPDX-License-Identifier: GPL-2.0
/* Writes what needs attention as JSON. */
#include "base/json.h"
#include "format/attention_json.h"

static void attention_put_text(FILE *out, const char *key, const char *text)
{
	char escaped[JSON_TEXT_MAX * ATTENTION_TEXT + 1];

	*json_text_put(escaped, text, ATTENTION_TEXT) = '\0';
	fprintf(out, ",\"%s\":\"%s\"", key, escaped);
}

void attention_json_put(FILE *out, const struct attention *attention)
{
	const struct attention_finding *finding = attention->kept;
	char text[ATTENTION_TEXT];
	const char *sep = "";
	size_t i;

	fprintf(out, "{\"found\":%llu,\"findings\":[", attention->nr);
	for (i = 0; i < attention->nr_kept; i++, finding++) {
		fprintf(out, "%s{\"id\":\"%s\"", i ? "," : "",
			attention_infos[finding->id].id);
		attention_put_text(out, "what", finding->what);
		attention_put_text(out, "text", attention_text(text, finding));
		attention_put_text(out, "do",
				   attention_infos[finding->id].advice);
		fputc('}', out);
	}
	fputs("],\"unknown\":[", out);
	for (i = 0; i < ATTENTION_NR; i++) {
		if (!(attention->unknown >> i & 1))
			continue;
		fprintf(out, "%s\"%s\"", sep, attention_infos[i].id);
		sep = ",";
	}
	fputs("]}", out);
}
