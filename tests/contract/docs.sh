#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The documentation agrees with the tool, the events and the patches.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1
mhptop=build/mhptop

none "mandoc has no warnings about the manual page" "$(mandoc -Tlint -W warning docs/mhptop.8 2>&1)"
LC_ALL=C.UTF-8 MANWIDTH=100 man -l docs/mhptop.8 2>/dev/null | col -b >"$WORK/rendered"
check "the manual page can be read" grep -q NOTIFY_SOCKET "$WORK/rendered"
none "  it has no quotes around nothing, or around two words of a list" "$(LC_ALL=C.UTF-8 grep -nE "’’|‘’|‘[^’]*, [^’]*’" "$WORK/rendered")"
sed -n '/^<!-- reference -->$/,/^<!-- \/reference -->$/{//!p}' docs/events.md >"$WORK/written"
build/tests/events_doc >"$WORK/made"
check "docs/events.md has the generated reference of the events (make docs)" diff "$WORK/written" "$WORK/made"
check "the reference is not empty" grep -q '^### mhp_vmemmap_populate' "$WORK/written"

sed -n '/^\.\\" keys:/,/^\.\\" \/keys$/{//!p}' docs/mhptop.8 >"$WORK/written"
tests/tui/keys_mdoc.sh >"$WORK/made"
check "the manual page has the generated list of keys (make docs)" diff "$WORK/written" "$WORK/made"

sed -n '/^\.\\" statuses:/,/^\.\\" \/statuses$/{//!p}' docs/mhptop.8 >"$WORK/written"
build/tests/status_doc >"$WORK/made"
check "the manual page has the generated table of exit codes (make docs)" diff "$WORK/written" "$WORK/made"
check "the table is not empty" grep -q '^\.It Cm check' "$WORK/written"

"$mhptop" replay --json tests/golden/range.ndjson | jq -r '.ranges[0] | keys_unsorted[]' >"$WORK/printed"
sed -n '/^\.Sh JSON$/,/^\.Sh ENVIRONMENT$/s/^\.It Ic //p' docs/mhptop.8 >"$WORK/documented"
check "mhptop --json prints ranges" test -s "$WORK/printed"
check "the manual page lists the JSON keys of a range, in their order" diff "$WORK/printed" "$WORK/documented"

# Options in the help and in the manual page
"$mhptop" --help 2>&1 | grep -oE -- '--[a-z][a-z-]+' | sort -u >"$WORK/printed"
sed -n 's/\\-/-/gp; p' docs/mhptop.8 | grep -oE '^\.It Fl .*|, -[a-z-]+' | grep -oE -- '-[a-z][a-z-]+' |
	sed 's/^-*/--/' | sort -u >"$WORK/documented"
check "mhptop --help lists options" test -s "$WORK/printed"
none "every option of --help is in the manual page" "$(comm -23 "$WORK/printed" "$WORK/documented")"
none "every option of the manual page is in --help" "$(comm -13 "$WORK/printed" "$WORK/documented")"
for command in plan list explain doctor serve export report diff; do
	"$mhptop" $command --help | sed -n "/^Options:/,/^Exit:/s/^/$command /p"
done >"$WORK/helps"
check "these commands have a help" grep -q '^report .* --csv ' "$WORK/helps"
none "it says nothing that is true only of another command" "$(grep -E 'frames|binary|other commands|plan:|moment' "$WORK/helps")"
check "plan --help: --at takes an address" grep -q '^plan .*--at ADDR  ' "$WORK/helps"
for command in "" record replay check plan list explain doctor serve export report diff; do
	"$mhptop" $command --help
done >"$WORK/helps"
eq "these commands have a help as well" "$(grep -c '^Usage: mhptop' "$WORK/helps")" "$("$mhptop" --help | grep -c '^  mhptop ')"
none "no help has a line of more than 80 columns" "$(grep -E '.{81}' "$WORK/helps")"
"$mhptop" replay --help >"$WORK/helps"
check "replay --help: --at takes a time" grep -q ' --at TIME  *the moment to show$' "$WORK/helps"

jq -r '.properties.attention.properties.unknown.items.enum[]' docs/schema/frame-3.json >"$WORK/printed"
sed -n 's/^| `\([a-z_]*\)` | .*/\1/p' docs/attention.md >"$WORK/documented"
check "there is something that needs attention" test -s "$WORK/printed"
check "docs/attention.md explains each id, in their order" diff "$WORK/printed" "$WORK/documented"

none "no example filters a single live frame by history" \
	"$(grep -nE 'mhptop .*-n 1 .*--filter.*(failures|(on|off)lines|freed|retired|time|reason|ret|blocker|step)' README.md docs/*.md docs/mhptop.8)"
none "links between documents lead to existing files" "$(
	for file in README.md docs/*.md; do
		grep -oE '\]\([^)#:]+' "$file" | sed 's/^](//' | while read -r link; do
			[[ -e $(dirname "$file")/$link ]] || echo "$file: $link"
		done
	done)"
none "every make target of the README exists" "$(
	grep -ohE '`make [a-z-]+' README.md docs/*.md | awk '{ print $2 }' | sort -u | while read -r target; do
		make -n "$target" >/dev/null 2>&1 || echo "$target"
	done)"

# Runs the examples of docs/ci.md on an existing recording.
check "the scripts in docs/ci.md check a recording" python3 - "$mhptop" docs/ci.md "$WORK" <<'PY'
import os, re, shutil, subprocess, sys, yaml
tool, page, folder = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
scripts = []
for text in re.findall(r"```yaml\n(.*?)```", open(page, encoding="utf-8").read(), re.S):
    tree = yaml.safe_load(text)
    if "jobs" in tree:
        scripts += [step["run"] for job in tree["jobs"].values() for step in job["steps"] if "run" in step]
    else:
        scripts += ["\n".join(job["script"]) for job in tree.values()]
assert len(scripts) == 2, scripts
shutil.copy("tests/rules/eject-range.ndjson", f"{folder}/hotplug.ndjson")
os.makedirs(f"{folder}/bin", exist_ok=True)
os.symlink(tool, f"{folder}/bin/mhptop")
for script in scripts:
    subprocess.run(["bash", "-ec", script], cwd=folder, check=True,
                   env={**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"})
    assert os.path.getsize(f"{folder}/hotplug.xml") > 0
    os.remove(f"{folder}/hotplug.xml")
PY

none "every reason and why in docs/range.md is a word of an event" "$(
	grep -oE '`(reason=)?(range_[a-z]+|part|not_offline|hwpoison|not_requested)`|reason=[a-z_]+' docs/range.md | tr -d '`' | sed 's/reason=//' |
		sort -u | while read -r word; do grep -q "\"$word\"" tracepoints.h || echo "$word"; done)"
done_testing
