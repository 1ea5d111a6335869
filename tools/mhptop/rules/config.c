// SPDX-License-Identifier: GPL-2.0
/* Parses settings of the rules, from options and files. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "model/event_table.h"
#include "rules/config.h"

#define LINE_MAX_BYTES 256

static int config_invalid(char *why, size_t len, const char *name,
			  const char *needs, const char *value)
{
	snprintf(why, len, "%s needs %s, not '%s'", name, needs, value);
	return -EINVAL;
}

static int config_time(u64 *ns, const char *name, const char *value, char *why,
		       size_t len)
{
	if (duration_parse(ns, value) || !*ns)
		return config_invalid(why, len, name, DURATION_EXAMPLE, value);
	return 0;
}

static int config_percent(double *percent, const char *name, const char *value,
			  char *why, size_t len)
{
	const char *end;

	if (!decimal_parse(percent, value, &end) &&
	    (!*end || !strcmp(end, "%")) && *percent > 0 && *percent <= 100)
		return 0;
	return config_invalid(why, len, name,
			      "a percentage above 0 and up to 100", value);
}

static int config_hosting(unsigned int *hosting, const char *name,
			  const char *value, char *why, size_t len)
{
	long found = event_symbol_value(event_hostings, value, strlen(value));

	if (found != MHP_HOSTING_BUDDY && found != MHP_HOSTING_BLOCK &&
	    found != MHP_HOSTING_RANGE)
		return config_invalid(why, len, name, "buddy, block or range",
				      value);
	*hosting = found;
	return 0;
}

/* Parse "FIRST-LAST". Whether it is valid. */
static bool parse_addresses(const char *value, u64 *start, u64 *end)
{
	return !number_parse(start, value, true, &value) && *value == '-' &&
	       !number_parse(end, value + 1, true, &value) && !*value &&
	       *end > *start;
}

/* first and last are 0 if the range was not given before. */
static int config_range(u64 *first, u64 *last, const char *name,
			const char *value, char *why, size_t len)
{
	u64 start, end;

	if (!parse_addresses(value, &start, &end))
		return config_invalid(
			why, len, name,
			"two physical addresses such as 0x100000000-0x33fffffff",
			value);
	if (*last && (start != *first || end != *last)) {
		snprintf(why, len,
			 "%s is given twice; check one range at a time", name);
		return -EINVAL;
	}
	*first = start;
	*last = end;
	return 0;
}

/* "N" or "N..M" */
static int config_count(struct rules_count *count, const char *name,
			const char *value, char *why, size_t len)
{
	u64 min = 0, max;
	const char *rest;
	bool valid = !number_parse(&min, value, false, &rest);

	max = min;
	if (valid && !strncmp(rest, "..", 2))
		valid = !number_parse(&max, rest + 2, false, &rest);
	if (!valid || *rest || max < min)
		return config_invalid(why, len, name,
				      "a number such as 2, or two such as 2..4",
				      value);
	count->set = true;
	count->min = min;
	count->max = max;
	return 0;
}

static int config_failures(struct rules_opts *opts, const char *name,
			   const char *value, char *why, size_t len)
{
	u64 allowed;
	const char *rest;

	if (number_parse(&allowed, value, false, &rest) || *rest)
		return config_invalid(why, len, name, "a number", value);
	opts->allowed_failures = allowed;
	opts->limit_failures = true;
	return 0;
}

/* A setting without a value. */
static int config_flag(struct rules_opts *opts, const char *name,
		       const char *value, char *why, size_t len)
{
	if (*value)
		return config_invalid(why, len, name, "no value", value);
	opts->limit_failures = true;
	if (!strcmp(name, "retries-ok"))
		opts->retries_ok = true;
	else
		opts->allowed_failures = 0;
	return 0;
}

static int config_skip(struct rules_opts *opts, const char *name,
		       const char *value, char *why, size_t len)
{
	enum rule_id rule = rule_by_name(value, strlen(value));

	if (rule == NR_RULES) {
		snprintf(why, len, "%s: unknown rule '%s'", name, value);
		return -EINVAL;
	}
	opts->skip[rule] = true;
	return 0;
}

int rules_set(struct rules_opts *opts, const char *name, const char *value,
	      char *why, size_t len)
{
	static const char *const times[] = { "max-add", "max-online",
					     "max-offline", "max-remove" };
	static const char *const counts[] = { "expect-adds", "expect-onlines",
					      "expect-offlines",
					      "expect-removes" };
	int i;

	for (i = 0; i < 4; i++)
		if (!strcmp(name, times[i]))
			return config_time(&opts->max_ns[i], name, value, why,
					   len);
	for (i = 0; i < 4; i++)
		if (!strcmp(name, counts[i]))
			return config_count(&opts->count[i], name, value, why,
					    len);
	if (!strcmp(name, "max-idle"))
		return config_time(&opts->max_idle_ns, name, value, why, len);
	if (!strcmp(name, "max-vmemmap"))
		return config_percent(&opts->max_vmemmap, name, value, why,
				      len);
	if (!strcmp(name, "expect-hosting"))
		return config_hosting(&opts->hosting, name, value, why, len);
	if (!strcmp(name, "expect-removed"))
		return config_range(&opts->removed_start, &opts->removed_end,
				    name, value, why, len);
	if (!strcmp(name, "expect-online"))
		return config_range(&opts->online_start, &opts->online_end,
				    name, value, why, len);
	if (!strcmp(name, "skip"))
		return config_skip(opts, name, value, why, len);
	if (!strcmp(name, "allow-failures"))
		return config_failures(opts, name, value, why, len);
	if (!strcmp(name, "expect-success") || !strcmp(name, "retries-ok"))
		return config_flag(opts, name, value, why, len);
	snprintf(why, len, "unknown setting '%s'", name);
	return -ENOENT;
}

static int config_line(struct rules_opts *opts, char *line, char *why,
		       size_t len)
{
	const char *blank = " \t\r\n";
	char *name, *value, *rest;

	line[strcspn(line, "#")] = '\0';
	name = strtok_r(line, blank, &rest);
	if (!name)
		return 0;
	value = strtok_r(NULL, blank, &rest);
	if (value && strtok_r(NULL, blank, &rest)) {
		snprintf(why, len, "%s has more than one value", name);
		return -EINVAL;
	}
	return rules_set(opts, name, value ? value : "", why, len);
}

int rules_read(struct rules_opts *opts, const char *path, char *why, size_t len)
{
	char line[LINE_MAX_BYTES], reason[LINE_MAX_BYTES * 2];
	FILE *file = fopen(path, "re");
	unsigned int nr = 0;
	int err = 0;

	if (!file) {
		err = -errno;
		snprintf(why, len, "cannot read %s: %s", path, strerror(-err));
		return err;
	}
	while (!err && fgets(line, sizeof(line), file)) {
		nr++;
		if (!strchr(line, '\n') && !feof(file)) {
			snprintf(reason, sizeof(reason), "line too long");
			err = -EINVAL;
		} else {
			err = config_line(opts, line, reason, sizeof(reason));
		}
	}
	if (err)
		snprintf(why, len, "%s:%u: %s", path, nr, reason);
	if (!err && ferror(file)) {
		err = -EIO;
		snprintf(why, len, "cannot read %s: %s", path, strerror(EIO));
	}
	fclose(file);
	return err;
}
