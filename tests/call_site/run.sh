#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Which lines of the kernel's source `mhptop check` names for the events of a violation, with a small vmlinux (kernel.c)
# whose lines are known, built as kernels are; and what it says of files that are none. MHPTOP is the program under test.
. "$(dirname "$0")/../host-lib.sh"
MHPTOP=$(realpath "$TOP/${MHPTOP:-build/mhptop}")
RELEASE=6.12.117-mhp # that of the recordings
mkdir -p "$WORK/linux"/{mm,obj}
cp "$TOP/tests/call_site/kernel".[ch] "$WORK/linux/mm"
cd "$WORK" || exit 1

# build FOLDER SOURCE OUT COMPILER OPTION…: a vmlinux, compiled in a folder
build() {
	local folder=$1 source=$2 out=$WORK/$3
	shift 3
	(cd "$folder" && "$@" -std=gnu11 -Wall -Wextra -Werror -O2 -DRELEASE="\"${KERNEL:-$RELEASE}\"" -static -nostdlib -fno-pie \
		-Wno-unused-command-line-argument -Wl,--build-id=none -o "$out" "$source")
}

# Violations in which each tracepoint of kernel.c has a part; one event of them is not in it.
"$TOP/tests/rules/edit.py" "$TOP/tests/rules/failures-block.ndjson" \
	set:mhp_vmemmap_online:1:nid:1 set:mhp_managed:2:delta:1 >run.ndjson
budgets=(--max-online 1us --max-offline 1us --max-vmemmap 0.1)

judge() { "$MHPTOP" check "${budgets[@]}" "$@" 2>"$WORK/stderr"; }
# The lines that follow the first telling of an event in a verdict
sites() {
	awk -v event=" $1: " 'on && /^#          (at|or) / { print substr($0, 12); next } on { exit }
		/^#   (before|then) / && index($0, event) { on = 1 }' "$WORK/verdict"
}
# here MARK: the line with the mark; there is one.
here() { grep -n "/\* here: $1 \*/" "$WORK/linux/mm/kernel.c" | cut -d: -f1; }

# all_sites NAME FILE: what is said of kernel.c, with debug info that calls it FILE
all_sites() {
	local name=$1 file=$2
	eq "$name: a call in a function" "$(sites mhp_notify)" "at tell(), $file:$(here notify)"
	eq "$name: a call in what was inlined" "$(sites mhp_vmemmap_online)" \
		"at helper(), $file:$(here helped), inlined into once_helped()"
	eq "$name: arguments rule a call out" "$(sites mhp_online_end)" \
		"at ends(), $file:$(here none)"$'\n'"or ends(), $file:$(here any)"
	eq "$name: three calls are named, and that there are more" "$(sites mhp_offline_end)" \
		"at many(), $file:$(here first)"$'\n'"or many(), $file:$(here second)"$'\n'"or many(), $file:$(here third)"$'\n'"or …"
	eq "$name: a call that was inlined twice is one" "$(sites mhp_present)" "at shared(), $file:$(here shared)"
	eq "$name: who called what was not inlined is not known" "$(sites mhp_managed)" ""
	eq "$name: an event that this kernel does not tell of" "$(sites mhp_add_end)" ""
	eq "$name: nothing is said but the verdict" "$(cat "$WORK/stderr")" ""
}

check "a vmlinux, built in a folder below its source" build linux/obj ../mm/kernel.c vmlinux gcc -g
judge --vmlinux vmlinux run.ndjson >verdict
check "the violations tell of all that is asked below" bash -c 'for event; do grep -q "^# .* $event: " verdict || exit; done' \
	_ mhp_{notify,vmemmap_online,online_end,offline_end,present,managed,add_end}
all_sites "built below" mm/kernel.c
judge --junit junit.xml --vmlinux vmlinux run.ndjson >/dev/null
eq "JUnit has them, too" "$(python3 -c 'import xml.etree.ElementTree as tree
print([line for case in tree.parse("junit.xml").iter("failure") for line in case.text.split("\n") if "helper" in line][0])')" \
	"#          at helper(), mm/kernel.c:$(here helped), inlined into once_helped()"

check "another, built where its source is" build linux mm/kernel.c vmlinux gcc -gdwarf-4
judge --vmlinux vmlinux run.ndjson >verdict
all_sites "built in place, DWARF 4" mm/kernel.c
check "another, of clang, with paths in full" build linux/obj "$WORK/linux/mm/kernel.c" vmlinux clang -g
judge --vmlinux vmlinux run.ndjson >verdict
all_sites "built by clang" mm/kernel.c
cp vmlinux whole
objcopy --only-keep-debug vmlinux vmlinux.debug
objcopy --strip-all --add-gnu-debuglink=vmlinux.debug vmlinux
judge --vmlinux vmlinux run.ndjson >verdict
all_sites "debug info in a file of its own" mm/kernel.c

