// SPDX-License-Identifier: GPL-2.0
/* Reads /proc/iomem. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "source/sysfs/iomem.h"

/* "  100000000-13fffffff : System RAM (kmem)" */
static bool parse_iomem(struct iomem_line *line, const char *text)
{
	line->indent = strspn(text, " ");
	return sscanf(text, " %llx-%llx : %63[^\n]", &line->start, &line->end,
		      line->name) == 3;
}

int iomem_read(struct iomem *iomem, FILE *file)
{
	char text[256];

	while (fgets(text, sizeof(text), file)) {
		if (!vec_grow(iomem->lines, iomem->nr, iomem->room))
			return -ENOMEM;
		if (parse_iomem(&iomem->lines[iomem->nr], text))
			iomem->nr++;
	}
	return ferror(file) ? -EIO : 0;
}

void iomem_free(struct iomem *iomem)
{
	free(iomem->lines);
	*iomem = (struct iomem){ 0 };
}

bool iomem_is_hidden(const struct iomem *iomem)
{
	size_t i;

	for (i = 0; i < iomem->nr; i++)
		if (iomem->lines[i].end)
			return false;
	return true;
}

const struct iomem_line *iomem_parent(const struct iomem *iomem, size_t i)
{
	size_t at = i;

	while (at-- > 0)
		if (iomem->lines[at].indent < iomem->lines[i].indent)
			return &iomem->lines[at];
	return NULL;
}
