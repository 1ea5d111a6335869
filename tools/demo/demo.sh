#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make demo: boot the patched kernel and watch a 9 GiB DIMM come and go. On a terminal that is the live dashboard, until
# q; without one it is a run that shows each step as text, ends by itself and sums up what it saw.
#
#	demo.sh [MODE]		a value of memory_hotplug.memmap_on_memory, by default Y
#
# MHP_KERNEL is a folder with a bzImage to boot instead of build/kernel/6.12.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
mode=${1:-Y}
results=$top/build/demo

run=("$top/tests/vm/run.py" --append "memory_hotplug.memmap_on_memory=$mode" --results "$results")
[[ -z ${MHP_KERNEL-} ]] || run+=(--kernel "$(realpath "$MHP_KERNEL")")
if [[ -t 0 && -t 1 ]]; then
	exec "${run[@]}" --interactive "$top/tools/demo/guest.sh" live
fi

# What the guest prints is shown as it comes; of the run itself, only why it failed.
echo "booting a guest; this takes a minute where there is no KVM"
mkdir -p "$results"
rm -f "$results/output.log"
"${run[@]}" --no-plan --time-limit 240 "$top/tools/demo/guest.sh" batch >"$top/build/demo.log" 2>&1 &
guest=$!
tail --pid=$guest -n +1 -s 0.5 -F "$results/output.log" 2>/dev/null &
shown=$!
trap 'kill $guest $shown 2>/dev/null || true' INT TERM
wait $shown || true
wait $guest || {
	status=$?
	cat "$top/build/demo.log" >&2
	exit $status
}
