#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make demo: boot the patched kernel and watch a 9 GiB DIMM come and go. On a terminal that is the live dashboard, until
# q; without one it is a run that shows each step as text and ends by itself. What happens in the guest is in guest.sh.
#
#	demo.sh [mode]		a value of memory_hotplug.memmap_on_memory, by default Y
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
mode=${1:-Y}

run=("$top/tests/vm/run.py" --append "memory_hotplug.memmap_on_memory=$mode" --results "$top/build/demo")
if [[ -t 0 && -t 1 ]]; then
	exec "${run[@]}" --interactive "$top/tools/demo/guest.sh" live
fi
exec "${run[@]}" --no-plan --verbose --time-limit 240 "$top/tools/demo/guest.sh" batch
