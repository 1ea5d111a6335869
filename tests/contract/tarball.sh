#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Where the source of a base comes from (kernel/lib/package.sh), with an apt that serves one package or none
. "$(dirname "$0")/../host-lib.sh"

mkdir -p "$WORK/tree/kernel/9.8" "$WORK/bin" "$WORK/package"/{DEBIAN,usr/src} "$WORK/other"/{DEBIAN,usr}
cp -r "$TOP"/kernel/{base,lib,tarball.sh} "$WORK/tree/kernel"
cp -r "$TOP/tools" "$WORK/tree"
export MHP_CACHE=$WORK/cache
source=$MHP_CACHE/kernel/source

printf 'Package: linux-source-9.8\nVersion: 9.8.3-1~bpo1\nArchitecture: all\nMaintainer: nobody\nDescription: of a test\n' |
	tee "$WORK/package/DEBIAN/control" >"$WORK/other/DEBIAN/control"
echo "the source" >"$WORK/package/usr/src/linux-source-9.8.tar.xz"
check "make a package" dpkg-deb -b "$WORK/package" "$WORK/whole.deb"
check "make a package without a source" dpkg-deb -b "$WORK/other" "$WORK/empty.deb"

# Answers the commands of tools/archive.sh. SERVED is the package that it has.
cat >"$WORK/bin/apt-get" <<'APT'
#!/bin/bash
case " $* " in
*' indextargets '*) echo 'http://mirror.example/debian/ bookworm' ;;
*' update '*) grep -q ' http://mirror.example/debian later main$' "$(sed 's/.*SourceList=//; s/ .*//' <<<"$*")" ;;
*' download '*) cp "$SERVED" linux-source-9.8_9.8.3-1~bpo1_all.deb ;;
*' pkgnames '*) [[ ! $SERVED ]] || printf '%s\n' linux-source-9.7 linux-source-9.8 linux-source-9.80 ;;
*' show '*) echo 'Version: 9.8.3-1~bpo1' ;;
*) exit 1 ;;
esac
APT
chmod +x "$WORK/bin/apt-get"
ln -s apt-get "$WORK/bin/apt-cache"

# tarball STATUS SERVED: runs tarball.sh, its output in $WORK/stdout and the last line of its errors in $last
tarball() {
	local got=0
	PATH=$WORK/bin:$PATH SERVED=$2 "$WORK/tree/kernel/tarball.sh" 9.8 >"$WORK/stdout" 2>"$WORK/stderr" || got=$?
	last=$(tail -n 1 "$WORK/stderr")
	eq "  its exit status" "$got" "$1"
}

cure="set KERNEL_SRC to an unpacked source tree"
tarball 1 ""
eq "a base that nothing says where to get" "$last" \
	"build.sh: missing: /usr/src/linux-source-9.8.tar.xz; install with: apt-get install -y linux-source-9.8, or $cure"
echo later >"$WORK/tree/kernel/9.8/suite"
tarball 1 ""
eq "a suite that does not have it" "$last" \
	"build.sh: linux-source-9.8 from Debian's later: it does not have it, or not any more; $cure of Linux 9.8"
tarball 1 "$WORK/empty.deb"
eq "a package without a source" "$last" \
	"build.sh: linux-source-9.8 from Debian's later: the package has no /usr/src/linux-source-9.8.tar.xz; $cure of Linux 9.8"
tarball 1 "$WORK/none.deb"
eq "a download that fails" "$last" "build.sh: linux-source-9.8 from Debian's later: the download failed; $cure of Linux 9.8"
none "after all this, the cache has no source" "$(find "$source" -name '*.tar.xz')"

tarball 0 "$WORK/whole.deb"
eq "a package is downloaded" "$(<"$WORK/stdout")" "$source/linux-source-9.8_9.8.3-1~bpo1.tar.xz"
check "its source is in the cache" cmp "$(<"$WORK/stdout")" "$WORK/package/usr/src/linux-source-9.8.tar.xz"
tarball 0 "$WORK/none.deb"
eq "the next time it is not downloaded" "$(<"$WORK/stdout")$last" "$source/linux-source-9.8_9.8.3-1~bpo1.tar.xz"
touch "$source/linux-source-9.8_9.8.21-1.tar.xz" "$source/linux-source-9.80_9.80.1-1.tar.xz"
tarball 0 ""
eq "of several in the cache, the newest of this version" "$(<"$WORK/stdout")" "$source/linux-source-9.8_9.8.21-1.tar.xz"
none "nothing else is left behind" "$(find "$MHP_CACHE/kernel/trees" -mindepth 1)"
done_testing
