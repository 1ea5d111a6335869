# SPDX-License-Identifier: GPL-2.0-only
"""Count the results in a KTAP stream and report what is missing from it.

Only top-level lines count; indented ones (subtests) belong to the line that
closes them. A stream that has no plan, or fewer or more results than planned,
is incomplete, which is a failure.
"""
import re

_PLAN = re.compile(r"^1\.\.(\d+)(?:\s*#\s*SKIP\b\s*(.*))?\s*$", re.I)
_RESULT = re.compile(r"^(ok|not ok)\b(?:\s+(\d+))?(?:\s*-\s+|\s+)?(.*)$")
_SKIP = re.compile(r"#\s*SKIP\b\s*(.*)$", re.I)
_BAIL = re.compile(r"^Bail out!\s*(.*)$")


class Results:
    """The state of one stream, fed line by line."""

    def __init__(self):
        self.plan = None
        self.skip_all = None
        self.passed = 0
        self.failed = 0
        self.skipped = 0
        self.failures = []
        self.faults = []

    @property
    def count(self):
        return self.passed + self.failed + self.skipped

    def feed(self, line):
        line = line.rstrip("\r\n")
        plan = _PLAN.match(line)
        if plan:
            self._plan(int(plan.group(1)), plan.group(2))
            return
        bail = _BAIL.match(line)
        if bail:
            self.faults.append(f"the script gave up: {bail.group(1) or 'no reason given'}")
            return
        result = _RESULT.match(line)
        if result:
            self._result(*result.groups())

    def _plan(self, number, skip):
        if self.plan is not None:
            self.faults.append(f"a second plan (1..{number} after 1..{self.plan})")
            return
        self.plan = number
        if number == 0 and skip is None:
            self.faults.append("the plan is empty and gives no '# SKIP' reason")
        elif number == 0:
            self.skip_all = skip or "no reason given"

    def _result(self, verdict, number, text):
        expected = self.count + 1
        if number is None:
            self.faults.append(f"result {expected} has no number: {verdict} {text}")
        elif int(number) != expected:
            self.faults.append(f"result {number} came where {expected} was expected")
        if verdict == "not ok":
            self.failed += 1
            self.failures.append(text or f"test {expected}")
        elif _SKIP.search(text):
            self.skipped += 1
        else:
            self.passed += 1

    def problems(self):
        """One line for each problem with the stream, failed tests first."""
        found = []
        if self.failures:
            rest = len(self.failures) - 1
            more = f" (and {rest} more)" if rest else ""
            found.append(f"failed test: {self.failures[0]}{more}")
        found += self.faults
        if self.plan is None:
            found.append(f"no plan: the script ended after {self.count} results without "
                         "'plan N' or 'done_testing'")
        elif self.plan != self.count and not (self.plan == 0 and self.count == 0):
            found.append(f"wrong number of results: the plan is {self.plan}, "
                         f"got {self.count}")
        return found

    def totals(self, errors=0):
        """The line that kselftest ends with; `error` counts faults outside of any test."""
        skipped = self.skipped or (1 if self.skip_all else 0)
        return (f"# Totals: pass:{self.passed} fail:{self.failed} xfail:0 xpass:0 "
                f"skip:{skipped} error:{errors}")
