// SPDX-License-Identifier: GPL-2.0
/*
 * The probes: which of them this kernel allows, and what they can report. Nothing
 * depends on its version: each function is looked up in its BTF, and each program
 * attached on trial, as ftrace cannot trace all functions. (Its list of those that
 * it can, available_filter_functions, takes longer to read than all the rest.)
 */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "mhp_probe_has.h"
#include "model/event_table.h"
#include "source/bpf/bpf.h"
#include "source/live.h"
#include "mhp.skel.h" /* needs our own types */

/* What each program is for. An event is unknown if one of those that it needs is missing. */
static const struct probe_use {
	const char *prog;
	u16 event;
	u16 has; /* enum mhp_probe_has: set if it is attached */
	bool needed;
	const char *
		lost; /* what is unknown without it, unless the whole event is */
	bool shared; /* its function is also called for other reasons, such as compaction */
} uses[] = {
	{ "mhp_enter_add", MHP_EVENT_mhp_add_begin, 0, true, NULL, false },
	{ "mhp_exit_add", MHP_EVENT_mhp_add_end, 0, true, NULL, false },
	{ "mhp_enter_add_inner", MHP_EVENT_mhp_add_begin, 0, true, NULL,
	  false },
	{ "mhp_exit_add_inner", MHP_EVENT_mhp_add_end, 0, true, NULL, false },
	{ "mhp_exit_group", MHP_EVENT_mhp_add_begin, MHP_HAS_GROUP, false,
	  "node of an add to a memory group", false },
	{ "mhp_enter_arch_add", MHP_EVENT_mhp_add_end, 0, true, NULL, false },
	{ "mhp_exit_arch_add", MHP_EVENT_mhp_vmemmap_populate, 0, false, NULL,
	  false },
	{ "mhp_enter_remove", MHP_EVENT_mhp_remove_begin, 0, true, NULL,
	  false },
	{ "mhp_exit_remove", MHP_EVENT_mhp_remove_end, 0, true, NULL, false },
	{ "mhp_enter_populate", MHP_EVENT_mhp_vmemmap_populate, 0, true, NULL,
	  false },
	{ "mhp_exit_populate", MHP_EVENT_mhp_vmemmap_populate, MHP_HAS_POPULATE,
	  true, NULL, false },
	{ "mhp_enter_deactivate", MHP_EVENT_mhp_vmemmap_free, 0, false, NULL,
	  false },
	{ "mhp_enter_free", MHP_EVENT_mhp_vmemmap_free, 0, true, NULL, false },
	{ "mhp_exit_free", MHP_EVENT_mhp_vmemmap_free, 0, true, NULL, false },
	{ "mhp_enter_online", MHP_EVENT_mhp_online_begin, 0, true, NULL,
	  false },
	{ "mhp_exit_zone", MHP_EVENT_mhp_online_begin, MHP_HAS_ZONE, false,
	  "zone", true },
	{ "mhp_exit_online_pages", MHP_EVENT_mhp_online_failed, 0, false, NULL,
	  false },
	{ "mhp_exit_offline_pages", MHP_EVENT_mhp_offline_failed, 0, false,
	  NULL, false },
	{ "mhp_exit_devices", MHP_EVENT_mhp_add_failed, 0, false,
	  "reason, if a memory block's device cannot be made", false },
	{ "mhp_exit_online", MHP_EVENT_mhp_online_end, 0, true, NULL, false },
	{ "mhp_exit_init", MHP_EVENT_mhp_vmemmap_online, 0, true, NULL, false },
	{ "mhp_exit_deinit", MHP_EVENT_mhp_vmemmap_offline, 0, true, NULL,
	  false },
	{ "mhp_enter_offline", MHP_EVENT_mhp_offline_begin, 0, true, NULL,
	  false },
	{ "mhp_exit_offline", MHP_EVENT_mhp_offline_end, 0, true, NULL, false },
	{ "mhp_enter_ram", MHP_EVENT_mhp_offline_failed, MHP_HAS_HOLES, false,
	  "reason, if there are holes", false },
	{ "mhp_exit_isolate", MHP_EVENT_mhp_offline_failed, MHP_HAS_ISOLATION,
	  false, "reason", true },
	{ "mhp_exit_dissolve", MHP_EVENT_mhp_offline_failed, MHP_HAS_DISSOLVE,
	  false, NULL, false },
	{ "mhp_exit_dissolve_pages", MHP_EVENT_mhp_offline_failed,
	  MHP_HAS_DISSOLVE, false, NULL, false },
	{ "mhp_enter_chain", MHP_EVENT_mhp_notify, 0, false, NULL, true },
	{ "mhp_exit_chain", MHP_EVENT_mhp_notify, MHP_HAS_NOTIFIER, false,
	  "steps that the compiler inlined", true },
	{ "mhp_enter_notify", MHP_EVENT_mhp_notify, 0, false, NULL, false },
	{ "mhp_exit_notify", MHP_EVENT_mhp_notify, MHP_HAS_NOTIFIER, true, NULL,
	  false },
	{ "mhp_enter_present", MHP_EVENT_mhp_managed, 0, true, NULL, false },
	{ "mhp_exit_present", MHP_EVENT_mhp_present, 0, true, NULL, false },
	{ "mhp_exit_emptied", MHP_EVENT_mhp_managed, 0, true, NULL, false },
	{ "mhp_exit_managed", MHP_EVENT_mhp_managed, 0, true, NULL, true },
	{ "mhp_enter_driver_online", MHP_EVENT_mhp_managed, 0, false, NULL,
	  false },
	{ "mhp_exit_driver_online", MHP_EVENT_mhp_managed, 0, false,
	  "changes by virtio-mem", false },
	{ "mhp_enter_driver_offline", MHP_EVENT_mhp_managed, 0, false, NULL,
	  false },
	{ "mhp_exit_driver_offline", MHP_EVENT_mhp_managed, 0, false,
	  "changes by virtio-mem", false },
	{ "mhp_exit_dump", MHP_EVENT_mhp_offline_blocker, 0, true, NULL, true },
	{ "mhp_enter_pass", MHP_EVENT_mhp_offline_blocker, MHP_HAS_PASS, false,
	  "pass", false },
	{ "mhp_exit_test", MHP_EVENT_mhp_offline_blocker, 0, false, NULL,
	  true },
	{ "mhp_exit_isolate_page", MHP_EVENT_mhp_offline_blocker,
	  MHP_HAS_ISOLATE_PAGE, false,
	  "pages that cannot be isolated, beyond those that the kernel logs",
	  true },
	{ "mhp_exit_migrate", MHP_EVENT_mhp_offline_blocker, MHP_HAS_MIGRATE,
	  false,
	  "pages that cannot be migrated, beyond those that the kernel logs",
	  true },
	{ "mhp_exit_dissolve_one", MHP_EVENT_mhp_offline_blocker, 0, false,
	  "huge page that cannot be dissolved", true },
	{ "mhp_enter_replaced", 0, 0, false, NULL, false },
};

