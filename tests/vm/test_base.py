# SPDX-License-Identifier: GPL-2.0-only
"""The base, from the environment and the lists of suites to the path of a kernel. A host test: no QEMU, no kernel."""
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import base

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OTHER = "9.9"
TAP = 'echo "KTAP version 1"; echo "1..1"; echo "ok 1 '
LIST = f'one {TAP}on $BASE in build/vm/x"\ntwo {TAP}also on $BASE"\n'


class Fixture(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="mhp-base.")
        self.addCleanup(self.folder.cleanup)
        self.env = {name: value for name, value in os.environ.items() if name != "BASE"}

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def list(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        return self.path(name)

    def run_tool(self, *command, **env):
        done = subprocess.run([sys.executable, os.path.join(ROOT, "tests", *command[:1]), *command[1:]],
                              env={**self.env, **env}, text=True, capture_output=True, check=False, timeout=60)
        return done.returncode, done.stdout, done.stderr


class Lists(Fixture):
    def suites(self, *lists, **env):
        """[(name of the suite, name of its test)]"""
        code, out, err = self.run_tool("check.py", "--jobs", "1", *lists, **env)
        self.assertEqual((code, err), (0, ""), out)
        return list(zip(re.findall(r"^# suite (\S+): echo", out, re.M), re.findall(r"^ok 1 (.*)", out, re.M)))

    def test_default(self):
        self.assertEqual(self.suites(self.list("a", LIST)),
                         [("one", f"on {base.DEFAULT} in build/vm/x"), ("two", f"also on {base.DEFAULT}")])

    def test_environment(self):
        self.assertEqual(self.suites(self.list("a", LIST), BASE=OTHER),
                         [("one", f"on {OTHER} in build/vm/{OTHER}/x"), ("two", f"also on {OTHER}")])

    def test_again(self):
        self.list("a", LIST)
        self.assertEqual(self.suites(self.list("b", f"three {TAP}of b\"\n@{OTHER} a t* o*\n")),
                         [("three", "of b"), (f"{OTHER}:one", f"on {OTHER} in build/vm/{OTHER}/x"),
                          (f"{OTHER}:two", f"also on {OTHER}")])

    def test_excluded(self):
        self.list("a", LIST)
        self.assertEqual(self.suites(self.list("b", f"@{OTHER} a * !o*\n")), [(f"{OTHER}:two", f"also on {OTHER}")])

    def test_not_twice(self):
        path = self.list("a", LIST + f"@{OTHER} a one\n")
        self.assertEqual(len(self.suites(path)), 3)
        self.assertEqual(len(self.suites(path, BASE=OTHER)), 2)

    def test_errors(self):
        self.list("a", LIST)
        for line, reason in ((f"@{OTHER} a three", "no suite of a matches 'three'"), (f"@{OTHER} a", "is not @BASE LIST"),
                             ("c true\nc false", "suite c is listed twice")):
            code, _, err = self.run_tool("check.py", self.list("b", line + "\n"))
            self.assertEqual(code, 1)
            self.assertIn(reason, err)
            self.assertEqual(len(err.splitlines()), 1, err)


    def test_excerpts(self):
        """The report repeats what a failed suite said: its failed tests, or the last lines if none failed."""
        code, out, _ = self.run_tool("check.py", "--jobs", "1", self.list("a", "\n".join((
            """good printf 'KTAP version 1\\nok 1 fine\\n1..1\\n'""",
            """bad printf 'KTAP version 1\\nok 1 a\\nnot ok 2 b\\n#   got 2\\nok 3 c\\n# noise\\n1..3\\n'""",
            """dies printf 'KTAP version 1\\nok 1 a\\nlast words\\n'"""))))
        self.assertEqual(code, 1)
        report = out[out.index("# failed: bad"):].splitlines()
        self.assertEqual(report[1:3], ["#     not ok 2 b", "#     #   got 2"])
        self.assertTrue(report[3].startswith("# failed: dies: no plan"), report)
        self.assertEqual(report[4:], ["#     KTAP version 1", "#     ok 1 a", "#     last words", "4 passed, 2 failed, 0 skipped"])


class SideBySide(Fixture):
    def run_lists(self, jobs, *commands):
        """[(name, lines of its output)], in the order of the report, of suites that print what their commands do."""
        text = "\n".join(f"{name} {command}; echo KTAP version 1; echo ok 1 fine; echo 1..1" for name, command in commands)
        code, out, err = self.run_tool("check.py", "--jobs", str(jobs), self.list("a", text))
        self.assertEqual((code, err), (0, ""), out)
        return [(name, lines.split()) for name, lines in
                re.findall(r"^# suite (\S+): .*?\n(.*?)KTAP version 1\nok 1 fine\n1\.\.1\n# suite \1: \d+ s$", out, re.M | re.S)]

    def test_two_at_a_time(self):
        """Each waits for the other; their output is not mixed."""
        one, two = self.path("one"), self.path("two")
        for end in (one, two):
            os.mkfifo(end)
        done = self.run_lists(2, ("one", f"echo a; echo >{one}; read x <{two}; echo b"),
                              ("two", f"echo c; read x <{one}; echo >{two}; echo d"))
        self.assertEqual(sorted(done), [("one", ["a", "b"]), ("two", ["c", "d"])])

    def together(self, jobs, first, second, *others):
        """Whether a suite began before the one in front of it had ended."""
        done, seen = self.path("done"), self.path("seen")
        self.run_lists(jobs, (first, f"true {second}; sleep 1; touch {done}"), *others,
                       ("last", f"test -e {done} || touch {seen}; true {second}"))
        for path in (done, seen):
            if os.path.exists(path):
                os.unlink(path)
                together = path == seen
        return together

    def test_results_of_another(self):
        self.assertTrue(self.together(2, "first", "build/vm/other/x"))
        self.assertFalse(self.together(2, "first", "build/vm/first/x"))

    def test_memory(self):
        self.assertTrue(self.together(2, "first", "--mem 1G"))
        self.assertFalse(self.together(2, "first", "--mem 100000G"))

    def test_one_at_a_time(self):
        self.assertFalse(self.together(1, "first", "--mem 1G"))

    def test_killed(self):
        """What is running ends with it."""
        path = self.path("pid")
        with subprocess.Popen([sys.executable, os.path.join(ROOT, "tests", "check.py"), "--jobs", "2",
                               self.list("a", f"one echo $$ >{path}; exec sleep 60\ntwo exec sleep 60\n")],
                              env=self.env, stdout=subprocess.DEVNULL) as check:
            while not os.path.exists(path) or not os.path.getsize(path):
                time.sleep(0.05)
            check.terminate()
            self.assertEqual(check.wait(), 143)
        with open(path, encoding="ascii") as pid:
            self.assertFalse(os.path.exists(f"/proc/{pid.read().strip()}"))

    def test_killed_at_once(self):
        """Wherever it is when it is killed: it starts the one suite or notes it, it starts the other, it looks whether both run."""
        for jobs, first in itertools.product("12", 5 * ("",) + ("sleep 0;", "sleep 0.002;", "sleep 0.01;")):
            with self.subTest(jobs=jobs, first=first):
                pids = [self.path(name) for name in ("one", "two")]
                code, out, err = self.run_tool("check.py", "--jobs", jobs, self.list("a", "\n".join((
                    f"one echo $$ >{pids[0]}; {first} kill $PPID; exec sleep 60",
                    f"two echo $$ >{pids[1]}; exec sleep 60"))))
                self.assertEqual((code, err), (143, ""), out)
                for path in filter(os.path.exists, pids):
                    with open(path, encoding="ascii") as file:
                        pid = file.read().strip()   # nothing yet if it was killed before it wrote that
                    self.assertFalse(pid and os.path.exists(f"/proc/{pid}"), path)
                    os.unlink(path)


class Kernel(Fixture):
    def fails(self, *options, **env):
        code, _, err = self.run_tool("vm/run.py", *options, "--results", self.path("results"), __file__, **env)
        self.assertEqual(code, 1)
        return err

    def test_kernel_of_a_base(self):
        for options, env in ((("--base", OTHER), {}), ((), {"BASE": OTHER}), (("--base", OTHER), {"BASE": "8.8"})):
            err = self.fails("--kernel", "vanilla", *options, **env)
            self.assertIn(f"/build/kernel/{OTHER}-vanilla does not exist; "
                          f"build it with 'kernel/build.sh --base {OTHER} vanilla'", err)

    def test_invalid(self):
        code, _, err = self.run_tool("vm/run.py", "--base", "newest", __file__)
        self.assertEqual(code, 2)
        self.assertIn("--base: invalid version value: 'newest'", err)

    def test_older(self):
        for chosen, want in (("6.12", True), ("6.18", True), ("6.19", False), ("6.20", False), ("7.3", False), ("10.0", False)):
            with self.subTest(chosen), mock.patch.dict(os.environ, BASE=chosen):
                self.assertEqual(base.older("6.19"), want)

    def test_results(self):
        self.assertEqual((base.results(base.DEFAULT), base.results(OTHER)), ("build/vm", f"build/vm/{OTHER}"))
