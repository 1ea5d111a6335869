#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The BTF of the guests' kernels is whole, although pahole may be older than what the kernel documents: types and functions
# are those of the DWARF (compare.c), and it has what mhptop and the programs on its functions need.
#
#	kernels.sh KERNEL...		folders of build/kernel
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

TYPES=("STRUCT 'page'" "STRUCT 'zone'" "STRUCT 'memory_block'" "STRUCT 'mem_section'" "STRUCT 'vmem_altmap'"
	"STRUCT 'pglist_data'" "ENUM 'zone_type'" "ENUM 'migratetype'" "DATASEC '.data..percpu'")
# Only since 6.17 the states of a memory block are a type.
! dpkg --compare-versions "$BASE" ge 6.17 || TYPES+=("ENUM 'memory_block_state'")
FUNCTIONS=(add_memory_resource try_remove_memory online_pages offline_pages memory_notify memory_subsys_online
	memory_subsys_offline create_memory_block_devices remove_memory_block_devices arch_add_memory arch_remove_memory
	__populate_section_memmap vmemmap_populate sparse_add_section section_deactivate sparse_remove_section vmemmap_free
	mhp_init_memmap_on_memory mhp_deinit_memmap_on_memory mhp_supports_memmap_on_memory adjust_present_page_count
	adjust_managed_page_count move_pfn_range_to_zone remove_pfn_range_from_zone start_isolate_page_range
	undo_isolate_page_range test_pages_isolated dump_page)

# lacking LIST WORD...: those of the words that no line of the list has
lacking() {
	local list=$1 word
	shift
	for word; do
		grep -qxF -- "$word" "$list" || echo "$word"
	done
}

for kernel; do
	vmlinux=build/kernel/$kernel/vmlinux
	build/tests/btf_compare "$vmlinux" >"$WORK/compared" 2>&1
	eq "$kernel: types and functions of the BTF are those of the DWARF" "$? $(grep -E '^(type|function) ' "$WORK/compared" | head)" "0 "
	echo "# $(tail -n 1 "$WORK/compared")"
	none "$kernel: every function that has a symbol is in the BTF" "$(grep '^absent ' "$WORK/compared" | head)"
	bpftool btf dump file "$vmlinux" >"$WORK/btf"
	sed -nE "s/^\[[0-9]+\] ((STRUCT|ENUM|DATASEC) '[^']*').*/\1/p" "$WORK/btf" | sort -u >"$WORK/types"
	none "$kernel: the types of memory hotplug are there" "$(lacking "$WORK/types" "${TYPES[@]}")"
	sed -nE "s/^\[[0-9]+\] FUNC '([^']*)'.*/\1/p" "$WORK/btf" | sort -u >"$WORK/functions"
	none "$kernel: the functions of memory hotplug are there" "$(lacking "$WORK/functions" "${FUNCTIONS[@]}")"
	none "$kernel: none of them has its name in common with a function of another prototype" \
		"$(sed -n 's/^clash //p' "$WORK/compared" | grep -xF -f <(printf '%s\n' "${FUNCTIONS[@]}"))"
done
done_testing
