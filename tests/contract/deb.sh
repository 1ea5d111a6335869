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

mkdir "$WORK/tree"
cp -r debian docs tools README.md "$WORK/tree"
check "make install, as for the package" make -o mhptop install DESTDIR="$WORK/tree/debian/tmp" PREFIX=/usr \
	PYTHONDIR=/usr/lib/python3/dist-packages ZSHDIR=/usr/share/zsh/vendor-completions
check "debhelper makes the scripts" make -C "$WORK/tree" -f debian/rules override_dh_installsystemd
check "  of the package" env -C "$WORK/tree" dh_installdeb --package=mhptop
check "they start nothing, restart on upgrade, stop on removal and purge" debian/tests/services "$WORK/tree/debian/mhptop/DEBIAN/"

for command in dh_install dh_installdocs dh_link; do
	check "$command" env -C "$WORK/tree" $command --package=mhptop
done
check "dh_compress" make -C "$WORK/tree" -f debian/rules override_dh_compress
package=$WORK/tree/debian/mhptop doc=$WORK/tree/debian/mhptop/usr/share/doc/mhptop
# What a relative link leads to, as readers of the installed file find it; links of the package point below its own root.
eq "the package has each document" "$(cd "$doc" && find . -name '*.md' | sort)" "$(find README.md docs -name '*.md' -printf './%p\n' | sort)"
find "$doc" -name '*.md' | while read -r file; do
	grep -oE '\]\([^)#:]+' "$file" | sed 's/^](//' | while read -r link; do
		echo "link" >>"$WORK/links"
		[[ -s $(dirname "$file")/$link ]] || echo "${file#"$doc/"}: $link"
	done
done >"$WORK/dead"
none "each link between its documents leads to a file of the package" "$(<"$WORK/dead")"
check "  there are links" test "$(wc -l <"$WORK/links")" -gt 50
none "  no link leads out of the package" "$(find "$package" -xtype l; find "$package" -type l -exec realpath {} + | grep -v "^$package/")"
eq "its schemas are those of the source, and not compressed" "$(cd "$package/usr/share/mhptop/schema" && sha256sum -- *)" "$(cd docs/schema && sha256sum -- *)"
mkdir "$WORK/installed"
check "make install" make -o mhptop install DESTDIR="$WORK/installed"
check "  has them as well" diff -r docs/schema "$WORK/installed/usr/local/share/mhptop/schema"
check "make uninstall" make uninstall DESTDIR="$WORK/installed"
none "  leaves no file, and no folder of its own" "$(find "$WORK/installed" ! -type d; find "$WORK/installed" -name 'mhptop*')"
done_testing
