# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Debian's source package of a base: /usr/src/linux-source-<base>.tar.xz if it is installed; otherwise, if <base>/suite
# names the suite that has it, the tarball of the newest package there, which is downloaded once (tools/archive.sh) and
# kept in the cache folder.

# shellcheck source=../../tools/archive.sh
. "$TOP/tools/archive.sh"

# Sets TARBALL. Stops with one line if there is no package.
find_tarball() {
	TARBALL=/usr/src/linux-source-$BASE.tar.xz
	[[ ! -r $TARBALL ]] || return 0
	[[ -r $HERE/$BASE/suite ]] || die "missing" "$TARBALL" \
		"install with: apt-get install -y linux-source-$BASE, or set KERNEL_SRC to an unpacked source tree"
	newest_tarball
	[[ ! $TARBALL ]] || return 0
	exec 7>>"$KCACHE/source/lock"
	flock 7
	newest_tarball # downloaded by the process that held the lock
	[[ $TARBALL ]] || download_tarball "$(<"$HERE/$BASE/suite")"
	exec 7>&-
}

# The newest one in the cache. Backports drop a series when the next one is out; what is kept here can still be built.
newest_tarball() {
	TARBALL=$(find "$KCACHE/source" -maxdepth 1 -name "linux-source-${BASE}_*.tar.xz" | sort -V | tail -n 1)
}

download_tarball() {
	local suite=$1 version
	note "downloading linux-source-$BASE from Debian's $suite"
	archive_open "$KCACHE/source/apt" "$suite" || no_package "$suite" "its list of packages cannot be read"
	[[ $(archive_newest "linux-source-${BASE//./\\.}") ]] || no_package "$suite" "it does not have it, or not any more"
	version=$(archive_version "linux-source-$BASE")
	archive_fetch "$SCRATCH" "linux-source-$BASE" || no_package "$suite" "the download failed"
	dpkg-deb --fsys-tarfile "$SCRATCH"/linux-source-*.deb |
		tar -xO "./usr/src/linux-source-$BASE.tar.xz" >"$SCRATCH/tarball" ||
		no_package "$suite" "the package has no /usr/src/linux-source-$BASE.tar.xz"
	rm "$SCRATCH"/linux-source-*.deb
	TARBALL=$KCACHE/source/linux-source-${BASE}_$version.tar.xz
	mv "$SCRATCH/tarball" "$TARBALL"
}

no_package() {
	die "linux-source-$BASE from Debian's $1" "$2" "set KERNEL_SRC to an unpacked source tree of Linux $BASE"
}
