// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the source line of an address through libdw. The scopes around the address are, from the outside in: a function
 * with a symbol; the functions inlined into it; the event's own trace_mhp_x(), an inline function that the trace header
 * defines, called from the line that we want; and the functions of the static key.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "check/call_site_dwarf.h"
#include "model/event_table.h"

#define SCOPES_MAX 64
#define WRAPPER "trace_" /* followed by the name of the event */

static void copy(char *to, size_t len, const char *from)
{
	snprintf(to, len, "%.*s", (int)len - 1, from);
}

/* The rest of a name that starts with the name of the event's wrapper; NULL if it does not. */
static const char *after_wrapper(const char *name,
				 const struct mhp_record *record)
{
	const char *event = event_info(record->event)->name;
	size_t skip = sizeof(WRAPPER) - 1, len = strlen(event);

	if (!name || strncmp(name, WRAPPER, skip) ||
	    strncmp(name + skip, event, len))
		return NULL;
	return name + skip + len;
}

static enum site_verdict from_symbol(Dwfl_Module *module, Dwarf_Addr pc,
				     const struct mhp_record *record,
				     struct call_site *site)
{
	const char *name = dwfl_module_addrname(module, pc);

	/* A wrapper that is not inlined: its caller is not known. */
	if (!name || after_wrapper(name, record))
		return SITE_NONE;
	memset(site, 0, sizeof(*site));
	copy(site->function, sizeof(site->function), name);
	/* A part of a function that the compiler moved: .cold, .part.0, .isra.0 */
	site->function[strcspn(site->function, ".")] = '\0';
	return SITE_FITS;
}

/* -- The file --------------------------------------------------------------- */

/* Remove "." and ".." from a path, without looking at the file system. */
static void tidy(char *path)
{
	char *from = path, *to = path;
	size_t len;

	while (*from) {
		len = strcspn(from, "/");
		if (len == 2 && !strncmp(from, "..", 2)) {
			while (to > path && *--to != '/')
				;
		} else if (len && !(len == 1 && *from == '.')) {
			if (from > path)
				*to++ = '/';
			memmove(to, from, len);
			to += len;
		}
		from += len;
		from += strspn(from, "/");
	}
	*to = '\0';
}

/* The length of the folders that a path shares with the build folder: the top of the kernel's source. */
static size_t shared(const char *path, const char *folder)
{
	size_t i, last = 0;

	for (i = 0; path[i] &&
		    (path[i] == folder[i] || (path[i] == '/' && !folder[i]));
	     i++) {
		if (path[i] == '/')
			last = i + 1;
		if (!folder[i])
			break;
	}
	return last > 1 ? last : 0;
}

static void set_file(Dwarf_Die *unit, Dwarf_Word nth, struct call_site *site)
{
	char path[PATH_MAX], folder[PATH_MAX];
	const char *name = NULL, *built_in;
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	size_t nr;

	if (!dwarf_getsrcfiles(unit, &files, &nr) && nth < nr)
		name = dwarf_filesrc(files, nth, NULL, NULL);
	if (!name)
		return;
	built_in = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attr));
	copy(folder, sizeof(folder), built_in ? built_in : "");
	copy(path, sizeof(path), name);
	if (*name != '/' && built_in)
		snprintf(path, sizeof(path), "%.2047s/%.2047s", built_in, name);
	tidy(path);
	tidy(folder);
	copy(site->file, sizeof(site->file), path + shared(path, folder));
}

/* The next one in the same scope; in a damaged file it might be one before. */
static bool next_sibling(Dwarf_Die *die)
{
	Dwarf_Off offset = dwarf_dieoffset(die);

	return !dwarf_siblingof(die, die) && dwarf_dieoffset(die) > offset;
}

/* -- The arguments ---------------------------------------------------------- */

static bool is_enum(Dwarf_Die *parameter)
{
	Dwarf_Attribute attr;
	Dwarf_Die type;

	return dwarf_attr_integrate(parameter, DW_AT_type, &attr) &&
	       dwarf_formref_die(&attr, &type) &&
	       !dwarf_peel_type(&type, &type) &&
	       dwarf_tag(&type) == DW_TAG_enumeration_type;
}

/* Whether a parameter is a constant at an address, and which. */
static bool is_constant(Dwarf_Die *parameter, Dwarf_Addr pc, Dwarf_Word *value)
{
	Dwarf_Attribute attr;
	Dwarf_Op *ops;
	size_t nr;

	if (dwarf_attr(parameter, DW_AT_const_value, &attr))
		return !dwarf_formudata(&attr, value);
	if (!dwarf_attr(parameter, DW_AT_location, &attr) ||
	    dwarf_getlocation_addr(&attr, pc, &ops, &nr, 1) != 1)
		return false;
	if (nr != 2 || ops[1].atom != DW_OP_stack_value)
		return false;
	if (ops[0].atom >= DW_OP_lit0 && ops[0].atom <= DW_OP_lit31)
		*value = ops[0].atom - DW_OP_lit0;
	else if (ops[0].atom >= DW_OP_const1u && ops[0].atom <= DW_OP_consts)
		*value = ops[0].number;
	else
		return false;
	return true;
}

