// SPDX-License-Identifier: GPL-2.0
/* Names of the kinds of sources. */
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
