#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The boundaries of docs/architecture.md: who may see what, and that one header serves all its readers as it is.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

# Which rooms of tools/mhptop may include which others, from the top down: docs/architecture.md has the same table. Headers
# of bpf/ (mhp_*.h) are for model and what is above it.
declare -A may=(
	[main.c]="cli view check record doctor source format rules model base"
	[cli]="view check record doctor source format rules model base"
	[view]="source format rules model base"
	[check]="source format rules model base"
	[record]="source format rules model base"
	[doctor]="source format rules model base"
	[source]="format rules model base"
	[format]="model base"
	[rules]="model base"
	[model]="base"
	[base]=""
)

# The room of a file, or of what it includes
room() { cut -d/ -f1 <<<"${1#tools/mhptop/}"; }

# Includes of a room that its line of the table does not have, as FILE: INCLUDED
strangers() {
	local file included
	grep -rHoE '^#[[:space:]]*include "[a-z_]+/[a-z_/]+\.h"' "tools/mhptop/$1" | tr -d '"' | sed -E 's/#[[:space:]]*include //' |
		while IFS=: read -r file included; do
			[[ " $1 ${may[$1]} " == *" $(room "$included") "* ]] || echo "$file: $included"
		done
}

eq "every room is in the table" "$(find tools/mhptop -mindepth 1 -maxdepth 1 ! -name '*.mk' -printf '%f\n' | sort)" \
	"$(printf '%s\n' "${!may[@]}" | sort)"
eq "every include of ours names its room" "$(grep -rnE '^#[[:space:]]*include "' tools/mhptop |
	grep -vE '"(mhp_[a-z_]+|mhp\.skel)\.h"|"[a-z]+(/[a-z_]+)+\.h"')" ""
for name in "${!may[@]}"; do
	eq "$name includes only what is below it" "$(strangers "$name")" ""
done
eq "base includes nothing of bpf/" "$(grep -rlE 'include "mhp' tools/mhptop/base)" ""

# Files that include something that matches a regex, other than those whose paths match another.
intruders() {
	grep -rlE "^#[[:space:]]*include[[:space:]]*[<\"]($1)" tools/mhptop | grep -vE "^tools/mhptop/($2)"
}

# A check that looks for files must find some, or it looks in the wrong place.
check "curses is used at all" grep -rqE 'include.*curses' tools/mhptop/view/tui
check "libdw is used at all" grep -q 'include <elfutils/libdw' tools/mhptop/check/call_site_dwarf.c
check "libtracecmd is used at all" grep -rqE 'include.*trace-cmd' tools/mhptop/source/import
check "libbpf is used at all" grep -rqE 'include.*(libbpf|skel)' tools/mhptop/source/bpf

eq "only source/bpf sees libbpf" "$(intruders 'bpf/(libbpf|bpf|btf)\.h|.*\.skel\.h' 'source/bpf/')" ""
eq "only source/import sees libtracecmd" "$(intruders 'trace-cmd\.h|event-parse\.h|tracefs\.h' 'source/import/')" ""
eq "only view/tui sees curses" "$(intruders 'n?curses(w/.*)?\.h|ncursesw/.*|term\.h|panel\.h' 'view/tui/')" ""
eq "only check/call_site* sees libdw" "$(intruders 'elfutils/|dwarf\.h|libdw|gelf\.h' 'check/call_site')" ""
eq "call_site* sees nothing above the model" \
	"$(grep -lE 'include "(source|rules|format|check/(check|report))' tools/mhptop/check/call_site*.[ch])" ""
eq "call_site* knows no event by its name" "$(grep -nE '"[^"]*mhp_[^"]*"|MHP_EVENT_mhp' tools/mhptop/check/call_site*.[ch] | grep -v '#include')" ""
eq "no view but its driver sees a source" \
	"$(grep -rlE 'source_(open|read|fd|close|self_check)[_a-z]*\(' tools/mhptop/view | grep -vE '/(batch|dashboard)\.c$')" ""
eq "model, rules and fold have no clock and no I/O" \
	"$(grep -rnE '\b(clock_gettime|gettimeofday|time|fopen|open|read|write|printf|fprintf|poll)\(' \
		tools/mhptop/model tools/mhptop/rules bpf/mhp_fold*.h | grep -v '^tools/mhptop/rules/config\.c:')" ""
eq "kernel patches see nothing of this repository" \
	"$(grep -nE '^\+.*(tracepoints\.h|mhptop|bpf/mhp|mhp_read)' kernel/*/0*.patch)" ""

# The header by itself, as each reader would have it
reader='#include "mhp_read.h"
#include "../tracepoints.h"
#include "mhp_event.h"
int main(void) { struct mhp_record r = { .event = MHP_EVENT_mhp_vmemmap_populate }; return r.event - MHP_NR_EVENTS; }'
flags=(-std=gnu11 -Wall -Wextra -Werror -Ibpf/include -Ibpf -x c -)
for cc in gcc clang; do
	check "tracepoints.h compiles for user space with $cc" "$cc" -fsyntax-only "${flags[@]}" <<<"$reader"
done
check "tracepoints.h compiles for BPF" clang -target bpf -fsyntax-only \
	-I"/usr/include/$(gcc -print-multiarch)" "${flags[@]}" <<<"$reader"
eq "tracepoints.h includes nothing of user space" \
	"$(grep -E '^#[[:space:]]*include' tracepoints.h | grep -vE '<(linux|trace)/')" ""

# Sizes of the collector's programs, in hex. The compiler knows which event each is for: with all cases of the fold in each
# one they are 16 KiB, and the kernel takes ten times as long to verify them.
programs=$(readelf -SW build/bpf/mhp.bpf.o | sed -n 's/^ *\[ *[0-9]*\] tp\/mhp\///p' | awk '{ print $1, $5 }')
eq "the collector has a program for each event" "$(cut -d' ' -f1 <<<"$programs" | sort)" \
	"$(sed -n 's/^TRACE_EVENT(\(mhp_.*\),$/\1/p; s/^DEFINE_EVENT([a-z_]*, \(mhp_.*\),$/\1/p' tracepoints.h | sort)"
eq "a program has its own case of the fold" "$(while read -r name size; do
	((16#$size <= 4096)) || echo "$name"
done <<<"$programs")" ""

for event in mhp_vmemmap_populate mhp_vmemmap_online mhp_vmemmap_offline mhp_vmemmap_free; do
	check "$event is an event" grep -qE "^(TRACE_EVENT\(|DEFINE_EVENT\([a-z_]+, )$event,$" tracepoints.h
done
done_testing
