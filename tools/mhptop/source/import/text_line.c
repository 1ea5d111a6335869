// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the event, or the loss, in a line of text. A user chooses the names of
 * tasks, and other events print names of files, so nothing is searched for: a line
 * is an mhp event only if it starts like one, up to the event's name.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/event_table.h"
#include "source/import/text_fields.h"
#include "source/import/text_line.h"

#define COMMAND                                         \
	"print it with perf script --show-lost-events " \
	"-F comm,tid,cpu,time,event,trace or with trace-cmd report"

/* Skip "<4>[   12.345678][    T1] ", which the console prints before each line. */
static const char *skip_console(const char *line)
{
	const char *at = line;
	u64 number;

	if (text_take_char(&at, '<') &&
	    !(text_take_number(&at, &number) && text_take_char(&at, '>')))
		return line;
	if (!text_take_char(&at, '['))
		return line;
	text_skip_blanks(&at);
	if (!text_take_number(&at, &number) || !text_take_char(&at, '.') ||
	    !text_take_number(&at, &number) || !text_take_char(&at, ']'))
		return line;
	/* The thread or the CPU that printed it */
	if (text_take_char(&at, '[')) {
		text_skip_blanks(&at);
		at += *at == 'T' || *at == 'C';
		if (!text_take_number(&at, &number) ||
		    !text_take_char(&at, ']'))
			return line;
	}
	return text_take_char(&at, ' ') ? at : line;
}

/* -- The beginning of a file ------------------------------------------------- */

static bool begins(const char *line, const char *words)
{
	return !strncmp(line, words, strlen(words));
}

static bool is_at_end(const char *at)
{
	return !at[strspn(at, " \t\r\n")];
}

/* perf script prints no header. A task may be called "cpus=123": its name begins a line of the latency format. */
static bool is_header(const char *line)
{
	u64 cpus;

	if (begins(line, "# tracer: ") ||
	    begins(line, "Dumping ftrace buffer:"))
		return true;
	return begins(line, "cpus=") &&
	       (line += 5, text_take_number(&line, &cpus)) && is_at_end(line);
}

/* A file of another kind that was joined to a text */
static int refuse_recording(const char *line, char *why, size_t len)
{
	static const char *const begin[] = {
		"{\"",		"\xef\xbb\xbf{\"",
		"\x1f\x8b\x08", "\x28\xb5\x2f\xfd",
		"PERFILE2",	"\x17\x08\x44tracing"
	};
	size_t i;

	for (i = 0; i < sizeof(begin) / sizeof(*begin); i++) {
		if (!begins(line, begin[i]))
			continue;
		snprintf(
			why, len,
			"a recording of another kind begins inside a text; put each in a file of its own");
		return -EPROTO;
	}
	return 0;
}

/* -- Lost events ------------------------------------------------------------- */

/* "7 WORDS]" and, if nobody knows how many, "WORDS]" */
static bool parse_number_lost(const char *at, const char *words,
			      struct text_line *parsed)
{
	u64 lost = 0;

	parsed->lost_more = !text_take_number(&at, &lost);
	/* Too many digits are some number, too. */
	if (parsed->lost_more)
		lost = 0;
	at += strspn(at, "0123456789");
	parsed->lost = lost ?: 1;
	text_skip_blanks(&at);
	if (strncmp(at, words, strlen(words)))
		return false;
	return is_at_end(at + strlen(words));
}

/* "CPU:1 [LOST 7 EVENTS]" of the kernel, "CPU:1 [7 EVENTS DROPPED]" of trace-cmd */
static bool parse_cpu_lost(const char *at, struct text_line *parsed)
{
	static const char empty[] = " is empty";
	u64 cpu;

	text_skip_blanks(&at);
	if (strncmp(at, "CPU", 3) || !strchr(": ", at[3]))
		return false;
	at += 3 + (at[3] != '\0');
	if (!text_take_number(&at, &cpu))
		return false;
	if (!strncmp(at, empty, sizeof(empty) - 1))
		at += sizeof(empty) - 1;
	text_skip_blanks(&at);
	if (!text_take_char(&at, '['))
		return false;
	parsed->cpu = cpu;
	if (!strncmp(at, "LOST ", 5))
		return parse_number_lost(at + 5, "EVENTS]", parsed);
	return parse_number_lost(at, "EVENTS DROPPED]", parsed);
}

