// SPDX-License-Identifier: GPL-2.0
/*
 * Compares the BTF of a vmlinux, which pahole made, with its DWARF, read by libdw, and with its symbols:
 *
 *	btf_compare VMLINUX
 *
 * Every named struct, union, enum, base type and typedef of the DWARF must be in the BTF with the same members, at the same
 * offsets and of the same types, and every function in the BTF must have the types of parameters and result that the
 * DWARF gives it. What differs is printed, one line each; "clash NAME" is a name that functions with different prototypes
 * share, and "absent NAME" one that has a symbol and is not in the BTF. The last line has counts. Exits with 1 if a
 * type or a function differs.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>

#define MAX_DEPTH 64

static struct btf *btf;
static unsigned int types, functions, wrong, absent, clashes;

/* All types of one name, whatever their kind, and what is known of the function of that name. */
struct name {
	const char *name;
	int *ids;
	int nr;
	int func; /* the type id of the BTF function, or 0 */
	bool has_symbol; /* a function of this name is in the symbol table */
	bool has_code; /* ... and in the DWARF, but not in the BTF */
	/*
	 * Whether a version in the DWARF has the prototype that the BTF has, and whether one has another. [1] is for those
	 * with code. A function that gcc merged with an equal one has none.
	 */
	bool matched[2], mismatched[2];
};

static void *names;

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->name,
		      ((const struct name *)b)->name);
}

static struct name *find_name(const char *text, bool create)
{
	struct name key = { .name = text }, *new;
	void *found = tfind(&key, &names, by_name);

	if (found || !create)
		return found ? *(struct name **)found : NULL;
	new = calloc(1, sizeof(*new));
	if (!new || !(new->name = strdup(text)) ||
	    !tsearch(new, &names, by_name)) {
		fprintf(stderr, "btf_compare: out of memory\n");
		exit(2);
	}
	return new;
}

static bool same_type(Dwarf_Die *die, int id, int depth);

static const struct btf_type *plain(int *id)
{
	const struct btf_type *t = btf__type_by_id(btf, *id);

	/* Which attributes a compiler writes as type tags is its own choice. */
	while (t && btf_is_type_tag(t)) {
		*id = t->type;
		t = btf__type_by_id(btf, *id);
	}
	return t;
}

static const char *name_of(const struct btf_type *t)
{
	return btf__name_by_offset(btf, t->name_off);
}

static bool same_name(Dwarf_Die *die, const struct btf_type *t)
{
	const char *name = dwarf_diename(die);

	return !strcmp(name ? name : "", name_of(t));
}

/* The type that DW_AT_type names, or false for void, which assembly leaves unspecified */
static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_type, &attr) &&
	       dwarf_formref_die(&attr, type) &&
	       dwarf_tag(type) != DW_TAG_unspecified_type;
}

static bool same_target(Dwarf_Die *die, int id, int depth)
{
	Dwarf_Die target;

	plain(&id);
	if (!type_of(die, &target))
		return !id;
	return id && same_type(&target, id, depth);
}

static bool number(Dwarf_Die *die, unsigned int name, Dwarf_Word *value)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, name, &attr) &&
	       !dwarf_formudata(&attr, value);
}

static bool is_declaration(Dwarf_Die *die)
{
	bool flag = false;
	Dwarf_Attribute attr;

	if (dwarf_attr(die, DW_AT_declaration, &attr))
		dwarf_formflag(&attr, &flag);
	return flag;
}

/* The next child of one of two tags, starting with the first if `at` has not been set */
static bool next_child(Dwarf_Die *parent, Dwarf_Die *at, bool *started, int tag,
		       int other)
{
	int ended;

	do {
		ended = *started ? dwarf_siblingof(at, at) :
				   dwarf_child(parent, at);
		*started = true;
		if (ended)
			return false;
	} while (dwarf_tag(at) != tag && dwarf_tag(at) != other);
	return true;
}

/* pahole writes one array for all dimensions of an array. */
static bool same_array(Dwarf_Die *die, const struct btf_type *t, int depth)
{
	const struct btf_array *array = btf_array(t);
	Dwarf_Word count, total = 1;
	bool started = false;
	Dwarf_Die dimension;

	while (next_child(die, &dimension, &started, DW_TAG_subrange_type, 0)) {
		if (number(&dimension, DW_AT_count, &count))
			total *= count;
		else if (number(&dimension, DW_AT_upper_bound, &count))
			total *= (__u32)(count + 1);
		else
			total = 0;
	}
	return array->nelems == total && same_target(die, array->type, depth);
}

