// SPDX-License-Identifier: GPL-2.0
/* The names of the kinds of source. */
#include "model/source_info.h"

const char *source_kind_name(enum source_kind kind)
{
	switch (kind) {
	case SOURCE_EVENTS:
		return "events";
	case SOURCE_SYSFS:
		return "sysfs";
	}
	return "unknown";
}
