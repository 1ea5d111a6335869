#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run the suites of one or more lists and count their results.

A list has one suite a line: a name, white space, a command that prints KTAP. A line
"@BASE LIST PATTERN..." runs the suites of a list whose names match a pattern, and none
that is written as !PATTERN, on another version of Linux: named BASE:NAME, with BASE in the environment and results below
build/vm/BASE.
A suite whose KTAP is incomplete, or that fails without saying which test,
counts as one failure. The last line is "N passed, N failed, N skipped"; the
exit status is 0 only if nothing failed and something passed. Before it a table says
where the time went: in suites, and in what make did before (tests/phase.sh). What
failed follows, with its diagnostics.
"""
import argparse
import collections
import fnmatch
import os
import re
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "vm"))
import base  # noqa: E402
from ktap import Results  # noqa: E402

PHASES = os.path.join(ROOT, "build", "phases")
ROWS = 12
# Of the excerpt of a suite that failed: its length, the lines after a failed test, the last lines, the characters of a line
MOST_LINES, DIAGNOSTICS, LAST_LINES, LONGEST = 60, 20, 12, 400


class Excerpt:
    """What a report repeats of a suite that failed: its failed tests with their diagnostics, or else its last lines."""

    def __init__(self):
        self._failed, self._last, self._room = [], collections.deque(maxlen=LAST_LINES), 0

    def feed(self, line):
        line = line.rstrip("\n")[:LONGEST]
        self._last.append(line)
        if line.startswith(("not ok", "Bail out!")):
            self._room = DIAGNOSTICS
            self._failed.append(line)
        elif self._room and line.startswith("#"):
            self._room -= 1
            self._failed.append(line)
        else:
            self._room = 0

    def lines(self):
        return self._failed[:MOST_LINES] or list(self._last)


class Suite:
    """One line of a list and its result. It runs on a base, by default the chosen one."""

    def __init__(self, name, command, on=None):
        self.base = on or base.chosen()
        self.name = f"{on}:{name}" if on else name
        self.listed = command
        self.command = command.replace("build/vm/", base.results(self.base) + "/")
        self.results = Results()
        self.problems = []
        self.excerpt = Excerpt()
        self.seconds = 0.0

    def run(self):
        print(f"# suite {self.name}: {self.command}", flush=True)
        begin = time.monotonic()
        child = subprocess.Popen(
            ["bash", "-c", self.command], cwd=ROOT, env={**os.environ, "BASE": self.base}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True, errors="replace", start_new_session=True)
        try:
            for line in child.stdout:
                self.results.feed(line)
                self.excerpt.feed(line)
                print(line, end="", flush=True)
            child.wait()
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
                child.wait()
        self.seconds = time.monotonic() - begin
        self.problems = self.results.problems()
        if child.returncode and not self.problems:
            self.problems.append(f"the command exited {child.returncode} and no test failed")
        print(f"# suite {self.name}: {self.seconds:.0f} s", flush=True)

    @property
    def passed(self):
        return self.results.passed

    @property
    def failed(self):
        return self.results.failed or (1 if self.problems else 0)

    @property
    def skipped(self):
        return self.results.skipped or (1 if self.results.skip_all else 0)


def matches(name, patterns):
    """Whether a pattern matches, and none that excludes names, such as "!stock-*"."""
    wanted = [fnmatch.fnmatchcase(name, pattern) for pattern in patterns if pattern[0] != "!"]
    unwanted = [fnmatch.fnmatchcase(name, pattern[1:]) for pattern in patterns if pattern[0] == "!"]
    return any(wanted) and not any(unwanted)


def parse_again(text, where):
    """The suites that a line "@BASE LIST PATTERN..." runs. LIST is in the folder of the list that has the line."""
    words = text.split()
    if len(words) < 3:
        sys.exit(f"check.py: {where}: '@{text}' is not @BASE LIST PATTERN...")
    on, path, *patterns = words
    there = read_list(os.path.join(os.path.dirname(where), path), again=False)
    for pattern in patterns:
        if not fnmatch.filter([suite.name for suite in there], pattern.lstrip("!")):
            sys.exit(f"check.py: {where}: no suite of {path} matches {pattern!r}")
    if on == base.chosen() and path == os.path.basename(where).partition(":")[0]:
        return []           # they are in this run already
    return [Suite(suite.name, suite.listed, on) for suite in there if matches(suite.name, patterns)]


def read_list(path, again=True):
    """The suites of a list, with those that it runs on another base unless `again` is off."""
    suites = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("@"):
                suites += parse_again(line[1:], f"{path}:{number}") if again else []
                continue
            name, _, command = line.partition(" ")
            if not command.strip():
                sys.exit(f"check.py: {path}:{number}: suite {name} has no command; write NAME COMMAND")
            suites.append(Suite(name, command.strip()))
    return suites


def take_phases():
    """Seconds by the name of each phase of this run of make. Removes the file."""
    phases = {}
    try:
        with open(PHASES, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                match = re.fullmatch(r"(\S+) (\S+) (\d+)\n", line)
                if match and match[1] == os.environ.get("MHP_RUN"):
                    phases[match[2]] = phases.get(match[2], 0) + int(match[3]) / 1000
        os.unlink(PHASES)
    except FileNotFoundError:
        pass
    return phases


def time_table(suites, phases):
    """Where the minutes went, the longest first; suites that took little are one row."""
    rows = {f"(before) {name}": seconds for name, seconds in phases.items()}
    rows.update((suite.name, suite.seconds) for suite in suites)
    total = sum(rows.values())
    longest = sorted(rows.items(), key=lambda row: -row[1])
    shown = [row for row in longest if row[1] >= 3][:ROWS]
    rest = longest[len(shown):]
    if rest:
        shown.append((f"{len(rest)} others", sum(seconds for _, seconds in rest)))
    return [f"# {seconds / 60:7.1f} min  {name}" for name, seconds in shown] + [f"# {total / 60:7.1f} min  in all"]


def report(suites, phases):
    failed = [suite for suite in suites if suite.failed]
    print("# where the time went:", *time_table(suites, phases), sep="\n")
    for suite in failed:
        print(f"# failed: {suite.name}: {'; '.join(suite.problems)}")
        # Not as results: these lines have been counted.
        print(*(f"#     {line}" for line in suite.excerpt.lines()), sep="\n")
    passed = sum(suite.passed for suite in suites)
    print(f"{passed} passed, {sum(suite.failed for suite in suites)} failed, "
          f"{sum(suite.skipped for suite in suites)} skipped", flush=True)
    return 0 if passed and not failed else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="REGEX", help="only suites whose names match")
    parser.add_argument("lists", nargs="+", metavar="LIST")
    args = parser.parse_args()
    try:
        only = re.compile(args.only or "")
    except re.error as err:
        sys.exit(f"check.py: --only {args.only!r}: {err}; give a regular expression")
    suites = [suite for path in args.lists for suite in read_list(path) if only.search(suite.name)]
    if not suites:
        why = f"no suite matches {args.only!r}" if args.only else "there is no suite"
        sys.exit(f"check.py: {why}; see {', '.join(args.lists)} for their names")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    phases = take_phases()
    for suite in suites:
        suite.run()
    return report(suites, phases)


if __name__ == "__main__":
    sys.exit(main())
