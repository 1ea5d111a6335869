#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds the Debian packages of mhptop from a copy of this tree, into build/deb: the packages, the .changes and the log.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$top/build/deb

die() {
	echo "deb.sh: $1" >&2
	exit 1
}

command -v dpkg-buildpackage >/dev/null || die "dpkg-buildpackage is missing; as root run: tools/setup.sh build deb"
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
mkdir "$new/mhptop"
tar -C "$top" --exclude=./build --exclude=./.git --exclude=__pycache__ -c . | tar -C "$new/mhptop" -x
# The variables of the make that calls this are not those of the packages.
(cd "$new/mhptop" && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS dpkg-buildpackage --build=binary --no-sign) >"$new/log" 2>&1 || {
	tail -n 30 "$new/log" >&2
	die "dpkg-buildpackage failed as shown above"
}
rm -rf "$out"
mkdir -p "$out"
mv "$new"/{*.deb,*.changes,*.buildinfo,log} "$out"
(cd "$out" && printf 'build/deb/%s\n' *.deb)
