/* SPDX-License-Identifier: GPL-2.0 */
/* The lines of /proc/iomem: which ranges of addresses are RAM, and of which device. */
#ifndef SYSFS_IOMEM_H
#define SYSFS_IOMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "base/types.h"

/* What the names of all RAM begin with, and that of virtio-mem and of dax/kmem */
#define IOMEM_RAM "System RAM"
#define IOMEM_VIRTIO_MEM IOMEM_RAM " (virtio_mem)"
#define IOMEM_KMEM IOMEM_RAM " (kmem)"

/* In bytes, inclusive */
struct iomem_line {
	u64 start;
	u64 end;
	unsigned int indent; /* spaces */
	char name[64];
};

struct iomem {
	struct iomem_line *lines;
	size_t nr;
	size_t room;
};

/* Read all lines of a file that is open. 0, -EIO or -ENOMEM. The caller frees them with iomem_free() in any case. */
int iomem_read(struct iomem *iomem, FILE *file);
void iomem_free(struct iomem *iomem);
/* Without CAP_SYS_ADMIN, the kernel shows only zeros. */
bool iomem_is_hidden(const struct iomem *iomem);
/* The line that a line is indented below, NULL for none. */
const struct iomem_line *iomem_parent(const struct iomem *iomem, size_t i);

#endif
