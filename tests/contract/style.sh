#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The style that a machine can hold: formatting, shell scripts, lengths, licences, and no path of any one machine.
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

mapfile -t files < <(git ls-files --cached --others --exclude-standard)
mapfile -t c_files < <(printf '%s\n' "${files[@]}" | grep -E '^(bpf|tools|tests)/.*\.[ch]$')
mapfile -t scripts < <(printf '%s\n' "${files[@]}" | grep -E '\.sh$|^\.ci/run$|\.bash$|/guest-init$')
mapfile -t pythons < <(printf '%s\n' "${files[@]}" | grep -E '\.py$')

# Headers that are made of trace event macros are formatted as the kernel formats those.
mapfile -t formatted < <(printf '%s\n' "${c_files[@]}" | grep -vE 'bpf/mhp_tool_events\.h')
check "there is C to look at" test "${#c_files[@]}" -gt 20
# Versions differ in what they make of the same settings; the code is formatted by that of Debian 12.
if [[ $(clang-format --version) == *' version 14.'* ]]; then
	check "C is formatted by .clang-format" clang-format --dry-run --Werror "${formatted[@]}"
else
	skip "C is formatted by .clang-format" "it needs clang-format 14, and this is $(clang-format --version)"
fi
check "shell scripts are clean for shellcheck" shellcheck -x -P SCRIPTDIR -S warning "${scripts[@]}"
check "python compiles" python3 - "${pythons[@]}" <<'PY'
import sys
for path in sys.argv[1:]:
    compile(open(path, encoding="utf-8").read(), path, "exec")
PY

# Lines of code in one place, as far as a person can hold them
eq "no file of code is longer than 700 lines" "$(
	wc -l "${c_files[@]}" "${scripts[@]}" "${pythons[@]}" | awk '$1 > 700 && $2 != "total"')" ""
# A backtrace then says which file it is in.
eq "no name of a static function is used in two files of mhptop" "$(python3 - <<'PY'
import collections, glob, re
files = collections.defaultdict(set)
for path in glob.glob("tools/mhptop/**/*.c", recursive=True):
    text = re.sub(r"__attribute__\s*\(\(.*?\)\)\s", "", open(path, encoding="utf-8").read(), flags=re.S)
    for name in re.findall(r"^static [^;={}#]*?\b(\w+)\([^;{}]*\)\s*\{", text, re.M):
        files[name].add(path)
assert len(files) > 100, "there are static functions to look at"
for name in sorted(files):
    if len(files[name]) > 1:
        print(name, *sorted(files[name]))
PY
)" ""
eq "every source says its licence in its first two lines" "$(
	for file in "${c_files[@]}" "${scripts[@]}" "${pythons[@]}"; do
		head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0' || echo "$file"
	done)" ""
eq "no file names a path of one machine" "$(
	printf '%s\n' "${files[@]}" | grep -vE '^tests/contract/style\.sh$' |
		xargs -d '\n' grep -nIE '(^|[^a-zA-Z}])/(home|root|work|farm)/[a-z]' | grep -vE '^kernel/[0-9.]*/' | head)" ""
eq "nothing is left unfinished" "$(
	printf '%s\n' "${files[@]}" | grep -vE '^tests/contract/style\.sh$|^kernel/[0-9.]+/' |
		xargs -d '\n' grep -nIE '\b(TO''DO|FIX''ME|X''XX)\b' | head)" ""
# What a fuzzer or a crash leaves where it was started, tracked or not
eq "no file is what a crash left" "$(
	{ git ls-files --cached --others; ls; } | grep -E '(^|/)((crash|leak|oom|timeout|slow-unit)-[0-9a-f]{8,}|core(\.[0-9]+)?)$' |
		grep -v '^build/' | sort -u)" ""
check "COPYING has the licence" grep -q 'GNU GENERAL PUBLIC LICENSE' COPYING
eq "  version 2" "$(grep -m1 -o 'Version 2, June 1991' COPYING)" "Version 2, June 1991"
done_testing
