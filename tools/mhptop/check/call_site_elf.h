/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vmlinux: whose it is, and where its code tests the static keys of our
 * events. Nobody but call_site*.c includes this.
 */
#ifndef CALL_SITE_ELF_H
#define CALL_SITE_ELF_H

#include <elfutils/libdwfl.h>
#include <stddef.h>

struct key_test {
	unsigned int event; /* whose key it is, MHP_EVENT_* */
	Dwarf_Addr
		pc; /* as linked: where the kernel moves itself to does not matter */
};

struct site_elf {
	Dwfl *dwfl; /* NULL: there is none */
	Dwfl_Module *module;
	char release[128];
	struct key_test *tests; /* in the order of the jump table */
	size_t nr_tests;
	size_t room_tests;
};

/*
 * Open a file. -ENOMEM, or -EINVAL: it is not the vmlinux of a kernel with our
 * events, as why then says. There is nothing to close after an error.
 */
int site_elf_open(struct site_elf *elf, const char *path, char *why,
		  size_t len);
/* Look for that of a release; -ENOENT: none of it was found, else as above. */
int site_elf_find(struct site_elf *elf, const char *release);
void site_elf_close(struct site_elf *elf); /* twice is fine */

#endif