strip -g -o symbols whole
judge --vmlinux symbols run.ndjson >verdict
eq "symbols alone: the function" "$(sites mhp_notify)" "at tell()"
eq "symbols alone: the function that has a symbol" "$(sites mhp_vmemmap_online)" "at once_helped()"
eq "symbols alone: each function" "$(sites mhp_present)" $'at first_user()\nor second_user()'
eq "symbols alone: a function once" "$(sites mhp_offline_end)" "at many()"
eq "symbols alone: who asks whether the event is wanted is taken for a caller" "$(sites mhp_managed)" "at _start()"
gzip -k symbols
judge --vmlinux symbols.gz run.ndjson >verdict
eq "compressed" "$(sites mhp_notify)" "at tell()"

cp linux/mm/kernel.c linux/mm/$'k\e[7m.c'
build linux mm/$'k\e[7m.c' vmlinux gcc -g
judge --vmlinux vmlinux run.ndjson >verdict
eq "no control character gets out" "$(sites mhp_notify)" "at tell(), mm/k?[7m.c:$(here notify)"

KERNEL=6.12.118-mhp build linux mm/kernel.c vmlinux gcc -g
status "a vmlinux of another release" 3 "^mhptop: --vmlinux vmlinux: it is of kernel 6.12.118-mhp, the events are of $RELEASE; " \
	"$MHPTOP" check --vmlinux vmlinux run.ndjson
cp stdout verdict
eq "is used all the same" "$(sites mhp_notify)" "at tell(), mm/kernel.c:$(here notify)"
"$TOP/build/tests/as_text" perf run.ndjson >run.txt
judge --vmlinux vmlinux run.txt >verdict
eq "a recording that does not know its kernel" "$(sites mhp_notify; cat stderr)" "at tell(), mm/kernel.c:$(here notify)"

# Nobody has such a kernel, and nobody gets a recording to look elsewhere.
sed "1s/$RELEASE/0.0.0-none/" run.ndjson >none.ndjson
judge none.ndjson >verdict
eq "without a vmlinux the events have their names" "$(sites mhp_notify; cat stderr)" ""
check "and are told" grep -q '^#   before .* mhp_notify: ' verdict
KERNEL=$WORK/linux build linux mm/kernel.c linux/vmlinux gcc -g
sed "1s|$RELEASE|$WORK/linux|" run.ndjson >away.ndjson
judge away.ndjson >verdict
eq "a recording does not say where to look" "$(sites mhp_notify; cat stderr)" ""

# refused NAME FILE REGEX: one line, before anything is judged
refused() {
	status "$1 is refused" 2 "^mhptop: --vmlinux $2: $3; give the vmlinux of " "$MHPTOP" check --vmlinux "$2" run.ndjson
	eq "$1: nothing is judged" "$(cat "$WORK/stdout")" ""
}
refused "a text" run.ndjson "not a valid ELF file"
refused "a folder" linux "it is no regular file"
refused "nothing" nothing "No such file or directory"
refused "a program" "$TOP/build/mhptop" "it is no kernel: .*"
strip -o stripped whole
refused "a vmlinux without symbols" stripped "it has no symbols, .*"
split -n 2 whole cut.
refused "the first half of a vmlinux" cut.aa "it has no symbols, .*"
objcopy -N __start___jump_table whole no-table
refused "a vmlinux without a jump table" no-table "it has no jump table: .*"
head -c 8 whole >few
objcopy --update-section __jump_table=few whole short
refused "a vmlinux with half a jump table" short "it has no jump table: .*"
cp whole arm
printf '\xb7' | dd of=arm bs=1 seek=18 conv=notrunc status=none
refused "a vmlinux of another machine" arm "it is for another machine .ELF number 183. than x86-64, .*"
objcopy --wildcard -N '__tracepoint_mhp_*' whole eventless
refused "a kernel without the events" eventless "it is kernel $RELEASE, in which no code tells of mhp events"

# Damage of any kind ends in a message or in lines, not in a crash.
eq "300 damaged vmlinux crash nothing" "$(python3 - "$MHPTOP" <<'PY'
import random, subprocess, sys
whole, rng = open("whole", "rb").read(), random.Random(1)
for nth in range(300):
    data = bytearray(whole)
    for _ in range(rng.choice((1, 3, 30, 300))):
        data[rng.randrange(len(data))] = rng.choice((0, 1, 0x7f, 0x80, 0xff, rng.randrange(256)))
    with open("damaged", "wb") as file:
        file.write(data[:rng.choice((len(data), len(data), rng.randrange(len(data))))])
    ended = subprocess.run([sys.argv[1], "check", "--vmlinux", "damaged", "run.ndjson"], capture_output=True, timeout=60)
    if ended.returncode not in (2, 3):
        print(nth, ended.returncode, ended.stderr.decode(errors="replace")[-300:])
PY
)" ""
done_testing
