# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The columns that the user chooses, and settings that are saved and read. Sourced by run.sh.
# shellcheck disable=SC2154

SETTINGS=$XDG_CONFIG_HOME/mhptop/dashboard
rm -rf "$XDG_CONFIG_HOME"

open 80x24 "$MHPTOP replay $STORY"
shows "columns: the usual ones" '^ +BLOCK STATE +NODE ZONE'
keys c
shows "c: the columns to choose from" '^> \[x\] BLOCK +width +6  memory block number'
keys j Space
shows "columns: Space hides one" '^> \[ \] STATE'
keys Down Right
shows "columns: Right moves one" '^> \[x\] NODE +width +4'
keys + +
shows "columns: + makes one wider" '^> \[x\] NODE +width +6'
keys Down Down Down - - - - -
shows "columns: - makes one narrower" '^> \[x\] PRESENT +width +3'
keys Enter
shows "columns: the table has them" '^ +BLOCK ZONE +NODE HOSTING VMEMMAP PRE '
keys n
shows "columns: of a number that does not fit, nothing is shown" '^>! +50 Movable +0 block +512 ### '
keys c d Enter
shows "columns: d: the usual ones again" '^ +BLOCK STATE +NODE ZONE'
keys c Right Escape
shows "columns: another one may be the first, which does not scroll" '^ +STATE +BLOCK NODE'
keys s End Enter
shows "columns: sorted by one that is far to the right" 'by KNOWN, ascending'
check "nothing is saved before the user asks" test ! -e "$SETTINGS"

keys r 3 W
shows "W: where the settings are saved" 'settings saved in .*/config/mhptop/dashboard'
eq "the file has what differs from the defaults" "$(sed '/^columns/s/,.*/,/' "$SETTINGS")" "# Settings of the dashboard, as it saved them.
view nodes
columns state,
sort -known"
keys '?'
finds "help: the settings' path" "^  $SETTINGS" Down
keys q q
ends "q quits" 0

open 80x24 "$MHPTOP replay $STORY"
shows "the settings are read: the view" '^\[Nodes\]'
keys 1
shows "  the order" 'by KNOWN, descending'
shows "  the columns" '^ +STATE +BLOCK NODE'
keys q
until_ok has_file "$WORK/after"

rm "$SETTINGS"
open 80x24 "$MHPTOP replay $STORY"
shows "the order of ranges and what is folded: the dashboard" '^\[Blocks\]'
keys 2 '>' r 3
shows "  the view of nodes" '^>▾ node 0'
keys Down Left W
shows "  saved" 'settings saved'
eq "  in the file" "$(sed 1d "$SETTINGS")" "view nodes
range_sort -nr_pages
folded node0/Normal"
keys q
until_ok has_file "$WORK/after"
open 80x24 "$MHPTOP replay $STORY"
shows "  read: the zone is folded" '^   ▸ Normal'
shows "    and no other" '^   ▾ Movable'
keys 2
shows "    the order of ranges" '^\[Ranges\] 3, 1 removed  by PAGES, descending'
keys 3 Home Left r W
shows "  saved again" 'settings saved'
eq "  a folded node" "$(sed -n '/^folded/p' "$SETTINGS")" "folded node0,node0/Normal"
keys q
until_ok has_file "$WORK/after"
printf '%s\n' 'sort -known' 'columns state,id' 'view nodes' >"$SETTINGS"

open 80x24 "$MHPTOP replay --sort id $STORY"
keys 1
shows "an option wins over the settings" 'by BLOCK, ascending'
keys q
until_ok has_file "$WORK/after"

# with_settings NAME REGEX LINE…: with these lines as settings, the dashboard comes up and says that.
with_settings() {
	local name=$1 regex=$2
	shift 2
	printf '%s\n' "$@" >"$SETTINGS"
	open 132x24 "$MHPTOP replay $STORY"
	shows "settings: $name" "$regex"
	shows "  the dashboard comes up" '^0x580000000 ·{4}'
	keys q
	ends "  q quits" 0
}
with_settings "an unknown one" "dashboard:2: unknown setting 'colour'\. The line is ignored" '# a comment' 'colour blue'
with_settings "a wrong column" "dashboard:1: columns: unknown column 'x'\. The line is ignored" 'columns id,x'
with_settings "a column given twice" "dashboard:1: columns: repeated column 'id'\. The line is ignored" 'columns id,id'
with_settings "a wrong width" "dashboard:1: columns: width '999': need a number from 3 to 40\. The line is ignored" 'columns id:999'
with_settings "a wrong view" "dashboard:1: view: cannot be 'x'; use one of: blocks ranges nodes" 'view x'
with_settings "a wrong delay" "dashboard:1: delay: needs 0.01 to 86400 seconds, not '0'\. The line is ignored" 'delay 0'
with_settings "a wrong column of ranges" "dashboard:1: range_sort: unknown column 'id'\. The line is ignored" 'range_sort id'
for wrong in 0 node nodeX node600 node0/x node0/ 'node1,' ',node1' node01x node-1 'node0?' node0/Normal/Movable; do
	with_settings "$wrong is not folded" "dashboard:1: folded: '[^']*' is neither a node such as node0 nor a zone" "folded $wrong"
