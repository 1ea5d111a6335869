#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a new user does, one command after the other; run.sh runs this in a minimal root with make and git:
#
#	SUITE=NAME steps.sh STEP...	tool, kernel, installed, demo, user, host, whole_host, package (the last one, as it removes packages)
#
# Each command's whole output is in /log; of one that failed the end is shown, or what check.py says of its failures.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

excerpt() {
	if grep -q '^# failed:' "$1"; then
		sed -n '/^# failed:/,$p' "$1" | head -n 40
	else
		tail -n 30 "$1"
	fi
}

# step NAME COMMAND…: the log has the number of the test
step() {
	local name=$1 log=/log/$((_count + 1)).log status=0
	shift
	SECONDS=0
	echo "$*" >"$log"
	"$@" >>"$log" 2>&1 </dev/null || status=$?
	if ((status == 0)); then
		pass "$name ($SECONDS s)"
	else
		fail "$name" "'$*' exited $status after $SECONDS s; of its log, build/fresh/$SUITE/${log##*/}:
$(excerpt "$log")"
		[[ ! -d build/fuzz/findings ]] || cp -r build/fuzz/findings /log/
	fi
	return $status
}

# The command after "as root run:" in a log, if there is one
advice() { sed -n 's/.*as root run: //p' "$1" | head -n 1; }

# make mhptop names what it lacks; then the command that it names is all that it takes.
tool() {
	local command
	make mhptop >/log/bare.log 2>&1 && fail "make mhptop needs packages, so this root is not minimal"
	eq "make mhptop names what it lacks in one line" "$(grep -c '^make: missing: ' /log/bare.log)" 1
	command=$(advice /log/bare.log)
	step "apt-get update" apt-get update -q
	# shellcheck disable=SC2086
	step "the command that it names: ${command%% -*}" env DEBIAN_FRONTEND=noninteractive ${command:-false} &&
		step "make mhptop" make mhptop
}

# A kernel build takes too long here; only check that its dependencies can be installed.
kernel() {
	local command
	MHP_SETUP=never tools/setup.sh kernel >/log/kernel.log 2>&1
	command=$(advice /log/kernel.log)
	# shellcheck disable=SC2086
	step "this release has what make kernel needs" ${command:-false} --simulate
}

# It exits with 4 and reports what is missing if the kernel lacks something.
doctor() {
	mhptop doctor
	(($? == 0 || $? == 4))
}

files() { find /usr/local ! -type d | sort; }

installed() {
	local before recording=tests/rules/range.ndjson
	before=$(files)
	step "make install" make install || return
	cd / || return
	step "mhptop --version" mhptop --version
	step "mhptop doctor" doctor
	check "  says what the kernel has" grep -q 'CONFIG_MEMORY_HOTPLUG: ' "/log/$((_count)).log"
	step "mhptop replay of a recording" mhptop replay -b "$TOP/tests/golden/hosted.ndjson"
	eq "  says what it should" "$(mhptop replay -b "$TOP/tests/golden/hosted.ndjson" 2>/dev/null)" \
		"$(<"$TOP/tests/golden/hosted.text")"
	step "mhptop check of a recording" mhptop check "$TOP/$recording"
	cd "$TOP" || return
	step "make uninstall" make uninstall
	eq "  leaves nothing" "$(files)" "$before"
}

# How the last step, a demo, summed up what it saw
saw() {
	sed -n '/^=== summary/,$p' "/log/$_count.log" >"$WORK/seen"
	sed 's/^/# /' "$WORK/seen"
	check "  ends with who hosts the memmap" grep -qE '^hosting +block: the memmap takes 36864 pages' "$WORK/seen"
	check "  what was online" grep -qE '^online +72 of 72 memory blocks: 2359296 pages present, 2322432 managed' "$WORK/seen"
	check "  what was offline" grep -qE '^offline +72 of 72 memory blocks: 0 pages present' "$WORK/seen"
	check "  what was removed" grep -qE '^removed +0x100000000-0x33fffffff' "$WORK/seen"
	check "  and the verdict, last of all" grep -qE '^check +PASS: ' <(tail -n 1 "$WORK/seen")
}