#define NR_USES (sizeof(uses) / sizeof(*uses))
_Static_assert(NR_USES <= 64,
	       "every probe has a bit, and a place in mhp_function_ids");

/*
 * Programs of which a kernel needs only one: the first, if it has the function.
 * Which of those of the notifier is known when the collector is loaded.
 */
static const char *const instead[][2] = {
	{ "mhp_enter_add_inner", "mhp_enter_add" },
	{ "mhp_exit_add_inner", "mhp_exit_add" },
	{ "mhp_exit_emptied", "mhp_exit_managed" },
	{ "mhp_enter_chain", "mhp_enter_notify" },
	{ "mhp_exit_chain", "mhp_exit_notify" },
};
#define NR_INSTEAD (sizeof(instead) / sizeof(*instead))
#define NR_INSTEAD_LOADED (NR_INSTEAD - 2)

/* A program that needs what its function returns, which is nothing on some kernels */
static const char returned[] = "mhp_exit_emptied";

static const struct probe_use *use_of(const char *prog)
{
	size_t i;

	for (i = 0; i < NR_USES; i++)
		if (!strcmp(uses[i].prog, prog))
			return &uses[i];
	return NULL;
}

bool bpf_probes_are(const struct bpf_program *prog)
{
	return use_of(bpf_program__name(prog)) != NULL;
}

unsigned int bpf_probes_event(const char *prog)
{
	const struct probe_use *use = use_of(prog);

	return use ? use->event : 0;
}

bool bpf_probes_share(const char *prog)
{
	const struct probe_use *use = use_of(prog);

	return use && use->shared;
}

/* The function that a program is attached to: "fexit/NAME" is its section. */
static const char *function_of(const struct bpf_program *prog)
{
	const char *name = strchr(bpf_program__section_name(prog), '/');

	return name ? name + 1 : "";
}

/* The kernel's functions that programs are attached to, sorted by name */
struct functions {
	const struct btf *kernel;
	struct function {
		const char *name;
		s32 id; /* in the kernel's BTF, 0: it has none */
	} list[NR_USES];
	size_t nr;
};

