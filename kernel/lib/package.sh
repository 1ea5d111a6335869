# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Debian's source package of a base: the archive /usr/src/linux-source-<base>.tar.xz if it is installed, otherwise, if
# <base>/suite names the suite that has it, the archive of the newest package there, which is downloaded once and kept in
# the cache folder. It comes by an apt state of its own: the sources and the packages of the machine stay as they are.

# Sets ARCHIVE. Stops with one line if there is no package.
find_archive() {
	ARCHIVE=/usr/src/linux-source-$BASE.tar.xz
	[[ ! -r $ARCHIVE ]] || return 0
	[[ -r $HERE/$BASE/suite ]] || die "missing" "$ARCHIVE" \
		"install with: apt-get install -y linux-source-$BASE, or set KERNEL_SRC to an unpacked source tree"
	newest_archive
	[[ ! $ARCHIVE ]] || return 0
	exec 7>>"$KCACHE/source/lock"
	flock 7
	newest_archive # downloaded by the process that held the lock
	[[ $ARCHIVE ]] || download_archive "$(<"$HERE/$BASE/suite")"
	exec 7>&-
}

# The newest one in the cache. Backports drop a series when the next one is out; what is kept here can still be built.
newest_archive() {
	ARCHIVE=$(find "$KCACHE/source" -maxdepth 1 -name "linux-source-${BASE}_*.tar.xz" | sort -V | tail -n 1)
}

download_archive() {
	local suite=$1 apt=$SCRATCH/apt package
	command -v apt-get dpkg-deb >/dev/null || no_package "this machine has no apt" "$suite"
	note "downloading linux-source-$BASE from Debian's $suite"
	package=$(download "$suite" "$apt" 2>"$SCRATCH/apt.log") || {
		tail -n 15 "$SCRATCH/apt.log" >&2
		no_package "apt-get failed as shown above" "$suite"
	}
	[[ $package ]] || no_package "the suite does not have it, or has it no longer" "$suite"
	ARCHIVE=$KCACHE/source/$(basename "$package" | sed 's/_[^_]*$//; s/%3a/:/').tar.xz
	dpkg-deb --fsys-tarfile "$package" | tar -xO "./usr/src/linux-source-$BASE.tar.xz" >"$apt/archive" ||
		no_package "${package##*/} has no usr/src/linux-source-$BASE.tar.xz" "$suite"
	mv "$apt/archive" "$ARCHIVE"
	rm -rf "$apt"
}

no_package() {
	die "linux-source-$BASE from Debian's $2" "$1" "set KERNEL_SRC to an unpacked source tree of Linux $BASE"
}

# download SUITE FOLDER: prints the path of the newest package, or nothing if the suite has none
download() {
	local suite=$1 dir=$2 mirror keyring
	mirror=$("$TOP/tools/mirror.sh" '[a-z]+') || return
	keyring=$(find /usr/share/keyrings -name 'debian-archive-keyring.*' | sort | head -n 1)
	[[ $keyring ]] || { echo "no keyring of Debian; install debian-archive-keyring"; return 1; } >&2
	mkdir -p "$dir"/{lists,cache}/partial
	echo "deb [signed-by=$keyring] $mirror $suite main" >"$dir/sources.list"
	own_apt apt-get update -q >&2 || return
	own_apt apt-cache show "linux-source-$BASE" >/dev/null || return 0
	(cd "$dir" && own_apt apt-get download -q "linux-source-$BASE") >&2 || return
	find "$dir" -maxdepth 1 -name '*.deb'
}

# own_apt COMMAND ARG...: a command of apt with the state in $dir. What is not signed is an error, whatever the machine's
# configuration says; its proxy counts.
own_apt() {
	local command=$1 insecure options=(Dir::Etc::SourceList="$dir/sources.list" Dir::Etc::SourceParts=/dev/null
		Dir::Etc::Preferences=/dev/null Dir::Etc::PreferencesParts=/dev/null Dir::State::Lists="$dir/lists"
		Dir::State::Status=/dev/null Dir::Cache="$dir/cache" APT::Get::AllowUnauthenticated=false
		APT::Update::Error-Mode=any Acquire::Languages=none Acquire::Retries=3)
	shift
	for insecure in InsecureRepositories WeakRepositories DowngradeToInsecureRepositories; do
		options+=("Acquire::Allow$insecure=false")
	done
	"$command" "${options[@]/#/-o}" "$@"
}
