// SPDX-License-Identifier: GPL-2.0
/*
 * Writes the trace as records come. Slices nest: the kernel runs one operation at
 * a time, and what goes online while it is added does so inside of the add.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "export/perfetto.h"
#include "model/event_table.h"

/* Groups of tracks, "processes" of the format. Each recording has its own. */
enum group {
	GROUP_RANGES = 1,
	GROUP_BLOCKS,
	GROUP_TASKS,
	GROUP_ZONES,
	NR_GROUPS
};

#define NAMED_GROUPS (1U << 24) /* tracks of a group that can have a name */

struct track {
	enum group group;
	u32 number;
};

static u64 group_id(const struct perfetto *trace, enum group group)
{
	return trace->part * NR_GROUPS + group;
}

/* Up to its arguments: {"ph":"B","pid":2,"tid":33,"ts":1.000,"name":" */
static void put_head(struct perfetto *trace, char phase, struct track track,
		     u64 ns)
{
	fprintf(trace->out,
		"%s\n{\"ph\":\"%c\",\"pid\":%llu,\"tid\":%u,\"ts\":%llu.%03llu,\"name\":\"",
		trace->begun ? "," : "", phase, group_id(trace, track.group),
		track.number, ns / 1000, ns % 1000);
	trace->begun = true;
}

static void put_escaped(FILE *out, const char *text, size_t max)
{
	char escaped[JSON_TEXT_MAX * 128];
	size_t len = strnlen(text, max < 128 ? max : 128);

	fwrite(escaped, 1, json_text_put(escaped, text, len) - escaped, out);
}

static void put_group(struct perfetto *trace, enum group group,
		      const char *name)
{
	const struct source_info *info = &trace->stream->model.info;

	put_head(trace, 'M', (struct track){ group, 0 }, 0);
	fprintf(trace->out, "process_name\",\"args\":{\"name\":\"%s, ", name);
	put_escaped(trace->out, info->kernel, sizeof(info->kernel));
	fputs("\"}}", trace->out);
	put_head(trace, 'M', (struct track){ group, 0 }, 0);
	fprintf(trace->out,
		"process_sort_index\",\"args\":{\"sort_index\":%llu}}",
		group_id(trace, group));
}

static void put_groups(struct perfetto *trace)
{
	put_group(trace, GROUP_RANGES, "ranges");
	put_group(trace, GROUP_BLOCKS, "memory blocks");
	put_group(trace, GROUP_TASKS, "tasks");
	put_group(trace, GROUP_ZONES, "zones");
}

/* The first time: a name comes before anything on the track. Without memory it comes again. */
static bool is_named(struct perfetto *trace, struct track track)
{
	u64 group = trace->part * NR_GROUPS + track.group;
	u64 number = group * NAMED_GROUPS + track.number % NAMED_GROUPS;
	bool *named = sparse_make(&trace->named, number);

	if (!named || *named)
		return named != NULL;
	*named = true;
	return false;
}

static struct track task_track(struct perfetto *trace,
			       const struct mhp_record *record)
{
	struct track track = { GROUP_TASKS, record->pid };

	if (is_named(trace, track))
		return track;
	put_head(trace, 'M', track, 0);
	fputs("thread_name\",\"args\":{\"name\":\"", trace->out);
	put_escaped(trace->out, record->comm, sizeof(record->comm));
	fputs("\"}}", trace->out);
	return track;
}

static bool is_of_range(enum operation operation)
{
	return operation == OPERATION_ADD || operation == OPERATION_REMOVE;
}

/* Number 0 has a meaning of its own in the format. */
static struct track memory_track(struct perfetto *trace,
				 const struct operation_event *event)
{
	bool is_range = is_of_range(event->operation);
	u64 block = event->start_pfn /
		    ledger_block_pages(trace->stream->model.ledger);
	struct track track = { is_range ? GROUP_RANGES : GROUP_BLOCKS,
			       block + 1 };

	if (is_named(trace, track))
		return track;
	put_head(trace, 'M', track, 0);
	if (is_range)
		fprintf(trace->out,
			"thread_name\",\"args\":{\"name\":\"range 0x%llx\"}}",
			event->start_pfn);
	else
		fprintf(trace->out,
			"thread_name\",\"args\":{\"name\":\"memory%llu\"}}",
			block);
	return track;
}