static int compare_functions(const void *a, const void *b)
{
	return strcmp(((const struct function *)a)->name,
		      ((const struct function *)b)->name);
}

/* Passes through the kernel's types once, as there are tens of thousands. */
static void find_functions(struct functions *self, const struct btf *kernel,
			   struct bpf_object *obj)
{
	struct function key, *found;
	const struct btf_type *type;
	struct bpf_program *prog;
	u32 id, nr = btf__type_cnt(kernel);

	self->kernel = kernel;
	bpf_object__for_each_program(prog, obj) {
		key = (struct function){ function_of(prog), 0 };
		if (bpf_probes_are(prog) &&
		    !lfind(&key, self->list, &self->nr, sizeof(key),
			   compare_functions))
			self->list[self->nr++] = key;
	}
	qsort(self->list, self->nr, sizeof(*self->list), compare_functions);
	for (id = 1; id < nr; id++) {
		type = btf__type_by_id(kernel, id);
		if (!btf_is_func(type))
			continue;
		key.name = btf__name_by_offset(kernel, type->name_off);
		found = bsearch(&key, self->list, self->nr, sizeof(key),
				compare_functions);
		if (found && !found->id)
			found->id = id;
	}
}

/* Whether a function returns anything */
static bool returns(const struct btf *kernel, s32 id)
{
	const struct btf_type *type = btf__type_by_id(kernel, id);

	type = type ? btf__type_by_id(kernel, type->type) : NULL;
	return type && type->type;
}

/* The id of the function that a program can be attached to, 0 if this kernel has none. */
static s32 function_id(const struct functions *self,
		       const struct bpf_program *prog)
{
	struct function key = { function_of(prog), 0 };
	const struct function *found = bsearch(&key, self->list, self->nr,
					       sizeof(key), compare_functions);

	if (!found || !found->id ||
	    (!strcmp(bpf_program__name(prog), returned) &&
	     !returns(self->kernel, found->id)))
		return 0;
	return found->id;
}

/* Whether a kprobe knows the function's arguments: see mhp_register(). */
static bool has_registers(void)
{
#if defined(__x86_64__) || defined(__aarch64__)
	return true;
#else
	return false;
#endif
}

static bool is_loaded(struct bpf_object *obj, const char *name)
{
	const struct bpf_program *prog =
		bpf_object__find_program_by_name(obj, name);

	return prog && bpf_program__autoload(prog);
}

int bpf_probes_choose(struct bpf_source *self, const struct btf *kernel,
		      char *why, size_t len)
{
	struct bpf_object *obj = self->skel->obj;
	struct functions functions = { .nr = 0 };
	const struct probe_use *use;
	struct bpf_program *prog;
	s32 id;
	size_t i;
	bool any = false;

	find_functions(&functions, kernel, obj);
	bpf_object__for_each_program(prog, obj) {
		use = use_of(bpf_program__name(prog));
		if (!use)
			continue;
		id = function_id(&functions, prog);
		/* The functions of modules are not in this BTF. */
		if (bpf_program__type(prog) == BPF_PROG_TYPE_KPROBE ?
			    has_registers() :
			    id > 0)
			any |= use->needed;
		else
			bpf_program__set_autoload(prog, false);
		if (id > 0 && use->event) {
			self->skel->rodata->mhp_function_ids[use - uses] = id;
			self->skel->rodata->mhp_function_events[use - uses] =
				use->event;
		}
	}
	for (i = 0; i < NR_INSTEAD_LOADED; i++)
		if (is_loaded(obj, instead[i][0]))
			bpf_program__set_autoload(
				bpf_object__find_program_by_name(obj,
								 instead[i][1]),
				false);
	if (any)
		return 0;
	return source_live_why(
		-ENOENT, why, len,
		"none of the kernel's functions can be probed: it needs CONFIG_FUNCTION_TRACER and CONFIG_MEMORY_HOTPLUG, and their types in BTF");
}

/* Whether a program is attached, or another one in its place. */
static bool is_attached(const bool *attached, const char *prog)
{
	size_t i;

	if (attached[use_of(prog) - uses])
		return true;
	for (i = 0; i < NR_INSTEAD; i++) {
		if (!strcmp(instead[i][0], prog))
			return attached[use_of(instead[i][1]) - uses];
		if (!strcmp(instead[i][1], prog))
			return attached[use_of(instead[i][0]) - uses];
	}
	return false;
}

/*
 * Where sections are populated cannot be probed on all kernels. What each of them
 * took is known from the add of them all, if the size of a section is.
 */
