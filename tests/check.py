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

As many suites run at a time as there are CPUs, or --jobs says. Each one's output is then printed as a whole when
it has ended. A suite whose command names the results of others, build/vm/NAME/, begins when those have ended, and guests run
side by side only if this machine has the memory for both.
"""
import argparse
import collections
import fnmatch
import os
import re
import signal
import subprocess
import sys
import tempfile
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


def environment(on):
    """What a suite gets. The distribution's programs come first in PATH, as tools/packages.list names its packages: another
    Python has none of their modules, and the wrapper of a version manager takes ten times as long to start.
    """
    return {**os.environ, "BASE": on, "PATH": f"/usr/bin:/bin:{os.environ['PATH']}"}


class UntilNoted:
    """with until_noted: SIGTERM ends this program only afterwards, as a child that nobody has noted yet would go on."""

    def __init__(self):
        self._waits = self._came = False

    def terminate(self, *_):
        self._came = True
        if not self._waits:
            sys.exit(128 + signal.SIGTERM)

    def __enter__(self):
        self._waits = True

    def __exit__(self, *_):
        self._waits = False
        if self._came:
            self.terminate()


until_noted = UntilNoted()  # pylint: disable=invalid-name


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
        self.seconds = self.begin = 0.0
        self.child = self.output = None

    @property
    def needs(self):
        """The names of suites whose results this one reads."""
        prefix = f"{self.base}:" if ":" in self.name else ""
        return {prefix + name for name in re.findall(r"(?<!--results )build/vm/([^\s/]+)/", self.listed)}

    @property
    def memory(self):
        """GiB that its guest may use"""
        found = re.search(r"--mem (\d+)G", self.listed)
        return int(found[1]) if found else 1

    def start(self, out):
        self.begin = time.monotonic()
        self.child = subprocess.Popen(
            ["bash", "-c", self.command], cwd=ROOT, env=environment(self.base), stdin=subprocess.DEVNULL,
            stdout=out, text=True, errors="replace", start_new_session=True)

    def take(self, lines):
        for line in lines:
            self.results.feed(line)
            self.excerpt.feed(line)
            print(line, end="", flush=True)

    def stop(self):
        if self.child and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGTERM)
            self.child.wait()

    def end(self):
        self.child.wait()
        self.seconds = time.monotonic() - self.begin
        self.problems = self.results.problems()
        if self.child.returncode and not self.problems:
            self.problems.append(f"the command exited {self.child.returncode} and no test failed")
        print(f"# suite {self.name}: {self.seconds:.0f} s", flush=True)

    def run(self):
        """By itself: its output is printed as it comes."""
        print(f"# suite {self.name}: {self.command}", flush=True)
        try:
            with until_noted:
                self.start(subprocess.PIPE)
            self.take(self.child.stdout)
            self.child.wait()
        finally:
            self.stop()
        self.end()

    def run_aside(self):
        # pylint: disable-next=consider-using-with
        self.output = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self.start(self.output)

    def end_aside(self):
        print(f"# suite {self.name}: {self.command}", flush=True)
        self.output.seek(0)
        self.take(self.output)
        self.output.close()
        self.end()

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
            if name in (suite.name for suite in suites):
                sys.exit(f"check.py: {path}:{number}: suite {name} is listed twice")
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


def available():
    """GiB of memory"""
    with open("/proc/meminfo", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) >> 20


def next_suite(waiting, running, room):
    """The first one that may begin while others are running."""
    unfinished = {suite.name for suite in waiting + running}
    used = sum(suite.memory for suite in running)
    for suite in waiting:
        if not suite.needs - {suite.name} & unfinished and (not running or used + suite.memory <= room):
            return suite
    return None


def run_side_by_side(suites, jobs):
    waiting, running, room = list(suites), [], available()
    try:
        while waiting or running:
            while len(running) < jobs and (suite := next_suite(waiting, running, room)):
                waiting.remove(suite)
                with until_noted:
                    suite.run_aside()
                    running.append(suite)
            if not running:
                sys.exit(f"check.py: {waiting[0].name} and the suites whose results it reads wait for each other")
            time.sleep(0.05)
            for suite in [suite for suite in running if suite.child.poll() is not None]:
                running.remove(suite)
                suite.end_aside()
    finally:
        for suite in running:
            suite.stop()


def time_table(suites, phases, took):
    """Where the minutes went, the longest first; suites that took little are one row. They may overlap."""
    rows = {f"(before) {name}": seconds for name, seconds in phases.items()}
    rows.update((suite.name, suite.seconds) for suite in suites)
    longest = sorted(rows.items(), key=lambda row: -row[1])
    shown = [row for row in longest if row[1] >= 3][:ROWS]
    rest = longest[len(shown):]
    if rest:
        shown.append((f"{len(rest)} others", sum(seconds for _, seconds in rest)))
    return [f"# {seconds / 60:7.1f} min  {name}" for name, seconds in shown] + [f"# {took / 60:7.1f} min  in all"]


def report(suites, phases, took):
    failed = [suite for suite in suites if suite.failed]
    print("# where the time went:", *time_table(suites, phases, took), sep="\n")
    for suite in failed:
        print(f"# failed: {suite.name}: {'; '.join(suite.problems)}")
        # Not as results: these lines have been counted.
        print(*(f"#     {line}" for line in suite.excerpt.lines()), sep="\n")
    good = sum(suite.passed for suite in suites)
    print(f"{good} passed, {sum(suite.failed for suite in suites)} failed, "
          f"{sum(suite.skipped for suite in suites)} skipped", flush=True)
    return 0 if good and not failed else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="REGEX", help="only suites whose names match")
    parser.add_argument("--jobs", metavar="N", type=int, default=len(os.sched_getaffinity(0)), help="suites that run at a time")
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
    signal.signal(signal.SIGTERM, until_noted.terminate)
    phases = take_phases()
    begin = time.monotonic()
    if args.jobs > 1 and len(suites) > 1:
        run_side_by_side(suites, args.jobs)
    else:
        for suite in suites:
            suite.run()
    return report(suites, phases, sum(phases.values()) + time.monotonic() - begin)


if __name__ == "__main__":
    sys.exit(main())
