/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel's headers generate for a trace event: a tracepoint with a static key, and trace_x() and
 * trace_x_enabled(), which put an entry into the jump table.
 */
#ifndef KERNEL_H
#define KERNEL_H

struct static_key {
	int enabled;
	void *entries;
};

struct tracepoint {
	struct static_key
		key; /* first, so that an address that is off by a few bytes belongs to another tracepoint */
	const char *name;
	char rest[56];
};

enum mhp_reason { MHP_REASON_SIGNAL = 15, MHP_REASON_HUGETLB = 17 };
enum mhp_cause { MHP_CAUSE_ONLINE = 1, MHP_CAUSE_OFFLINE, MHP_CAUSE_ROLLBACK };

/* FLAGS are the low bits of the key in the table, which are not part of its address. */
#define static_branch(symbol, flags)                          \
	asm goto("1:	.byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n"    \
		 "	.pushsection __jump_table, \"aw\"\n"       \
		 "	.balign 8\n"                               \
		 "	.long 1b - ., %l[yes] - .\n"               \
		 "	.quad " #symbol " + " #flags " - .\n" \
		 "	.popsection\n"                             \
		 :                                            \
		 :                                            \
		 :                                            \
		 : yes)

#define TRACE(event, flags, type, field)                                   \
	struct tracepoint __tracepoint_##event = { { 0 }, #event, { 0 } }; \
	INLINE void trace_##event(long pfn, type field)                    \
	{                                                                  \
		static_branch(__tracepoint_##event, flags);                \
		return;                                                    \
yes:                                                                       \
		sink(pfn, field);                                          \
	}                                                                  \
	static inline __attribute__((                                      \
		always_inline, unused)) int trace_##event##_enabled(void)  \
	{                                                                  \
		static_branch(__tracepoint_##event, flags);                \
		return 0;                                                  \
yes:                                                                       \
		return 1;                                                  \
	}

void sink(long pfn, long field);

#endif
