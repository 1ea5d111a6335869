#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The text of the patch series, without the kernel source that it applies to
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

# added_file FILE PATCH: the contents of a file that a patch adds
added_file() { awk -v file="+++ b/$1" '
	/^diff --git/ { here = 0 }
	$0 == file { here = 1; next }
	here && /^\+/ { print substr($0, 2) }
	/^-- ?$/ { here = 0 }' "$2"; }

for series in kernel/*/series; do
	dir=${series%/series} base=$(basename "${series%/series}")
	mapfile -t patches <"$series"
	check "$base: the series has patches" test "${#patches[@]}" -gt 0
	eq "$base: the series lists every patch, in order" "$(find "$dir" -name '0*.patch' ! -name '0000-*' -printf '%f\n' | sort)" \
		"$(printf '%s\n' "${patches[@]}")"
	check "$base: there is a cover letter" test -s "$dir/0000-cover-letter.patch"
	added_file include/trace/events/mhp.h "$dir/${patches[0]}" >"$WORK/mhp.h"
	check "$base: the first patch adds tracepoints.h byte for byte" cmp "$WORK/mhp.h" tracepoints.h
	eq "$base: no other patch changes it" \
		"$(cd "$dir" && grep -l '^+++ b/include/trace/events/mhp.h' "${patches[@]:1}")" ""
	for patch in "${patches[@]}"; do
		check "$base: $patch has a description and a Signed-off-by" awk '
			/^---$/ { exit } /^Signed-off-by: / { signed = 1 } body && NF { lines++ } /^$/ { body = 1 }
			END { exit !(signed && lines > 3) }' "$dir/$patch"
	done
	eq "$base: every event of tracepoints.h has a call site" "$(
		grep -oE '^(TRACE_EVENT\(|DEFINE_EVENT\([a-z_]+, )mhp_[a-z_]+' tracepoints.h | grep -oE 'mhp_[a-z_]+$' |
			while read -r event; do
				grep -qE "^\+.*\btrace_$event\(" "$dir"/0*.patch || echo "$event"
			done)" ""
done
done_testing
