// SPDX-License-Identifier: GPL-2.0
/*
 * Reads a vmlinux through libdwfl: its release, the tracepoints of our events, and the jump table, where each entry has
 * the address of code that tests a key.
 */
#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/vec.h"
#include "check/call_site_elf.h"
#include "model/event_table.h"

#define TRACEPOINT "__tracepoint_"
#define KEY_FLAGS 3ULL /* low bits of a key in the jump table */

/* struct jump_entry of x86-64: each member is relative to its own address. */
struct jump_entry {
	s32 code;
	s32 target;
	s64 key;
};

struct range {
	GElf_Addr start;
	GElf_Addr end;
};

/* Addresses of symbols */
struct symbols {
	GElf_Addr banner;
	struct range table;
	struct range keys[MHP_NR_EVENTS];
};

_Static_assert(sizeof(struct jump_entry) == 16, "as in vmlinux");

static int refuse(char *why, size_t len, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(char *why, size_t len, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, len, format, args);
	va_end(args);
	return -EINVAL;
}

static void note_symbol(struct symbols *symbols, const char *name,
			GElf_Addr addr, GElf_Xword size)
{
	const size_t skip = sizeof(TRACEPOINT) - 1;
	unsigned int event;

	if (!strcmp(name, "linux_banner"))
		symbols->banner = addr;
	else if (!strcmp(name, "__start___jump_table"))
		symbols->table.start = addr;
	else if (!strcmp(name, "__stop___jump_table"))
		symbols->table.end = addr;
	if (strncmp(name, TRACEPOINT, skip))
		return;
	event = event_by_name(name + skip, strlen(name + skip));
	if (event)
		symbols->keys[event] = (struct range){ addr, addr + size };
}

static int read_symbols(const struct site_elf *elf, struct symbols *symbols,
			char *why, size_t len)
{
	int i, nr = dwfl_module_getsymtab(elf->module);
	const char *name;
	GElf_Addr addr;
	GElf_Sym sym;

	if (nr <= 1)
		return refuse(why, len,
			      "no symbols: the file is stripped or truncated");
	for (i = 1; i < nr; i++) {
		name = dwfl_module_getsym_info(elf->module, i, &sym, &addr,
					       NULL, NULL, NULL);
		if (name)
			note_symbol(symbols, name, addr, sym.st_size);
	}
	return 0;
}

/* The file's contents at an address, and *left, the bytes up to the end of the section. NULL: no contents. */
static const char *bytes_at(const struct site_elf *elf, GElf_Addr addr,
			    size_t *left)
{
	Dwarf_Addr at = addr, bias;
	Elf_Scn *scn = dwfl_module_address_section(elf->module, &at, &bias);
	Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;

	if (!data || !data->d_buf || at >= data->d_size)
		return NULL;
	*left = data->d_size - at;
	return (const char *)data->d_buf + at;
}

static int read_release(struct site_elf *elf, const struct symbols *symbols,
			char *why, size_t len)
{
	char banner[256] = "";
	const char *bytes;
	size_t left;

	bytes = symbols->banner ? bytes_at(elf, symbols->banner, &left) : NULL;
	if (bytes)
		snprintf(banner, sizeof(banner), "%.*s",
			 (int)(left < sizeof(banner) ? left : sizeof(banner)),
			 bytes);
	if (sscanf(banner, "Linux version %127s", elf->release) != 1)
		return refuse(
			why, len,
			"not a kernel image: linux_banner has no release");
	return 0;
}

static int add_test(struct site_elf *elf, unsigned int event, Dwarf_Addr pc)
{
	if (!vec_grow(elf->tests, elf->nr_tests, elf->room_tests))
		return -ENOMEM;
	elf->tests[elf->nr_tests++] = (struct key_test){ event, pc };
	return 0;
}

static unsigned int event_of_key(const struct symbols *symbols, GElf_Addr key)
{
	unsigned int event;

	for (event = 1; event < MHP_NR_EVENTS; event++)
		if (key >= symbols->keys[event].start &&
		    key < symbols->keys[event].end)
			return event;
	return 0;
}

static int read_table(struct site_elf *elf, const struct symbols *symbols,
		      char *why, size_t len)
{
	const struct range *table = &symbols->table;
	struct jump_entry entry;
	unsigned int event;
	const char *bytes;
	size_t left = 0;
	GElf_Addr at;
	int err = 0;

	bytes = table->start ? bytes_at(elf, table->start, &left) : NULL;
	if (!bytes || table->end < table->start ||
	    table->end - table->start > left)
		return refuse(
			why, len,
			"no jump table: the kernel was built without CONFIG_JUMP_LABEL, or the file is damaged");
	for (at = table->start; !err && table->end - at >= sizeof(entry);
	     at += sizeof(entry), bytes += sizeof(entry)) {
		memcpy(&entry, bytes, sizeof(entry));
		event = event_of_key(symbols,
				     at + offsetof(struct jump_entry, key) +
					     (le64toh(entry.key) & ~KEY_FLAGS));
		if (event)
			err = add_test(elf, event,
				       at + (s32)le32toh(entry.code));
	}
	if (err)
		snprintf(why, len, "out of memory");
	else if (!elf->nr_tests)
		return refuse(why, len, "kernel %s has no mhp events",
			      elf->release);
	return err;
}

