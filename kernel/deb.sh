#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the patched kernel as Debian packages, with the kernel's own bindeb-pkg: deb.sh [--base BASE]
#
# KERNEL_CONFIG=FILE is the configuration, such as /boot/config-$(uname -r); without it, that of the guests, which boots
# nothing but QEMU. The packages are placed in build/kernel-deb. build.sh --help has the other variables.
#
# Two builds with the same cache folder are equal, unless the configuration signs modules with a key that the build generates.
# The date of the packages is SOURCE_DATE_EPOCH, by default that of the newest version in debian/changelog.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(dirname "$HERE")
OUT=$TOP/build/kernel-deb

for part in common package source kbuild; do
	# shellcheck source=/dev/null
	. "$HERE/lib/$part.sh"
done

parse_args() {
	default_base
	if [[ ${1-} == --base ]]; then
		BASE=${2-}
		shift $(($# < 2 ? 1 : 2))
	fi
	(($# == 0)) && [[ $BASE =~ ^[0-9]+\.[0-9]+$ ]] || {
		echo "deb.sh: usage: deb.sh [--base BASE], a version such as 6.12" >&2
		exit 2
	}
}

need_packages() {
	command -v dpkg-buildpackage >/dev/null ||
		die "missing" "dpkg-buildpackage" "as root run: tools/setup.sh kernel deb"
	[[ -z ${KERNEL_CONFIG-} || -r $KERNEL_CONFIG ]] ||
		die "KERNEL_CONFIG=$KERNEL_CONFIG" "it cannot be read" "name the file of a configuration"
}

# What the functions of lib/ read. The objects have a folder of their own, as another configuration recompiles everything.
# shellcheck disable=SC2034
select_kernel() {
	NAME=$BASE-deb RELEASE=-mhp TREE_NAME=patched OBJ=obj-deb FIRST='' PATCHES=()
	FRAGMENTS=(guest.config)
	[[ ! -e $HERE/config/$BASE.config ]] || FRAGMENTS+=("$BASE.config")
	read_fragments
	read_series
}

# Options that this kernel does not have are dropped, new ones get their default.
configure_as_given() {
	local dir=$WORK/$TREE_NAME/$OBJ
	mkdir -p "$dir"
	cp "$KERNEL_CONFIG" "$dir/.config"
	rm -f "$dir/.inputs"
	# Keys of the distribution, which nobody else has
	"$WORK/$TREE_NAME/scripts/config" --file "$dir/.config" --set-str SYSTEM_TRUSTED_KEYS '' --set-str SYSTEM_REVOCATION_KEYS ''
	kmake olddefconfig >"$SCRATCH/config.log" 2>&1 ||
		die "KERNEL_CONFIG=$KERNEL_CONFIG" "$(tail -n 1 "$SCRATCH/config.log")" "use a configuration of Linux $BASE"
}

# What differs from build to build: the date, the number of builds in this folder, and the name of the release.
choose_version() {
	SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(dpkg-parsechangelog -l "$TOP/debian/changelog" -S Timestamp)}
	KDEB_CHANGELOG_DIST=${KDEB_CHANGELOG_DIST:-unstable}
	export SOURCE_DATE_EPOCH KDEB_CHANGELOG_DIST
	rm -f "$WORK/$TREE_NAME/$OBJ/.version"
}

# package_make ARG...: the makefile of bindeb-pkg, with the variables of the kernel's top makefile, such as the release, which
# must be there when that makefile is read
package_make() {
	kmake include/config/kernel.release &&
		kmake -j"$JOBS" run-command KBUILD_RUN_COMMAND="+\$(MAKE) -f \$(srctree)/scripts/Makefile.package $*"
}

# mkdebian dates the changelog with the time of the build, whatever SOURCE_DATE_EPOCH says, and bindeb-pkg would run it again.
date_changelog() {
	sed -i "s/^\( -- .*>  \).*/\1$(date -R -u -d "@$SOURCE_DATE_EPOCH")/" "$WORK/$TREE_NAME/$OBJ/debian/changelog"
}

build_packages() {
	LOG=$KCACHE/log/$NAME.log
	rm -f "$WORK/$TREE_NAME"/*.{deb,changes,buildinfo}
	choose_version
	note "building the packages; the log is $LOG"
	{ package_make debian && date_changelog && package_make -o debian bindeb-pkg; } >"$LOG" 2>&1 || make_failed
	rm -rf "$OUT"
	mkdir -p "$OUT"
	mv "$WORK/$TREE_NAME"/*.deb "$OUT"
	(cd "$OUT" && printf 'build/kernel-deb/%s\n' *.deb)
}

main() {
	parse_args "$@"
	clean_environment
	need_tools
	need_packages
	make_cache
	select_kernel
	identify_source
	take_lock
	prepare_tree
	if [[ ${KERNEL_CONFIG-} ]]; then
		configure_as_given
	else
		configure
	fi
	build_packages
}

main "$@"; exit
