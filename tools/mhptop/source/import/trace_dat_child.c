// SPDX-License-Identifier: GPL-2.0
/*
 * The child process that reads a trace.dat with libtracecmd and sends its records
 * through a pipe. The library may not survive a damaged file.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <trace-cmd.h>
#include <unistd.h>

#include "format/old_form.h"
#include "model/event_table.h"
#include "source/import/import.h"
#include "source/import/kinds.h"
#include "source/import/trace_dat.h"
#include "source/import/trace_dat_words.h"
#include "base/confine.h"
#include "base/plain_text.h"

#define NR_IDS 65536 /* common_type has 16 bits */
#define NR_FIELDS 32
#define UNKNOWN_EVENT 255 /* an mhp event that this version does not know */

_Static_assert(MHP_NR_EVENTS < UNKNOWN_EVENT,
	       "each event has a number of its own");

struct trace_dat_events {
	struct tep_handle *tep;
	bool is_old; /* the kernel had the form before schema 3 */
	struct tep_event *formats[MHP_NR_EVENTS];
	/* By event and the index of a field in our table; looked up when needed. */
	struct tep_format_field *fields[MHP_NR_EVENTS][NR_FIELDS];
	u8 by_id[NR_IDS];
};

/* Out of memory, there are none: the list is of the library. */
static void find_unknown(struct trace_dat_events *events)
{
	struct tep_event **list =
		tep_list_events(events->tep, TEP_EVENT_SORT_ID);

	for (; list && *list; list++)
		if (!strcmp((*list)->system, "mhp") && (*list)->id >= 0 &&
		    (*list)->id < NR_IDS && !events->by_id[(*list)->id])
			events->by_id[(*list)->id] = UNKNOWN_EVENT;
}

struct trace_dat_events *trace_dat_events_new(struct tep_handle *tep)
{
	struct trace_dat_events *events = calloc(1, sizeof(*events));
	struct tep_event *format;
	unsigned int i;

	if (!events)
		return NULL;
	events->tep = tep;
	for (i = 1; i < MHP_NR_EVENTS; i++) {
		if (event_is_tool(i))
			continue;
		format =
			tep_find_event_by_name(tep, "mhp", event_info(i)->name);
		if (!format || format->id < 0 || format->id >= NR_IDS)
			continue;
		events->formats[i] = format;
		events->by_id[format->id] = i;
		events->is_old |= old_form_has_reason(i) &&
				  tep_find_field(format, "reason");
	}
	find_unknown(events);
	return events;
}

/* The events of which the file has the format, a bit, 1 << number, for each: those that were to be recorded. */
static u64 formats_mask(const struct trace_dat_events *events)
{
	u64 recorded = 0;
	unsigned int i;

	for (i = 1; i < MHP_NR_EVENTS; i++)
		if (events->formats[i])
			recorded |= 1ULL << i;
	return recorded;
}

/* The field in the file's format, NULL if it is missing. */
static const struct tep_format_field *
find_field(struct trace_dat_events *events, unsigned int event, size_t nr)
{
	const char *name = event_info(event)->fields[nr].name;
	const char *old = events->is_old ? old_form_name(event, name) : NULL;
	struct tep_format_field **found;

	if (nr >= NR_FIELDS)
		return NULL;
	found = &events->fields[event][nr];
	if (!*found)
		*found = tep_find_field(events->formats[event], old ?: name);
	return *found;
}

/* A number of any size, with its sign. */
static int read_number(const struct tep_format_field *field,
		       const struct tep_record *from, s64 *number)
{
	unsigned long long value;
	unsigned int spare;

	if (field->size < 1 || field->size > 8 || field->offset < 0 ||
	    field->offset > from->size - field->size ||
	    tep_read_number_field((struct tep_format_field *)field, from->data,
				  &value))
		return -EPROTO;
	spare = 64 - field->size * 8;
	*number = value;
	if (field->flags & TEP_FIELD_IS_SIGNED)
		*number = (s64)(value << spare) >> spare;
	return 0;
}

