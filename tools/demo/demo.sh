#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make demo: boot the patched kernel and watch a 9 GiB DIMM come and go. On a terminal this is the live dashboard,
# until q is pressed; without one, each step is printed as text, with a summary at the end.
#
#	demo.sh [MODE]		a value of memory_hotplug.memmap_on_memory, by default Y
#
# MHP_KERNEL is a folder with a bzImage to boot instead of the kernel in build/kernel; KERNEL=stock takes a kernel that
# Debian ships.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
mode=${1:-Y}
results=$top/build/demo

case ${KERNEL-} in
'') ;;
stock) MHP_KERNEL=$("$top/tests/vm/stock.sh" 6.12) ;;
*)
	echo "demo.sh: KERNEL is '$KERNEL'; set it to stock, or leave it unset" >&2
	exit 1
	;;
esac
run=("$top/tests/vm/run.py" --append "memory_hotplug.memmap_on_memory=$mode" --results "$results")
[[ -z ${MHP_KERNEL-} ]] || run+=(--kernel "$(realpath "$MHP_KERNEL")")
if [[ -t 0 && -t 1 ]]; then
	exec "${run[@]}" --interactive "$top/tools/demo/guest.sh" live
fi

kernel=${MHP_KERNEL:-$top/build/kernel/${BASE:-$(<"$top/kernel/base")}}
[[ -r $kernel/bzImage ]] || {
	echo "demo.sh: there is no $kernel/bzImage; run make kernel, or set MHP_KERNEL to a folder that has one" >&2
	exit 1
}
# Show the guest's output as it arrives, and the harness's own only on failure.
echo "booting a guest; this takes about a minute without KVM"
mkdir -p "$results"
rm -f "$results/output.log"
"${run[@]}" --no-plan --time-limit 600 "$top/tools/demo/guest.sh" batch >"$top/build/demo.log" 2>&1 &
guest=$!
tail --pid=$guest -n +1 -s 0.5 -F "$results/output.log" 2>/dev/null &
shown=$!
trap 'kill $guest $shown 2>/dev/null || true' INT TERM
wait $shown || true
wait $guest || {
	status=$?
	grep -v '^# Totals' "$top/build/demo.log" >&2
	exit $status
}
