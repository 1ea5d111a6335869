// SPDX-License-Identifier: GPL-2.0
/*
 * Finds out what perf was asked to record. The layout is that of perf's
 * util/header.c and of the kernel's perf_event.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "model/event_table.h"
#include "source/import/perf_scope.h"

#define TYPE_TRACEPOINT 2
#define MOST_CPUS 8192 /* the limit of the kernel */
/* More than any perf writes, so that a damaged file takes no memory */
#define MOST_ATTRS 65536
#define MOST_IDS (1U << 20)
#define MOST_TEXT (64U << 20)

/* The bits of an attribute that matter */
#define ATTR_EXCLUDE_KERNEL (1ULL << 5)
#define ATTR_FREQ (1ULL << 10)
#define ATTR_WRITE_BACKWARD (1ULL << 27)

/* The begin of an attribute */
struct perf_attr {
	u32 type;
	u32 size;
	u64 config; /* of a tracepoint: its number */
	u64 period;
	u64 sample_type;
	u64 read_format;
	u64 flags;
};

struct perf_attr_seen {
	struct perf_attr attr;
	size_t first_id;
	size_t nr_ids;
};

/* An entry of the index */
struct perf_id_seen {
	u64 id;
	u64 nth;
	s64 cpu; /* -1: any */
	s64 tid; /* -1: any */
};

static bool read_at(FILE *file, u64 at, void *to, size_t len)
{
	return !fseeko(file, at, SEEK_SET) && fread(to, 1, len, file) == len;
}

/* What is at a place, with NUL behind it, NULL if it cannot be read. */
static char *scope_text(struct perf_scope *scope, FILE *file, u64 at, u64 size)
{
	char *text = size <= MOST_TEXT ? malloc(size + 1) : NULL;

	if (!text) {
		scope->no_memory |= size <= MOST_TEXT;
		return NULL;
	}
	text[size] = '\0';
	if (read_at(file, at, text, size))
		return text;
	free(text);
	return NULL;
}

static void take_attr(struct perf_scope *scope, FILE *file,
		      const struct perf_attr *attr, u64 ids, u64 size)
{
	struct perf_attr_seen *seen;
	u64 id;

	if (scope->nr_attrs == MOST_ATTRS)
		return;
	if (!vec_grow(scope->attrs, scope->nr_attrs, scope->room_attrs)) {
		scope->no_memory = true;
		return;
	}
	seen = &scope->attrs[scope->nr_attrs++];
	*seen = (struct perf_attr_seen){ .attr = *attr,
					 .first_id = scope->nr_ids };
	for (; size >= sizeof(id) && scope->nr_ids < MOST_IDS;
	     ids += sizeof(id), size -= sizeof(id)) {
		if (!read_at(file, ids, &id, sizeof(id)))
			return;
		if (!vec_grow(scope->ids, scope->nr_ids, scope->room_ids)) {
			scope->no_memory = true;
			return;
		}
		scope->ids[scope->nr_ids++] = id;
		seen->nr_ids++;
	}
}

void perf_scope_attrs(struct perf_scope *scope, FILE *file, u64 at, u64 size,
		      u64 attr_bytes)
{
	struct perf_attr attr;
	u64 ids[2]; /* place and size */

	if (attr_bytes < sizeof(attr) + sizeof(ids))
		return;
	for (; size >= attr_bytes && scope->nr_attrs < MOST_ATTRS;
	     at += attr_bytes, size -= attr_bytes) {
		if (!read_at(file, at, &attr, sizeof(attr)) ||
		    !read_at(file, at + attr_bytes - sizeof(ids), ids,
			     sizeof(ids)))
			return;
		take_attr(scope, file, &attr, ids[0], ids[1]);
	}
}

static void take_index(struct perf_scope *scope, FILE *file, u64 at, u64 size)
{
	struct perf_id_seen entry;
	u64 nr;

	if (size < sizeof(nr) || !read_at(file, at, &nr, sizeof(nr)))
		return;
	at += sizeof(nr);
	size -= sizeof(nr);
	for (; nr && size >= sizeof(entry) && scope->nr_index < MOST_IDS;
	     nr--, at += sizeof(entry), size -= sizeof(entry)) {
		if (!read_at(file, at, &entry, sizeof(entry)))
			return;
		if (!vec_grow(scope->index, scope->nr_index,
			      scope->room_index)) {
			scope->no_memory = true;
			return;
		}
		scope->index[scope->nr_index++] = entry;
	}
}

/* Several arguments, each with its size. */
static void take_cmdline(struct perf_scope *scope, FILE *file, u64 at, u64 size)
{
	char *text = scope_text(scope, file, at, size), *to = text;
	u32 nr, len;
	u64 from = sizeof(nr);

	if (!text)
		return;
	nr = 0;
	if (size >= sizeof(nr))
		memcpy(&nr, text, sizeof(nr));
	for (; nr && from + sizeof(len) <= size; nr--) {
		memcpy(&len, text + from, sizeof(len));
		from += sizeof(len);
		if (len > size - from)
			break;
		text[from + len - !!len] = '\0';
		/* An argument moves to the left, as its size is gone. */
		memmove(to, text + from, strlen(text + from) + 1);
		/* An empty one is none of perf's options. */
		to += *to ? strlen(to) + 1 : 0;
		from += len;
	}
	*to = '\0';
	free(scope->cmdline);
	scope->cmdline = text;
}