/* 1, 2: with a word that is unknown, or -EPROTO. */
static int read_fields(struct trace_dat_events *events,
		       const struct tep_record *from, struct mhp_record *record,
		       char *why, size_t len)
{
	const struct event_info *info = event_info(record->event);
	const struct tep_format_field *there;
	const struct event_field *field;
	const char *wrong;
	bool is_new = false;
	s64 number;
	size_t nr;

	for (nr = 0; info->fields[nr].name; nr++) {
		field = &info->fields[nr];
		there = find_field(events, record->event, nr);
		if (!there && events->is_old &&
		    old_form_lacks(record->event, field->name))
			continue;
		wrong = "is missing";
		if (!there)
			goto out;
		wrong = "has an invalid value";
		if (read_number(there, from, &number))
			goto out;
		if (field->symbols)
			number = trace_dat_word(events->formats[record->event],
						field->name, field->symbols,
						number, &is_new);
		event_field_set(field, &record->p, number);
		/* A value that does not fit our field is invalid. */
		if (event_field_get(field, &record->p) != number ||
		    !import_field_fits(field, number))
			goto out;
	}
	return is_new ? 2 : 1;
out:
	snprintf(why, len, "%s: %s %s", info->name, field->name, wrong);
	return -EPROTO;
}

/* The reason that is an event of its own now. Whether its word is known. */
static bool read_old_reason(struct trace_dat_events *events,
			    const struct tep_record *from,
			    struct mhp_record *record)
{
	struct tep_event *format = events->formats[record->event];
	const struct tep_format_field *field = tep_find_field(format, "reason");
	bool is_new = false;
	s64 number;

	if (field && !read_number(field, from, &number))
		record->reason = trace_dat_word(format, "reason", event_reasons,
						number, &is_new);
	return !is_new;
}

int trace_dat_record(struct trace_dat_events *events, struct tep_record *from,
		     struct mhp_record *record, char *why, size_t len)
{
	int id = tep_data_type(events->tep, from), pid;
	const char *comm;

	if (id < 0 || id >= NR_IDS || !events->by_id[id])
		return 0;
	memset(record, 0, sizeof(*record));
	record->time_ns = from->ts;
	if (events->by_id[id] == UNKNOWN_EVENT)
		return 2;
	record->event = events->by_id[id];
	record->size = event_info(record->event)->size;
	record->cpu = from->cpu;
	pid = tep_data_pid(events->tep, from);
	record->pid = pid;
	if (events->is_old)
		record->schema = OLD_FORM_SCHEMA;
	if (events->is_old && old_form_has_reason(record->event) &&
	    !read_old_reason(events, from, record))
		return 2;
	comm = tep_data_comm_from_pid(events->tep, pid);
	snprintf(record->comm, sizeof(record->comm), "%s", comm ?: "");
	return read_fields(events, from, record, why, len);
}

u64 trace_dat_stats_lost(const char *stats, const char *buffer)
{
	static const char *const counts[] = { "overrun: %llu",
					      "commit overrun: %llu",
					      "dropped events: %llu" };
	bool mine = !*buffer;
	unsigned long long n;
	u64 lost = 0;
	size_t i, len;

	for (; stats && *stats; stats += len + !!stats[len]) {
		len = strcspn(stats, "\n");
		if (!strncmp(stats, "Buffer: ", 8))
			mine = strlen(buffer) == len - 8 &&
			       !memcmp(stats + 8, buffer, len - 8);
		for (i = 0; mine && i < sizeof(counts) / sizeof(*counts); i++)
			if (sscanf(stats, counts[i], &n) == 1)
				lost += n;
	}
	return lost;
}

