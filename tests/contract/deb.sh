#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The files of debian/ agree with what they repeat: the packages that a build needs, and the version. What the package's
# scripts do with its services is what debian/tests says; debhelper makes them here without building the program.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

# gcc and make come with build-essential, which each package may take for granted.
eq "Build-Depends has what the list of packages has" \
	"$(sed -n '/^Build-Depends:/,/^$/s/^ \([a-z0-9-]*\).*/\1/p' debian/control | grep -vxE 'debhelper-compat|dh-sequence-python3' | sort)" \
	"$(sed -n 's/^build\t//p' tools/packages.list | grep -vxE 'gcc|make' | sort)"
eq "the version of the packages is that of the program" "$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)" \
	"$(sed -n 's/^MHPTOP_VERSION := //p' tools/mhptop/mhptop.mk)"
# Each test that autopkgtest runs is a script, and depends on the packages that there are.
eq "debian/tests has the scripts of its control file" "$(sed -n 's/^Tests: //p' debian/tests/control | sort)" \
	"$(find debian/tests -type f -executable -printf '%f\n' | sort)"
eq "  which depend on the packages of debian/control" "$(sed -n 's/^Depends: //p' debian/tests/control | tr -s ', ' '\n' | sort -u)" \
	"$(sed -n 's/^Package: //p' debian/control | sort)"

mkdir -p "$WORK/tree/debian/tmp/usr/lib/systemd/system"
cp -r debian/. "$WORK/tree/debian"
cp tools/systemd/* "$WORK/tree/debian/tmp/usr/lib/systemd/system"
check "debhelper makes the scripts" make -C "$WORK/tree" -f debian/rules override_dh_installsystemd
check "  of the package" env -C "$WORK/tree" dh_installdeb --package=mhptop
check "they start nothing, restart on upgrade, stop on removal and purge" debian/tests/services "$WORK/tree/debian/mhptop/DEBIAN/"
done_testing
