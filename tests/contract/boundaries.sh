#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The boundaries of docs/architecture.md: which folder may include which others and which libraries, and that
# tracepoints.h compiles unchanged in the kernel's patch, for BPF and for user space.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

# The folders of tools/mhptop and what each may include, from the top down; docs/architecture.md has the same table. All
# but base may also include the headers of bpf/ (mhp_*.h).
declare -A may=(
	[main.c]="cli report view check record doctor answers serve export source format rules model base"
	[cli]="report view check record doctor answers serve export source format rules model base"
	[report]="view check source format rules model base"
	[view]="source format rules model base"
	[check]="source format rules model base"
	[record]="source format rules model base"
	[doctor]="source format rules model base"
	[answers]="source format rules model base"
	[serve]="view export source format rules model base"
	[export]="source format rules model base"
	[source]="format rules model base"
	[format]="model base"
	[rules]="model base"
	[model]="base"
	[base]=""
)

# What the compiler reads for each file, headers included, however they are written: lines FILE HEADER. Every header of ours
# must compile by itself.
read -ra cflags < <(make -s -f tools/mhptop/mhptop.mk --eval 'cflags: ; @echo $(MHPTOP_CFLAGS)' cflags)
while read -r file; do
	gcc -M -x c "${cflags[@]}" "$file" 2>>"$WORK/errors" | tr -s ' \\' '\n\n' | sed -n "/\.h\$/s,^,$file ,p"
done < <(find tools/mhptop -name '*.[ch]') >"$WORK/reads"
none "every file and header of mhptop compiles by itself" "$(<"$WORK/errors")"

# Headers of a folder's files that its line of the table does not allow
forbidden_headers() {
	awk -v folder="$1" -v may=" $1 ${may[$1]} " '
		function of(path) { sub("^tools/mhptop/", "", path); sub("/.*", "", path); return path }
		of($1) == folder && $2 ~ "^tools/mhptop/" && !index(may, " " of($2) " ")
		of($1) == folder && folder == "base" && $2 ~ "^(bpf/|build/bpf/|tracepoints)"
		of($1) == folder && folder != "source" && $2 ~ "^bpf/mhp_(maps|store|snapshot|kernel|kernel_read)\\.h"' "$WORK/reads"
}

eq "the table lists every folder" "$(find tools/mhptop -mindepth 1 -maxdepth 1 ! -name '*.mk' -printf '%f\n' | sort)" \
	"$(printf '%s\n' "${!may[@]}" | sort)"
none "every include names the folder of the header" "$(grep -rnE '^[[:space:]]*#[[:space:]]*include(_next)?[[:space:]]*"' tools/mhptop |
	grep -vE '#include "(mhp_[a-z_]+|mhp\.skel)\.h"|#include "[a-z]+(/[a-z_]+)+\.h"')"
for name in "${!may[@]}"; do
	none "$name includes only folders below it" "$(forbidden_headers "$name")"
done

# only_in PATHS HEADERS LIBRARY: only files below PATHS read headers of a library, and some do.
only_in() {
	local readers
	readers=$(awk -v headers="/usr/include/.*($2)" '$2 ~ headers { print $1 }' "$WORK/reads" | sort -u)
	check "$1 sees $3" test -n "$readers"
	none "only $1 sees $3" "$(grep -vE "^tools/mhptop/$1" <<<"$readers")"
}

only_in source/bpf/ 'bpf/(libbpf|bpf|btf)\.h' libbpf
only_in source/import/ 'trace-cmd\.h|event-parse\.h|tracefs\.h' libtracecmd
only_in view/tui/ 'curses\.h|term\.h|panel\.h' curses
only_in base/confine.c 'seccomp\.h' libseccomp
only_in serve/ 'microhttpd\.h' libmicrohttpd
only_in base/service.c 'systemd/.*\.h' libsystemd
only_in check/call_site 'elfutils/|dwarf\.h|libdw|gelf\.h' libdw
none "only source/bpf sees the skeleton" "$(awk '$2 ~ /skel\.h$/ && $1 !~ "^tools/mhptop/source/bpf/"' "$WORK/reads")"
none "call_site* includes nothing above the model" \
	"$(awk '$1 ~ "/check/call_site" && $2 ~ "^tools/mhptop/(source|rules|format|check/(check|report))"' "$WORK/reads")"