void perf_scope_feature(struct perf_scope *scope, FILE *file, u64 feature,
			u64 at, u64 size)
{
	u32 cpus[2]; /* that may come, and that are online */

	if (feature == PERF_FEATURE_NRCPUS && size >= sizeof(cpus) &&
	    read_at(file, at, cpus, sizeof(cpus)))
		scope->cpus = cpus[1];
	else if (feature == PERF_FEATURE_CMDLINE)
		take_cmdline(scope, file, at, size);
	else if (feature == PERF_FEATURE_TRACING_DATA) {
		free(scope->formats);
		scope->formats = scope_text(scope, file, at, size);
		/* Text is searched, in which there may be other things. */
		for (; scope->formats && size; size--)
			if (!scope->formats[size - 1])
				scope->formats[size - 1] = '\n';
	}
}

void perf_scope_record(struct perf_scope *scope, FILE *file, u32 type, u64 at,
		       u64 size)
{
	struct perf_attr attr;
	u64 feature;

	/* Behind the header */
	at += sizeof(u64);
	size -= sizeof(u64);
	switch (type) {
	case PERF_RECORD_ATTR:
		if (size < sizeof(attr) ||
		    !read_at(file, at, &attr, sizeof(attr)) ||
		    attr.size < sizeof(attr) || attr.size > size)
			return;
		take_attr(scope, file, &attr, at + attr.size, size - attr.size);
		return;
	case PERF_RECORD_TRACING_DATA:
		if (size >= sizeof(u64))
			perf_scope_feature(scope, file,
					   PERF_FEATURE_TRACING_DATA,
					   at + sizeof(u64),
					   size - sizeof(u64));
		return;
	case PERF_RECORD_ID_INDEX:
		take_index(scope, file, at, size);
		return;
	case PERF_RECORD_FEATURE:
		if (size >= sizeof(feature) &&
		    read_at(file, at, &feature, sizeof(feature)))
			perf_scope_feature(scope, file, feature,
					   at + sizeof(feature),
					   size - sizeof(feature));
		return;
	}
}

/* The number that a tracepoint had in the kernel, 0: it has no format here. */
static u64 find_config(const struct perf_scope *scope, unsigned int event)
{
	char line[80];
	const char *at;

	snprintf(line, sizeof(line),
		 "\nname: %s\nID: ", event_info(event)->name);
	at = scope->formats ? strstr(scope->formats, line) : NULL;
	return at ? strtoull(at + strlen(line), NULL, 10) : 0;
}

/* The mhp event of an attribute, 0: none */
static unsigned int find_event(const u64 *configs, const struct perf_attr *attr)
{
	unsigned int event;

	for (event = 1; attr->type == TYPE_TRACEPOINT && event_info(event);
	     event++)
		if (configs[event] && configs[event] == attr->config)
			return event;
	return 0;
}

static void find_configs(const struct perf_scope *scope, u64 *configs)
{
	unsigned int event;

	for (event = 1; event_info(event); event++)
		configs[event] =
			event_is_tool(event) ? 0 : find_config(scope, event);
}

u64 perf_scope_events(const struct perf_scope *scope)
{
	u64 configs[64] = { 0 }, events = 0;
	unsigned int event;
	size_t i;

	find_configs(scope, configs);
	for (i = 0; i < scope->nr_attrs; i++) {
		event = find_event(configs, &scope->attrs[i].attr);
		if (event)
			events |= 1ULL << event;
	}
	return events;
}

/* -- What was left out -------------------------------------------------------- */

#define ALL_TASKS "perf recorded the events of some tasks only; record with -a"
#define ALL_CPUS "perf recorded the events of some CPUs only; record with -a"
#define ALL_EVENTS \
	"perf recorded some of the events only; record without -c, -F and :u"
#define OVERWRITTEN \
	"perf kept the last events of each CPU only; record without --overwrite"
#define NO_EVENTS "perf recorded no mhp events; record with -a -e 'mhp:*'"
#define NOT_SAID \
	"the perf.data does not say that all tasks were recorded; record with -a"

/* Options of perf record that leave out events, and of which nothing else tells; the shortest form that it accepts. */
static const struct {
	const char *least; /* a letter is an option by itself */
	const char *name;
	const char *why;
} options[] = {
	{ "--fi", "--filter",
	  "perf left out events by a filter; record without --filter" },
	{ "--cg", "--cgroup",
	  "perf recorded the events of some cgroups only; record without --cgroup" },
	{ "-G", NULL,
	  "perf recorded the events of some cgroups only; record without --cgroup" },
	{ "--cont", "--control",
	  "recording could be switched off; record without --control" },
	{ "--switch-output", NULL,
	  "events at the begin and end may be in another file; record without --switch-output" },
};