/*
 * Names of parameters are those of one declaration of many. With `leading`, the DWARF may have more parameters than the
 * BTF.
 */
static bool same_prototype(Dwarf_Die *die, const struct btf_type *t,
			   bool leading, int depth)
{
	const struct btf_param *param = btf_params(t);
	bool started = false, variadic;
	int i = 0, nr = btf_vlen(t);
	Dwarf_Die child;

	variadic = nr && !param[nr - 1].type;
	if (!same_target(die, t->type, depth))
		return false;
	while (next_child(die, &child, &started, DW_TAG_formal_parameter,
			  DW_TAG_unspecified_parameters)) {
		if (i == nr)
			return leading;
		if (dwarf_tag(&child) == DW_TAG_unspecified_parameters)
			return variadic && i == nr - 1;
		if (!same_target(&child, param[i++].type, depth))
			return false;
	}
	return i == nr;
}

/* Only DW_FORM_sdata and implicit constants are signed. */
static bool constant(Dwarf_Die *die, Dwarf_Sword *value)
{
	Dwarf_Attribute attr;
	unsigned int form;

	if (!dwarf_attr(die, DW_AT_const_value, &attr))
		return false;
	form = dwarf_whatform(&attr);
	if (form == DW_FORM_sdata || form == DW_FORM_implicit_const)
		return !dwarf_formsdata(&attr, value);
	return !dwarf_formudata(&attr, (Dwarf_Word *)value);
}

static bool same_enum(Dwarf_Die *die, const struct btf_type *t)
{
	bool started = false;
	Dwarf_Die child;
	int i = 0;

	while (next_child(die, &child, &started, DW_TAG_enumerator, 0)) {
		Dwarf_Sword value;
		__u64 mask = t->size < 8 ? (1ULL << t->size * 8) - 1 : ~0ULL;
		const char *name;
		__u64 has;

		if (i == btf_vlen(t) || !constant(&child, &value))
			return false;
		if (btf_is_enum(t)) {
			has = (__u32)btf_enum(t)[i].val;
			name = btf__name_by_offset(btf,
						   btf_enum(t)[i].name_off);
		} else {
			has = btf_enum64_value(&btf_enum64(t)[i]);
			name = btf__name_by_offset(btf,
						   btf_enum64(t)[i].name_off);
		}
		if (((has ^ (__u64)value) & mask) ||
		    strcmp(name, dwarf_diename(&child)))
			return false;
		i++;
	}
	return i == btf_vlen(t);
}

static bool same_members(Dwarf_Die *die, const struct btf_type *t, int depth)
{
	bool started = false;
	Dwarf_Die child;
	int i = 0;

	while (next_child(die, &child, &started, DW_TAG_member, 0)) {
		const struct btf_member *m = btf_members(t) + i;
		const char *name = dwarf_diename(&child);
		Dwarf_Word at = 0, bits = 0, byte;

		if (i == btf_vlen(t))
			return false;
		number(&child, DW_AT_bit_size, &bits);
		if (number(&child, DW_AT_data_member_location, &byte))
			at = byte * 8;
		else
			number(&child, DW_AT_data_bit_offset, &at);
		if (btf_member_bit_offset(t, i) != at ||
		    btf_member_bitfield_size(t, i) != bits ||
		    strcmp(name ? name : "",
			   btf__name_by_offset(btf, m->name_off)) ||
		    !same_target(&child, m->type, depth))
			return false;
		i++;
	}
	return i == btf_vlen(t);
}

/* The content of a struct, union or enum, whatever its name. A forward declaration has none. */
static bool same_content(Dwarf_Die *die, const struct btf_type *t, int depth)
{
	Dwarf_Word size = 0;

	number(die, DW_AT_byte_size, &size);
	if (size != t->size)
		return false;
	switch (dwarf_tag(die)) {
	case DW_TAG_structure_type:
		return btf_is_struct(t) && same_members(die, t, depth);
	case DW_TAG_union_type:
		return btf_is_union(t) && same_members(die, t, depth);
	default:
		return (btf_is_enum(t) || btf_is_enum64(t)) &&
		       same_enum(die, t);
	}
}

