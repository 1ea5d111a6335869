// SPDX-License-Identifier: GPL-2.0
/* Finds the calls that may have reported an event among the places that test its static key. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/call_site_dwarf.h"
#include "check/call_site_elf.h"
#include "base/plain_text.h"

struct call_sites {
	char release[sizeof(((struct site_elf *)0)->release)];
	bool was_looked_for;
	struct site_elf elf;
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
		site_elf_close(&sites->elf);
	free(sites);
}

int call_sites_load(struct call_sites *sites, const char *path, char *why,
		    size_t len)
{
	int err = site_elf_open(&sites->elf, path, why, len);

	sites->was_looked_for = true;
	if (err || !*sites->release ||
	    !strcmp(sites->release, sites->elf.release))
		return err;
	snprintf(why, len, "built for kernel %s, but the events are from %s",
		 sites->elf.release, sites->release);
	return 1;
}

static bool is_same(const struct call_site *a, const struct call_site *b)
{
	return !strcmp(a->function, b->function) && !strcmp(a->file, b->file) &&
	       a->line == b->line;
}

/* A call has several places if the compiler copied it, e.g. into each function that it is inlined into. */
static size_t add_site(struct call_site *list, size_t nr,
		       const struct call_site *site)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!is_same(&list[i], site))
			continue;
		if (strcmp(list[i].within, site->within))
			*list[i].within = '\0';
		return nr;
	}
	list[nr] = *site;
	return nr + 1;
}

/* Collect the sites with a verdict into list, which has room for elf->nr_tests. */
static size_t collect(const struct site_elf *elf,
		      const struct mhp_record *record, enum site_verdict wanted,
		      struct call_site *list)
{
	struct call_site site;
	size_t i, nr = 0;

	for (i = 0; i < elf->nr_tests; i++)
		if (elf->tests[i].event == record->event &&
		    site_resolve(elf->module, elf->tests[i].pc, record,
				 &site) == wanted)
			nr = add_site(list, nr, &site);
	return nr;
}

size_t call_sites_find(struct call_sites *sites,
		       const struct mhp_record *record, struct call_site *found,
		       size_t max)
{
	struct site_elf *elf = &sites->elf;
	struct call_site *list;
	size_t nr;

	if (!sites->was_looked_for && *sites->release)
		site_elf_find(elf, sites->release);
	sites->was_looked_for = true;
	if (!elf->nr_tests)
		return 0;
	list = calloc(elf->nr_tests, sizeof(*list));
	if (!list)
		return 0;
	nr = collect(elf, record, SITE_FITS, list);
	if (!nr)
		nr = collect(elf, record, SITE_OTHER, list);
	memcpy(found, list, (nr < max ? nr : max) * sizeof(*list));
	free(list);
	return nr;
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
