#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make kernel-deb: two builds are equal, the packages say what they are, the kernel installs into a minimal root, boots and
# has the events, its debug symbols are its own, and a module can be built with its headers.
. "$(dirname "$0")/../host-lib.sh"
. "$(dirname "$0")/lib.sh"
cd "$TOP" || exit 1

debs=build/kernel-deb
root=$LONG/root
# Who builds, and when, may be set by these. Compressing the debug symbols takes longer than compiling them with ccache.
unset KERNEL_CONFIG SOURCE_DATE_EPOCH "${!KDEB_@}" DEBEMAIL DEBFULLNAME
export KDEB_COMPRESS=none

# A cache of its own, as others may build at the same time, but with the objects of ccache that there are
make_own_cache() {
	local shared=${CCACHE_DIR%/ccache}
	forget_trees
	mkdir -p "$LONG/kernel" "$shared"/{ccache,kernel/source}
	ln -s "$shared/ccache" "$LONG/ccache"
	ln -s "$shared/kernel/source" "$LONG/kernel/source"
	export MHP_CACHE=$LONG
}

# The version of the kernel as its source has it
version() {
	local makefile
	if [[ ${KERNEL_SRC-} ]]; then makefile=$(<"$KERNEL_SRC/Makefile"); else
		makefile=$(tar --occurrence=1 -xOf "$(kernel/tarball.sh "$BASE")" "linux-source-$BASE/Makefile")
	fi
	sed -nE 's/^(VERSION|PATCHLEVEL|SUBLEVEL) = //p' <<<"$makefile" | head -n 3 | paste -sd.
}

deb() { echo "$debs/$1_${version}-1_amd64.deb"; }
fields() { for deb in "$debs"/*.deb; do dpkg-deb -f "$deb" Package Version Architecture Maintainer | cut -d' ' -f2- | paste -sd' '; done | sort; }
newest() { for deb in "$debs"/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -tv --full-time; done | awk '{ print $4, $5 }' | sort | tail -n 1; }

# What the scripts of the package need and no more, and a hook that a boot loader may have
make_minimal_root() {
	local program
	mkdir -p "$root"/{usr/bin,tmp,etc/kernel/{postinst,postrm}.d,var/lib/dpkg/{info,updates,triggers}}
	ln -s usr/bin "$root/bin"
	touch "$root"/var/lib/dpkg/{status,available}
	for program in sh run-parts; do
		cp -L "$(command -v $program)" "$root/usr/bin/$program"
		ldd "$root/usr/bin/$program" | grep -oE '/[^ ]+' | xargs -I{} cp -L --parents {} "$root"
	done
	# shellcheck disable=SC2016 # for the hook
	printf '#!/bin/sh\necho "${0##*/kernel/}" "$@" >>/hooks\n' | tee "$root"/etc/kernel/{postinst,postrm}.d/loader >/dev/null
	chmod +x "$root"/etc/kernel/*.d/loader
}

# Whoever runs this is root in there.
package() { unshare --map-root-user env PATH="/usr/sbin:/sbin:$PATH" dpkg --root="$root" --log=/dev/null "$@"; }
every_file() { (cd "$root" && find . -path ./var/lib/dpkg -prune -o -path ./hooks -o -print | sort); }

# In another time zone and language, with another umask
build_again() {
	umask 027
	TZ=Pacific/Auckland LANG=C.UTF-8 make --no-print-directory kernel-deb BASE="$BASE" KERNEL_CONFIG="$LONG/config"
}

build_module() {
	mkdir "$LONG/module"
	cp tests/vm/module/{mhp_test.c,Kbuild} "$LONG/module"
	make -C "$LONG/headers/usr/src/linux-headers-$release" M="$LONG/module" modules
}

make_own_cache
# The same source, but the file that it includes has changed
for content in one two; do
	echo $content >"$WORK/content"
	printf '.section .rodata\n.incbin "%s"\n' "$WORK/content" >"$WORK/source.S"
	CCACHE_DEPEND=1 kernel/cc "-Wp,-MMD,$WORK/source.d" -c -o "$WORK/source.o" "$WORK/source.S"
	check "an object has what its source includes: $content" grep -q $content "$WORK/source.o"
done
version=$(version)
release=$version-mhp
check "$BASE: make kernel-deb" make --no-print-directory kernel-deb BASE="$BASE"
mv "$debs" "$LONG/first"
rm -rf "$LONG"/kernel/trees/*/*/obj-deb
dpkg-deb --fsys-tarfile "$LONG/first/linux-image-${release}_${version}-1_amd64.deb" | tar -xO "./boot/config-$release" >"$LONG/config"
check "  again, with the configuration that is in the package" build_again
for name in "linux-headers-$release" "linux-image-$release" "linux-image-$release-dbg" linux-libc-dev; do
	check "  $name is the same" cmp "$LONG/first/${name}_$version-1_amd64.deb" "$(deb "$name")"
done
rm -rf "$LONG"/{first,kernel/trees}

eq "there are four packages, of this version" "$(fields)" \
	"$(for name in "linux-headers-$release" "linux-image-$release" "linux-image-$release-dbg" linux-libc-dev; do
		echo "$name $version-1 amd64 mhptop <mhptop@mhptop>"
	done)"
eq "nothing in them is newer than the project's own packages" "$(TZ=UTC newest)" \
	"$(date -u -d "@$(dpkg-parsechangelog -l debian/changelog -S Timestamp)" '+%F %T')"

make_minimal_root
every_file >"$WORK/before"
check "the kernel's package installs into a minimal root" package --install "$(deb "linux-image-$release")"
none "  it misses no file" "$(package --verify "linux-image-$release" 2>&1)"
eq "  a boot loader's hook hears of it" "$(<"$root/hooks")" "postinst.d/loader $release /boot/vmlinuz-$release"
cp "$root/boot/vmlinuz-$release" "$LONG/vmlinuz"
check "  it goes" package --purge "linux-image-$release"
none "  and leaves nothing" "$(every_file | comm -13 "$WORK/before" -)"
eq "  of which the hook hears, too" "$(tail -n 1 "$root/hooks")" "postrm.d/loader $release /boot/vmlinuz-$release"

dpkg-deb -x "$(deb "linux-headers-$release")" "$LONG/headers"
check "a module can be built with the headers" build_module
dpkg-deb --fsys-tarfile "$(deb "linux-image-$release-dbg")" | tar -xO "./usr/lib/debug/lib/modules/$release/vmlinux" >"$LONG/vmlinux"
check "the kernel boots, has the events, and loads the module" tests/vm/run.py --kernel "$LONG/vmlinuz" --results "$VM/kernel-deb" \
	--append memory_hotplug.memmap_on_memory=Y tests/vm/t/packaged.py "$release" \
	"$(readelf -n "$LONG/vmlinux" | sed -n 's/.*Build ID: //p')" "$LONG/module/mhp_test.ko"
forget_trees
done_testing