/*
 * Whether a call cannot have made the record, because it passes a different
 * constant. Only enum arguments are compared: they are copied to the field of
 * the same name.
 */
static bool is_other(Dwarf_Die *call, Dwarf_Addr pc,
		     const struct mhp_record *record)
{
	const struct event_field *field;
	const char *name;
	Dwarf_Word value;
	Dwarf_Die child;

	if (dwarf_child(call, &child))
		return false;
	do {
		name = dwarf_diename(&child);
		if (dwarf_tag(&child) != DW_TAG_formal_parameter || !name ||
		    !is_enum(&child) || !is_constant(&child, pc, &value))
			continue;
		for (field = event_info(record->event)->fields; field->name;
		     field++)
			if (!strcmp(field->name, name) &&
			    event_field_get(field, &record->p) != (s64)value)
				return true;
	} while (next_sibling(&child));
	return false;
}

/* -- The scopes ------------------------------------------------------------- */

static bool is_function(Dwarf_Die *scope)
{
	return dwarf_tag(scope) == DW_TAG_inlined_subroutine ||
	       dwarf_tag(scope) == DW_TAG_subprogram;
}

/* The unit of an address. If the compiler left out the index of addresses, search all units. */
static bool find_unit(Dwfl_Module *module, Dwarf_Addr pc, Dwarf_Addr *bias,
		      Dwarf_Die *found)
{
	Dwarf_Die *unit = dwfl_module_addrdie(module, pc, bias);

	if (!unit)
		while ((unit = dwfl_module_nextcu(module, unit, bias)))
			if (dwarf_haspc(unit, pc - *bias) > 0)
				break;
	if (unit)
		*found = *unit;
	return unit != NULL;
}

/*
 * Get the scopes around an address in a unit, from the outside in. Returns their
 * number. dwarf_getscopes() would continue where an inlined function is defined,
 * not where it is called.
 */
static int get_scopes(Dwarf_Die *unit, Dwarf_Addr pc, Dwarf_Die *scopes)
{
	Dwarf_Die child, *at = unit;
	int nr = 0;

	while (nr < SCOPES_MAX && !dwarf_child(at, &child)) {
		while (dwarf_haspc(&child, pc) <= 0)
			if (!next_sibling(&child))
				return nr;
		scopes[nr] = child;
		at = &scopes[nr++];
	}
	return nr;
}

/*
 * The scope of the wrapper (the outer one if the compiler split it), or NULL.
 * *tests is set if there is only another function of the trace header, such as
 * trace_mhp_x_enabled().
 */
static Dwarf_Die *find_call(Dwarf_Die *scopes, int nr,
			    const struct mhp_record *record, bool *tests)
{
	const char *rest;
	int i;

	*tests = false;
	for (i = 0; i < nr; i++) {
		if (!is_function(&scopes[i]))
			continue;
		rest = after_wrapper(dwarf_diename(&scopes[i]), record);
		if (!rest)
			continue;
		if (!*rest &&
		    dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine)
			return &scopes[i];
		*tests = true;
	}
	return NULL;
}

static bool set_site(Dwarf_Die *unit, Dwarf_Die *scopes, Dwarf_Die *call,
		     struct call_site *site)
{
	Dwarf_Word line, file;
	Dwarf_Attribute attr;
	Dwarf_Die *scope;
	const char *name;

	memset(site, 0, sizeof(*site));
	for (scope = scopes; scope < call; scope++) {
		name = is_function(scope) ? dwarf_diename(scope) : NULL;
		if (!name)
			continue;
		copy(site->function, sizeof(site->function), name);
		if (!*site->within)
			copy(site->within, sizeof(site->within), name);
	}
	if (!strcmp(site->within, site->function))
		*site->within = '\0';
	if (!dwarf_formudata(dwarf_attr(call, DW_AT_call_line, &attr), &line) &&
	    !dwarf_formudata(dwarf_attr(call, DW_AT_call_file, &attr), &file))
		set_file(unit, file, site);
	if (*site->file)
		site->line = line;
	return *site->function;
}

enum site_verdict site_resolve(Dwfl_Module *module, Dwarf_Addr pc,
			       const struct mhp_record *record,
			       struct call_site *site)
{
	Dwarf_Die unit, scopes[SCOPES_MAX], *call = NULL;
	Dwarf_Addr bias = 0;
	bool tests = false;

	if (find_unit(module, pc, &bias, &unit))
		call = find_call(scopes, get_scopes(&unit, pc - bias, scopes),
				 record, &tests);
	if (call && set_site(&unit, scopes, call, site))
		return is_other(call, pc - bias, record) ? SITE_OTHER :
							   SITE_FITS;
	return tests ? SITE_NONE : from_symbol(module, pc, record, site);
}
