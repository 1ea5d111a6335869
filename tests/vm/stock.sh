#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Provides a kernel that Debian ships, the newest one of a series in the archive, and prints its folder:
#
#	stock.sh SERIES		such as 6.1, 6.12, or 7 for the newest 7.x
#
# The folder has bzImage, config, and initrd, which loads the modules that a guest needs, mounts the root over 9p and
# starts the init= of the command line. Modules that only some tests load (lib_module.py) are in its folder modules, where
# NAME.list has the files of a module and of those it depends on, which come first. The folder is kept in the cache folder,
# complete or not at all. If the archive cannot be reached, the newest kernel of the series in the cache is used.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../tools/archive.sh
. "$here/../../tools/archive.sh"
series=${1-}
cache=${MHP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mhptop}
stock=$cache/stock
# In the order in which they are loaded; a kernel may have some of them built in, or not at all.
modules="virtio_pci virtio_console 9pnet_virtio 9p virtio_mem memory-notifier-error-inject"
# Those of NVDIMMs and their dax devices, of balloons, and of disks
spare_modules="nfit nd_pmem dax_pmem device_dax kmem virtio_balloon virtio_blk crc32c_generic ext4"
key=$(cat "${BASH_SOURCE[0]}" "$here/stock-init" | sha256sum | cut -c1-8)

die() {
	echo "stock.sh: $1" >&2
	exit 1
}

# The release of the newest kernel of the series that the archive has
newest_release() {
	local package
	package=$(archive_newest "linux-image-${series//./\\.}(\\.[0-9]+)+(-[0-9]+|\\+deb[0-9]+)-amd64")
	[[ $package ]] || die "the archive has no kernel $series; name a series that it has, such as 6.12"
	echo "${package#linux-image-}"
}

# The newest finished kernel of the series
cached_release() {
	local path
	path=$(find "$stock" -mindepth 1 -maxdepth 1 -name "$series.*@$key" | sort -V | tail -n 1)
	path=${path##*/}
	echo "${path%@*}"
}

# The files of a module and of those it depends on, which come first
module_files() {
	local name path depends
	for name; do
		path=$(find "$new/image" -regextype posix-extended -regex ".*/${name//[-_]/[-_]}\\.ko(\\.(xz|zst))?" | head -n 1)
		[[ $path ]] || continue
		depends=$(modinfo -F depends "$path")
		# shellcheck disable=SC2086 # a list
		module_files ${depends//,/ }
		echo "$path"
	done
}

# Unpacks the modules whose files stdin names into a folder, and prints what they are called there
unpack_modules() {
	local path name
	while read -r path; do
		name=${path##*/}
		case $path in
		*.xz) name=${name%.xz}; xz -dc "$path" >"$1/$name" ;;
		*.zst) name=${name%.zst}; zstd -qdc "$path" >"$1/$name" ;;
		*) cp "$path" "$1/$name" ;;
		esac
		echo "$name"
	done
}

make_spare() {
	local name
	mkdir "$new/modules"
	for name in $spare_modules; do
		module_files "$name" | awk '!seen[$0]++' | unpack_modules "$new/modules" >"$new/modules/$name.list"
	done
}

make_initrd() {
	mkdir -p "$new/initrd.d"/{bin,modules,proc,dev,root}
	cp "$new/image/bin/busybox" "$new/initrd.d/bin/busybox" 2>/dev/null ||
		cp "$new/image/usr/bin/busybox" "$new/initrd.d/bin/busybox"
	cp "$here/stock-init" "$new/initrd.d/init"
	# shellcheck disable=SC2086 # a list
	module_files $modules | awk '!seen[$0]++' | unpack_modules "$new/initrd.d/modules" >"$new/initrd.d/modules/list"
	(cd "$new/initrd.d" && find . | bin/busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$new/initrd"
}

make_kernel() {
	local release=$1 packages=(busybox-static) package image
	if [[ $(archive_newest "linux-binary-${release//+/\\+}") ]]; then
		packages+=("linux-binary-$release" "linux-modules-$release" "linux-base-$release")
	else
		packages+=("linux-image-$release")
	fi
	new=$(mktemp -d "$stock/new.XXXXXX")
	trap 'rm -rf "$new"' EXIT
	echo "stock.sh: fetching Debian's kernel $release" >&2
	mkdir "$new/debs" "$new/image"
	archive_fetch "$new/debs" "${packages[@]}" || exit 1
	for package in "$new"/debs/*.deb; do
		dpkg-deb -x "$package" "$new/image" || die "$package cannot be unpacked"
	done
	image=$(find "$new/image" -name "vmlinuz-$release" -o -path "*/$release/vmlinuz" | head -n 1)
	[[ $image ]] || die "the packages ${packages[*]} contain no kernel image"
	cp "$image" "$new/bzImage"
	find "$new/image" \( -name "config-$release" -o -path "*/$release/config" \) -exec cp {} "$new/config" \;
	make_initrd
	make_spare
	rm -rf "$new/image" "$new/debs" "$new/initrd.d"
	chmod 755 "$new" "$new/modules"
	mv -T "$new" "$stock/$release@$key"
	trap - EXIT
}

# Kernels of an older date, or made by an older version of this script
prune() {
	find "$stock" -mindepth 1 -maxdepth 1 \( -name "$series.*" ! -name "$1@$key" -o -name 'new.*' -mmin +240 \) \
		-exec rm -rf {} +
}

[[ $series =~ ^[0-9]+(\.[0-9]+)?$ ]] || die "'$series' is not a series of kernels; name one, such as 6.12"
[[ $(dpkg --print-architecture 2>/dev/null) == amd64 ]] || die "stock kernels are Debian's for amd64; use Debian on amd64"
mkdir -p "$stock" || die "cannot create $stock; set MHP_CACHE to a writable folder"
exec 9>>"$stock/lock"
flock 9
if archive_open "$cache/apt" bookworm bookworm-security trixie trixie-security trixie-backports; then
	release=$(newest_release)
else
	release=$(cached_release)
fi
[[ $release ]] || die "no kernel $series: the archive cannot be reached, and the cache has none"
[[ -d $stock/$release@$key ]] || make_kernel "$release"
prune "$release"
echo "$stock/$release@$key"
