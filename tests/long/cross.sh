#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The files that the series touches compile for the other architectures that can add memory, without a warning.
. "$(dirname "$0")/../host-lib.sh"
. "$(dirname "$0")/lib.sh"

common="MEMORY_HOTPLUG=y MEMORY_HOTREMOVE=y SPARSEMEM_VMEMMAP=y MHP_MEMMAP_ON_MEMORY=y FTRACE=y ENABLE_DEFAULT_TRACERS=y
	TRACEPOINTS=y SYSFS=y PROC_FS=y HUGETLBFS=y MIGRATION=y COMPACTION=y MEMORY_ISOLATION=y"
# ARCH COMPILER OPTION…
architectures="arm64 aarch64-linux-gnu- NUMA=y MEMORY_FAILURE=y PCI=y VIRTIO_MENU=y VIRTIO_PCI=y VIRTIO_MEM=y
powerpc powerpc64le-linux-gnu- PPC64=y PPC_BOOK3S_64=y PPC_PSERIES=y CPU_LITTLE_ENDIAN=y NUMA=y SMP=y SPARSEMEM_MANUAL=y
s390 s390x-linux-gnu- SCHED_TOPOLOGY=y NUMA=y
riscv riscv64-linux-gnu- ARCH_RV64I=y MMU=y SPARSEMEM_MANUAL=y PCI=y VIRTIO_MENU=y VIRTIO_PCI=y VIRTIO_MEM=y"

compile() {
	local objects file
	mapfile -t objects < <(enabled tree "$1" "$1" "${files[@]}")
	for file in mm/memory_hotplug.o mm/sparse-vmemmap.o drivers/base/memory.o; do
		[[ " ${objects[*]} " == *" $file "* ]] || { echo "$file is not compiled, only ${objects[*]}"; return 1; }
	done
	echo "${objects[*]}"
	kmake tree "$1" "$1" "$2" -j"$(nproc)" "${objects[@]}"
}

mapfile -t files < <(touched_files)
check "$BASE: the source" unpack tree
check "$BASE: the patches apply" apply_all tree
while read -r arch compiler words; do
	# shellcheck disable=SC2086 # lists
	check "$BASE: configuration for $arch" configure tree "$arch" "$arch" "$compiler" "" $common $words
	check "$BASE: the touched files compile for $arch" compile "$arch" "$compiler"
done <<<"$architectures"
forget_trees
done_testing
