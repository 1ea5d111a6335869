#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The boundaries of docs/architecture.md: which folder may include which others and which libraries, and that
# tracepoints.h compiles unchanged in the kernel's patch, for BPF and for user space.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

# The folders of tools/mhptop and what each may include, from the top down; docs/architecture.md has the same table. All
# but base may also include the headers of bpf/ (mhp_*.h).
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

# The folder of a file or of an included header
folder_of() { cut -d/ -f1 <<<"${1#tools/mhptop/}"; }

# Includes of a folder that its line of the table does not allow, as FILE: INCLUDED
forbidden_includes() {
	local file included
	grep -rHoE '^#[[:space:]]*include "[a-z_]+/[a-z_/]+\.h"' "tools/mhptop/$1" | tr -d '"' | sed -E 's/#[[:space:]]*include //' |
		while IFS=: read -r file included; do
			[[ " $1 ${may[$1]} " == *" $(folder_of "$included") "* ]] || echo "$file: $included"
		done
}

eq "the table lists every folder" "$(find tools/mhptop -mindepth 1 -maxdepth 1 ! -name '*.mk' -printf '%f\n' | sort)" \
	"$(printf '%s\n' "${!may[@]}" | sort)"
eq "every include names the folder of the header" "$(grep -rnE '^#[[:space:]]*include "' tools/mhptop |
	grep -vE '"(mhp_[a-z_]+|mhp\.skel)\.h"|"[a-z]+(/[a-z_]+)+\.h"')" ""
for name in "${!may[@]}"; do
	eq "$name includes only folders below it" "$(forbidden_includes "$name")" ""
done
eq "base includes nothing of bpf/" "$(grep -rlE 'include "mhp' tools/mhptop/base)" ""

# intruders HEADERS PATHS: files that include a header that matches a regex, except those whose paths match PATHS
intruders() {
	grep -rlE "^#[[:space:]]*include[[:space:]]*[<\"]($1)" tools/mhptop | grep -vE "^tools/mhptop/($2)"
}

# If these find nothing, the checks below search in the wrong place.
check "view/tui includes curses" grep -rqE 'include.*curses' tools/mhptop/view/tui
check "check/call_site_dwarf.c includes libdw" grep -q 'include <elfutils/libdw' tools/mhptop/check/call_site_dwarf.c
check "source/import includes libtracecmd" grep -rqE 'include.*trace-cmd' tools/mhptop/source/import
check "source/bpf includes libbpf" grep -rqE 'include.*(libbpf|skel)' tools/mhptop/source/bpf

eq "only source/bpf includes libbpf" "$(intruders 'bpf/(libbpf|bpf|btf)\.h|.*\.skel\.h' 'source/bpf/')" ""
eq "only source/import includes libtracecmd" "$(intruders 'trace-cmd\.h|event-parse\.h|tracefs\.h' 'source/import/')" ""
eq "only view/tui includes curses" "$(intruders 'n?curses(w/.*)?\.h|ncursesw/.*|term\.h|panel\.h' 'view/tui/')" ""
eq "only check/call_site* includes libdw" "$(intruders 'elfutils/|dwarf\.h|libdw|gelf\.h' 'check/call_site')" ""
eq "call_site* includes nothing above the model" \
	"$(grep -lE 'include "(source|rules|format|check/(check|report))' tools/mhptop/check/call_site*.[ch])" ""
eq "call_site* names no event" "$(grep -nE '"[^"]*mhp_[^"]*"|MHP_EVENT_mhp' tools/mhptop/check/call_site*.[ch] | grep -v '#include')" ""
eq "only batch and dashboard use a source" \
	"$(grep -rlE 'source_(open|read|fd|close|self_check)[_a-z]*\(' tools/mhptop/view | grep -vE '/(batch|dashboard)\.c$')" ""
eq "model, rules and fold have no clock and no I/O" \
	"$(grep -rnE '\b(clock_gettime|gettimeofday|time|fopen|open|read|write|printf|fprintf|poll)\(' \
		tools/mhptop/model tools/mhptop/rules bpf/mhp_fold*.h | grep -v '^tools/mhptop/rules/config\.c:')" ""
eq "kernel patches refer to nothing in this repository" \
	"$(grep -nE '^\+.*(tracepoints\.h|mhptop|bpf/mhp|mhp_read)' kernel/*/0*.patch)" ""

# The header by itself, as each compiler reads it
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
eq "tracepoints.h includes only kernel headers" \
	"$(grep -E '^#[[:space:]]*include' tracepoints.h | grep -vE '<(linux|trace)/')" ""

# Sizes of the collector's programs, in hex. Each is compiled for one event: if it contained the fold of all events, it
# would have 16 KiB, and the kernel would take ten times as long to verify it.
programs=$(readelf -SW build/bpf/mhp.bpf.o | sed -n 's/^ *\[ *[0-9]*\] tp\/mhp\///p' | awk '{ print $1, $5 }')
eq "the collector has a program for each event" "$(cut -d' ' -f1 <<<"$programs" | sort)" \
	"$(sed -n 's/^TRACE_EVENT(\(mhp_.*\),$/\1/p; s/^DEFINE_EVENT([a-z_]*, \(mhp_.*\),$/\1/p' tracepoints.h | sort)"
eq "each program contains only the fold of its event" "$(while read -r name size; do
	((16#$size <= 4096)) || echo "$name"
done <<<"$programs")" ""

for event in mhp_vmemmap_populate mhp_vmemmap_online mhp_vmemmap_offline mhp_vmemmap_free; do
	check "$event is an event" grep -qE "^(TRACE_EVENT\(|DEFINE_EVENT\([a-z_]+, )$event,$" tracepoints.h
done
done_testing
