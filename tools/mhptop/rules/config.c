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
	char *end;

	*percent = strtod(value, &end);
	if (end > value && (!*end || !strcmp(end, "%")) && *percent > 0 &&
	    *percent <= 100)
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
	char *rest;

	errno = 0;
	*start = strtoull(value, &rest, 0);
	if (rest == value || *rest != '-' || *value == '-')
		return false;
	value = rest + 1;
	*end = strtoull(value, &rest, 0);
	return rest > value && *value != '-' && !*rest && !errno &&
	       *end > *start;
}

static int config_range(struct rules_opts *opts, const char *name,
			const char *value, char *why, size_t len)
{
	u64 start, end;

	if (!parse_addresses(value, &start, &end))
		return config_invalid(
			why, len, name,
			"two physical addresses such as 0x100000000-0x33fffffff",
			value);
	if (opts->removed_end &&
	    (start != opts->removed_start || end != opts->removed_end)) {
		snprintf(why, len,
			 "%s is given twice; check one range at a time", name);
		return -EINVAL;
	}
	opts->removed_start = start;
	opts->removed_end = end;
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
	int i;

	for (i = 0; i < 4; i++)
		if (!strcmp(name, times[i]))
			return config_time(&opts->max_ns[i], name, value, why,
					   len);
	if (!strcmp(name, "max-vmemmap"))
		return config_percent(&opts->max_vmemmap, name, value, why,
				      len);
	if (!strcmp(name, "expect-hosting"))
		return config_hosting(&opts->hosting, name, value, why, len);
	if (!strcmp(name, "expect-removed"))
		return config_range(opts, name, value, why, len);
	if (!strcmp(name, "skip"))
		return config_skip(opts, name, value, why, len);
	if (!strcmp(name, "expect-success") && !*value) {
		opts->no_failures = true;
		return 0;
	}
	if (!strcmp(name, "expect-success"))
		return config_invalid(why, len, name, "no value", value);
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
