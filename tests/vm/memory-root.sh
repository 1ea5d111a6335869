# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Part of guest-init: a root in memory, for scripts during which 9p stops working (run.py --memory-root).
#
# The driver of 9p cannot freeze and restore its devices, so nothing of the host's root may be in use when a guest
# hibernates. The new root has what one Python test and its libraries load, and a few programs. The results stay in
# memory until the test has ended.

MEMORY_ROOT=/tmp/root
MEMORY_PROGRAMS=(bash cat chroot cp dd dmesg flock mkdir mkswap mount setsid sleep swapoff swapon umount)
P9_DRIVER=/sys/bus/virtio/drivers/9pnet_virtio

# Devices of 9p, bound to their driver or not
p9_devices() {
	local device
	for device in /sys/bus/virtio/devices/*; do
		[[ $(< "$device/device") != 0x0009 ]] || echo "${device##*/}"
	done
}

# The files of the test and the programs, and the libraries that they need
memory_files() {
	local files
	files=$(/usr/bin/python3 -B "$MHP_DIR/memory_root.py" "$MHP_SCRIPT" && type -P "${MEMORY_PROGRAMS[@]}") || return
	echo "$files"
	grep -v '\.py$' <<< "$files" | xargs -d '\n' ldd | grep -oE '(=> |^\s+)/[^ ]+' | grep -o '/.*' | sort -u
}

# Sets up the root in memory and continues in it, as guest-init does: never returns unless it fails.
memory_root_enter() {
	local files file name
	mkdir -p $MEMORY_ROOT && mount -n -t tmpfs tmpfs $MEMORY_ROOT || return
	mkdir -p $MEMORY_ROOT/{usr/bin,usr/sbin,usr/lib,usr/lib64,proc,sys,dev,run,tmp,host}
	for name in bin sbin lib lib64; do
		[[ -L /$name ]] && ln -s usr/$name $MEMORY_ROOT/$name
	done
	files=$(memory_files) || return
	mapfile -t files <<< "$files"
	cp -L --parents "${files[@]}" "$MHP_DIR"/{guest-init,memory-root.sh,guest-lib.sh} $MEMORY_ROOT || return
	[[ -e $MEMORY_ROOT/usr/bin/python3 ]] || ln -s "$(readlink -f /usr/bin/python3)" $MEMORY_ROOT/usr/bin/python3
	mkdir -p "$MEMORY_ROOT$MHP_ROOT"
	cp "$RESULTS/.env" $MHP_RUN/env
	umount "$RESULTS" $MHP_RUN/host || return
	for file in proc sys dev run; do
		mount -n --move /$file $MEMORY_ROOT/$file || return
	done
	cd $MEMORY_ROOT && pivot_root . host || return
	MHP_IN_MEMORY=1 exec chroot . /bin/bash "$MHP_DIR/guest-init" < /dev/console > /dev/console 2>&1
}

# The second half, in the new root: nothing uses 9p from here on.
memory_root_leave_host() {
	local device
	umount -R /host || return
	for device in $(p9_devices); do
		echo "$device" > $P9_DRIVER/unbind || return
	done
}

# After the script: connects 9p again and hands the results over.
memory_root_results() {
	local device share=/tmp/share
	for device in $(p9_devices); do
		echo "$device" > $P9_DRIVER/bind || return
	done
	mkdir -p $share
	mount -n -t 9p -o trans=virtio,version=9p2000.L,cache=none,msize=262144 results $share || return
	cp -R "$RESULTS/." $share && umount $share
}