/* A reader that uses this much CPU time without progress is stuck. */
#define STUCK_SECONDS 4
#define STEP 4096 /* events of any kind that count as progress */
/* Limit of the memory that a damaged file may make the library allocate. */
#define ROOM_BYTES (2ULL << 30)

/* Exported by libtracecmd but not in its headers; some versions may lack them. */
const char *tracecmd_get_cpustats(struct tracecmd_input *handle)
	__attribute__((weak));
const char *tracecmd_get_trace_clock(struct tracecmd_input *handle)
	__attribute__((weak));

struct reader {
	FILE *out;
	struct tracecmd_input *top;
	struct trace_dat_events *events;
	struct import_block block;
	struct import_kinds kinds;
	struct import_gaps gaps;
	u64 position; /* number of the last event of any kind */
	u64 lost; /* as reported by records */
	unsigned int step;
};

static void __attribute__((noreturn))
end(struct reader *reader, int err, const char *why)
{
	struct trace_dat_message message = { .kind = TRACE_DAT_END,
					     .err = err };

	snprintf(message.why, sizeof(message.why), "%s", why);
	fwrite(&message, sizeof(message), 1, reader->out);
	_exit(fflush(reader->out) ? EXIT_FAILURE : EXIT_SUCCESS);
}

static void send(struct reader *reader, const struct trace_dat_message *message)
{
	/* The parent is gone. */
	if (fwrite(message, sizeof(*message), 1, reader->out) != 1)
		_exit(EXIT_FAILURE);
}

static void send_number(struct reader *reader, enum trace_dat_kind kind,
			u64 number)
{
	struct trace_dat_message message = { .kind = kind };

	message.number = number;
	if (kind == TRACE_DAT_UNSIZED)
		message.recorded = formats_mask(reader->events);
	send(reader, &message);
}

static void reset_timer(void)
{
	const struct itimerval time = { .it_value.tv_sec = STUCK_SECONDS };

	setitimer(ITIMER_PROF, &time, NULL);
}

static void count_step(struct reader *reader)
{
	if (!(++reader->step % STEP))
		reset_timer();
}

/* What must be known before the first record. */
static void send_block(struct reader *reader)
{
	struct trace_dat_message message = { .kind = TRACE_DAT_BLOCK };

	message.number = import_block_pages(&reader->block);
	message.missing = import_kinds_missing(&reader->kinds);
	message.doubtful = import_kinds_doubtful(&reader->kinds);
	message.recorded = formats_mask(reader->events);
	send(reader, &message);
}

/* The number of events that are missing before an event. The kernel does not always know it. */
static u64 missing_before(const struct tep_record *from)
{
	return from->missed_events >= 0 ? from->missed_events : 1;
}

/* Callback of libtracecmd: look for gaps, and for the size of a memory block. */
static int look_at_record(struct tracecmd_input *handle,
			  struct tep_record *from, int cpu, void *ctx)
{
	struct reader *reader = ctx;
	struct mhp_record record;
	char why[160];
	int err = 0;

	(void)handle;
	count_step(reader);
	reader->position++;
	if (missing_before(from)) {
		reader->lost += missing_before(from);
		err = import_gaps_lost(&reader->gaps, cpu, reader->position);
	}
	err = err ?: import_gaps_event(&reader->gaps, cpu, reader->position);
	if (err)
		end(reader, err, "out of memory");
	if (trace_dat_record(reader->events, from, &record, why, sizeof(why)) !=
	    1)
		return 0;
	import_block_look(&reader->block, &record);
	import_kinds_look(&reader->kinds, &record);
	return 0;
}