demo() {
	step "make demo without a terminal" make demo MHP_KERNEL=/kernel && saw
}

# Everything that a package may leave. Logs, caches and the databases of apt and dpkg change with every package.
every_file() {
	find / -xdev \( -path /src -o -path /tmp -o -path /log -o -path /kernel -o -path /root -o -path '/var/cache' -o -path '/var/log' \
		-o -path '/var/lib/apt' -o -path '/var/lib/dpkg' -o -name __pycache__ \) -prune -o -print | sort
}

packages() { dpkg-query -W -f '${Package}\n' | sort; }

# The packages that were installed since, and their configuration
purge_since() {
	mapfile -t gone < <(comm -13 "$1" <(packages))
	dpkg --purge "${gone[@]}"
}

apt_install() { env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; }

# A manager that only notes what it is told, as there is none here. Whatever it is asked about a unit, the unit runs. apt of
# Debian 12 gives dpkg a PATH without /usr/local.
pretend_systemd() {
	[[ ! -e /usr/bin/systemctl ]] || { fail "this root has a systemctl, so it is not minimal"; return 1; }
	mkdir -p /run/systemd/system
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho "$*" >>/tmp/systemctl.calls\n' >/usr/bin/systemctl
	chmod +x /usr/bin/systemctl
}

told() { grep -E '^(.* )?(start|stop|restart|try-restart|enable|disable) ' /tmp/systemctl.calls | tr -d "'" | sed -E 's/ *--(system|quiet|no-reload) */ /g; s/^ //'; }

# older FOLDER DEB...: the same packages as version 0.0, with other units
older() {
	local to=$1 deb tree=/tmp/tree
	shift
	mkdir "$to"
	for deb; do
		dpkg-deb -R "$deb" $tree || return
		sed -i 's/^Version: .*/Version: 0.0/' $tree/DEBIAN/control
		find $tree -name 'mhptop-*.service' -exec sed -i '$a # older' {} +
		dpkg-deb --root-owner-group -b $tree "$to" || return
		rm -r $tree
	done
}

