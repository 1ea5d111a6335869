#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run unittest modules and print their results as KTAP.

unittest_ktap.py MODULE...: modules in this folder, such as test_splat.
"""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class KtapResult(unittest.TestResult):
    """One line for each test, followed by the reason if it failed."""

    _parts = []             # of the current test, those that failed

    def _line(self, verdict, test, why="", skip=""):
        print(f"{verdict} {self.testsRun} {test.id()}{f' # SKIP {skip}' if skip else ''}")
        for line in why.splitlines():
            print(f"# {line}")
        sys.stdout.flush()

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._line("not ok", test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._line("not ok", test, self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        """A part of a test that failed: the test's own line comes at its end."""
        super().addSubTest(test, subtest, err)
        if err:
            kind = self.failures if issubclass(err[0], test.failureException) else self.errors
            self._parts = [*self._parts, f"{subtest.id()}\n{kind[-1][1]}"]

    def stopTest(self, test):
        if self._parts:
            self._line("not ok", test, "\n".join(self._parts))
            self._parts = []
        super().stopTest(test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line("ok", test, skip=reason)


def main():
    sys.path.insert(0, HERE)
    suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:])
    print("KTAP version 1")
    print(f"1..{suite.countTestCases()}", flush=True)
    result = KtapResult()
    suite.run(result)
    return 0 if result.wasSuccessful() and result.testsRun else 1


sys.exit(main())