/* Callback of libtracecmd: send the record of an mhp event. */
static int send_record(struct tracecmd_input *handle, struct tep_record *from,
		       int cpu, void *ctx)
{
	struct reader *reader = ctx;
	struct trace_dat_message message = { .kind = TRACE_DAT_RECORD };
	char why[160];
	u64 lost;
	int ret;

	(void)handle;
	(void)cpu;
	count_step(reader);
	reader->position++;
	lost = missing_before(from);
	if (lost)
		send_number(reader, TRACE_DAT_LOST, lost);
	ret = trace_dat_record(reader->events, from, &message.record, why,
			       sizeof(why));
	if (ret < 0)
		end(reader, ret, why);
	if (!ret)
		return 0;
	if (ret == 2)
		message.kind = TRACE_DAT_UNKNOWN;
	if (import_gaps_has(&reader->gaps, reader->position))
		send_number(reader, TRACE_DAT_GAP, 1);
	send(reader, &message);
	return 0;
}

static void open_top(struct reader *reader, int file)
{
	int fd = dup(file);

	if (fd < 0)
		end(reader, -errno, strerror(errno));
	reset_timer();
	lseek(fd, 0, SEEK_SET);
	reader->top = tracecmd_open_fd(fd, TRACECMD_FL_LOAD_NO_PLUGINS);
	if (!reader->top)
		end(reader, -EPROTO,
		    "damaged, or a version that libtracecmd does not support");
	free(reader->events);
	reader->events = trace_dat_events_new(tracecmd_get_tep(reader->top));
	if (!reader->events)
		end(reader, -ENOMEM, "out of memory");
}

/* Buffers by number: 0 is the top buffer, the instances follow. */
static struct tracecmd_input *get_buffer(struct reader *reader, int nr)
{
	struct tracecmd_input *handle =
		nr ? tracecmd_buffer_instance_handle(reader->top, nr - 1) :
		     reader->top;

	if (!handle)
		end(reader, -EPROTO, "damaged: cannot read a buffer");
	return handle;
}

static const char *buffer_name(struct reader *reader, int nr)
{
	const char *name =
		nr ? tracecmd_buffer_instance_name(reader->top, nr - 1) : "";

	return name ?: "";
}

static void check_clock(struct reader *reader)
{
	static const char *const timeless[] = { "counter", "uptime", "x86-tsc",
						"ppc-tb" };
	const char *clock = tracecmd_get_trace_clock ?
				    tracecmd_get_trace_clock(reader->top) :
				    NULL;
	char why[160];
	size_t i;

	for (i = 0; clock && i < sizeof(timeless) / sizeof(*timeless); i++) {
		if (strcmp(clock, timeless[i]))
			continue;
		snprintf(
			why, sizeof(why),
			"recorded with clock %s, which does not count nanoseconds; record with -C mono",
			clock);
		end(reader, -EPROTO, why);
	}
}

/* Lost events of a buffer, as trace-cmd counted them; 0 if libtracecmd cannot report them. */
static u64 stats_lost(struct reader *reader, struct tracecmd_input *handle,
		      const char *name)
{
	u64 lost;

	if (!tracecmd_get_cpustats)
		return 0;
	lost = trace_dat_stats_lost(tracecmd_get_cpustats(reader->top), name);
	if (handle != reader->top)
		lost += trace_dat_stats_lost(tracecmd_get_cpustats(handle),
					     name);
	return lost;
}

/* The first buffer whose events have the size of a memory block, and where it has gaps. */
static int find_buffer(struct reader *reader)
{
	int i, nr = tracecmd_buffer_instances(reader->top) + 1;
	struct tracecmd_input *handle;
	u64 lost;

	for (i = 0; i < nr; i++) {
		handle = get_buffer(reader, i);
		import_gaps_free(&reader->gaps);
		memset(&reader->gaps, 0, sizeof(reader->gaps));
		import_kinds_free(&reader->kinds);
		memset(&reader->kinds, 0, sizeof(reader->kinds));
		reader->position = reader->lost = 0;
		tracecmd_iterate_events(handle, NULL, 0, look_at_record,
					reader);
		if (!import_block_pages(&reader->block))
			continue;
		lost = stats_lost(reader, handle, buffer_name(reader, i));
		if (lost > reader->lost && import_gaps_anywhere(&reader->gaps))
			end(reader, -ENOMEM, "out of memory");
		return i;
	}
	if (!reader->block.looked)
		end(reader, -EPROTO,
		    "no mhp events in this trace-cmd recording");
	send_number(reader, TRACE_DAT_UNSIZED, reader->block.looked);
	end(reader, 0, "");
}