# The older packages are in the first folder, the newer ones in the second.
upgrade() {
	local old=$1 new=$2
	packages >"$WORK/before.packages"
	every_file >"$WORK/before"
	pretend_systemd || return
	: >/tmp/systemctl.calls
	step "apt-get install the older version" apt_install "$old"/*.deb || return
	hash -r
	eq "  it is older" "$(dpkg-query -W -f '${Version} ' mhptop python3-mhptop)" "0.0 0.0 "
	check "  its units are its own" grep -q '^# older$' /usr/lib/systemd/system/mhptop-serve.service /lib/systemd/system/mhptop-serve.service
	check "  the manager has read them" grep -q daemon-reload /tmp/systemctl.calls
	none "  no service is started or enabled" "$(told)"
	# As the recorder's service leaves it
	install -D -m 600 tests/golden/hosted.ndjson /var/lib/mhptop/record.ndjson
	: >/tmp/systemctl.calls
	step "an upgrade" apt_install "$new"/*.deb || return
	eq "  it is this version" "$(mhptop --version | head -n 1)" "mhptop $(sed -n 's/^MHPTOP_VERSION := //p' tools/mhptop/mhptop.mk)"
	eq "  services that run are started again, and nothing else is" "$(told | sort)" "try-restart mhptop-record.service
try-restart mhptop-serve.service"
	check "  recordings stay" cmp tests/golden/hosted.ndjson /var/lib/mhptop/record.ndjson
	none "  each file is the new one" "$(dpkg --verify mhptop python3-mhptop 2>&1)"
	: >/tmp/systemctl.calls
	step "it is removed, with recordings and what it needed" purge_since "$WORK/before.packages"
	eq "  services are stopped" "$(told)" "stop mhptop-serve.socket mhptop-serve.service mhptop-record.service"
	rm -r /usr/bin/systemctl /run/systemd/system /tmp/systemctl.calls
	rmdir --ignore-fail-on-non-empty /run/systemd
	hash -r
	none "  and nothing is left of either version" "$(every_file | comm -13 "$WORK/before" -)"
}

# The packages are built twice, in two folders. Then what their build needed goes, so that they must name what they need.
package() {
	local command other=/src/other
	MHP_SETUP=never tools/setup.sh build deb >/log/deb.log 2>&1
	command=$(advice /log/deb.log)
	# shellcheck disable=SC2086
	step "the command that make deb names" env DEBIAN_FRONTEND=noninteractive ${command:-true}
	cp -r "$TOP" $other
	step "make deb" make deb || return
	step "make deb elsewhere" make -C $other deb
	for deb in build/deb/*.deb; do
		check "  ${deb##*/} is the same" cmp "$deb" "$other/$deb"
	done
	step "lintian finds no error and no warning" lintian --allow-root --fail-on error,warning build/deb/*.changes
	mkdir -p /tmp/deb && cp build/deb/mhptop_*.deb build/deb/python3-mhptop_*.deb /tmp/deb
	step "packages of an older version" older /tmp/old /tmp/deb/*.deb
	step "what the build needed is removed" purge_since "$WORK/packages"
	packages >"$WORK/before.packages"
	every_file >"$WORK/before"
	step "apt-get install the packages" apt_install /tmp/deb/*.deb || return
	hash -r # make install had it elsewhere
	# Those that autopkgtest runs
	for name in $(sed -n 's/^Tests: //p' debian/tests/control); do
		step "debian/tests/$name" "debian/tests/$name"
	done
	step "what they needed is removed" purge_since "$WORK/before.packages"
	none "  and leave nothing" "$(every_file | comm -13 "$WORK/before" -)"
	upgrade /tmp/old /tmp/deb
}

# An ordinary user with a checkout of their own. Root only runs the command that the first attempt prints.
user() {
	local command make
	step "useradd" useradd --create-home person || return
	git clone -q --no-hardlinks "$TOP" ~person/mhptop
	chown -R person: ~person/mhptop
	make=(runuser -u person -- make --no-print-directory -C ~person/mhptop)
	"${make[@]}" demo MHP_KERNEL=/kernel >/log/user.log 2>&1 && fail "make demo needs packages, so this root is not minimal"
	command=$(advice /log/user.log)
	eq "as a user: make demo names what it lacks in one line" "$(grep -c "as root run: " /log/user.log)" 1
	# shellcheck disable=SC2086
	step "as a user: the command that make demo names" env DEBIAN_FRONTEND=noninteractive ${command:-false} &&
		step "as a user: make demo without a terminal" "${make[@]}" demo MHP_KERNEL=/kernel && saw
}

# What depends on the release. Left out are suites that only read the sources, those of logic that uses no library, and the second
# run of each suite with sanitizers; unit and fuzz use those of this release.
host() {
	local same='boundaries|series|style|docs|ci|vm-unit|fuzz-run|tarball|call-site|schema|need|orders|verdicts|several|nulls|retries|load'
	step "make check-host without what is the same in each release" make check-host ONLY="^(?!($same|.*-sanitized)\$\$)" # $$ is for make
	echo "# $(tail -n 1 "/log/$_count.log")"
}

whole_host() {
	step "make check-host" make check-host
	echo "# $(tail -n 1 "/log/$_count.log")"
}

packages >"$WORK/packages"
for name; do
	case $name in
	tool | kernel | installed | demo | user | host | whole_host | package) "$name" ;;
	*) fail "unknown step $name" ;;
	esac
done
# Of the archives that are kept for the next run, those that no mirror has any more
apt-get autoclean -q >/log/autoclean.log 2>&1
done_testing
