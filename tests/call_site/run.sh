#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The source lines that `mhptop check` shows for the events of a violation, with a small vmlinux (kernel.c) that is built
# like a kernel and whose lines are known; and the errors for files that are not a vmlinux. MHPTOP is the program under test.
. "$(dirname "$0")/../host-lib.sh"
MHPTOP=$(realpath "$TOP/${MHPTOP:-build/mhptop}")
RELEASE=6.12.117-mhp # the kernel of the recordings
mkdir -p "$WORK/linux"/{mm,obj}
cp "$TOP/tests/call_site/kernel".[ch] "$WORK/linux/mm"
cd "$WORK" || exit 1

# build FOLDER SOURCE OUT COMPILER OPTION…: build a vmlinux in a folder
build() {
	local folder=$1 source=$2 out=$WORK/$3
	shift 3
	(cd "$folder" && "$@" -std=gnu11 -Wall -Wextra -Werror -O2 -DRELEASE="\"${KERNEL:-$RELEASE}\"" -static -nostdlib -fno-pie \
		-Wno-unused-command-line-argument -Wl,--build-id=none -o "$out" "$source")
}

# Violations that involve each tracepoint of kernel.c, and one event that kernel.c does not have
"$TOP/tests/rules/edit.py" "$TOP/tests/rules/failures-block.ndjson" \
	set:mhp_vmemmap_online:1:nid:1 set:mhp_managed:2:delta:1 double:mhp_offline_failed:1 >run.ndjson
budgets=(--max-online 1us --max-offline 1us --max-vmemmap 0.1)

judge() { "$MHPTOP" check "${budgets[@]}" "$@" 2>"$WORK/stderr"; }
# The call sites of the first occurrence of an event in a verdict
sites() {
	awk -v event=" $1: " 'on && /^#          (at|or) / { print substr($0, 12); next } on { exit }
		/^#   (before|then) / && index($0, event) { on = 1 }' "$WORK/verdict"
}
# here MARK: the number of the line with the mark
here() { grep -n "/\* here: $1 \*/" "$WORK/linux/mm/kernel.c" | cut -d: -f1; }

# all_sites NAME FILE: check all call sites of kernel.c, which the debug info calls FILE
all_sites() {
	local name=$1 file=$2
	eq "$name: a call in a function" "$(sites mhp_notify)" "at notify(), $file:$(here notify)"
	eq "$name: a call in an inlined function" "$(sites mhp_vmemmap_online)" \
		"at helper(), $file:$(here helped), inlined into once_helped()"
	eq "$name: a call with other arguments is excluded" "$(sites mhp_offline_failed)" \
		"at ends(), $file:$(here none)"$'\n'"or ends(), $file:$(here any)"
	eq "$name: three of more calls are listed" "$(sites mhp_offline_end)" \
		"at many(), $file:$(here first)"$'\n'"or many(), $file:$(here second)"$'\n'"or many(), $file:$(here third)"$'\n'"or …"
	eq "$name: a call that is inlined twice is listed once" "$(sites mhp_present)" "at shared(), $file:$(here shared)"
	none "$name: no caller for a trace function that is not inlined" "$(sites mhp_managed)"
	none "$name: no call site for an event that this kernel lacks" "$(sites mhp_add_end)"
	none "$name: no error messages" "$(cat "$WORK/stderr")"
}

check "build a vmlinux in a folder below its source" build linux/obj ../mm/kernel.c vmlinux gcc -g
judge --vmlinux vmlinux run.ndjson >verdict
check "the violations have all events that are looked up below" bash -c 'for event; do grep -q "^# .* $event: " verdict || exit; done' \
	_ mhp_{notify,vmemmap_online,offline_failed,offline_end,present,managed,add_end}
all_sites "built below" mm/kernel.c
judge --junit junit.xml --vmlinux vmlinux run.ndjson >/dev/null
eq "JUnit has the call sites" "$(python3 -c 'import xml.etree.ElementTree as tree
print([line for case in tree.parse("junit.xml").iter("failure") for line in case.text.split("\n") if "helper" in line][0])')" \
	"#          at helper(), mm/kernel.c:$(here helped), inlined into once_helped()"

# Names in debug info may consist of any bytes; DEL and U+FFFF are not text either.
check "build a vmlinux whose file names are not UTF-8" build linux/obj ../mm/kernel.c odd gcc -g "-ffile-prefix-map=../mm=m"$'\xff\xc3\x7f\xef\xbf\xbf\xc3\xa9'
judge --junit junit.xml --vmlinux odd run.ndjson >/dev/null
eq "JUnit is valid, whatever the names of files" "$(python3 -c 'import xml.etree.ElementTree as tree
print([line for case in tree.parse("junit.xml").iter("failure") for line in case.text.split("\n") if "helper" in line][0])' |
	grep -oE 'm[?]+é/kernel.c')" 'm??????é/kernel.c'

check "build a vmlinux in the folder of its source" build linux mm/kernel.c vmlinux gcc -gdwarf-4
judge --vmlinux vmlinux run.ndjson >verdict
all_sites "built in place, DWARF 4" mm/kernel.c
check "build a vmlinux with clang and absolute paths" build linux/obj "$WORK/linux/mm/kernel.c" vmlinux clang -g
judge --vmlinux vmlinux run.ndjson >verdict
all_sites "built by clang" mm/kernel.c
cp vmlinux whole
objcopy --only-keep-debug vmlinux vmlinux.debug
objcopy --strip-all --add-gnu-debuglink=vmlinux.debug vmlinux
judge --vmlinux vmlinux run.ndjson >verdict
all_sites "separate debug info" mm/kernel.c

