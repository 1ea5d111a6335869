# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Packages of any Debian release, without touching the apt of this machine: lists and packages are kept in a folder of
# their own, and verified with Debian's keyring. The mirror is the one that this machine's apt uses. To be sourced:
#
#	archive_open DIR SUITE...	suites such as trixie, trixie-backports; reads their lists, at most once a day
#	archive_newest REGEX		prints the package of the highest version whose name matches, "" if there is none
#	archive_version PACKAGE		prints the version of a package
#	archive_fetch DIR PACKAGE...	downloads packages into a folder
#
# A function that fails prints one line and returns 1.

ARCHIVE_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

archive_fail() {
	echo "archive: $1" >&2
	return 1
}

# The first archive in apt's sources whose suite and address match, in the form http://host/debian
archive_mirror() {
	apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
		sed -nE "s,^([^ ]+[^ /])/? $1\$,\\1,p" | grep -E "$2\$" | head -n 1
}

archive_write_sources() {
	local main security suite
	main=$(archive_mirror '[a-z]+' /debian)
	[[ $main ]] || archive_fail "apt on this machine has no Debian mirror in its sources; add one" || return
	security=$(archive_mirror '[a-z]+-security' /debian-security)
	for suite; do
		if [[ $suite == *-security ]]; then
			echo "deb [signed-by=$ARCHIVE_KEYRING] ${security:-$main-security} $suite main"
		else
			echo "deb [signed-by=$ARCHIVE_KEYRING] $main $suite main"
		fi
	done >"$ARCHIVE/sources.list"
}

archive_apt() {
	local tool=$1
	shift
	"$tool" -q -o Dir::Etc::SourceList="$ARCHIVE/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State::Lists="$ARCHIVE/lists" -o Dir::State::Status=/dev/null -o Dir::Cache="$ARCHIVE/cache" \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Default-Release= -o APT::Sandbox::User="$(id -un)" \
		-o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

archive_open() {
	ARCHIVE=$1
	shift
	local stamp=$ARCHIVE/$*.stamp
	command -v apt-get >/dev/null || archive_fail "apt is not installed: only Debian has what is needed here" || return
	[[ -r $ARCHIVE_KEYRING ]] ||
		archive_fail "$ARCHIVE_KEYRING does not exist; install debian-archive-keyring" || return
	mkdir -p "$ARCHIVE/lists/partial" "$ARCHIVE/cache/archives/partial" ||
		archive_fail "cannot create $ARCHIVE" || return
	[[ -z $(find "$stamp" -mmin -1440 2>/dev/null) ]] || return 0
	archive_write_sources "$@" || return
	if ! archive_apt apt-get update >"$ARCHIVE/log" 2>&1 || grep -q '^[WE]: Failed' "$ARCHIVE/log"; then
		archive_fail "cannot read the package lists of $*: $(grep -E '^[WE]:' "$ARCHIVE/log" | head -n 1)"
		return
	fi
	rm -f "$ARCHIVE"/*.stamp
	touch "$stamp"
}

archive_newest() {
	archive_apt apt-cache pkgnames | grep -xE "$1" | sort -V | tail -n 1
}

archive_version() {
	archive_apt apt-cache show --no-all-versions "$1" | sed -n 's/^Version: //p' | head -n 1
}

archive_fetch() {
	local dir=$1
	shift
	(cd "$dir" && archive_apt apt-get download "$@") >"$ARCHIVE/log" 2>&1 ||
		archive_fail "cannot download $*: $(grep -E '^[WE]:' "$ARCHIVE/log" | head -n 1)"
}
