#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's selftests for huge pages, memory failure and hotplug give the same verdicts wherever the memmap is hosted:
# on vanilla, off, per block and per range. This script builds the programs and compares; t/same.py runs them in a guest.
#
# They come from the kernel source (the package, or KERNEL_SRC). These related tests of tools/testing/selftests/mm are
# left out:
#   hugepage-mremap, uffd-*, pagemap_ioctl      need CONFIG_USERFAULTFD, which kernel/config/guest.config does not set
#   charge_reserved_hugetlb.sh, hugetlb_reparenting_test.sh, write_to_hugetlbfs     need control groups
#   hmm-tests, test_hmm.sh                      need CONFIG_DEVICE_PRIVATE
#   migration                                   needs two nodes to move pages between, and libnuma
#   cow, gup_longterm, gup_test                 use huge pages only as one case among many
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

[[ ${KERNEL_SRC-} ]] || ARCHIVE=$(kernel/tarball.sh "$BASE") || exit 1
OUT=$TOP/build/selftests-mm-$BASE
SELFTESTS=tools/testing/selftests
# vm_util.c needs the linux/fs.h of this source; the one on the host can be older.
WANTED=("$SELFTESTS"/{mm,memory-hotplug,kselftest.h} include/uapi/linux/fs.h
	scripts/headers_install.sh scripts/unifdef.c)
PROGRAMS=(hugepage-mmap hugepage-shm hugepage-vmemmap hugetlb-madvise hugetlb-read-hwpoison hugetlb-soft-offline
	hugetlb_dio hugetlb_fault_after_madv hugetlb_madv_vs_map map_hugetlb thuge-gen)
GUESTS=(vanilla N Y range)
HOW=${1:-most}  # or all, which adds a test that takes a minute in each guest
# On vanilla 16 of 17 programs pass; hugetlb-read-hwpoison fails on 6.12, see sigbus.c.
LEAST=14

# Everything that the programs depend on: the source, this script, the compiler.
key() {
	if [[ ${KERNEL_SRC-} ]]; then
		(cd "$KERNEL_SRC" && find "${WANTED[@]}" -type f -exec sha256sum {} + | sort)
	else
		stat -Lc '%n %s %Y' "$ARCHIVE"
	fi
	cat tests/vm/{same.sh,sigbus.c}
	gcc --version
}

unpack_source() {
	local tree=$OUT.new
	rm -rf "$OUT" "$tree" && mkdir -p "$tree/bin" "$tree/usr/include/linux" || return 1
	if [[ ${KERNEL_SRC-} ]]; then
		(cd "$KERNEL_SRC" && tar -c "${WANTED[@]}") | tar -x -C "$tree" || return 1
	else
		tar -C "$tree" --strip-components=1 -xf "$ARCHIVE" "${WANTED[@]/#/linux-source-$BASE/}" || return 1
	fi
	gcc -Wall -O2 -shared -fPIC -o "$tree/sigbus.so" tests/vm/sigbus.c || return 1
	(cd "$tree" && gcc -o scripts/unifdef scripts/unifdef.c &&
		sh scripts/headers_install.sh include/uapi/linux/fs.h usr/include/linux/fs.h) || return 1
	key | sha256sum >"$tree/key" && mv -T "$tree" "$OUT"
}

# With the flags of the selftests' own makefile. A program that does not compile is retried next time.
compile() {
	[[ -x $OUT/bin/$1 ]] && return
	(cd "$OUT/$SELFTESTS/mm" && gcc -Wall -O2 -U_FORTIFY_SOURCE -no-pie -isystem "$OUT/usr/include" \
		-o "$OUT/$1.new" "$1.c" vm_util.c -lrt -lpthread -lm && mv "$OUT/$1.new" "$OUT/bin/$1")
}

programs() {
	local name
	if [[ ! -r $OUT/key || $(<"$OUT/key") != "$(key | sha256sum)" ]]; then
		check "the source of the selftests is unpacked (${KERNEL_SRC:-$ARCHIVE})" unpack_source
	fi
	for name in "${PROGRAMS[@]}"; do
		check "$name compiles" compile "$name"
	done
}

verdicts() { echo "$VM/same-$1/verdicts"; }

boot() {
	local kernel=patched mode=$1
	[[ $1 != vanilla ]] || kernel=vanilla mode=N
	check "$1: every selftest terminates" tests/vm/run.py --kernel "$kernel" --results "$VM/same-$1" \
		--mem 1G --time-limit 900 --append "memory_hotplug.memmap_on_memory=$mode" \
		tests/vm/t/same.py "$OUT" "$mode" "$HOW"
}

# One row for each program, with its verdict in each guest.
table() {
	local guest name
	printf '# %-32s' 'status passed failed skipped'
	printf '%16s' "${GUESTS[@]}"
	echo
	while read -r name; do
		printf '# %-32s' "$name"
		for guest in "${GUESTS[@]}"; do
			printf '%16s' "$(sed -n "s/^$name //p" "$(verdicts "$guest")")"
		done
		echo
	done < <(cut -d ' ' -f 1 "$(verdicts vanilla)")
}

compare() {
	local guest
	for guest in "${GUESTS[@]:1}"; do
		check "$guest: all verdicts equal those of vanilla" diff -u "$(verdicts vanilla)" "$(verdicts "$guest")"
	done
	for guest in "${GUESTS[@]}"; do
		check "$guest: at least $LEAST programs pass with nothing failed or skipped" \
			awk -v least=$LEAST '$2 == 0 && $4 == 0 && $5 == 0 { n++ }
				END { if (n + 0 < least) { print n + 0, "pass"; exit 1 } }' "$(verdicts "$guest")"
	done
}

programs
((_failed == 0)) || done_testing        # the guests would only fail for the same reason
for guest in "${GUESTS[@]}"; do
	boot "$guest"
done
table
compare
done_testing