strip -g -o symbols whole
judge --vmlinux symbols run.ndjson >verdict
eq "symbols only: the function" "$(sites mhp_notify)" "at notify()"
eq "symbols only: the function that an inlined call is in" "$(sites mhp_vmemmap_online)" "at once_helped()"
eq "symbols only: every function that a call is inlined into" "$(sites mhp_present)" $'at first_user()\nor second_user()'
eq "symbols only: a function with several calls is listed once" "$(sites mhp_offline_end)" "at many()"
eq "symbols only: a test whether the event is enabled looks like a call" "$(sites mhp_managed)" "at _start()"
gzip -k symbols
judge --vmlinux symbols.gz run.ndjson >verdict
eq "a compressed vmlinux" "$(sites mhp_notify)" "at notify()"

cp linux/mm/kernel.c linux/mm/$'k\e[7m.c'
build linux mm/$'k\e[7m.c' vmlinux gcc -g
judge --vmlinux vmlinux run.ndjson >verdict
eq "control characters in a file name are replaced" "$(sites mhp_notify)" "at notify(), mm/k?[7m.c:$(here notify)"

KERNEL=6.12.118-mhp build linux mm/kernel.c vmlinux gcc -g
status "a vmlinux of another release" 3 "^mhptop: --vmlinux vmlinux: built for kernel 6.12.118-mhp, but the events are from $RELEASE; " \
	"$MHPTOP" check --vmlinux vmlinux run.ndjson
cp stdout verdict
eq "a vmlinux of another release is used" "$(sites mhp_notify)" "at notify(), mm/kernel.c:$(here notify)"
"$TOP/build/tests/as_text" perf run.ndjson >run.txt
judge --vmlinux vmlinux run.txt >verdict
eq "a recording without a kernel release" "$(sites mhp_notify; cat stderr)" "at notify(), mm/kernel.c:$(here notify)"

# No machine has a kernel of this release, and a recording must not make the tool look elsewhere.
sed "1s/$RELEASE/0.0.0-none/" run.ndjson >none.ndjson
judge none.ndjson >verdict
none "without a vmlinux there are no call sites" "$(sites mhp_notify; cat stderr)"
check "without a vmlinux the events are shown" grep -q '^#   before .* mhp_notify: ' verdict
KERNEL=$WORK/linux build linux mm/kernel.c linux/vmlinux gcc -g
sed "1s|$RELEASE|$WORK/linux|" run.ndjson >away.ndjson
judge away.ndjson >verdict
none "a release with a path in it is not looked up" "$(sites mhp_notify; cat stderr)"

# rejected NAME FILE REGEX: one line on standard error, and no verdict
rejected() {
	status "$1 is rejected" 2 "^mhptop: --vmlinux $2: $3; use the vmlinux of " "$MHPTOP" check --vmlinux "$2" run.ndjson
	none "$1: no verdict" "$(cat "$WORK/stdout")"
}
rejected "a text file" run.ndjson "not a valid ELF file"
rejected "a folder" linux "not a regular file"
rejected "a missing file" nothing "No such file or directory"
rejected "a program" "$TOP/build/mhptop" "not a kernel image: .*"
strip -o stripped whole
rejected "a vmlinux without symbols" stripped "no symbols: .*"
split -n 2 whole cut.
rejected "the first half of a vmlinux" cut.aa "no symbols: .*"
objcopy -N __start___jump_table whole no-table
rejected "a vmlinux without a jump table" no-table "no jump table: .*"
head -c 8 whole >few
objcopy --update-section __jump_table=few whole short
rejected "a vmlinux with a truncated jump table" short "no jump table: .*"
cp whole arm
printf '\xb7' | dd of=arm bs=1 seek=18 conv=notrunc status=none
rejected "a vmlinux of another architecture" arm "built for ELF machine 183; only x86-64 is supported"
objcopy --wildcard -N '__tracepoint_mhp_*' whole eventless
rejected "a kernel without the events" eventless "kernel $RELEASE has no mhp events"

# A damaged vmlinux must not crash the check.
none "300 damaged copies of vmlinux cause no crash" "$(python3 - "$MHPTOP" <<'PY'
import random, subprocess, sys
whole, rng = open("whole", "rb").read(), random.Random(1)
for nth in range(300):
    data = bytearray(whole)
    for _ in range(rng.choice((1, 3, 30, 300))):
        data[rng.randrange(len(data))] = rng.choice((0, 1, 0x7f, 0x80, 0xff, rng.randrange(256)))
    with open("damaged", "wb") as file:
        file.write(data[:rng.choice((len(data), len(data), rng.randrange(len(data))))])
    ended = subprocess.run([sys.argv[1], "check", "--vmlinux", "damaged", "run.ndjson"], capture_output=True, timeout=60)
    # A crash happens in a child, and what the sanitizers print of it is on standard error.
    if ended.returncode not in (2, 3) or b"crashed" in ended.stderr or b"Sanitizer" in ended.stderr:
        print(nth, ended.returncode, ended.stderr.decode(errors="replace")[-300:])
PY
)"
done_testing
