// SPDX-License-Identifier: GPL-2.0
/*
 * To be preloaded into mhptop by tests/vm/t/limits.py: the kernel's ledger gets
 * room for as many memory blocks as FEW_ACCOUNTS says.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

int bpf_object__load_skeleton(struct bpf_object_skeleton *skeleton)
{
	int (*load)(struct bpf_object_skeleton *) =
		dlsym(RTLD_NEXT, "bpf_object__load_skeleton");
	const char *number = getenv("FEW_ACCOUNTS");
	int i;

	/* Without either, mhptop would pass for what was never tried. */
	if (!load || !number)
		abort();
	for (i = 0; i < skeleton->map_cnt; i++)
		if (!strcmp(skeleton->maps[i].name, "mhp_blocks") &&
		    bpf_map__set_max_entries(*skeleton->maps[i].map,
					     atoi(number)))
			abort();
	return load(skeleton);
}
