# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Helpers for all steps of build.sh: errors, the cache folder, the lock, the check for required tools. Nothing here
# depends on patches, configurations or variants.

# die WHAT-FAILED-ON-WHAT WHY WHAT-TO-DO: one line, exit 1.
die() {
	echo "build.sh: $1: $2; $3" >&2
	exit 1
}

# Sets BASE, the version that is built if nothing else is said. It is no variable of the kernel's own makefiles.
default_base() {
	BASE=${BASE:-$(<"$HERE/base")}
	export -n BASE
}

note() {
	echo "build.sh: $1" >&2
}

# Variables of a calling make, or of a kernel developer's shell, must not affect this build.
clean_environment() {
	unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES ARCH CROSS_COMPILE LLVM O KBUILD_OUTPUT KBUILD_EXTMOD
	unset KCFLAGS KAFLAGS KCPPFLAGS KCONFIG_CONFIG KCONFIG_ALLCONFIG LOCALVERSION V W C M CDPATH GREP_OPTIONS
	unset "${!CCACHE_@}"
	export LC_ALL=C
	JOBS=${JOBS:-$(nproc)}
}

make_cache() {
	CACHE=${MHP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mhptop}
	mkdir -p "$CACHE/kernel"/{entries,log,source,trees} "$CACHE/ccache" ||
		die "cache folder $CACHE" "it cannot be created" "set MHP_CACHE to a writable folder"
	CACHE=$(cd "$CACHE" && pwd)
	[[ $CACHE != *[[:space:]:]* ]] ||
		die "cache folder $CACHE" "make does not support blanks or colons in its path" "set MHP_CACHE to another folder"
	KCACHE=$CACHE/kernel
	SCRATCH=$(mktemp -d "$KCACHE/trees/scratch.XXXXXX")
	trap 'rm -rf "$SCRATCH"' EXIT
}

# One build at a time, because the trees are shared. The lock is held until this process ends, or a make that outlives it.
take_lock() {
	[[ -z ${LOCKED-} ]] || return 0
	exec 9>>"$KCACHE/lock"
	if ! flock -n 9; then
		note "another kernel build is running; waiting for it"
		flock 9
	fi
	LOCKED=1
}

# The tools a build runs, and the Debian package of each.
TOOLS="gcc:gcc ld:binutils make:make flex:flex bison:bison bc:bc perl:perl pahole:pahole ccache:ccache patch:patch
	rsync:rsync tar:tar xz:xz-utils lz4:lz4 flock:util-linux"
# The headers that its host programs (objtool, resolve_btfids) include.
HEADERS="stdio.h:libc6-dev gelf.h:libelf-dev zlib.h:zlib1g-dev"

# Headers cannot be checked without a compiler, which is then reported as missing anyway.
have_header() {
	! command -v gcc >/dev/null || gcc -E -x c - <<<"#include <$1>" >/dev/null 2>&1
}

need_tools() {
	local missing=() packages=() i archive=/usr/src/linux-source-$BASE.tar.xz
	for i in $TOOLS; do
		packages+=("${i#*:}")
		command -v "${i%:*}" >/dev/null || missing+=("${i%:*}")
	done
	for i in $HEADERS; do
		packages+=("${i#*:}")
		have_header "${i%:*}" || missing+=("${i%:*}")
	done
	if [[ -z ${KERNEL_SRC-} && ! -r $HERE/$BASE/suite ]]; then
		packages+=("linux-source-$BASE")
		[[ -r $archive ]] || missing+=("$archive (or KERNEL_SRC=DIR)")
	fi
	((${#missing[@]} == 0)) || die "missing" "$(join "${missing[@]}")" "install with: apt-get install -y ${packages[*]}"
	[[ $(gcc -dumpmachine) == x86_64-* ]] ||
		die "gcc" "it compiles for $(gcc -dumpmachine), but the guest is x86_64" "build on an x86_64 machine"
}

join() {
	local list
	printf -v list '%s, ' "$@"
	echo "${list%, }"
}