static bool has_sections(const struct bpf_source *self, const bool *attached)
{
	return self->skel->bss->mhp_section_shift &&
	       attached[use_of("mhp_exit_arch_add") - uses];
}

/* Events of which something is missing, and those that no probe makes */
static u64 unknown_events(const struct bpf_source *self, const bool *attached)
{
	/* Made by the programs that make the end, too. */
	u64 unknown = 0, made = 1ULL << MHP_EVENT_mhp_remove_failed;
	unsigned int event;
	size_t i;

	for (i = 0; i < NR_USES; i++) {
		made |= 1ULL << uses[i].event;
		if (uses[i].needed && !is_attached(attached, uses[i].prog))
			unknown |= 1ULL << uses[i].event;
	}
	for (event = 1; event_info(event); event++)
		if (!event_is_tool(event) && !(made >> event & 1))
			unknown |= 1ULL << event;
	/* Whose count mhp_managed is, and what it was before. */
	if (!is_attached(attached, "mhp_exit_zone") ||
	    !(self->skel->bss->mhp_probe_has & MHP_HAS_NOTIFIER))
		unknown |= 1ULL << MHP_EVENT_mhp_managed;
	if (has_sections(self, attached))
		unknown &= ~(1ULL << MHP_EVENT_mhp_vmemmap_populate);
	return unknown;
}

/*
 * The notifier is probed in the function that calls all chains, if the address of
 * the memory notifier's is known, or else where the compiler did not inline it.
 */
static bool is_idle(const struct bpf_source *self,
		    const struct bpf_program *prog)
{
	const struct mhp_bpf *skel = self->skel;

	if (prog == skel->progs.mhp_enter_chain ||
	    prog == skel->progs.mhp_exit_chain)
		return !skel->bss->mhp_memory_chain;
	return (prog == skel->progs.mhp_enter_notify ||
		prog == skel->progs.mhp_exit_notify) &&
	       skel->bss->mhp_memory_chain;
}

int bpf_probes_attach(struct bpf_source *self, char *why, size_t len)
{
	bool attached[NR_USES] = { false };
	const struct probe_use *use;
	struct bpf_program *prog;
	int err = 0, nr = 0;

	if (!bpf_program__autoload(self->skel->progs.mhp_exit_chain))
		self->skel->bss->mhp_memory_chain = 0;
	bpf_object__for_each_program(prog, self->skel->obj) {
		use = use_of(bpf_program__name(prog));
		if (!use || !bpf_program__autoload(prog) || is_idle(self, prog))
			continue;
		err = bpf_source_attach(self, prog);
		if (err && prog == self->skel->progs.mhp_exit_chain)
			self->skel->bss->mhp_memory_chain = 0;
		if (err)
			continue;
		attached[use - uses] = true;
		self->probes |= 1ULL << (use - uses);
		self->skel->bss->mhp_probe_has |= use->has;
		nr++;
	}
	if (!nr)
		return source_live_why(
			err == -EPERM ? err : -EOPNOTSUPP, why, len,
			"the kernel refused to attach probes to its functions: %s",
			strerror(-err));
	self->source.info.unknown_events = unknown_events(self, attached);
	return 0;
}

/* Append a name to a list, unless it is there. */
static void list_add(char *text, size_t len, const char *name)
{
	size_t used = strlen(text);
	const char *at = strstr(text, name);

	if (at && strchr(", ", at[strlen(name)]))
		return;
	snprintf(text + used, len - used, "%s%s", used ? ", " : "", name);
}

void bpf_probes_describe(const struct bpf_source *self, unsigned int event,
			 char *text, size_t len)
{
	const struct bpf_program *prog;
	char functions[256] = "", lost[256] = "";
	size_t i;

	for (i = 0; i < NR_USES; i++) {
		prog = bpf_object__find_program_by_name(self->skel->obj,
							uses[i].prog);
		if (uses[i].event != event || !prog)
			continue;
		if (self->probes >> i & 1)
			list_add(functions, sizeof(functions),
				 function_of(prog));
		else if (uses[i].lost)
			list_add(lost, sizeof(lost), uses[i].lost);
	}
	if (self->source.info.unknown_events >> event & 1)
		snprintf(
			text, len,
			"unknown: no function of this kernel shows it; boot a kernel with the mhp events");
	else if (*lost)
		snprintf(
			text, len,
			"probes in %s; unknown: %s, as this kernel has no function that shows it",
			functions, lost);
	else
		snprintf(text, len, "probes in %s", functions);
}
