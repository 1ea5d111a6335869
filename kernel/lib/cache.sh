# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Finished kernels: one folder for each, named by a hash of all inputs, complete or absent. Nothing here builds.

KEEP=4 # finished kernels kept for each variant
KEEP_TREES=2 # KERNEL_SRC folders whose trees are kept, in addition to the package's

# Sets KEY and ENTRY from the source, the patches, the fragments, the tools and these scripts.
compute_key() {
	KEY=$({
		echo "$SOURCE_ID $BASE $VARIANT"
		gcc --version | head -n 1
		ld --version | head -n 1
		pahole --version
		echo "$SCRIPT_ID"
		cat "${FRAGMENTS[@]}" | sha256sum
		cat /dev/null "${PATCHES[@]}" | sha256sum
	} | sha256sum | cut -c1-16)
	ENTRY=$KCACHE/entries/$NAME@$KEY
}

# An entry in use becomes the newest one, so that other builds do not prune it.
cached() {
	[[ -d $ENTRY ]] && touch "$ENTRY"
}

forget_variant() {
	take_lock
	rm -rf "$ENTRY" "${WORK:?}/$TREE_NAME/$OBJ"
}

build_id() {
	readelf -n "$1" 2>/dev/null | sed -n 's/^ *Build ID: //p'
}

# The image and the debug symbols must be those of one link, or a probe would read structures of another kernel.
verify_image() {
	local dir=$WORK/$TREE_NAME/$OBJ
	"$WORK/$TREE_NAME/scripts/extract-vmlinux" "$dir/arch/x86/boot/bzImage" >"$SCRATCH/vmlinux" 2>/dev/null || true
	[[ $(build_id "$dir/vmlinux") && $(build_id "$dir/vmlinux") == "$(build_id "$SCRATCH/vmlinux")" ]] ||
		die "kernel $NAME" "the build ID of bzImage is not that of vmlinux" "build it again with --fresh"
}

# Collects the outputs in a temporary folder and renames it: an entry is complete or absent.
store() {
	local dir=$WORK/$TREE_NAME/$OBJ stage=$SCRATCH/stage
	verify_image
	rm -rf "$stage"
	mkdir "$stage"
	cp "$dir/arch/x86/boot/bzImage" "$dir/vmlinux" "$stage/"
	cp "$dir/.config" "$stage/config"
	store_kbuild "$stage/kbuild"
	echo "$KEY" >"$stage/key"
	chmod a-w "$stage"/{bzImage,vmlinux,config,key}
	mv -T "$stage" "$ENTRY"
}

# A tree to build external modules against (make -C .../kbuild M=...), independent of the source trees, which change.
store_kbuild() {
	# shellcheck disable=SC2016 # srctree and CC are kbuild's; a HOSTCC other than CC would rebuild all tools
	kmake run-command KBUILD_RUN_COMMAND='HOSTCC="$(CC)" $(srctree)/scripts/package/install-extmod-build '"$1" \
		>"$SCRATCH/extmod.log" 2>&1 || {
		tail -n 15 "$SCRATCH/extmod.log" >&2
		die "module build tree of $NAME" "install-extmod-build failed as shown above" "use Linux 6.7 or later, which has that script"
	}
	cp "$WORK/$TREE_NAME/$OBJ/.config" "$1/.config"
	ln -s ../vmlinux "$1/vmlinux"
}

# publish HOW: places the outputs in build/. Existing ones that are identical are left alone.
publish() {
	local out=$TOP/build/kernel/$NAME f
	mkdir -p "$out"
	ln -sfn "$ENTRY/kbuild" "$out/kbuild"
	for f in bzImage vmlinux config key; do
		place "$ENTRY/$f" "$out/$f"
	done
	echo "kernel $NAME: $1, in build/kernel/$NAME"
}

# Hard link, or copy to another file system; a partial file never has the final name.
place() {
	[[ ! $1 -ef $2 ]] || return 0
	ln -f "$1" "$2.new" 2>/dev/null || cp -f "$1" "$2.new"
	mv -f "$2.new" "$2"
}

prune() {
	local old
	find "$KCACHE/entries" -mindepth 1 -maxdepth 1 -name "$NAME@*" -printf '%T@ %p\n' | sort -rn |
		tail -n +$((KEEP + 1)) | while read -r _ old; do rm -rf "$old"; done
	find "$KCACHE/trees" -mindepth 1 -maxdepth 1 -name 'scratch.*' -mmin +1440 -exec rm -rf {} +
	touch "$WORK"
	find "$KCACHE/trees" -mindepth 1 -maxdepth 1 -type d ! -name '*-package' ! -name 'scratch.*' -printf '%T@ %p\n' |
		sort -rn | tail -n +$((KEEP_TREES + 1)) | while read -r _ old; do rm -rf "$old"; done
}