/* Events that tracefs overwrote: in its usual format, and in the latency format. */
static bool parse_overwritten(const char *line, struct text_line *parsed)
{
	unsigned long long kept, written;

	if (*line != '#')
		return false;
	if (sscanf(line, "# entries-in-buffer/entries-written: %llu/%llu",
		   &kept, &written) != 2 &&
	    sscanf(line, "# latency: %*u us, #%llu/%llu,", &kept, &written) !=
		    2)
		return false;
	if (written <= kept)
		return false;
	parsed->lost = written - kept;
	return true;
}

/* "0 21456124903 0x9098 [0x38]: PERF_RECORD_LOST: id:211: lost:12" of perf script -D */
static bool parse_dumped_lost(const char *line, struct text_line *parsed)
{
	unsigned long long cpu, lost;

	if (!isdigit((unsigned char)*line) ||
	    sscanf(line,
		   "%llu %*u 0x%*x [0x%*x]: PERF_RECORD_LOST: id:%*u: lost:%llu",
		   &cpu, &lost) != 2)
		return false;
	parsed->cpu = cpu;
	parsed->lost = lost ?: 1;
	return true;
}

/* "** 12 printk messages dropped **": a console that was slower than the dump of a trace */
static bool parse_printk_lost(const char *at, struct text_line *parsed)
{
	static const char words[] = " printk messages dropped **";
	u64 lines;

	if (strncmp(at, "** ", 3))
		return false;
	at += 3;
	if (!text_take_number(&at, &lines) ||
	    strncmp(at, words, sizeof(words) - 1))
		return false;
	parsed->cpu = -1;
	parsed->lost = 1;
	parsed->lost_more = true;
	return true;
}

/* "Processed 600 events and lost 3 chunks!", "… samples and lost 2.50%!": a summary of perf, wherever it is */
static bool parse_perf_summary(const char *at, struct text_line *parsed)
{
	static const char begin[] = "Processed ";
	u64 all;

	if (strncmp(at, begin, sizeof(begin) - 1))
		return false;
	at += sizeof(begin) - 1;
	if (!text_take_number(&at, &all) ||
	    (strncmp(at, " events and lost ", 17) &&
	     strncmp(at, " samples and lost ", 18)))
		return false;
	parsed->cpu = -1;
	parsed->lost = 1;
	parsed->lost_more = true;
	return true;
}

/* "PERF_RECORD_LOST lost 12", behind the head */
static bool parse_perf_lost(const char *event, struct text_line *parsed)
{
	static const char name[] = "PERF_RECORD_LOST";
	unsigned long long lost;

	if (strncmp(event, name, sizeof(name) - 1))
		return false;
	parsed->lost_more =
		sscanf(event, "PERF_RECORD_LOST lost %llu", &lost) != 1 ||
		!lost;
	parsed->lost = parsed->lost_more ? 1 : lost;
	return true;
}

static enum text_line_kind parse_loss(const char *line,
				      struct text_line *parsed)
{
	if (parse_overwritten(line, parsed))
		return TEXT_LINE_OVERWRITTEN;
	if (parse_cpu_lost(line, parsed) || parse_dumped_lost(line, parsed) ||
	    parse_printk_lost(line, parsed))
		return TEXT_LINE_LOST;
	if (parse_perf_summary(line, parsed))
		return TEXT_LINE_LOST_ANYWHERE;
	parsed->cpu = -1;
	parsed->lost = 0;
	parsed->lost_more = false;
	return TEXT_LINE_OTHER;
}

/* -- Events ------------------------------------------------------------------ */

/* The mhp event whose name, followed by a colon, is here; 0 if there is none. */
static unsigned int event_at(const char *at, const char **text)
{
	unsigned int event;
	size_t len;

	if (!strncmp(at, "mhp:", 4))
		at += 4;
	len = strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789");
	event = at[len] == ':' ? event_by_name(at, len) : 0;
	if (!event || event_is_tool(event))
		return 0;
	*text = at + len + 1;
	return event;
}

/* What of the head is missing before an event. */
static const char *what_is_missing(const char *line, const char *event)
{
	const char *at = event, *cpu;
	u64 ns;

	while (at > line && isspace((unsigned char)at[-1]))
		at--;
	while (at > line && !isspace((unsigned char)at[-1]))
		at--;
	if (!text_take_time(&at, &ns))
		return "a timestamp";
	for (cpu = line; cpu < event; cpu++) {
		at = cpu;
		if (text_take_char(&at, '[') && text_take_number(&at, &ns) &&
		    text_take_char(&at, ']'))
			return "a task before its CPU";
	}
	return "a CPU";
}