done
with_settings "a wrong time" "dashboard:1: time: needs .*, not 'x'\. The line is ignored" 'time x'
with_settings "no value" "dashboard:1: .sort. needs one value\. The line is ignored" 'sort'
with_settings "two values" "dashboard:1: .sort. needs one value\. The line is ignored" 'sort id state'
with_settings "only the first reason is shown, and the rest applies" "dashboard:1: unknown setting 'x'\. This line and 1 other are ignored" 'x y' 'z y' 'log hidden'

# On a narrow screen, all of it can be read: which file, which line, what is wrong and what to do.
# shellcheck disable=SC2317
has_words() { [[ $(screen | tr -d ' \n') == *"${1// /}"* ]]; }
# says NAME TEXT: within PATIENCE, the screen has this text, which may go on in the next row.
says() {
	if until_ok has_words "$2"; then
		pass "$1"
	else
		fail "$1" "'$2' is not on"$'\n'"$(screen)"
	fi
}
ANEW="or press W to write the file anew."
printf '%s\n' '# a comment' 'colour blue' >"$SETTINGS"
for size in 80x24 60x20 40x10; do
	open $size "$MHPTOP replay $STORY"
	says "$size: a wrong setting" "$SETTINGS:2: unknown setting 'colour'. The line is ignored: correct it, $ANEW"
	keys Left
	shows "  after a key, the last line has hints again" '^\?:help'
	keys '?'
	shows "  help begins with it" "^  line 2: unknown setting 'colour'"
	keys q W
	shows "  W" 'settings saved'
	keys '?'
	shows "  nothing is wrong any more: help begins with the keys" '^Keys'
	keys q q
	ends "  q quits" 0
	printf '%s\n' '# a comment' 'colour blue' >"$SETTINGS"
done
long=$(printf 'a%.0s' {1..100})
printf '%s\n' 'view nodes' "# $(printf '%.0s#' {1..3000})" "view $long" 'log x' 'x' >"$SETTINGS"
open 80x24 "$MHPTOP replay $STORY"
says "80x24: several wrong settings, the first one" "$SETTINGS:2: the line is longer than 2047 bytes. \
This line and 3 others are ignored (? lists them): correct them, $ANEW"
shows "  the rest applies" '^\[Nodes\]'
keys '?'
shows "  help has the others: of a long value, the begin" "^  line 3: view: cannot be 'aaaaa*\.\.\.'"
shows "    a wrong one" "^  line 4: log: cannot be 'x'; use one of: split alone hidden"
shows "    the last one" "^  line 5: 'x' needs one value"
keys q q
until_ok has_file "$WORK/after"
mkdir -p "$WORK/$long/$long/mhptop"
echo 'colour blue' >"$WORK/$long/$long/mhptop/dashboard"
open 80x24 "XDG_CONFIG_HOME=$WORK/$long/$long $MHPTOP replay $STORY"
says "80x24: in a path of several rows" "$long/$long/mhptop/dashboard:1: unknown setting 'colour'. The line is ignored: correct it, $ANEW"
keys q
until_ok has_file "$WORK/after"
printf '%s\n' 'sort -known' 'columns state,id' 'view nodes' >"$SETTINGS"

head -c 100000 /dev/zero >"$WORK/zeros"
with_settings "a binary file" '^(\?:help|.*ignored)' "$(printf '\001\002\033[31m %.0s' {1..50})"
cp "$WORK/zeros" "$SETTINGS"
open 80x24 "$MHPTOP replay $STORY"
shows "settings: a file of zeros" '^\[Blocks\]'
keys q
until_ok has_file "$WORK/after"
rm "$SETTINGS"
mkfifo "$SETTINGS"
open 132x24 "$MHPTOP replay $STORY"
shows "settings: a pipe is no file, and nobody waits for it" 'dashboard: not a file'
keys q
until_ok has_file "$WORK/after"
rm "$SETTINGS"
mkdir "$SETTINGS"
open 132x24 "$MHPTOP replay $STORY"
shows "settings: a folder is no file" 'cannot read the settings in .*/dashboard: not a file'
keys W
shows "settings: what cannot be saved, and why" 'cannot save the settings in .*/dashboard: Is a directory'
keys q
until_ok has_file "$WORK/after"
rm -r "$XDG_CONFIG_HOME"
open 80x24 "env -u XDG_CONFIG_HOME -u HOME $MHPTOP replay $STORY"
shows "settings: without a home, the dashboard" '^\[Blocks\]'
keys W
shows "settings: without a home, there is no place for them" 'no place for settings: set HOME'
keys q
until_ok has_file "$WORK/after"
open 80x24 "env -u XDG_CONFIG_HOME HOME=$WORK/home $MHPTOP replay $STORY"
keys l W
shows "settings: below the home" 'settings saved in .*/home/.config/mhptop/dashboard'
keys q
until_ok has_file "$WORK/after"
eq "  in a file" "$(sed 1d "$WORK/home/.config/mhptop/dashboard")" "log alone"
