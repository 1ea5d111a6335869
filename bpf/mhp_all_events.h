/* SPDX-License-Identifier: GPL-2.0 */
/* Expands all events once: the kernel's and the tool's own. Include mhp_read.h first. */
#include "../tracepoints.h"
#include "mhp_tool_events.h"
