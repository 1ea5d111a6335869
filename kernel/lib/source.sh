# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Source trees and patches. A pristine copy (orig) is unpacked once; the vanilla and the patched tree are hard links to
# it and are kept, with their objects, between runs. A file is replaced, with a new timestamp, only if its content
# changed, so that make recompiles only that. Nothing here depends on configurations or finished kernels.

# Sets PATCHES from <base>/series: one file name per line, # comments. The patches are copied, so that the key is computed
# from the files that are built, even if they are edited meanwhile.
read_series() {
	local series=$HERE/$BASE/series copy=$SCRATCH/patches line
	[[ -r $series ]] ||
		die "kernel/$BASE/series" "it does not exist" "build 'vanilla', or add a series for base $BASE"
	mkdir -p "$copy"
	while read -r line || [[ $line ]]; do
		line=${line%%#*}
		line=${line%"${line##*[![:space:]]}"}
		[[ $line ]] || continue
		[[ ${#PATCHES[@]} != "$FIRST" ]] || break
		[[ -r $HERE/$BASE/$line ]] ||
			die "kernel/$BASE/series" "it lists $line, which is not in kernel/$BASE" "add the patch or drop the line"
		cp "$HERE/$BASE/$line" "$copy/$line"
		PATCHES+=("$copy/$line")
	done <"$series"
}

# Adds the patch of --with, which is for tests and not part of the series.
read_extra() {
	local patch=tests/vm/patches/$BASE/$WITH.patch
	[[ -r $TOP/$patch ]] || die "$patch" "it does not exist" "use the name of a patch in that folder"
	cp "$TOP/$patch" "$SCRATCH/$WITH.patch"
	PATCHES+=("$SCRATCH/$WITH.patch")
}

# Sets SOURCE_ID, which changes with the source, and WORK, the folder of its trees.
identify_source() {
	[[ -z ${SOURCE_ID-} ]] || return 0
	if [[ -z ${KERNEL_SRC-} ]]; then
		WORK=$KCACHE/trees/$BASE-package
		find_tarball
		SOURCE_ID=$(sha256sum <"$TARBALL")
		return
	fi
	[[ -r $KERNEL_SRC/Makefile && -r $KERNEL_SRC/Kconfig ]] ||
		die "KERNEL_SRC=$KERNEL_SRC" "it is not a kernel source tree" "use the top folder of an unpacked kernel source"
	KERNEL_SRC=$(cd "$KERNEL_SRC" && pwd)
	WORK=$KCACHE/trees/$BASE-$(sha256sum <<<"$KERNEL_SRC" | cut -c1-8)
	take_lock
	copy_kernel_src
	SOURCE_ID=$(cd "$WORK/orig" && find . -type f -printf '%p %s %T@ %m\n' | sort | sha256sum)
}

# Copies KERNEL_SRC without the output of builds inside it.
copy_kernel_src() {
	mkdir -p "$WORK"
	rsync -a --delete --delete-excluded --exclude=.git --exclude='*.o' --exclude='*.ko' --exclude='*.a' \
		--exclude='.*.cmd' --exclude='/.config*' --exclude=/include/config --exclude='/include/generated' \
		--exclude='/arch/*/include/generated' --exclude='/vmlinux*' "$KERNEL_SRC/" "$WORK/orig/" ||
		die "KERNEL_SRC=$KERNEL_SRC" "it cannot be copied to $WORK" "see rsync's message above"
}

unpack_package() {
	note "unpacking ${TARBALL##*/}"
	mkdir -p "$WORK"
	rm -rf "$WORK/unpack"
	mkdir "$WORK/unpack"
	tar -C "$WORK/unpack" --strip-components=1 -xf "$TARBALL" ||
		die "$TARBALL" "it cannot be unpacked to $WORK" "see tar's message above"
	rm -rf "$WORK/orig" "$WORK/orig.id"
	mv "$WORK/unpack" "$WORK/orig"
	echo "$SOURCE_ID" >"$WORK/orig.id"
}

have_id() {
	[[ -r $1 && $(<"$1") == "$SOURCE_ID" ]]
}

# Updates orig and the tree of the selected variant to the current source and patches.
prepare_tree() {
	if [[ -z ${KERNEL_SRC-} ]]; then
		have_id "$WORK/orig.id" || unpack_package
	fi
	cp "$HERE/cc" "$WORK/cc" # a path without blanks
	link_tree
	[[ $TREE_NAME == vanilla ]] || patch_tree
}

link_tree() {
	local tree=$WORK/$TREE_NAME
	if [[ ! -d $tree ]]; then
		rm -rf "$tree.new"
		cp -al "$WORK/orig" "$tree.new"
		mv "$tree.new" "$tree"
	elif ! have_id "$tree.id"; then
		note "the source changed; comparing every file"
		rsync -rlpc --delete --exclude='/obj*' "$WORK/orig/" "$tree/"
	fi
	echo "$SOURCE_ID" >"$tree.id"
}

# Applies the patches to a copy of the files that they change, then replaces the files that differ in the tree. The list
# of files that may differ from orig is written before the first of them is changed.
patch_tree() {
	local list=$WORK/$TREE_NAME.files new=$SCRATCH/new f
	rm -rf "$new"
	mkdir "$new"
	touch "$list"
	{ cat "$list"; patched_files; } | sort -u >"$SCRATCH/files"
	cp "$SCRATCH/files" "$list"
	while read -r f; do
		[[ ! -e $WORK/orig/$f ]] || (cd "$WORK/orig" && cp -p --parents "$f" "$new")
	done <"$list"
	apply_patches "$new"
	while read -r f; do
		replace_file "$new/$f" "$WORK/$TREE_NAME/$f"
	done <"$list"
	patched_files >"$list"
}

patched_files() {
	((${#PATCHES[@]})) || return 0
	sed -nE 's,^(\+\+\+|---) [ab]/([^[:space:]]+).*,\2,p; s,^(rename|copy) (from|to) (.*),\3,p' "${PATCHES[@]}" |
		grep -vF .. | sort -u
}

# Always creates a new file: writing through the hard link would change orig.
replace_file() {
	if [[ ! -e $1 ]]; then
		rm -f "$2"
	elif ! cmp -s "$1" "$2" || [[ $(stat -c %a "$1") != "$(stat -c %a "$2")" ]]; then
		mkdir -p "$(dirname "$2")"
		cp "$1" "$2.new"
		mv -f "$2.new" "$2"
	fi
}

apply_patches() {
	local p out=$SCRATCH/patch.out
	for p in "${PATCHES[@]}"; do
		patch -d "$1" -p1 -F0 -f --no-backup-if-mismatch -i "$p" >"$out" 2>&1 || patch_failed "$p" "$out"
	done
}

# Reports patch, file and hunk, which it takes from the messages of patch(1).
patch_failed() {
	local why
	why=$(awk '
		/^patching file |^checking file / { file = $3 }
		/^can.t find file to patch/ { lost = 1 }
		lost && /^\|\+\+\+ / { sub("^b/", "", $2); print "it changes " $2 ", which the source does not have"; exit }
		/^The next patch would (create|delete)/ { print $0; exit }
		/^Hunk #[0-9]+ FAILED/ { sub("#", "", $2); sub(/[^0-9].*/, "", $5)
			print "hunk " $2 " does not apply at line " $5 " of " file; exit }
		/malformed patch|Only garbage|unexpected end/ { gsub(/^patch: [*]* |[.]$/, ""); print; exit }' "$2")
	sed 's/^/    /' "$2" >&2
	die "kernel/$BASE/${1##*/}" "${why:-patch failed as shown above}" "rebase the patch on this source"
}