/* Two buffers may have the same events, so only one is read. */
static void note_other_buffers(struct reader *reader, int nr, char *why,
			       size_t len)
{
	int others = tracecmd_buffer_instances(reader->top);
	char name[64];

	*why = '\0';
	/* Every file has a top buffer, even if it is empty. */
	if (others < 1 + !!nr)
		return;
	snprintf(name, sizeof(name), "%s", buffer_name(reader, nr));
	plain_text(name);
	snprintf(why, len, "only the %s%s was read, of %d buffers",
		 nr ? "buffer " : "top buffer", name, others + 1);
}

/* Statistics, which are at the end, may be missing; so may events of any CPU. */
static void look_at_end(struct reader *reader, int file)
{
	int fd = dup(file);
	FILE *whole = fd < 0 ? NULL : fdopen(fd, "r");

	if (!whole)
		end(reader, -errno, strerror(errno));
	if (trace_dat_is_cut(whole))
		send_number(reader, TRACE_DAT_CUT, 1);
	fclose(whole);
}

/* libtracecmd ignores what it does not need. */
static void refuse_followed(struct reader *reader, int file)
{
	int fd = dup(file);
	FILE *whole = fd < 0 ? NULL : fdopen(fd, "r");
	bool followed = whole && trace_dat_is_followed(whole);

	if (!whole)
		end(reader, -errno, strerror(errno));
	fclose(whole);
	if (followed)
		end(reader, -EPROTO,
		    "something follows its end, such as another recording; put each in a file of its own");
}

/* Limit memory, end with the parent, and discard all output. 0 or -errno. */
static int confine(void)
{
	struct rlimit limit = { 0 };
	unsigned long long pages = 0;
	FILE *statm = fopen("/proc/self/statm", "re");
	int null = open("/dev/null", O_RDWR);

	if (statm && fscanf(statm, "%llu", &pages) == 1) {
		limit.rlim_cur = pages * sysconf(_SC_PAGESIZE) + ROOM_BYTES;
		limit.rlim_max = limit.rlim_cur;
		setrlimit(RLIMIT_AS, &limit);
	}
	if (statm)
		fclose(statm);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGPROF, SIG_DFL);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		return -errno;
	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
	return 0;
}

void trace_dat_child(int file, int out)
{
	struct reader reader = { .out = fdopen(out, "w") };
	struct tracecmd_input *handle;
	char why[160];
	int nr, err;
	u64 lost;

	if (!reader.out)
		_exit(EXIT_FAILURE);
	err = confine() ?: confine_self(CONFINE_READ);
	if (err) {
		snprintf(why, sizeof(why),
			 "cannot confine the process that reads it: %s",
			 strerror(-err));
		end(&reader, err, why);
	}
	reset_timer();
	refuse_followed(&reader, file);
	open_top(&reader, file);
	check_clock(&reader);
	nr = find_buffer(&reader);
	tracecmd_close(reader.top);
	open_top(&reader, file);
	reader.position = 0;
	send_block(&reader);
	fflush(reader.out);
	handle = get_buffer(&reader, nr);
	tracecmd_iterate_events(handle, NULL, 0, send_record, &reader);
	/* Lost events that no record reports, such as those after the last record */
	lost = stats_lost(&reader, handle, buffer_name(&reader, nr));
	if (lost > reader.lost)
		send_number(&reader, TRACE_DAT_LOST, lost - reader.lost);
	note_other_buffers(&reader, nr, why, sizeof(why));
	look_at_end(&reader, file);
	end(&reader, 0, why);
}
