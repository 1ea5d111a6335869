#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The boundaries of docs/architecture.md: who may see what, and that one header serves all its readers as it is.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1
shopt -s extglob

# Files that include something that matches a regex, other than those whose names match another.
intruders() {
	grep -lE "^#[[:space:]]*include[[:space:]]*[<\"]($1)" tools/mhptop/*.[ch] | grep -vE "/($2)"
}

# A check that looks for files must find some, or it looks in the wrong place.
some() { compgen -G "$1" >/dev/null; }

check "there are sources to look at" some 'tools/mhptop/source_bpf*.c'
check "there is a dashboard to look at" some 'tools/mhptop/view_tui*.c'
check "curses is used at all" grep -qE 'include.*curses' tools/mhptop/view_tui*.[ch]
check "libdw is used at all" grep -q 'include <elfutils/libdw' tools/mhptop/call_site_dwarf.c
check "libtracecmd is used at all" grep -qE 'include.*trace-cmd' tools/mhptop/trace_dat_child.c
check "libbpf is used at all" grep -qE 'include.*(libbpf|skel)' tools/mhptop/source_bpf.c

eq "only source_bpf* sees libbpf" "$(intruders 'bpf/(libbpf|bpf|btf)\.h|.*\.skel\.h' 'source_bpf')" ""
eq "only trace_dat* sees libtracecmd" "$(intruders 'trace-cmd\.h|event-parse\.h|tracefs\.h' 'trace_dat')" ""
eq "only view_tui* sees curses" "$(intruders 'n?curses(w/.*)?\.h|ncursesw/.*|term\.h|panel\.h' 'view_tui')" ""
eq "only call_site* sees libdw" "$(intruders 'elfutils/|dwarf\.h|libdw|gelf\.h' 'call_site')" ""
eq "call_site* sees no source and no view" \
	"$(grep -lE 'include "(source|view|stream|columns|dashboard|batch|check|cli)' tools/mhptop/call_site*.[ch])" ""
eq "call_site* knows no event by its name" "$(grep -nE '"[^"]*mhp_[^"]*"|MHP_EVENT_mhp' tools/mhptop/call_site*.[ch] | grep -v '#include')" ""
eq "no view sees a source" \
	"$(grep -lE 'source_(open|read|fd|close|self_check)[_a-z]*\(' tools/mhptop/view_*.[ch] \
		tools/mhptop/{,range_}columns.[ch])" ""
eq "no source sees a view" "$(grep -lE 'include "(view|columns|range_columns|dashboard|batch)\.h"' tools/mhptop/source*.[ch])" ""
eq "model, ledger and fold have no clock and no I/O" \
	"$(grep -nE '\b(clock_gettime|gettimeofday|time|fopen|open|read|write|printf|fprintf|poll)\(' \
		tools/mhptop/model.c tools/mhptop/ledger*.c tools/mhptop/range_memmap.c bpf/mhp_fold*.h)" ""
eq "the rules have neither" \
	"$(grep -nE '\b(clock_gettime|gettimeofday|time|fopen|open|read|write|printf|fprintf|poll)\(' \
		tools/mhptop/rules!(_config).c)" ""
eq "the rules see no source and no view" \
	"$(grep -lE 'include "(source|view|stream|columns|dashboard|batch|check)' tools/mhptop/rules*.[ch])" ""
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