/* Both ends of a slice have its name, or Chrome takes them for those of two slices. */
static void put_end_of_slice(struct perfetto *trace, char phase,
			     struct track track,
			     const struct operation_event *event, u64 ns)
{
	u64 pages = ledger_block_pages(trace->stream->model.ledger);

	put_head(trace, phase, track, ns);
	fputs(operation_name(event->operation), trace->out);
	if (track.group == GROUP_TASKS && is_of_range(event->operation))
		fprintf(trace->out, " 0x%llx", event->start_pfn);
	else if (track.group == GROUP_TASKS)
		fprintf(trace->out, " memory%llu", event->start_pfn / pages);
	fputs("\",\"cat\":\"operation\",\"args\":{", trace->out);
}

static void begin_on(struct perfetto *trace, struct track track,
		     const struct operation_event *event, u64 ns)
{
	put_end_of_slice(trace, 'B', track, event, ns);
	fprintf(trace->out, "\"start_pfn\":\"0x%llx\",\"nr_pages\":%llu}}",
		event->start_pfn, event->nr_pages);
}

/*
 * end NULL: it is not known. What begins on two tracks ends in the opposite order:
 * Chrome's developer tools pair begins and ends of all tracks together.
 */
static void end_on(struct perfetto *trace, struct track track,
		   const struct operation_event *begin,
		   const struct operation_event *end, u32 reason, u64 ns)
{
	put_end_of_slice(trace, 'E', track, begin, ns);
	if (!end)
		fputs("\"lost\":true", trace->out);
	else
		fprintf(trace->out, "\"ret\":%lld", end->ret);
	if (reason)
		fprintf(trace->out, ",\"reason\":\"%s\"",
			event_symbol(event_reasons, reason));
	fputs("}}", trace->out);
}

/* The event that ended an operation was lost. */
static void end_lost(struct perfetto *trace, enum operation operation, u64 ns)
{
	struct operation_open *open = &trace->open[operation];
	struct track task = { GROUP_TASKS, trace->tasks[operation] };

	if (!open->begin_ns)
		return;
	end_on(trace, task, &open->begin, NULL, 0, ns);
	end_on(trace, memory_track(trace, &open->begin), &open->begin, NULL, 0,
	       ns);
	*open = (struct operation_open){ 0 };
}

static void put_instant(struct perfetto *trace, struct track track,
			const char *name, const struct mhp_record *record)
{
	char text[640];

	put_head(trace, 'i', track, record->time_ns);
	event_print(record, text, sizeof(text));
	fprintf(trace->out,
		"%s\",\"s\":\"t\",\"cat\":\"event\",\"args\":{\"event\":\"%s\"}}",
		name, text);
}

static void take_end(struct perfetto *trace, const struct mhp_record *record,
		     const struct operation_event *event)
{
	struct operation_open was = trace->open[event->operation];
	struct track task = { GROUP_TASKS, trace->tasks[event->operation] };
	struct operation_end end;

	/* The end of another one: what was in progress has ended unseen. */
	if (was.begin.start_pfn != event->start_pfn)
		end_lost(trace, event->operation, record->time_ns);
	operation_follow(trace->open, event, record->time_ns, &end);
	if (!end.begin_ns) {
		put_instant(trace, memory_track(trace, event),
			    "an operation ended whose begin is not known",
			    record);
		return;
	}
	end_on(trace, task, &was.begin, event, end.reason, record->time_ns);
	end_on(trace, memory_track(trace, event), &was.begin, event, end.reason,
	       record->time_ns);
}

static void perfetto_operation(struct perfetto *trace,
			       const struct mhp_record *record,
			       const struct operation_event *event)
{
	struct operation_end end;

	if (event->step == OPERATION_ENDS) {
		take_end(trace, record, event);
		return;
	}
	if (event->step == OPERATION_BEGINS) {
		end_lost(trace, event->operation, record->time_ns);
		trace->tasks[event->operation] = record->pid;
		begin_on(trace, memory_track(trace, event), event,
			 record->time_ns);
		begin_on(trace, task_track(trace, record), event,
			 record->time_ns);
	}
	operation_follow(trace->open, event, record->time_ns, &end);
}

