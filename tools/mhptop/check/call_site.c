// SPDX-License-Identifier: GPL-2.0
/* Finds the calls that may have reported an event among the places that test its static key. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/call_site_child.h"
#include "base/plain_text.h"
#include "base/status.h"

struct call_sites {
	char release[128];
	bool was_looked_for;
	struct site_child child;
};

struct call_sites *call_sites_new(const char *release)
{
	struct call_sites *sites = calloc(1, sizeof(*sites));

	if (sites && strcmp(release, "unknown"))
		snprintf(sites->release, sizeof(sites->release), "%s", release);
	return sites;
}

void call_sites_free(struct call_sites *sites)
{
	if (sites)
		site_child_stop(&sites->child);
	free(sites);
}

int call_sites_load(struct call_sites *sites, const char *path, char *why,
		    size_t len)
{
	struct site_hello hello;

	site_child_start(&sites->child, path, NULL, &hello);
	sites->was_looked_for = true;
	if (hello.err) {
		snprintf(why, len, "%s", hello.why);
		return hello.err;
	}
	if (!*sites->release || !strcmp(sites->release, hello.release))
		return 0;
	snprintf(why, len, "built for kernel %s, but the events are from %s",
		 hello.release, sites->release);
	return 1;
}

size_t call_sites_find(struct call_sites *sites,
		       const struct mhp_record *record, struct call_site *found,
		       size_t max)
{
	struct site_answer answer = { 0 };
	struct site_hello hello;

	if (!sites->was_looked_for && *sites->release)
		site_child_start(&sites->child, NULL, sites->release, &hello);
	sites->was_looked_for = true;
	site_child_ask(&sites->child, record, &answer);
	if (max > SITES_FOUND_MAX)
		max = SITES_FOUND_MAX;
	memcpy(found, answer.found,
	       (answer.nr < max ? answer.nr : max) * sizeof(*found));
	return answer.nr;
}

int call_site_print(const struct call_site *site, char *buf, size_t len)
{
	char line[24] = "";
	int ret;

	if (*site->file)
		snprintf(line, sizeof(line), ":%d", site->line);
	ret = snprintf(buf, len, "%s()%s%s%s%s%s%s", site->function,
		       *site->file ? ", " : "", site->file, line,
		       *site->within ? ", inlined into " : "", site->within,
		       *site->within ? "()" : "");
	/* Names in the file may have any characters. */
	if (len)
		plain_text(buf);
	return ret;
}

int call_sites_open(struct call_sites **sites, const char *release,
		    const char *path)
{
	char why[256];
	int err;

	*sites = call_sites_new(release);
	if (!*sites)
		return status_fail(STATUS_FAILED,
				   "cannot find call sites: out of memory");
	err = path ? call_sites_load(*sites, path, why, sizeof(why)) : 0;
	if (err > 0)
		status_fail(STATUS_OK,
			    "--vmlinux %s: %s; line numbers may be wrong", path,
			    why);
	if (err >= 0)
		return STATUS_OK;
	return status_fail(
		err == -EINVAL ? STATUS_USAGE : STATUS_FAILED,
		"--vmlinux %s: %s; use the vmlinux of the kernel's build or of its debug package",
		path, why);
}