# A function that no other file uses should be static. Tests may use any.
none "every function that a file of mhptop exports is used by another" "$(
	mapfile -t objects < <(find tools/mhptop -name '*.c' | sed 's,^tools/mhptop/\(.*\)c$,build/obj/\1o,')
	nm -g "${objects[@]}" | awk '$2 == "T" { print $3 } $1 == "U" { print $2 }' | sort | uniq -c | awk '$1 == 1 { print $2 }' >"$WORK/once"
	nm -g --defined-only "${objects[@]}" | awk '$2 == "T" && $3 != "main" { print $3 }' | grep -xFf "$WORK/once" |
		while read -r name; do
			grep -rqw --include='*.[ch]' "$name" tests || echo "$name"
		done)"
none "call_site* names no event" "$(grep -nE '"[^"]*mhp_[^"]*"|MHP_EVENT_mhp' tools/mhptop/check/call_site*.[ch] | grep -v '#include')"
none "only batch and dashboard use a source" \
	"$(grep -rlE 'source_(open|read|fd|close|self_check)[_a-z]*\(' tools/mhptop/view | grep -vE '/(batch|dashboard)\.c$')"
none "model, rules and fold have no clock and no I/O" \
	"$(grep -rnE '\b(clock_gettime|gettimeofday|time|fopen|open|read|write|printf|fprintf|poll)\(' \
		tools/mhptop/model tools/mhptop/rules bpf/mhp_fold*.h | grep -v '^tools/mhptop/rules/config\.c:')"
none "kernel patches refer to nothing in this repository" \
	"$(grep -nE '^\+.*(tracepoints\.h|mhptop|bpf/mhp|mhp_read)' kernel/*/0*.patch)"

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
none "tracepoints.h includes only kernel headers" \
	"$(grep -E '^#[[:space:]]*include' tracepoints.h | grep -vE '<(linux|trace)/')"

# Sizes of the collector's programs, in hex. Each is compiled for one event: if it contained the fold of all events, it
# would have 16 KiB, and the kernel would take ten times as long to verify it.
programs=$(readelf -SW build/bpf/mhp.bpf.o | sed -n 's/^ *\[ *[0-9]*\] raw_tp\///p' | awk '{ print $1, $5 }')
eq "the collector has a program for each event" "$(cut -d' ' -f1 <<<"$programs" | sort)" \
	"$(sed -n 's/^TRACE_EVENT(\(mhp_.*\),$/\1/p; s/^DEFINE_EVENT([a-z_]*, \(mhp_.*\),$/\1/p' tracepoints.h | sort)"
none "each program contains only the fold of its event" "$(while read -r name size; do
	((16#$size <= 5120)) || echo "$name"
done <<<"$programs")"

# Several probes make the same event, and some make several, by functions that have one fold each. With the fold of all
# events, such a function would have 25 KiB, and the kernel would take eleven times as long to verify the probes.
functions=$(readelf -sW build/bpf/mhp.bpf.o 2>/dev/null | awk '$4 == "FUNC" { print $8, $3 }')
eq "the probes have a function for each event" "$(sed -n 's/^mhp_emit_\(.*\)_record .*/\1/p' <<<"$functions" | sort)" \
	"$(cut -d' ' -f1 <<<"$programs" | sort)"
none "no probe, and no function of one, contains the fold of all events" \
	"$(awk '$2 > 8192 { print $1 }' <<<"$functions")"

for event in mhp_vmemmap_populate mhp_vmemmap_online mhp_vmemmap_offline mhp_vmemmap_free; do
	check "$event is an event" grep -qE "^(TRACE_EVENT\(|DEFINE_EVENT\([a-z_]+, )$event,$" tracepoints.h
done
done_testing
