#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the guest kernels: build.sh [--base BASE] [--patches N] [--with NAME] [--fresh] VARIANT...
#
# This script parses the arguments and runs the steps, which are in lib/: package.sh (Debian's source package), source.sh
# (source trees and patches), kbuild.sh (configuration and make), cache.sh (finished kernels), common.sh (errors, lock,
# required tools). config/ has the kernel options, <base>/series the list of patches, <base>/suite where Debian has the
# source if not in the machine's own release, the file base the default.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(dirname "$HERE")

# shellcheck source=lib/common.sh
. "$HERE/lib/common.sh"
# shellcheck source=lib/package.sh
. "$HERE/lib/package.sh"
# shellcheck source=lib/source.sh
. "$HERE/lib/source.sh"
# shellcheck source=lib/kbuild.sh
. "$HERE/lib/kbuild.sh"
# shellcheck source=lib/cache.sh
. "$HERE/lib/cache.sh"

usage() {
	cat <<'USAGE'
usage: build.sh [--base BASE] [--patches N] [--with NAME] [--fresh] VARIANT...

  patched   the kernel with the patches of <base>/series   -> build/kernel/<base>/
  vanilla   the same configuration without patches         -> build/kernel/<base>-vanilla/
  debug     patched, with KASAN, lockdep, fault injection  -> build/kernel/<base>-debug/

  --base    the kernel version: selects series, source and configuration (default $BASE, or what kernel/base says)
  --patches apply only the first N patches         -> build/kernel/<base>[-debug]-first<N>/
  --with    then apply tests/vm/patches/<base>/NAME.patch as well -> build/kernel/<base>[-debug][-first<N>]-with-NAME/
  --fresh   remove the cached objects and the finished kernel first; ccache is still used

  KERNEL_SRC=DIR  use this unpacked source tree instead of the package linux-source-<base>; it is copied, never modified.
                  Without it, a package that is not installed is downloaded once if <base>/suite says from where
  MHP_CACHE=DIR   cache for trees, finished kernels, logs and ccache (default ~/.cache/mhptop)
  JOBS=N          number of parallel jobs (default: one per CPU)
USAGE
}

usage_error() {
	echo "build.sh: $1; see build.sh --help" >&2
	exit 2
}

parse_args() {
	default_base
	FRESH=
	FIRST=
	WITH=
	VARIANTS=()
	while (($#)); do
		case $1 in
		--base)
			BASE=${2-}
			shift
			;;
		--patches)
			[[ ${2-} =~ ^(0|[1-9][0-9]*)$ ]] || usage_error "--patches: '${2-}' is not a number"
			FIRST=$2
			shift
			;;
		--with)
			[[ ${2-} =~ ^[a-z0-9-]+$ ]] || usage_error "--with: '${2-}' is not the name of a patch"
			WITH=$2
			shift
			;;
		--fresh) FRESH=1 ;;
		-h | --help)
			usage
			exit 0
			;;
		patched | vanilla | debug) VARIANTS+=("$1") ;;
		*) usage_error "unknown variant or option '$1'; the variants are patched, vanilla and debug" ;;
		esac
		shift
	done
	[[ $BASE =~ ^[0-9]+\.[0-9]+$ ]] || usage_error "--base: '$BASE' is not a version such as 6.12"
	((${#VARIANTS[@]})) || usage_error "the variant is missing"
	[[ -z $FIRST$WITH || " ${VARIANTS[*]} " != *" vanilla "* ]] ||
		usage_error "--patches and --with cannot be used with vanilla"
}

# Sets the variables of a variant that the other steps read: name, release, patches, config fragments, tree and object
# directory.
select_variant() {
	VARIANT=$1
	NAME=$BASE
	RELEASE=-mhp
	PATCHES=()
	FRAGMENTS=(guest.config)
	[[ ! -e $HERE/config/$BASE.config ]] || FRAGMENTS+=("$BASE.config")
	TREE_NAME=patched
	OBJ=obj
	case $VARIANT in
	vanilla)
		NAME+=-vanilla
		RELEASE=-vanilla
		TREE_NAME=vanilla
		;;
	debug)
		NAME+=-debug
		RELEASE+=-debug
		OBJ=obj-debug
		FRAGMENTS+=(debug.config)
		;;
	esac
	[[ -z $FIRST ]] || NAME+=-first$FIRST
	[[ -z $WITH ]] || NAME+=-with-$WITH
	read_fragments
	[[ $VARIANT == vanilla ]] || read_series
	[[ -z $WITH ]] || read_extra
}

build_variant() {
	select_variant "$1"
	identify_source
	compute_key
	[[ -z $FRESH ]] || forget_variant
	if cached; then
		publish "from the cache"
		return
	fi
	take_lock
	if cached; then # built by the process that held the lock
		publish "from the cache"
		return
	fi
	SECONDS=0
	prepare_tree
	configure
	compile
	store
	publish "built in ${SECONDS} s"
	prune
}

main() {
	# Read once: an edit during this run counts for the next run.
	SCRIPT_ID=$(cat "$HERE/build.sh" "$HERE/cc" "$HERE"/lib/*.sh | sha256sum)
	parse_args "$@"
	clean_environment
	need_tools
	make_cache
	local v
	for v in "${VARIANTS[@]}"; do
		build_variant "$v"
	done
}

main "$@"; exit
