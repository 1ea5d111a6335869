// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the head of a line of text: the task, CPU and time before an event, in the
 * formats of perf, trace-cmd and tracefs.
 */
#include <ctype.h>
#include <string.h>

#include "source/import/text_head.h"

#define NS_PER_S 1000000000ULL
#define NS_PER_US 1000ULL
#define COMM_MAX (MHP_COMM_LEN - 1)
#define COMM_WIDTH 16 /* to which trace-cmd fills up the name of a task */
#define FLAGS_MAX 8 /* of interrupts and preemption, between CPU and time */
#define NUMBER_MAX 18 /* digits */

/* -- Parts of the head: each moves *at past the part, or returns false ------- */

void text_skip_blanks(const char **at)
{
	*at += strspn(*at, " \t");
}

bool text_take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

bool text_take_number(const char **at, u64 *number)
{
	const char *start = *at;

	for (*number = 0; isdigit((unsigned char)**at); ++*at) {
		if (*at - start == NUMBER_MAX)
			return false;
		*number = *number * 10 + (**at - '0');
	}
	return *at > start;
}

/* "123", and "120/123" of perf, where the second number is the thread. */
static bool take_pid(const char **at, u64 *pid)
{
	if (!text_take_number(at, pid))
		return false;
	if (text_take_char(at, '/'))
		text_skip_blanks(at);
	else
		return true;
	return text_take_number(at, pid);
}

/* "(    123) " of tracefs: the process of the thread. */
static bool take_tgid(const char **at)
{
	if (!text_take_char(at, '('))
		return true;
	*at += strspn(*at, " -0123456789");
	if (!text_take_char(at, ')'))
		return false;
	text_skip_blanks(at);
	return true;
}

/* "[001] " or, where nothing but flags follows, "1d..2. " of the latency format. */
static bool take_cpu(const char **at, u64 *cpu)
{
	size_t flags;

	if (text_take_char(at, '['))
		return text_take_number(at, cpu) && text_take_char(at, ']');
	if (!text_take_number(at, cpu))
		return false;
	flags = strcspn(*at, " \t");
	*at += flags;
	return flags >= 4 && flags <= FLAGS_MAX;
}

/* "40.580167: "; nine digits are nanoseconds. */
static bool take_seconds(const char **at, u64 seconds, u64 *ns)
{
	u64 unit = NS_PER_S;

	if (seconds >= ~0ULL / NS_PER_S || !isdigit((unsigned char)**at))
		return false;
	for (*ns = seconds * NS_PER_S; isdigit((unsigned char)**at); ++*at) {
		unit /= 10;
		*ns += (**at - '0') * unit;
	}
	return text_take_char(at, ':');
}

/* Or "580167us+: ", where one character stands for the time to the next event. */
bool text_take_time(const char **at, u64 *ns)
{
	u64 number;

	if (!text_take_number(at, &number))
		return false;
	if (text_take_char(at, '.'))
		return take_seconds(at, number, ns);
	if (strncmp(*at, "us", 2) || number >= ~0ULL / NS_PER_US)
		return false;
	*at += 2;
	if (**at && **at != ':')
		++*at;
	*ns = number * NS_PER_US;
	return text_take_char(at, ':');
}

/* The flags of interrupts and preemption, or those of perf -F misc, if there are any. */
static bool take_flags(const char **at)
{
	size_t len = strcspn(*at, " \t");

	if (len > FLAGS_MAX || isdigit((unsigned char)**at))
		return true;
	*at += len;
	text_skip_blanks(at);
	return len > 0;
}

/* What follows the task's name. */
static bool take_head(const char *at, char mark, struct text_head *head)
{
	u64 period;

	head->mark = mark;
	if (!take_pid(&at, &head->pid))
		return false;
	text_skip_blanks(&at);
	if (!take_tgid(&at) || !take_cpu(&at, &head->cpu))
		return false;
	text_skip_blanks(&at);
	if (!take_flags(&at) || !text_take_time(&at, &head->time_ns))
		return false;
	text_skip_blanks(&at);
	head->event = at;
	/* perf -F period */
	if (text_take_number(&at, &period) && (*at == ' ' || *at == '\t')) {
		text_skip_blanks(&at);
		head->event = at;
	}
	/* "(+244) " of trace-cmd --ts-diff */
	at = head->event;
	if (!strncmp(at, "(+", 2)) {
		at += 2;
		if (text_take_number(&at, &period) &&
		    text_take_char(&at, ')')) {
			text_skip_blanks(&at);
			head->event = at;
		}
	}
	return true;
}

/* -- The head as a whole ----------------------------------------------------- */

/* Find a head behind a name of a length. The name may end with blanks, or be left out in perf. */
static bool head_behind(const char *comm, size_t len, struct text_head *found)
{
	const char *at = comm + len;
	struct text_head head = { .comm = comm, .comm_len = len };

	if (*at == '-' && take_head(at + 1, '-', &head)) {
		*found = head;
		return true;
	}
	if (len && *at != ' ' && *at != '\t')
		return false;
	text_skip_blanks(&at);
	if (!take_head(at, ' ', &head))
		return false;
	*found = head;
	return true;
}

bool text_head_find(const char *line, struct text_head *found)
{
	const char *comm = line;
	bool any = false;
	size_t len;

	text_skip_blanks(&comm);
	for (len = 0; len <= COMM_MAX; len++) {
		any |= head_behind(comm, len, found);
		if (!comm[len])
			break;
	}
	return any;
}

/*
 * "name:   comm-123 …": trace-cmd report of more than one buffer. The task's name
 * is filled up to a fixed width, and never that long.
 */
bool text_head_find_buffer(const char *line, struct text_head *head,
			   char *buffer)
{
	const char *name = line, *rest;
	size_t len;

	text_skip_blanks(&name);
	len = strcspn(name, ": \t");
	rest = name + len;
	if (!len || len >= TEXT_BUFFER_LEN || strncmp(rest, ":  ", 3))
		return false;
	rest += 2;
	if (!text_head_find(rest, head) || head->mark != '-' ||
	    head->comm + head->comm_len != rest + COMM_WIDTH)
		return false;
	memcpy(buffer, name, len);
	buffer[len] = '\0';
	return true;
}
