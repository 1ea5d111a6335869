#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Does what a new user would do on a fresh machine: runs steps.sh on a clone of HEAD, in a minimal root of
# a Debian release that is thrown away in the end.
#
#	run.sh SUITE STEP...		the steps are those of steps.sh
#
# The root is a layer above the cached one (root.sh), in mount and process namespaces of its own, and everything else is
# unmounted there: no mount outlives the run, and nothing outside can be removed by it. The kernel for `make demo` is
# MHP_KERNEL or that of the default base. Logs are left in build/fresh/SUITE.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=${here%/tests/fresh}
cache=${MHP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mhptop}/fresh
kernel=${MHP_KERNEL:-$top/build/kernel/$(<"$top/kernel/base")}

die() {
	echo "run.sh: $1" >&2
	exit 1
}

# What the layer has before the first step: the clone, the kernel, and how to reach the network
fill() {
	local to=$1
	mkdir -p "$to"/{etc,log,kernel,src}
	git clone -q --no-hardlinks "$top" "$to/src/mhptop" || die "cannot clone $top"
	[[ ! -r $kernel/bzImage ]] || cp -L "$kernel/bzImage" "$to/kernel/"
	cp -L /etc/resolv.conf /etc/hosts "$to/etc/"
}

# From here on in the new namespaces. /dev has what every machine has, and KVM if this one does.
enter() {
	local root=$1 layer=$2 device
	shift 2
	mount -t overlay overlay -o "lowerdir=$root,upperdir=$layer/upper,workdir=$layer/work" "$layer/root"
	cd "$layer/root"
	mount -t proc proc proc
	# What a package sets there would change this machine, not the root.
	for device in proc/sys proc/sysrq-trigger; do
		[[ -e $device ]] || continue
		mount --bind $device $device
		mount -o remount,bind,ro $device
	done
	mount -t sysfs -o ro sysfs sys
	mount -t tmpfs -o mode=755 tmpfs dev
	mkdir dev/pts dev/shm
	for device in null zero full random urandom tty kvm; do
		[[ -c /dev/$device ]] || continue
		: >dev/$device
		mount --bind /dev/$device dev/$device
	done
	mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
	mount -t tmpfs -o mode=1777 tmpfs dev/shm
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	ln -s /proc/self/fd/0 dev/stdin
	ln -s /proc/self/fd/1 dev/stdout
	ln -s /proc/self/fd/2 dev/stderr
	mount --bind "$log" log
	mount --bind "$cache/archives-$suite" var/cache/apt/archives
	pivot_root . mnt
	umount -l /mnt
	exec env -i container=mhptop HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb SUITE="$suite" \
		bash /src/mhptop/tests/fresh/steps.sh "$@"
}

# unshare blocks SIGTERM and SIGINT; its end is that of every process in the namespace.
leave() {
	[[ ! ${child-} ]] || kill -KILL "$child" 2>/dev/null || true
	wait
	until rm -rf --one-file-system "$layer" 2>/dev/null || ((SECONDS - ${gone:=$SECONDS} > 10)); do
		sleep 0.1 # its processes are on their way out
	done
}

main() {
	local inside=
	if [[ ${1-} == --enter ]]; then
		inside=1
		shift
	fi
	[[ $(id -u) == 0 ]] || die "make check-fresh needs root: run it as root"
	(($# > 1)) || { echo "usage: run.sh SUITE STEP...; see steps.sh for the steps" >&2; exit 2; }
	suite=$1 log=$top/build/fresh/$1
	shift
	[[ ! $inside ]] || enter "$@"

	[[ ! " $* " =~ \ (demo|user)\  || -r $kernel/bzImage ]] || die "there is no $kernel/bzImage for make demo; run make kernel"
	mkdir -p "$cache"
	exec 7>"$cache/$suite.lock"
	flock -n 7 || { echo "# another run in $suite is going on; waiting for it"; flock 7; }
	root=$("$here/root.sh" "$suite")
	exec 8<"$root"
	flock -s 8
	layer=$(mktemp -d "$cache/run.XXXXXX")
	trap leave EXIT
	trap 'exit 143' TERM INT
	mkdir -p "$layer"/{upper,work,root} "$cache/archives-$suite/partial" "$log"
	rm -f "$log"/*.log
	fill "$layer/upper"
	[[ -z $(git -C "$top" status --porcelain) ]] ||
		echo "# this tests HEAD, $(git -C "$top" describe --always), not what is uncommitted"
	unshare --mount --pid --fork --kill-child --propagation private \
		"$0" --enter "$suite" "$root" "$layer" "$@" &
	child=$!
	wait "$child"
}

main "$@"; exit
