/* SPDX-License-Identifier: GPL-2.0 */
/* Which rules of udev match memory blocks. */
#ifndef DOCTOR_UDEV_H
#define DOCTOR_UDEV_H

#include <stdbool.h>

/* Where a file of rules is read; it begins zeroed. */
struct udev_place {
	char label[64]; /* up to it, only memory blocks do not jump; "" if others do not either */
};

/*
 * Take the next rule of a file, without continued lines. True if it matches memory blocks but not just any device, by
 * itself or as other devices jump over it, and does something other than that jump.
 */
bool udev_rule_take(struct udev_place *place, const char *rule);

#endif
