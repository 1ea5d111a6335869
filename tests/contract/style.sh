#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The part of the coding style that can be checked automatically: formatting, linters, file lengths, function names,
# licences, local paths and leftovers
. "$(dirname "$0")/../host-lib.sh"
cd "$TOP" || exit 1

mapfile -t files < <(git ls-files --cached --others --exclude-standard)
mapfile -t c_files < <(printf '%s\n' "${files[@]}" | grep -E '^(bpf|tools|tests)/.*\.[ch]$')
mapfile -t scripts < <(printf '%s\n' "${files[@]}" | grep -E '\.sh$|^\.ci/run$|\.bash$|/guest-init$|^debian/tests/(use|services|remove)$|^debian/.*\.p(re|ost)rm$')
mapfile -t pythons < <(printf '%s\n' "${files[@]}" | grep -E '\.py$')

# A header of trace event macros follows the kernel's format for those; the types of tracepoints.h are the kernel's.
mapfile -t formatted < <(printf '%s\n' "${c_files[@]}" | grep -vE 'bpf/(mhp_tool_events|include/linux/mhp_types)\.h')
check "there are C files to check" test "${#c_files[@]}" -gt 20
# Versions format differently with the same settings; the code follows that of Debian 12.
if [[ $(clang-format --version) == *' version 14.'* ]]; then
	check "C files follow .clang-format" clang-format --dry-run --Werror "${formatted[@]}"
else
	skip "C files follow .clang-format" "needs clang-format 14, found $(clang-format --version)"
fi
check "shellcheck has no warnings" shellcheck -x -P SCRIPTDIR -S warning "${scripts[@]}"
check "Python files compile" python3 - "${pythons[@]}" <<'PY'
import sys
for path in sys.argv[1:]:
    compile(open(path, encoding="utf-8").read(), path, "exec")
PY

# Longer files are hard to understand as a whole.
none "no source file is longer than 700 lines" "$(
	wc -l "${c_files[@]}" "${scripts[@]}" "${pythons[@]}" | awk '$1 > 700 && $2 != "total"')"
# A unique name identifies the file in a backtrace.
none "names of static functions are unique across the files of mhptop" "$(python3 - <<'PY'
import collections, glob, re
files = collections.defaultdict(set)
for path in glob.glob("tools/mhptop/**/*.c", recursive=True):
    text = re.sub(r"__attribute__\s*\(\(.*?\)\)\s", "", open(path, encoding="utf-8").read(), flags=re.S)
    for name in re.findall(r"^static [^;={}#]*?\b(\w+)\([^;{}]*\)\s*\{", text, re.M):
        files[name].add(path)
assert len(files) > 100, "there are static functions to check"
for name in sorted(files):
    if len(files[name]) > 1:
        print(name, *sorted(files[name]))
PY
)"
none "every source file has its licence in the first two lines" "$(
	for file in "${c_files[@]}" "${scripts[@]}" "${pythons[@]}"; do
		head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0' || echo "$file"
	done)"
none "no file contains a path of one machine" "$(
	printf '%s\n' "${files[@]}" | grep -vE '^tests/contract/style\.sh$' |
		xargs -d '\n' grep -nIE '(^|[^a-zA-Z}])/(home|root|work|farm)/[a-z]' | grep -vE '^kernel/[0-9.]*/' | head)"
none "nothing is left unfinished" "$(
	printf '%s\n' "${files[@]}" | grep -vE '^tests/contract/style\.sh$|^kernel/[0-9.]+/' |
		xargs -d '\n' grep -nIE '\b(TO''DO|FIX''ME|X''XX)\b' | head)"
# Files that a fuzzer or a crash leaves in the working directory, tracked or not
none "there are no files from crashes or fuzzers" "$(
	{ git ls-files --cached --others; ls; } | grep -E '(^|/)((crash|leak|oom|timeout|slow-unit)-[0-9a-f]{8,}|core(\.[0-9]+)?)$' |
		grep -v '^build/' | sort -u)"
check "COPYING contains the GNU General Public License" grep -q 'GNU GENERAL PUBLIC LICENSE' COPYING
eq "  version 2" "$(grep -m1 -o 'Version 2, June 1991' COPYING)" "Version 2, June 1991"
done_testing
