/* SPDX-License-Identifier: GPL-2.0 */
/* One round over all events: the kernel's and the tool's. See mhp_read.h for how to use it; nothing else is here. */
#include "../tracepoints.h"
#include "mhp_tool_events.h"
