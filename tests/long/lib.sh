# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Library of the suites that compile single files of the series: source trees, configurations, objects.
#
#	. "$(dirname "$0")/../host-lib.sh"
#	. "$(dirname "$0")/lib.sh"
#	unpack patched && configure patched guest x86_64 "" MEMORY_HOTREMOVE=n
#
# BASE selects the series. Trees are in build/long, which forget_trees removes.

LONG=$TOP/build/long/$BASE-${0##*/}
SERIES=$TOP/kernel/$BASE
# Options of kernels that are only booted: nothing there needs debug information.
# shellcheck disable=SC2034	# the suites use it
PLAIN=(DEBUG_INFO_NONE=y DEBUG_INFO_DWARF5=n DEBUG_INFO_BTF=n DEBUG_INFO_BTF_MODULES=n)
# Of a calling make, or of a kernel developer's shell
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES ARCH CROSS_COMPILE LLVM O KBUILD_OUTPUT KCFLAGS V W C M
export LC_ALL=C CCACHE_DIR=${MHP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mhptop}/ccache CCACHE_NOHASHDIR=1

series_patches() { grep -vE '^(#|$)' "$SERIES/series"; }

# The .c files of the kernel that any patch of the series touches
touched_files() {
	series_patches | sed "s|^|$SERIES/|" | xargs sed -nE 's,^\+\+\+ b/([^[:space:]]+\.c)$,\1,p' |
		grep -vE '^(tools|samples|Documentation)/' | sort -u
}

forget_trees() { rm -rf "$LONG"; }

# unpack NAME: the pristine source, in $LONG/NAME
unpack() {
	local tree=$LONG/$1
	rm -rf "$tree"
	mkdir -p "$tree"
	if [[ ${KERNEL_SRC-} ]]; then
		cp -a "$KERNEL_SRC/." "$tree"
	else
		tar -C "$tree" --strip-components=1 -xf "$("$TOP/kernel/tarball.sh" "$BASE")"
	fi
}

# apply NAME PATCH
apply() { patch -d "$LONG/$1" -p1 -F0 -f --no-backup-if-mismatch -i "$SERIES/$2"; }

apply_all() {
	local patch
	while read -r patch; do
		apply "$1" "$patch" || return
	done < <(series_patches)
}

# kmake NAME OBJ ARCH CROSS ARG…: make in the tree NAME, with objects in its folder obj-OBJ
kmake() {
	local tree=$LONG/$1 obj=obj-$2 arch=$3 cross=$4
	shift 4
	CCACHE_BASEDIR=$tree make -C "$tree" O="$obj" ARCH="$arch" CROSS_COMPILE="$cross" CC="ccache ${cross}gcc" \
		HOSTCC="ccache gcc" KCFLAGS=-Werror "$@"
}

# option LINE…: NAME=VALUE as lines of a configuration; n is what Kconfig writes for "off"
option() {
	local word
	for word; do
		[[ $word == *=n ]] && echo "# CONFIG_${word%=n} is not set" || echo "CONFIG_$word"
	done
}

# configure NAME OBJ ARCH CROSS FRAGMENT OPTION…: tinyconfig, a fragment (a file, or nothing) and options NAME=VALUE, and
# what a compilation needs. Fails if an option does not get its value.
configure() {
	local name=$1 obj=$2 arch=$3 cross=$4 fragment=$5 dir=$LONG/$1/obj-$2 word got
	shift 5
	mkdir -p "$dir"
	cat /dev/null ${fragment:+"$fragment"} >"$dir/fragment"
	# Options that are switched off replace the line of the fragment.
	for word; do
		sed -i "/CONFIG_${word%%=*}[= ]/d" "$dir/fragment"
	done
	option "$@" >>"$dir/fragment"
	kmake "$name" "$obj" "$arch" "$cross" tinyconfig &&
		(cd "$LONG/$name" && KCONFIG_CONFIG="$dir/.config" scripts/kconfig/merge_config.sh -Q -m -O "$dir" "$dir/.config" \
			"$dir/fragment") &&
		kmake "$name" "$obj" "$arch" "$cross" olddefconfig prepare || return
	for word; do
		got=$(sed -nE "s/^CONFIG_${word%%=*}=(.*)/\1/p" "$dir/.config")
		[[ ${got:-n} == "${word#*=}" ]] || { echo "CONFIG_$word was requested, got ${got:-n}"; return 1; }
	done
}

# enabled NAME OBJ ARCH FILE…: the objects of those files that this configuration builds
enabled() {
	local name=$1 obj=$2 arch=$3 file
	shift 3
	for file; do
		[[ -e $LONG/$name/$file ]] || continue
		[[ $file != arch/* || $file == "arch/${arch/x86_64/x86}"/* ]] || continue
		make -s --no-print-directory -C "$LONG/$name" -f - 2>/dev/null <<-MAKE | grep -qxF "$(basename "$file" .c).o" || continue
			srctree := .
			SRCARCH := ${arch/x86_64/x86}
			src := ${file%/*}
			obj := \$(src)
			BITS := 64
			include obj-$obj/include/config/auto.conf
			include ${file%/*}/Makefile
			.DEFAULT_GOAL := list_objects
			built := \$(obj-y) \$(obj-m)
			list_objects: ; @printf '%s\n' \$(built) \$(foreach object,\$(built),\$(\$(object:.o=-y)) \$(\$(object:.o=-objs)))
		MAKE
		echo "${file%.c}.o"
	done
}