static void put_counter(struct perfetto *trace, u64 ns, s32 nid, u32 zone,
			const char *what, u64 pages)
{
	put_head(trace, 'C', (struct track){ GROUP_ZONES, 0 }, ns);
	fprintf(trace->out,
		"node %d %s %s\",\"cat\":\"zone\",\"args\":{\"bytes\":%llu}}",
		nid, event_symbol(event_zones, zone), what,
		pages * trace->stream->model.info.page_bytes);
}

static void perfetto_zone(struct perfetto *trace,
			  const struct mhp_record *record)
{
	const struct mhp_mhp_snapshot_zone *zone = &record->p.mhp_snapshot_zone;
	const struct mhp_mhp_account *account = &record->p.mhp_account;

	if (record->event == MHP_EVENT_mhp_snapshot_zone) {
		put_counter(trace, record->time_ns, zone->nid, zone->zone,
			    "present", zone->present);
		put_counter(trace, record->time_ns, zone->nid, zone->zone,
			    "managed", zone->managed);
	} else if (!(record->unknown & MHP_FIELD(mhp_account, after))) {
		put_counter(trace, record->time_ns, account->nid, account->zone,
			    record->event == MHP_EVENT_mhp_present ? "present" :
								     "managed",
			    account->after);
	}
}

/* What is in the way is shown where it is: on the track of its memory block. */
static void perfetto_blocker(struct perfetto *trace,
			     const struct mhp_record *record, u64 pfn)
{
	struct operation_event event = { .operation = OPERATION_OFFLINE,
					 .start_pfn = pfn };

	put_instant(trace, memory_track(trace, &event),
		    event_info(record->event)->name, record);
}

/* Another recording begins: what was in progress in the last one is not known any more. */
static void start_part_trace(struct perfetto *trace)
{
	memset(trace->open, 0, sizeof(trace->open));
	trace->part = trace->stream->part;
	put_groups(trace);
}

void perfetto_take(struct perfetto *trace, const struct mhp_record *record)
{
	const struct event_info *info = event_info(record->event);
	struct operation_event event;

	if (!info || record->size != info->size)
		return;
	if (trace->part != trace->stream->part)
		start_part_trace(trace);
	if (operation_event_get(&event, record)) {
		perfetto_operation(trace, record, &event);
		return;
	}
	switch (record->event) {
	case MHP_EVENT_mhp_snapshot_zone:
	case MHP_EVENT_mhp_present:
	case MHP_EVENT_mhp_managed:
		perfetto_zone(trace, record);
		break;
	case MHP_EVENT_mhp_offline_blocker:
		perfetto_blocker(trace, record,
				 record->p.mhp_offline_blocker.pfn);
		break;
	case MHP_EVENT_mhp_virtio_mem_busy:
		perfetto_blocker(trace, record,
				 record->p.mhp_virtio_mem_busy.start_pfn);
		break;
	}
}

void perfetto_begin(struct perfetto *trace, const struct stream *stream,
		    FILE *out)
{
	*trace = (struct perfetto){ .out = out, .stream = stream };
	sparse_init(&trace->named, sizeof(bool));
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", out);
	put_groups(trace);
}

int perfetto_end(struct perfetto *trace)
{
	const struct source_info *info = &trace->stream->model.info;

	fputs("\n],\"otherData\":{\"kernel\":\"", trace->out);
	put_escaped(trace->out, info->kernel, sizeof(info->kernel));
	fputs("\",\"host\":\"", trace->out);
	put_escaped(trace->out, info->host, sizeof(info->host));
	fprintf(trace->out, "\",\"source\":\"%s\",\"lost\":\"%llu\"}}\n",
		source_kind_name(info->kind),
		model_lost(&trace->stream->model));
	sparse_free(&trace->named);
	return fflush(trace->out) || ferror(trace->out) ? -EIO : 0;
}
