#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds the test module for kernels in build/kernel: build.sh NAME... The output is build/module/RELEASE/mhp_test.ko.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=${here%/tests/vm/module}

for name; do
	kbuild=$(readlink -f "$top/build/kernel/$name/kbuild")
	release=$(<"$kbuild/include/config/kernel.release")
	out=$top/build/module/$release
	key=$(cat "$kbuild/../key" "$here"/{mhp_test.c,Kbuild,build.sh} | sha256sum)
	[[ ! -s $out/mhp_test.ko || ! -s $out/key || $(<"$out/key") != "$key" ]] || continue
	rm -rf "$out"
	mkdir -p "$out"
	cp "$here/mhp_test.c" "$here/Kbuild" "$out/"
	make -C "$kbuild" M="$out" modules >"$out/log" 2>&1 || {
		tail -n 15 "$out/log" >&2
		echo "test module for $name: make failed as shown above; the full log is $out/log" >&2
		exit 1
	}
	echo "$key" >"$out/key"
done
