#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The text of the patch series, without the kernel source that it applies to
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

# only FILE PATCH: what a patch changes in a file
only() { awk -v file="$1" '
	/^diff --git/ || /^-- ?$/ { here = $3 == "a/" file }
	here' "$2"; }

# copy FILE PATCH…: $WORK/series/FILE, as the patches add and change it
copy() {
	local file=$1 patch
	shift
	rm -rf "$WORK/series" && mkdir "$WORK/series"
	for patch in "$@"; do
		only "$file" "$patch" >"$WORK/changes"
		[[ ! -s $WORK/changes ]] || patch -sp1 -F0 --batch -d "$WORK/series" -i "$WORK/changes" || return
	done
}

# subject PATCH: on one line, without the number
subject() {
	awk '/^Subject: / { sub(/^Subject: \[[^]]*\] /, ""); line = $0; next }
		line != "" && /^ / { line = line $0; next }
		line != "" { print line; exit }' "$1"
}

EVENTS='s/^\+?(TRACE_EVENT\(|DEFINE_EVENT\([a-z_]+, )(mhp_[a-z_]+),$/\2/p'

for series in kernel/*/series; do
	dir=${series%/series} base=$(basename "${series%/series}")
	mapfile -t patches <"$series"
	check "$base: the series has patches" test "${#patches[@]}" -gt 0
	eq "$base: the series lists every patch, in order" "$(find "$dir" -name '0*.patch' ! -name '0000-*' -printf '%f\n' | sort)" \
		"$(printf '%s\n' "${patches[@]}")"
	check "$base: there is a cover letter" test -s "$dir/0000-cover-letter.patch"
	eq "$base: its shortlog has the subjects of the patches" \
		"$(sed -nE '/^[^ ].* <.*> \([0-9]+\):$/,/^$/s/^      (.*)/\1/p' "$dir/0000-cover-letter.patch")" \
		"$(for patch in "${patches[@]}"; do subject "$dir/$patch"; done)"
	eq "$base: it and the patches are numbered" \
		"$(sed -nE 's/^Subject: \[PATCH ([0-9]+\/[0-9]+)\].*/\1/p' "$dir"/0*.patch)" \
		"$(for ((n = 0; n <= ${#patches[@]}; n++)); do printf '%02d/%d\n' "$n" "${#patches[@]}"; done)"
	copy include/trace/events/mhp.h "${patches[@]/#/$dir/}"
	check "$base: tracepoints.h is the trace header of the series, byte for byte" \
		cmp "$WORK/series/include/trace/events/mhp.h" tracepoints.h
	copy include/linux/mhp_types.h "${patches[@]/#/$dir/}"
	check "$base: so is bpf/include/linux/mhp_types.h the header of its types" \
		cmp "$WORK/series/include/linux/mhp_types.h" bpf/include/linux/mhp_types.h
	for patch in "${patches[@]}"; do
		check "$base: $patch has a description and a Signed-off-by" awk '
			/^---$/ { exit } /^Signed-off-by: / { signed = 1 } body && NF { lines++ } /^$/ { body = 1 }
			END { exit !(signed && lines > 3) }' "$dir/$patch"
	done
	none "$base: every event has a call site in the patch that defines it" "$(
		for patch in "${patches[@]}"; do
			only include/trace/events/mhp.h "$dir/$patch" | sed -nE "$EVENTS" | while read -r event; do
				grep -qE "^\+.*\btrace_$event\(" "$dir/$patch" || echo "$event in $patch"
			done
		done)"
	eq "$base: the patches define every event of tracepoints.h" \
		"$(for patch in "${patches[@]}"; do only include/trace/events/mhp.h "$dir/$patch"; done | sed -nE "$EVENTS" | sort -u)" \
		"$(sed -nE "$EVENTS" tracepoints.h | sort)"
done
done_testing
