# SPDX-License-Identifier: GPL-2.0-only
"""run.py with real guests: it reports each failure, and --interactive works.

A guest test: python3 -m unittest. MHP_TEST_KERNEL selects the kernel (default: patched).
"""
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
RUN = os.path.join(HERE, "run.py")
KERNEL = os.environ.get("MHP_TEST_KERNEL", "patched")
LIB = '. "$MHP_LIB"\n'
FACTOR = float(os.environ.get("MHP_TIME_FACTOR", "1")) * (4 if KERNEL == "debug" else 1)
LIMIT = 240 * FACTOR


class Guest(unittest.TestCase):
    kernel, limit = KERNEL, LIMIT

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="mhp-harness.")
        self.addCleanup(self.folder.cleanup)
        self.results = os.path.join(self.folder.name, "results")

    def command(self, text, *options):
        script = os.path.join(self.folder.name, "script.sh")
        with open(script, "w", encoding="utf-8") as out:
            out.write(text)
        return [sys.executable, RUN, "--kernel", self.kernel, "--results", self.results,
                *options, script, "first arg", "$second"]

    def run_py(self, text, *options):
        done = subprocess.run(self.command(text, *options), text=True, timeout=self.limit, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True)
        return done.returncode, done.stdout, done.stderr

    def passes(self, text, *options):
        code, out, err = self.run_py(text, *options)
        self.assertEqual((code, err), (0, ""), out)
        return out

    def fails(self, reason, text, *options):
        code, out, err = self.run_py(text, *options)
        self.assertEqual(code, 1, out + err)
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertIn(reason, err)
        return out


class Verdicts(Guest):
    def test_good_script(self):
        out = self.passes(LIB + 'eq "arguments" "$*" \'first arg $second\'\n'
                          '(pass "from a subshell")\nskip "later" "no reason"\n'
                          'eq "variable" "$X" "a b"\neq "memory" "$(nproc)" 1\ndone_testing',
                          "--env", "X=a b", "--smp", "1")
        self.assertIn("# Totals: pass:4 fail:0 xfail:0 xpass:0 skip:1 error:0", out)

    def test_icount(self):
        self.passes(LIB + 'addr=$(dimm_plug d0 1G); check unplug dimm_unplug d0\ndone_testing',
                    "--icount")

    def test_exit_status_1(self):
        self.fails("the script exited with status 1", LIB + "plan 1; pass one; exit 1")

    def test_failed_test(self):
        out = self.fails("failed test: two", LIB + "plan 2; pass one; check two ls /none; exit 0")
        self.assertIn("# two: 'ls /none' exited 2\n# ls: cannot access '/none'", out)

    def test_no_plan(self):
        self.fails("no plan", LIB + "pass one")

    def test_killed_script(self):
        self.fails("the script exited with status 137", LIB + "plan 2; pass one; kill -9 $$")

    def test_time_limit(self):
        out = self.fails(f"time limit of {12 * FACTOR:g} s reached", LIB + "plan 1; trap '' TERM\n"
                         "while :; do sleep 1; done", "--time-limit", "12")
        self.assertIn("# console.log: mhp-guest: start", out)

    def test_panic(self):
        self.fails("splat: Kernel panic - not syncing: sysrq triggered crash",
                   LIB + "plan 1; pass one; echo c > /proc/sysrq-trigger; sleep 60")

    def test_warning(self):
        text = LIB + "plan 1; pass one; echo 'WARNING: by a test' > /dev/kmsg"
        self.fails("splat: WARNING: by a test", text)
        self.assertIn("# expected splat: WARNING: by a test",
                      self.passes(text, "--allow-splat", "WARNING: by a test"))

    def test_warning_on_a_silent_console(self):
        self.fails("splat: WARNING: by a test", LIB + "plan 1; pass one; "
                   "echo 1 > /proc/sys/kernel/printk; echo 'WARNING: by a test' > /dev/kmsg")

    def test_power_off_by_the_script(self):
        self.fails("the guest died while its script was running",
                   LIB + "plan 1; pass one; echo o > /proc/sysrq-trigger; sleep 60")

    def test_request_that_is_too_long(self):
        self.fails("a request that is too long", LIB + "plan 1; pass one\n"
                   "head -c 200000 /dev/zero > $MHP_CTL; sleep 60")

    def test_invalid_init(self):
        self.fails("splat: Kernel panic", "", "--append", "init=/dev/null")

    def test_missing_kernel(self):
        done = subprocess.run([sys.executable, RUN, "--kernel", "/none/bzImage", "--results",
                               self.results, RUN], text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/none/bzImage does not exist", done.stderr)


class Interactive(Guest):
    """--interactive on a pseudo-terminal."""

    SCRIPT = """exec /usr/bin/python3 -c '
import os, signal
def size():
    columns, rows = os.get_terminal_size()
    return f"{rows} {columns}"
signal.signal(signal.SIGWINCH, lambda *_: os.write(1, f"resized {size()}\\n".encode()))
print("size", size(), "term", os.environ["TERM"], flush=True)
word = ""
while word != "end":
    word = input()
    print("got", word, flush=True)
'
"""

    def setUp(self):
        super().setUp()
        self.master, self.slave = pty.openpty()
        self.addCleanup(os.close, self.master)
        self.addCleanup(os.close, self.slave)
        self.resize(30, 100)
        self.before = termios.tcgetattr(self.slave)
        self.run = subprocess.Popen(
            self.command(self.SCRIPT, "--interactive"), stdin=self.slave, stdout=self.slave,
            stderr=subprocess.PIPE, start_new_session=True, env={**os.environ, "TERM": "xterm"})
        self.addCleanup(self.run.stderr.close)
        self.addCleanup(self.end)
        self.seen = ""

    def end(self):
        """Do not leave a guest running if the test failed halfway."""
        if self.run.poll() is None:
            self.run.terminate()
            self.run.wait(30)

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def expect(self, text, seconds=90 * FACTOR):
        os.set_blocking(self.master, False)
        end = time.monotonic() + seconds
        while text not in self.seen:
            self.assertLess(time.monotonic(), end, f"{text!r} never came: {self.seen!r}")
            try:
                self.seen += os.read(self.master, 4096).decode("utf-8", "replace")
            except BlockingIOError:
                time.sleep(0.05)

    def ended(self, code):
        self.assertEqual(self.run.wait(30), code, self.run.stderr.read())
        self.assertEqual(termios.tcgetattr(self.slave), self.before)

    def test_keys_resize_and_exit(self):
        self.expect("size 30 100 term xterm")
        os.write(self.master, b"hello\r")
        self.expect("got hello")
        self.resize(40, 120)
        self.expect("resized 40 120")
        os.write(self.master, b"end\r")
        self.expect("got end")
        self.ended(0)

    def test_escape_ends_the_guest(self):
        self.expect("size 30")
        os.write(self.master, b"\x1d")
        self.ended(0)

    def test_signal_restores_the_terminal(self):
        self.expect("size 30")
        self.run.send_signal(signal.SIGTERM)
        self.ended(128 + signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