/* Whether an argument is an option, perhaps with a value. */
static bool is_option(const char *argument, size_t nr)
{
	const char *name = options[nr].name, *least = options[nr].least;
	size_t len = strcspn(argument, "=");

	if (!name)
		return !strncmp(argument, least, strlen(least));
	return len >= strlen(least) && !strncmp(argument, name, len) &&
	       len <= strlen(name);
}

static const char *find_option(const char *cmdline)
{
	size_t i;

	for (; cmdline && *cmdline; cmdline += strlen(cmdline) + 1) {
		/* The command whose events are recorded follows. */
		if (!strcmp(cmdline, "--"))
			return NULL;
		for (i = 0; i < sizeof(options) / sizeof(*options); i++)
			if (is_option(cmdline, i))
				return options[i].why;
	}
	return NULL;
}

/*
 * Whether -a is among the options of perf, and not of the command that it ran.
 * Old versions of perf have no index, so nothing else says so.
 */
static bool has_all_option(const char *cmdline)
{
	static const char with_value[] = "ecFomkDjr";
	size_t len;

	while (cmdline && *cmdline && strcmp(cmdline, "record") != 0)
		cmdline += strlen(cmdline) + 1;
	if (!cmdline || !*cmdline)
		return false;
	cmdline += strlen(cmdline) + 1;
	for (; *cmdline == '-' && strcmp(cmdline, "--") != 0;
	     cmdline += strlen(cmdline) + 1) {
		len = strlen(cmdline);
		if (!strcmp(cmdline, "--all-cpus"))
			return true;
		if (cmdline[1] == '-')
			continue;
		/* Flags, and perhaps one that has a value, here or in the next argument */
		if (strcspn(cmdline, "a") < strcspn(cmdline, with_value) &&
		    strchr(cmdline, 'a'))
			return true;
		if (strchr(with_value, cmdline[len - 1]) &&
		    strcspn(cmdline, with_value) == len - 1)
			cmdline += len + 1;
		if (!*cmdline)
			break;
	}
	return false;
}

/* What the attribute of an event leaves out */
static const char *judge_attr(const struct perf_attr *attr)
{
	if (attr->flags & (ATTR_FREQ | ATTR_EXCLUDE_KERNEL) ||
	    attr->period != 1)
		return ALL_EVENTS;
	return attr->flags & ATTR_WRITE_BACKWARD ? OVERWRITTEN : NULL;
}

static int compare_ids(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Put the IDs of the mhp events first, sorted. Their number; why: what an attribute leaves out, if anything. */
static size_t sort_ids(struct perf_scope *scope, const char **why)
{
	const struct perf_attr_seen *seen = scope->attrs;
	u64 configs[64] = { 0 };
	size_t i, nr = 0;

	find_configs(scope, configs);
	for (i = 0; i < scope->nr_attrs; i++, seen++) {
		if (!find_event(configs, &seen->attr))
			continue;
		*why = *why ?: judge_attr(&seen->attr);
		if (!seen->nr_ids)
			continue;
		memmove(scope->ids + nr, scope->ids + seen->first_id,
			seen->nr_ids * sizeof(*scope->ids));
		nr += seen->nr_ids;
	}
	if (nr)
		qsort(scope->ids, nr, sizeof(*scope->ids), compare_ids);
	return nr;
}

/* What the index says of the first nr IDs, which are sorted. */
static const char *judge_index(const struct perf_scope *scope, size_t nr)
{
	u8 seen[MOST_CPUS] = { 0 };
	const struct perf_id_seen *entry = scope->index;
	u32 cpus = 0;
	size_t i;

	for (i = 0; i < scope->nr_index; i++, entry++) {
		if (!bsearch(&entry->id, scope->ids, nr, sizeof(entry->id),
			     compare_ids))
			continue;
		if (entry->tid != -1)
			return ALL_TASKS;
		if (entry->cpu < 0 || entry->cpu >= MOST_CPUS)
			continue;
		cpus += !seen[entry->cpu];
		seen[entry->cpu] = 1;
	}
	if (!cpus)
		return NOT_SAID;
	return cpus < scope->cpus ? ALL_CPUS : NULL;
}

const char *perf_scope_partial(struct perf_scope *scope)
{
	const char *why = find_option(scope->cmdline);
	size_t nr = sort_ids(scope, &why);

	if (!perf_scope_events(scope))
		return NO_EVENTS;
	if (why)
		return why;
	if (scope->nr_index)
		return judge_index(scope, nr);
	return has_all_option(scope->cmdline) ? NULL : NOT_SAID;
}

void perf_scope_free(struct perf_scope *scope)
{
	free(scope->attrs);
	free(scope->ids);
	free(scope->index);
	free(scope->formats);
	free(scope->cmdline);
}
