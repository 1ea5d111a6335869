/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vmlinux: its release, and the places where its code tests the static keys of
 * our events. Private to call_site*.c.
 */
#ifndef CALL_SITE_ELF_H
#define CALL_SITE_ELF_H

#include <elfutils/libdwfl.h>
#include <stddef.h>

struct key_test {
	unsigned int event; /* whose key is tested, MHP_EVENT_* */
	Dwarf_Addr pc; /* as linked, without KASLR */
};

struct site_elf {
	Dwfl *dwfl; /* NULL: not open */
	Dwfl_Module *module;
	char release[128];
	struct key_test *tests; /* in the order of the jump table */
	size_t nr_tests;
	size_t room_tests;
};

/*
 * Read a file, which is open as fd or, if that is -1, is opened. 0, -ENOMEM, or
 * -EINVAL: it is not the vmlinux of a kernel with our events; why has the reason.
 * Takes fd over. After an error there is nothing to close.
 */
int site_elf_open(struct site_elf *elf, const char *path, int fd, char *why,
		  size_t len);
/* Look for the vmlinux of a release. As above, or -ENOENT: not found. */
int site_elf_find(struct site_elf *elf, const char *release);
void site_elf_close(struct site_elf *elf); /* twice is fine */

#endif
