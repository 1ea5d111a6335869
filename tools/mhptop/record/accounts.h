/* SPDX-License-Identifier: GPL-2.0 */
/* Makes the snapshot with which a recording begins that goes on where another one ended. */
#ifndef RECORD_ACCOUNTS_H
#define RECORD_ACCOUNTS_H

#include "model/ledger.h"
#include "model/source_info.h"

/*
 * Pass records of a snapshot to a sink: the zones, then the memory blocks, as they are
 * in a ledger. They have the time time_ns, and no number. 0, or what the sink returned.
 */
int accounts_put(const struct mhp_ledger *ledger, u64 time_ns, source_sink sink,
		 void *ctx);

#endif
