#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The verdict about several recordings does not depend on their order, and none of them hides what another one proves: all
# orders of each two and three of a set of recordings, as files and in one file. MHPTOP is the program under test.
. "$(dirname "$0")/lib.sh"

# Each recording is of a boot of its own, so that none overlaps with another one.
boot=0
made() { ./edit.py "${@:2}" boot:"boot-$((++boot))":$((boot * 1000)) >"$WORK/$1.ndjson"; }
no_lock() { sed "\$s/\"lost\":0,/&\"no_lock\":3,/" "$WORK/$1.ndjson" >"$WORK/$2.ndjson"; }

made clean eject-range.ndjson
made short cycles.ndjson
made violated eject-range.ndjson drop:mhp_managed:1
made leaks cycles.ndjson set:mhp_vmemmap_free:1:vmemmap_pages:511
made slow eject-range.ndjson wait:mhp_offline_end:1:9
made hangs eject-range.ndjson until:mhp_offline_begin:2 ends:8.5
made lost eject-range.ndjson lose:mhp_notify:5
made end-lost eject-range.ndjson lose:mhp_notify:25 until:mhp_offline_begin:2 ends:0
made idle eject-range.ndjson idle
made whole eject-range.ndjson
head -n -1 "$WORK/whole.ndjson" >"$WORK/cut.ndjson"
made whole eject-range.ndjson
sed '90s/start_pfn/start/' "$WORK/whole.ndjson" >"$WORK/damaged.ndjson"
made whole eject-range.ndjson
no_lock whole unordered
made whole eject-range.ndjson drop:mhp_managed:1
no_lock whole unordered-violated
made whole eject-range.ndjson wait:mhp_offline_end:1:9
no_lock whole unordered-slow
"$TOP/build/tests/as_text" perf eject-range.ndjson >"$WORK/text.txt"
sed '60d; 61i CPU:1 [LOST EVENTS]' "$WORK/text.txt" >"$WORK/lost.txt"
"$TOP/build/tests/as_text" perf "$WORK/violated.ndjson" >"$WORK/violated.txt"

# As in docs/rules.md
declare -A want=([clean.ndjson]=0 [short.ndjson]=0 [violated.ndjson]=3 [leaks.ndjson]=3 [slow.ndjson]=3 [hangs.ndjson]=3
	[lost.ndjson]=5 [end-lost.ndjson]=5 [idle.ndjson]=5 [cut.ndjson]=5 [damaged.ndjson]=6 [unordered.ndjson]=5
	[unordered-violated.ndjson]=5 [unordered-slow.ndjson]=3 [text.txt]=0 [lost.txt]=5 [violated.txt]=3)
mapfile -t all < <(printf '%s\n' "${!want[@]}" | sort)
cd "$WORK" || exit 1

exit_of() { "$MHPTOP" check --max-offline 2s "$@" >"$WORK/verdict" 2>"$WORK/stderr" </dev/null; echo $?; }

for file in "${all[@]}"; do
	eq "$file alone" "$(exit_of "$file")" "${want[$file]}"
done

# The first of these exit codes that one of the recordings has
worst() {
	local code file
	for code in 6 3 5 0; do
		for file in "$@"; do
			((want[$file] != code)) || { echo "$code"; return; }
		done
	done
}

# orders NAME FILE…: one result for all orders of the files
orders() {
	local name=$1 wrong="" expected got order
	shift
	expected=$(worst "$@")
	while read -r order; do
		# shellcheck disable=SC2086	# several files
		{
			got=$(exit_of $order)
			((got == expected)) || wrong+="$order: exit $got, want $expected: $(cat "$WORK/stderr")"$'\n'
			[[ $order != *.txt* && $order != *damaged* ]] || continue
			cat $order >joined
			got=$(exit_of joined)
			((got == expected)) || wrong+="$order, joined: exit $got, want $expected: $(cat "$WORK/stderr")"$'\n'
		}
	done < <(permutations "$@")
	if [[ $wrong ]]; then fail "$name" "$wrong"; else pass "$name"; fi
}

permutations() { python3 -c 'import itertools, sys
for order in itertools.permutations(sys.argv[1:]): print(*order)' "$@"; }

for ((i = 0; i < ${#all[@]}; i++)); do
	for ((j = i + 1; j < ${#all[@]}; j++)); do
		orders "${all[i]} and ${all[j]}" "${all[i]}" "${all[j]}"
	done
done
# Of three, those that lack something, and those that are certain
few=(clean.ndjson leaks.ndjson hangs.ndjson end-lost.ndjson cut.ndjson unordered-violated.ndjson lost.txt)
for ((i = 0; i < ${#few[@]}; i++)); do
	for ((j = i + 1; j < ${#few[@]}; j++)); do
		for ((k = j + 1; k < ${#few[@]}; k++)); do
			orders "${few[i]}, ${few[j]} and ${few[k]}" "${few[i]}" "${few[j]}" "${few[k]}"
		done
	done
done
done_testing