/* A member or parameter of a named type names it: its content is compared where it is defined. */
static bool same_reference(Dwarf_Die *die, const struct btf_type *t, int depth)
{
	int tag = dwarf_tag(die);
	bool kind;

	if (!dwarf_diename(die))
		return !t->name_off && same_content(die, t, depth);
	if (tag == DW_TAG_enumeration_type)
		kind = btf_is_enum(t) || btf_is_enum64(t) || btf_is_fwd(t);
	else
		kind = (tag == DW_TAG_union_type ? btf_is_union(t) :
						   btf_is_struct(t)) ||
		       btf_is_fwd(t);
	return kind && same_name(die, t);
}

static bool same_type(Dwarf_Die *die, int id, int depth)
{
	const struct btf_type *t = plain(&id);
	Dwarf_Word size = 0;

	if (!t || depth > MAX_DEPTH)
		return false;
	depth++;
	switch (dwarf_tag(die)) {
	case DW_TAG_base_type:
		number(die, DW_AT_byte_size, &size);
		return (btf_is_int(t) || btf_is_float(t)) && t->size == size &&
		       same_name(die, t);
	case DW_TAG_pointer_type:
		return btf_is_ptr(t) && same_target(die, t->type, depth);
	case DW_TAG_const_type:
		return btf_kind(t) == BTF_KIND_CONST &&
		       same_target(die, t->type, depth);
	case DW_TAG_volatile_type:
		return btf_is_volatile(t) && same_target(die, t->type, depth);
	case DW_TAG_restrict_type:
		return btf_is_restrict(t) && same_target(die, t->type, depth);
	case DW_TAG_typedef:
		return btf_is_typedef(t) && same_name(die, t);
	case DW_TAG_array_type:
		return btf_is_array(t) && same_array(die, t, depth);
	case DW_TAG_subroutine_type:
		return btf_is_func_proto(t) &&
		       same_prototype(die, t, false, depth);
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
		return same_reference(die, t, depth);
	default:
		return false;
	}
}

/* A definition with a name: one of the types of this name in the BTF must have the same content. */
static bool defined(Dwarf_Die *die, const struct name *name)
{
	int i;

	for (i = 0; name && i < name->nr; i++) {
		const struct btf_type *t = btf__type_by_id(btf, name->ids[i]);

		switch (dwarf_tag(die)) {
		case DW_TAG_typedef:
			if (btf_is_typedef(t) && same_target(die, t->type, 0))
				return true;
			break;
		case DW_TAG_base_type:
			if (same_type(die, name->ids[i], 0))
				return true;
			break;
		default:
			if (btf_is_composite(t) || btf_is_any_enum(t)) {
				if (same_content(die, t, 0))
					return true;
			}
		}
	}
	return false;
}

/* A type is defined in every unit that uses it: each definition of a header is compared once. */
static bool seen_before(Dwarf_Die *die, const char *name)
{
	static void *seen;
	Dwarf_Word size = 0;
	int line = 0;
	char *key;
	void *at;

	number(die, DW_AT_byte_size, &size);
	dwarf_decl_line(die, &line);
	if (asprintf(&key, "%x %s %llu %s:%d", dwarf_tag(die), name,
		     (unsigned long long)size, dwarf_decl_file(die), line) < 0)
		exit(2);
	at = tsearch(key, &seen, (int (*)(const void *, const void *))strcmp);
	if (*(char **)at == key)
		return false;
	free(key);
	return true;
}

static void compare_type(Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	int line = 0;

	if (!name || is_declaration(die) || seen_before(die, name))
		return;
	types++;
	if (defined(die, find_name(name, false)))
		return;
	dwarf_decl_line(die, &line);
	printf("type %s (%s:%d) is not in the BTF as the DWARF has it\n", name,
	       dwarf_decl_file(die), line);
	wrong++;
}

static const struct btf_type *prototype_of(const struct name *name)
{
	return btf__type_by_id(btf, btf__type_by_id(btf, name->func)->type);
}

/*
 * The kernel's own resolve_btfids hides the last arguments of some kfuncs, which the verifier supplies, and keeps the
 * prototype with all of them under the name of the function and _impl.
 */
static bool implicit_arguments(Dwarf_Die *source, const struct name *name)
{
	struct name *impl;
	char *text;

	if (asprintf(&text, "%s_impl", name->name) < 0)
		exit(2);
	impl = find_name(text, false);
	free(text);
	if (!impl || !impl->func ||
	    !same_prototype(source, prototype_of(name), true, 0))
		return false;
	impl->matched[0] |=
		same_prototype(source, prototype_of(impl), false, 0);
	return true;
}

