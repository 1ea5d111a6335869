// SPDX-License-Identifier: GPL-2.0
/*
 * Lists every place of a vmlinux that tests the key of an event, with its call site, for kernels.sh to compare:
 *
 *	call_sites VMLINUX
 *
 * One line each, with fields separated by tabs: the event and the address; then, if it is a call, the function, the
 * function it was inlined into, the file and the line.
 */
#include <stdio.h>

#include "check/call_site_dwarf.h"
#include "check/call_site_elf.h"
#include "model/event_table.h"

int main(int argc, char **argv)
{
	struct mhp_record record = { 0 };
	struct call_site site;
	struct site_elf elf;
	char why[256];
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: call_sites VMLINUX\n");
		return 2;
	}
	if (site_elf_open(&elf, argv[1], -1, why, sizeof(why))) {
		fprintf(stderr, "call_sites: %s: %s\n", argv[1], why);
		return 1;
	}
	for (i = 0; i < elf.nr_tests; i++) {
		record.event = elf.tests[i].event;
		printf("%s\t0x%llx", event_info(record.event)->name,
		       (unsigned long long)elf.tests[i].pc);
		if (site_resolve(elf.module, elf.tests[i].pc, &record, &site) !=
		    SITE_NONE)
			printf("\t%s\t%s\t%s\t%d", site.function, site.within,
			       site.file, site.line);
		putchar('\n');
	}
	site_elf_close(&elf);
	return 0;
}