/*
 * Whether a line without a head has an mhp event all the same. An event that
 * another tool printed in a way that is not known must not be ignored.
 */
static int refuse_event(const char *line, char *why, size_t len)
{
	const char *at = line, *text;
	unsigned int event;
	size_t name;

	for (; (at = strstr(at, "mhp_")); at += 4) {
		event = at == line || strchr(" :\t", at[-1]) ?
				event_at(at, &text) :
				0;
		if (!event)
			continue;
		text_skip_blanks(&text);
		name = strlen(event_info(event)->fields->name);
		if (strncmp(text, event_info(event)->fields->name, name) ||
		    text[name] != '=')
			continue;
		if (at - line >= 4 && !strncmp(at - 4, "mhp:", 4))
			at -= 4;
		snprintf(why, len, "%s without %s; " COMMAND,
			 event_info(event)->name, what_is_missing(line, at));
		return -EPROTO;
	}
	return 0;
}

/*
 * Whether a line ends inside the name of an mhp event, or before it: on a console,
 * the message of another CPU may cut a line in two.
 */
static bool is_name_cut(const char *event)
{
	size_t len = strcspn(event, " \t\r");
	unsigned int i;

	if (event[len + strspn(event + len, " \t\r")])
		return false;
	if (!strncmp(event, "mhp:", len < 4 ? len : 4))
		return true;
	if (!strncmp(event, "mhp:", 4)) {
		event += 4;
		len -= 4;
	}
	for (i = 1; event_info(i); i++)
		if (!strncmp(event, event_info(i)->name, len))
			return true;
	return false;
}

/*
 * What comes behind a head that is understood: another event, which may say
 * whatever a user chose, an mhp event of a newer kernel, or something that is not
 * the name of an event, behind which an mhp event must not be ignored.
 */
static int take_other(const char *event, struct text_line *parsed, char *why,
		      size_t len)
{
	size_t name = strcspn(event, " \t");

	if (is_name_cut(event)) {
		snprintf(
			why, len,
			"the line ends inside the name of an event: another message may have cut it in two");
		return -EPROTO;
	}
	if (!name || event[name - 1] != ':')
		return refuse_event(event, why, len);
	if (!strncmp(event, "mhp:", 4))
		event += 4;
	if (!strncmp(event, "mhp_", 4) &&
	    !event_by_name(event, strcspn(event, ": \t")))
		parsed->kind = TEXT_LINE_UNKNOWN;
	return 0;
}

static void set_record(struct mhp_record *record, const struct text_head *head)
{
	size_t len = head->comm_len;

	record->pid = head->pid;
	record->cpu = head->cpu;
	record->time_ns = head->time_ns;
	while (len && isspace((unsigned char)head->comm[len - 1]))
		len--;
	memcpy(record->comm, head->comm, len);
}

int text_line_parse(const char *line, struct text_line *parsed, char *why,
		    size_t len)
{
	struct mhp_record *record = &parsed->record;
	const char *text;
	struct text_head head;
	int err;

	memset(parsed, 0, sizeof(*parsed));
	parsed->cpu = -1;
	line = skip_console(line);
	if (is_header(line)) {
		parsed->kind = TEXT_LINE_HEADER;
		return 0;
	}
	parsed->kind = parse_loss(line, parsed);
	if (parsed->kind != TEXT_LINE_OTHER)
		return 0;
	if (!text_head_find(line, &head) &&
	    !text_head_find_buffer(line, &head, parsed->buffer))
		return refuse_recording(line, why, len) ?:
			       refuse_event(line, why, len);
	parsed->cpu = head.cpu;
	if (parse_perf_lost(head.event, parsed)) {
		parsed->kind = TEXT_LINE_LOST;
		return 0;
	}
	record->event = event_at(head.event, &text);
	set_record(record, &head);
	if (!record->event)
		return take_other(head.event, parsed, why, len);
	record->size = event_info(record->event)->size;
	err = text_fields_parse(record, text, why, len);
	if (err < 0)
		return err;
	parsed->kind = err ? TEXT_LINE_UNKNOWN : TEXT_LINE_EVENT;
	record->size = err ? 0 : record->size;
	return 0;
}
