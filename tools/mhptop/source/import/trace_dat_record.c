// SPDX-License-Identifier: GPL-2.0
/*
 * Makes records from what trace-cmd recorded, by the names of fields in the
 * formats of the file; see trace_dat.h. Nothing is opened or read here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trace-cmd.h>

#include "model/event_table.h"
#include "source/import/import.h"
#include "source/import/trace_dat.h"

#define NR_IDS 65536 /* common_type has 16 bits */
#define NR_FIELDS 32

struct trace_dat_events {
	struct tep_handle *tep;
	struct tep_event *formats[MHP_NR_EVENTS];
	/* By event and the place of a field in our table; found when needed. */
	struct tep_format_field *fields[MHP_NR_EVENTS][NR_FIELDS];
	u8 by_id[NR_IDS];
};

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
	}
	return events;
}

/* The field as the file has it, NULL if it has none that is a number. */
static const struct tep_format_field *
find_field(struct trace_dat_events *events, unsigned int event, size_t nr)
{
	const struct event_field *field = &event_info(event)->fields[nr];
	struct tep_format_field **found;

	if (nr >= NR_FIELDS)
		return NULL;
	found = &events->fields[event][nr];
	if (!*found)
		*found = tep_find_field(events->formats[event], field->name);
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

static int take_fields(struct trace_dat_events *events,
		       const struct tep_record *from, struct mhp_record *record,
		       char *why, size_t len)
{
	const struct event_info *info = event_info(record->event);
	const struct tep_format_field *there;
	const struct event_field *field;
	const char *wrong;
	s64 number;
	size_t nr;

	for (nr = 0; info->fields[nr].name; nr++) {
		field = &info->fields[nr];
		there = find_field(events, record->event, nr);
		wrong = "is missing";
		if (!there)
			goto out;
		wrong = "has no value that makes sense";
		if (read_number(there, from, &number))
			goto out;
		event_field_set(field, &record->p, number);
		/* What does not fit is not what was recorded. */
		if (event_field_get(field, &record->p) != number ||
		    !foreign_field_fits(field, number))
			goto out;
	}
	return 0;
out:
	snprintf(why, len, "%s: %s %s", info->name, field->name, wrong);
	return -EPROTO;
}

int trace_dat_record(struct trace_dat_events *events, struct tep_record *from,
		     struct mhp_record *record, char *why, size_t len)
{
	int id = tep_data_type(events->tep, from), pid;
	const char *comm;

	if (id < 0 || id >= NR_IDS || !events->by_id[id])
		return 0;
	memset(record, 0, sizeof(*record));
	record->event = events->by_id[id];
	record->size = event_info(record->event)->size;
	record->time_ns = from->ts;
	record->cpu = from->cpu;
	pid = tep_data_pid(events->tep, from);
	record->pid = pid;
	comm = tep_data_comm_from_pid(events->tep, pid);
	snprintf(record->comm, sizeof(record->comm), "%s", comm ?: "");
	return take_fields(events, from, record, why, len) ?: 1;
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
