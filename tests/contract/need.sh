#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# If build dependencies are missing, `make mhptop` names all of them in one line, with the command that installs them.
. "$(dirname "$0")/../host-lib.sh"

TREE=$WORK/tree
mkdir -p "$TREE/docs"
cp -r "$TOP"/{Makefile,tracepoints.h,bpf,tools} "$TREE"
mkdir "$TREE/kernel" && cp "$TOP/kernel/kernel.mk" "$TREE/kernel"
cd "$TREE" || exit 1
install="; as root run: apt-get install -y --no-install-recommends$(
	sed -n 's/^build\t/ /p' "$TOP/tools/packages.list" | tr -d '\n')"

# The output of make without the dependencies, independent of a parent make.
lacks() { env -u MAKEFLAGS -u MAKELEVEL PKG_CONFIG_LIBDIR="$WORK/none" make "$@" CLANG=no-clang BPFTOOL=no-bpftool 2>&1; }
all="make: missing: no-clang, no-bpftool, headers of libbpf, headers of ncursesw, headers of json-c, headers of zlib, headers of libdw, headers of libtracecmd, headers of libtraceevent$install"

for target in mhptop install; do
	output=$(lacks "$target" DESTDIR="$WORK/dest") && fail "make $target fails" "$output"
	eq "make $target names everything that is missing in one line" "$(grep missing <<<"$output")" "$all"
	eq "  there is no other output" "$(grep -vcE '^make: missing|^make: \*\*\* \[' <<<"$output")" 0
done
check "a failed build leaves nothing that hides missing dependencies" test ! -e build/bpf
mkdir -p build/bpf build/obj
output=$(lacks mhptop)
check "dependencies that went missing since the last build are named" grep -qF "$all" <<<"$output"
rm -r build
output=$(env -u MAKEFLAGS -u MAKELEVEL make mhptop CC=no-cc PKG_CONFIG_PATH= 2>&1)
eq "a missing compiler is named" "$(grep missing <<<"$output")" "make: missing: no-cc$install"

eq "there is no output if nothing is missing" "$("$TOP/tools/need.sh" bash make -- libbpf 2>&1)" ""
mkdir "$WORK/bin" && ln -s "$(command -v bash)" "$(command -v dirname)" "$WORK/bin"
eq "a missing pkg-config is named" \
	"$(PATH=$WORK/bin "$TOP/tools/need.sh" bash -- libbpf 2>&1)" "make: missing: pkg-config$install"
done_testing
