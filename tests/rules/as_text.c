// SPDX-License-Identifier: GPL-2.0
/*
 * Prints the kernel's events of any file that `mhptop check` reads, in the
 * format of perf script, trace-cmd report or the trace file of tracefs:
 *
 *	as_text perf|trace-cmd|tracefs FILE
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "format/old_form.h"
#include "model/event_table.h"
#include "source/stream.h"

static const char *style;

static int print(void *ctx, const struct mhp_record *r)
{
	unsigned long long s = r->time_ns / 1000000000;
	unsigned long long us = r->time_ns / 1000 % 1000000;
	const struct event_info *info = event_info(r->event);
	const char *name = info ? info->name : "";
	char text[640];
	int end;

	(void)ctx;
	if (!info || !r->size || event_is_tool(r->event))
		return 0;
	end = event_print(r, text, sizeof(text));
	/* The form before schema 3, see format/old_form.h */
	if (r->schema && old_form_has_reason(r->event))
		snprintf(text + end, sizeof(text) - end, " reason=%s",
			 r->reason ? event_symbol(event_reasons, r->reason) :
				     "none");
	else if (r->schema && r->event == MHP_EVENT_mhp_add_end &&
		 !r->p.mhp_add_end.why)
		snprintf(strstr(text, "why="), 32, "why=undecided ret=%lld",
			 (s64)r->p.mhp_add_end.ret);
	if (!strcmp(style, "perf"))
		printf("%16s %7u [%03u] %5llu.%06llu: mhp:%s: %s\n", r->comm,
		       r->pid, r->cpu, s, us, name, text);
	else if (!strcmp(style, "trace-cmd"))
		printf("%16s-%-5u [%03u] %5llu.%06llu: %s:%*s %s\n", r->comm,
		       r->pid, r->cpu, s, us, name, 4, "", text);
	else if (!strcmp(style, "tracefs"))
		printf("%16s-%-7u [%03u] ..... %5llu.%06llu: %s: %s\n", r->comm,
		       r->pid, r->cpu, s, us, name, text);
	return 0;
}

int main(int argc, char **argv)
{
	struct pollfd fd = { .events = POLLIN };
	struct stream stream;
	int ret;

	if (argc != 3)
		return 2;
	style = argv[1];
	ret = stream_open_any(&stream, argv[2], NULL);
	if (ret) {
		fprintf(stderr, "as_text: %s\n", stream.why);
		return 1;
	}
	puts("# tracer: nop");
	fd.fd = source_fd(stream.source);
	while ((ret = stream_read(&stream, print, NULL)) >= 0)
		if (!ret)
			poll(&fd, 1, -1);
	ret = stream.err;
	if (ret)
		fprintf(stderr, "as_text: %s\n", stream.why);
	stream_close(&stream);
	return ret ? 1 : 0;
}