/* A function. Its prototype is that of the source, at its abstract instance if there is one. */
static void compare_function(Dwarf_Die *die)
{
	Dwarf_Die source = *die;
	Dwarf_Attribute attr;
	struct name *name;
	bool same, code;
	Dwarf_Addr pc;

	if (is_declaration(die) || !dwarf_diename(die))
		return;
	code = !dwarf_entrypc(die, &pc);
	if (dwarf_attr(die, DW_AT_abstract_origin, &attr) &&
	    !dwarf_formref_die(&attr, &source))
		return;
	name = find_name(dwarf_diename(die), false);
	if (!name)
		return;
	if (!name->func) {
		name->has_code |= code;
		return;
	}
	same = same_prototype(&source, prototype_of(name), false, 0) ||
	       implicit_arguments(&source, name);
	name->matched[code] |= same;
	name->mismatched[code] |= !same;
}

static void compare_unit(Dwarf_Die *unit)
{
	Dwarf_Die die;

	if (dwarf_child(unit, &die))
		return;
	do {
		switch (dwarf_tag(&die)) {
		case DW_TAG_structure_type:
		case DW_TAG_union_type:
		case DW_TAG_enumeration_type:
		case DW_TAG_base_type:
		case DW_TAG_typedef:
			compare_type(&die);
			break;
		case DW_TAG_subprogram:
			compare_function(&die);
			break;
		default:
			break;
		}
	} while (!dwarf_siblingof(&die, &die));
}

static void compare_units(Dwarf *dwarf)
{
	Dwarf_Off at = 0, next;
	size_t header;

	while (!dwarf_nextcu(dwarf, at, &next, &header, NULL, NULL, NULL)) {
		Dwarf_Die unit;

		if (dwarf_offdie(dwarf, at + header, &unit)) {
			compare_unit(&unit);
		}
		at = next;
	}
}

static int index_btf(void)
{
	int id, nr = btf__type_cnt(btf);

	for (id = 1; id < nr; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		struct name *name;
		int *ids;

		if (!t->name_off)
			continue;
		name = find_name(name_of(t), true);
		ids = realloc(name->ids, (name->nr + 1) * sizeof(*ids));
		if (!ids)
			return -ENOMEM;
		ids[name->nr++] = id;
		name->ids = ids;
		if (btf_is_func(t))
			name->func = id;
	}
	return nr;
}

/* The functions in the symbol table. Those that gcc derived from others have a dot in their name. */
static void read_symbols(Elf *elf)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		Elf_Data *data;
		GElf_Sym symbol;
		int i;

		if (!gelf_getshdr(section, &header) ||
		    header.sh_type != SHT_SYMTAB)
			continue;
		data = elf_getdata(section, NULL);
		for (i = 0; data && gelf_getsym(data, i, &symbol); i++) {
			if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC &&
			    symbol.st_shndx != SHN_UNDEF)
				find_name(elf_strptr(elf, header.sh_link,
						     symbol.st_name),
					  true)
					->has_symbol = true;
		}
	}
}

/* Called for each name when all units have been read */
static void judge(const void *node, VISIT visit, int depth)
{
	const struct name *name = *(struct name **)node;

	(void)depth;
	if (visit != postorder && visit != leaf)
		return;
	if (name->has_symbol && name->has_code) {
		absent++;
		printf("absent %s\n", name->name);
	}
	if (!name->func)
		return;
	functions++;
	if (name->matched[0] || name->matched[1]) {
		if (!name->mismatched[1])
			return;
		clashes++;
		printf("clash %s\n", name->name);
		return;
	}
	wrong++;
	printf("function %s %s\n", name->name,
	       name->mismatched[0] || name->mismatched[1] ?
		       "does not have the prototype of the DWARF" :
		       "is not in the DWARF");
}

int main(int argc, char **argv)
{
	Dwarf *dwarf;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: btf_compare VMLINUX\n");
		return 2;
	}
	elf_version(EV_CURRENT);
	btf = btf__parse_elf(argv[1], NULL);
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	dwarf = fd < 0 ? NULL : dwarf_begin(fd, DWARF_C_READ);
	if (!btf || !dwarf || index_btf() < 0) {
		fprintf(stderr, "btf_compare: %s has no BTF or no DWARF\n",
			argv[1]);
		return 2;
	}
	read_symbols(dwarf_getelf(dwarf));
	compare_units(dwarf);
	twalk(names, judge);
	printf("types %u functions %u absent %u clashes %u wrong %u\n", types,
	       functions, absent, clashes, wrong);
	return wrong || !types || !functions;
}
