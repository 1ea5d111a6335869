#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# If build dependencies are missing, make prints one line that names all of them and the command that installs them.
. "$(dirname "$0")/../host-lib.sh"

TREE=$WORK/tree
mkdir -p "$TREE/docs"
cp -r "$TOP"/{Makefile,tracepoints.h,bpf,tools} "$TREE"
mkdir "$TREE/kernel" && cp "$TOP"/kernel/{kernel.mk,base} "$TREE/kernel"
cd "$TREE" || exit 1
install="; as root run: apt-get install -y --no-install-recommends$(
	sed -n 's/^build\t/ /p' "$TOP/tools/packages.list" | tr -d '\n')"

# lacks TARGET…: the output of make without the dependencies, independent of a parent make
lacks() { env -u MAKEFLAGS -u MAKELEVEL PKG_CONFIG_LIBDIR="$WORK/none" make "$@" CLANG=no-clang BPFTOOL=no-bpftool 2>&1; }
all="make: missing: no-clang, no-bpftool, headers of libbpf, headers of ncursesw, headers of json-c, headers of zlib, headers of libzstd, headers of libdw, headers of libtracecmd, headers of libtraceevent, headers of libseccomp, headers of libmicrohttpd, headers of libsystemd$install"

# Installed modules whose .pc files require other modules, which are missing
mkdir "$WORK/pc"
printf 'Name: %s\nDescription: of a test\nVersion: 1\n' whole >"$WORK/pc/whole.pc"
printf 'Name: %s\nDescription: of a test\nVersion: 1\nRequires: %s\n' half other >"$WORK/pc/half.pc"
printf 'Name: %s\nDescription: of a test\nVersion: 1\nRequires.private: %s\n' third deeper >"$WORK/pc/third.pc"
printf 'Name: %s\nDescription: of a test\nVersion: 1\nRequires: %s\n' deeper lowest >"$WORK/pc/deeper.pc"
eq "missing modules that an installed one requires are named" \
	"$(PKG_CONFIG_LIBDIR=$WORK/pc "$TOP/tools/need.sh" -- whole half third 2>&1)" \
	"make: missing: headers of other (half requires it), headers of lowest (deeper requires it)$install"

# Selection of clang among those in PATH
mkdir "$WORK/clangs"
touch "$WORK/clangs/clang-"{9,14,19,19-old,format}
chmod +x "$WORK/clangs"/*
for tool in bash sh make sort tail grep; do
	ln -s "$(command -v "$tool")" "$WORK/clangs"
done
clang_found() { env -u MAKEFLAGS -u MAKELEVEL -u CLANG PATH="$WORK/clangs" make -pn none 2>/dev/null | sed -n 's/^CLANG := //p'; }
eq "without clang in PATH, the newest clang-N is used" "$(clang_found)" clang-19
touch "$WORK/clangs/clang"
chmod +x "$WORK/clangs/clang"
eq "clang in PATH is preferred to clang-N" "$(clang_found)" clang

warnings() { env -u MAKEFLAGS -u MAKELEVEL -u WERROR make -n mhptop "$@" | grep -c -e '-Werror'; }
eq "warnings are not errors by default" "$(warnings)" 0
check "  with WERROR=1 they are" test "$(warnings WERROR=1)" -gt 20

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

none "there is no output if nothing is missing" "$("$TOP/tools/need.sh" bash make -- libbpf 2>&1)"
mkdir "$WORK/bin" && ln -s "$(command -v bash)" "$(command -v dirname)" "$WORK/bin"
eq "a missing pkg-config is named" \
	"$(PATH=$WORK/bin "$TOP/tools/need.sh" bash -- libbpf 2>&1)" "make: missing: pkg-config$install"
done_testing