static int read_kernel(struct site_elf *elf, char *why, size_t len)
{
	struct symbols symbols = { 0 };
	GElf_Addr bias;
	Elf *file = dwfl_module_getelf(elf->module, &bias);
	GElf_Ehdr header;
	int err;

	if (!file || !gelf_getehdr(file, &header))
		return refuse(why, len, "cannot read the ELF header: %s",
			      dwfl_errmsg(-1));
	if (header.e_machine != EM_X86_64)
		return refuse(
			why, len,
			"built for ELF machine %u; only x86-64 is supported",
			header.e_machine);
	err = read_symbols(elf, &symbols, why, len);
	if (!err)
		err = read_release(elf, &symbols, why, len);
	if (!err)
		err = read_table(elf, &symbols, why, len);
	return err;
}

/* -- Files ------------------------------------------------------------------ */

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static int begin(struct site_elf *elf)
{
	memset(elf, 0, sizeof(*elf));
	/* Use only local files: a check must not wait for a server, or send it anything. */
	unsetenv("DEBUGINFOD_URLS");
	elf->dwfl = dwfl_begin(&callbacks);
	if (!elf->dwfl)
		return -ENOMEM;
	dwfl_report_begin(elf->dwfl);
	return 0;
}

void site_elf_close(struct site_elf *elf)
{
	if (elf->dwfl)
		dwfl_end(elf->dwfl);
	free(elf->tests);
	memset(elf, 0, sizeof(*elf));
}

int site_elf_open(struct site_elf *elf, const char *path, int fd, char *why,
		  size_t len)
{
	struct stat status;
	int err = begin(elf);

	if (err) {
		snprintf(why, len, "out of memory");
		goto out;
	}
	if (fd < 0 ? stat(path, &status) : fstat(fd, &status)) {
		err = refuse(why, len, "%s", strerror(errno));
		goto out;
	}
	if (!S_ISREG(status.st_mode)) {
		err = refuse(why, len, "not a regular file");
		goto out;
	}
	elf->module = dwfl_report_offline(elf->dwfl, "kernel", path, fd);
	if (!elf->module) {
		err = refuse(why, len, "%s", dwfl_errmsg(-1));
		goto out;
	}
	dwfl_report_end(elf->dwfl, NULL, NULL);
	err = read_kernel(elf, why, len);
out:
	if (err)
		site_elf_close(elf);
	return err;
}

/* Only the kernel itself, as its modules have no mhp events. */
static int is_kernel(const char *module, const char *file)
{
	(void)file;
	return !strcmp(module, "kernel");
}

static int keep_module(Dwfl_Module *module, void **userdata, const char *name,
		       Dwarf_Addr start, void *arg)
{
	struct site_elf *elf = arg;

	(void)userdata, (void)name, (void)start;
	elf->module = module;
	return DWARF_CB_ABORT;
}

/* Look where distributions install a vmlinux, as known to libdwfl. */
static int find_installed(struct site_elf *elf, const char *release)
{
	char why[160];
	int err = begin(elf);

	if (err)
		return err;
	/* This may find the kernel and still fail, if it finds no modules. */
	dwfl_linux_kernel_report_offline(elf->dwfl, release, is_kernel);
	dwfl_report_end(elf->dwfl, NULL, NULL);
	dwfl_getmodules(elf->dwfl, keep_module, elf, 0);
	err = elf->module ? read_kernel(elf, why, sizeof(why)) : -ENOENT;
	if (err)
		site_elf_close(elf);
	return err;
}

int site_elf_find(struct site_elf *elf, const char *release)
{
	char path[192], why[160];
	int err;

	/* The release comes from a recording and becomes part of a path. */
	if (strchr(release, '/'))
		return -ENOENT;
	err = find_installed(elf, release);
	if (!err && !strcmp(elf->release, release))
		return 0;
	site_elf_close(elf);
	/* The vmlinux of a local kernel build, which libdwfl does not look for */
	snprintf(path, sizeof(path), "/lib/modules/%s/build/vmlinux", release);
	err = site_elf_open(elf, path, -1, why, sizeof(why));
	if (!err && !strcmp(elf->release, release))
		return 0;
	site_elf_close(elf);
	return err ? err : -ENOENT;
}
