/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Notices exit probes that the kernel skips.
 *
 * If another tracer attaches to a function, or detaches, the kernel replaces the function's trampoline. A call in
 * progress returns through the old one, which the kernel then patches to skip all exit probes: see
 * bpf_tramp_image_put(). Nothing reports that afterwards. So if a trampoline of a probed function is replaced during an
 * operation, an event of that function counts as lost. Kernels that do not skip the probes have no ip_after_call.
 */
#ifndef MHP_PROBE_REPLACED_H
#define MHP_PROBE_REPLACED_H

#include "mhp_probe_blocker.h"

#define MHP_FUNCTIONS 64
#define MHP_TRAMPOLINE \
	"bpf_trampoline_" /* the name of a trampoline, followed by its key */
#define MHP_TRAMPOLINE_NAME 40

/* Ids in BTF of the functions that are probed, 0: none, and the event that each is for; set before loading */
const volatile u32 mhp_function_ids[MHP_FUNCTIONS];
const volatile u32 mhp_function_events[MHP_FUNCTIONS];

/* The id in BTF of the function that a trampoline is for; as bpf_trampoline_compute_key(), 0 if it is none of the kernel's */
MHP_KERNEL u32 mhp_trampoline_function(u64 image)
{
	char name[MHP_TRAMPOLINE_NAME] = "";
	u64 key = 0;
	u32 i;

	bpf_probe_read_kernel_str(
		name, sizeof(name),
		(void *)(image + bpf_core_field_offset(struct bpf_tramp_image,
						       ksym.name)));
	for (i = sizeof(MHP_TRAMPOLINE) - 1; i < sizeof(name); i++) {
		if (name[i] < '0' || name[i] > '9')
			break;
		key = key * 10 + name[i] - '0';
	}
	return key & 0x80000000 ? key & 0x7fffffff : 0;
}

SEC("fentry/bpf_tramp_image_put")
int mhp_enter_replaced(void *ctx)
{
	u64 image = mhp_arg(ctx, 0);
	u32 function, i;

	if (!mhp_op_tid && !mhp_memmap.tid)
		return 0;
	if (!MHP_KERNEL_FIELD(image, struct bpf_tramp_image, ip_after_call))
		return 0;
	function = mhp_trampoline_function(image);
	for (i = 0; function && i < MHP_FUNCTIONS; i++) {
		if (mhp_function_ids[i] != function)
			continue;
		mhp_op_missed = mhp_function_events[i];
		mhp_store_missed(mhp_op_missed);
		return 0;
	}
	return 0;
}

#endif
