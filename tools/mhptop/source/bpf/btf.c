// SPDX-License-Identifier: GPL-2.0
/*
 * Copies the few types that the collector refers to from the kernel's BTF, so
 * that libbpf does not search tens of thousands of types for each of them, which
 * took longer than the rest of loading. It also finds an enumerator of an unnamed
 * enum, which CO-RE cannot do.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "source/bpf/bpf.h"

#define EARLY_BIT "SECTION_IS_EARLY_BIT"

struct cutting {
	struct btf *kernel;
	struct btf *cut;
	const char **names; /* names of the wanted types, sorted */
	size_t nr_names;
	int *ids; /* id in cut by id in the kernel's BTF, 0: not copied yet */
	struct bpf_facts facts;
};

static bool is_named_kind(const struct btf_type *type)
{
	return btf_is_composite(type) || btf_is_any_enum(type);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list_names(struct cutting *c, const struct btf *collector)
{
	u32 id, nr = btf__type_cnt(collector);
	const struct btf_type *type;

	c->names = calloc(nr, sizeof(*c->names));
	if (!c->names)
		return -ENOMEM;
	for (id = 1; id < nr; id++) {
		type = btf__type_by_id(collector, id);
		if (is_named_kind(type) && type->name_off)
			c->names[c->nr_names++] =
				btf__name_by_offset(collector, type->name_off);
	}
	qsort(c->names, c->nr_names, sizeof(*c->names), compare_names);
	return 0;
}

static bool is_wanted(const struct cutting *c, const struct btf_type *type)
{
	const char *name = btf__name_by_offset(c->kernel, type->name_off);

	return bsearch(&name, c->names, c->nr_names, sizeof(name),
		       compare_names);
}

static int cut_type(struct cutting *c, u32 id);

/* Fields are added after their structure, so their types must be copied first. */
static int cut_composite(struct cutting *c, const struct btf_type *type)
{
	const struct btf_member *member = btf_members(type);
	const char *name = btf__name_by_offset(c->kernel, type->name_off);
	bool whole = !type->name_off || is_wanted(c, type);
	u32 i, nr = whole ? btf_vlen(type) : 0;
	int id, err = 0, *ids = calloc(nr ?: 1, sizeof(*ids));

	if (!ids)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		ids[i] = cut_type(c, member[i].type);
		if (ids[i] < 0) {
			id = ids[i];
			goto out;
		}
	}
	id = btf_is_struct(type) ? btf__add_struct(c->cut, name, type->size) :
				   btf__add_union(c->cut, name, type->size);
	for (i = 0; id > 0 && !err && i < nr; i++)
		err = btf__add_field(c->cut,
				     btf__name_by_offset(c->kernel,
							 member[i].name_off),
				     ids[i], btf_member_bit_offset(type, i),
				     btf_member_bitfield_size(type, i));
	if (err)
		id = err;
out:
	free(ids);
	return id;
}

static int cut_array(struct cutting *c, const struct btf_type *type)
{
	const struct btf_array *array = btf_array(type);
	int index = cut_type(c, array->index_type);
	int element = index < 0 ? index : cut_type(c, array->type);

	if (element < 0)
		return element;
	return btf__add_array(c->cut, index, element, array->nelems);
}

/* Copy a type. Its id in cut, or -errno. The target of a pointer does not matter. */
static int cut_type(struct cutting *c, u32 id)
{
	const struct btf_type *type;
	int cut;

	id = btf__resolve_type(c->kernel, id);
	type = btf__type_by_id(c->kernel, id);
	if (!type)
		return -EINVAL;
	if (c->ids[id])
		return c->ids[id];
	if (btf_is_ptr(type))
		cut = btf__add_ptr(c->cut, 0);
	else if (btf_is_array(type))
		cut = cut_array(c, type);
	else if (btf_is_composite(type))
		cut = cut_composite(c, type);
	else
		cut = btf__add_type(c->cut, c->kernel, type);
	if (cut > 0)
		c->ids[id] = cut;
	return cut;
}

static void find_early_bit(struct cutting *c, const struct btf_type *type)
{
	const struct btf_enum *enumerator = btf_enum(type);
	u32 i;

	for (i = 0; i < btf_vlen(type); i++, enumerator++)
		if (!strcmp(btf__name_by_offset(c->kernel,
						enumerator->name_off),
			    EARLY_BIT))
			c->facts.early_bit = enumerator->val;
}

static bool is_struct_page(const struct cutting *c, const struct btf_type *type)
{
	return !strcmp(btf__name_by_offset(c->kernel, type->name_off), "page");
}

static int cut_types(struct cutting *c)
{
	u32 id, nr = btf__type_cnt(c->kernel);
	const struct btf_type *type;
	int err = 0;

	c->ids = calloc(nr, sizeof(*c->ids));
	if (!c->ids)
		return -ENOMEM;
	for (id = 1; err >= 0 && id < nr; id++) {
		type = btf__type_by_id(c->kernel, id);
		if (!is_named_kind(type))
			continue;
		if (btf_is_struct(type) && is_struct_page(c, type))
			c->facts.struct_page_bytes = type->size;
		if (type->name_off && is_wanted(c, type))
			err = cut_type(c, id);
		else if (!type->name_off && btf_is_enum(type))
			find_early_bit(c, type);
	}
	return err < 0 ? err : 0;
}

static int write_types(const struct cutting *c, int fd)
{
	u32 size;
	const char *data = btf__raw_data(c->cut, &size);
	ssize_t n;

	if (!data)
		return -ENOMEM;
	n = write(fd, data, size);
	if (n < 0)
		return -errno;
	return (u32)n == size ? 0 : -EIO;
}

int bpf_source_types(struct btf *kernel, const struct btf *collector, int fd,
		     struct bpf_facts *facts)
{
	struct cutting c = { .kernel = kernel, .facts.early_bit = -1 };
	int err;

	c.cut = btf__new_empty();
	err = c.cut ? list_names(&c, collector) : -errno;
	if (!err)
		err = cut_types(&c);
	if (!err)
		err = write_types(&c, fd);
	if (!err)
		*facts = c.facts;
	free(c.ids);
	free(c.names);
	btf__free(c.cut);
	return err;
}
