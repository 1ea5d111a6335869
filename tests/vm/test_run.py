# SPDX-License-Identifier: GPL-2.0-only
"""run.py with a stand-in for QEMU. A host test: python3 -m unittest, without QEMU or a kernel."""
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
RUN = os.path.join(HERE, "run.py")


def alive(pid):
    """Whether a process exists and is not a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Fixture(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="mhp, test ")
        self.addCleanup(self.folder.cleanup)
        self.results = os.path.join(self.folder.name, "results")
        self.kernel = self.file("bzImage", "")
        self.script = self.file("script.sh", "")
        self.env = {**os.environ, "MHP_QEMU": os.path.join(HERE, "fake-qemu"),
                    "MHP_ACCEL": "tcg", "MHP_CACHE": self.path("cache"), "MHP_TIME_FACTOR": "1"}

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def file(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        return self.path(name)

    def start(self, guest, *options, kernel=None, script=None):
        # Or wait_for_qemu() would return before this run is ready for a signal.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.results, "pid"))
        return subprocess.Popen(
            [sys.executable, RUN, "--kernel", kernel or self.kernel, "--results", self.results,
             *options, script or self.script],
            env={**self.env, "FAKE_GUEST": guest}, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def run_py(self, guest, *options, **more):
        process = self.start(guest, *options, **more)
        out, err = process.communicate(timeout=60)
        self.assert_no_qemu()
        return process.returncode, out, err

    def fails(self, reason, guest, *options, totals=None, **more):
        """A run that must fail: exit 1 and one line that says why."""
        code, out, err = self.run_py(guest, *options, **more)
        self.assertEqual(code, 1, out + err)
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertIn(reason, err)
        self.assertIn(totals or "error:1", out)
        return out

    def qemu_pid(self):
        try:
            with open(os.path.join(self.results, "pid"), encoding="ascii") as pid:
                return int(pid.read() or 0)
        except OSError:
            return 0

    def wait_for_qemu(self):
        end = time.monotonic() + 60
        while not self.qemu_pid() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.3)

    def assert_no_qemu(self):
        pid = self.qemu_pid()
        self.assertFalse(pid and alive(pid), "the guest is still running")

    def status(self):
        with open(os.path.join(self.results, "status"), encoding="utf-8") as status:
            return dict(line.rstrip("\n").split("=", 1) for line in status)


class Passing(Fixture):
    def test_good_guest(self):
        code, out, err = self.run_py("good")
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn("ok 1 one\nok 2 two # SKIP none here\n", out)
        self.assertIn("# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:1 error:0", out)
        self.assertEqual(self.status()["result"], "pass")

    def test_plug_and_unplug(self):
        code, out, err = self.run_py("unplug")
        self.assertEqual((code, err), (0, ""), out)

    def test_invalid_requests_are_refused(self):
        code, out, err = self.run_py("nonsense")
        self.assertEqual((code, err), (0, ""), out)

    def test_expected_splat(self):
        code, out, _ = self.run_py("splat", "--allow-splat", r"at mm/x\.c")
        self.assertEqual(code, 0, out)
        self.assertIn("# expected splat: WARNING: CPU: 0", out)

    def test_provoked_splat(self):
        code, out, err = self.run_py("provoked", "--allow-splat", r"at mm/x\.c")
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn("# expected splat: WARNING: CPU: 0 PID: 1 at mm/y.c:1", out)
        code, out, err = self.run_py("provoked")
        self.assertEqual(code, 1, out)
        self.assertIn("splat: WARNING: CPU: 0 PID: 1 at mm/x.c:1", err)

    def test_no_plan_needs_only_the_exit_status(self):
        self.assertEqual(self.run_py("no_plan", "--no-plan")[0], 0)

    def test_drive(self):
        self.assertEqual(self.run_py("disk", "--drive", "1M")[0], 0)
        self.assertFalse(os.path.exists(os.path.join(self.results, "drive")))

    def test_old_results_are_removed(self):
        self.run_py("good")
        stale = os.path.join(self.results, "stale")
        with open(stale, "w", encoding="ascii"):
            pass
        self.assertEqual(self.run_py("good")[0], 0)
        self.assertFalse(os.path.exists(stale))


class Failing(Fixture):
    def test_failed_test(self):
        self.fails("failed test: two", "failed", totals="pass:1 fail:1 xfail:0 xpass:0 skip:0 error:0")
        self.assertEqual(self.status()["result"], "fail")

    def test_reason_of_each_failure(self):
        for guest, reason in (
                ("exits", "the script exited with status 3"), ("no_plan", "no plan"),
                ("half", "wrong number of results: the plan is 2, got 1"),
                ("splat", "splat: WARNING: CPU: 0 PID: 1 at mm/x.c:1"),
                ("mute", "is incomplete"), ("blank", "is empty"),
                ("dies", "splat: Kernel panic"), ("refuses", "QEMU did not start: qemu: a bad option"),
                ("flood", "a request that is too long"), ("stays", "did not power off")):
            with self.subTest(guest):
                self.fails(reason, guest, "--time-limit", "3")

    def test_time_limit(self):
        out = self.fails("time limit of 1 s reached", "stubborn", "--time-limit", "1")
        self.assertIn("# console.log: mhp-guest: start", out)

    def test_silent_qemu(self):
        self.fails("greeting", "silent", "--time-limit", "1")

    def test_missing_kernel(self):
        self.fails("bzImage does not exist", "good", kernel=self.path("none/bzImage"))

    def test_invalid_drive(self):
        self.fails("invalid size '1X'", "disk", "--drive", "1X")

    def test_missing_script(self):
        self.fails("no such script", "good", script=self.path("none.sh"))

    def test_missing_qemu(self):
        self.env["MHP_QEMU"] = "qemu-of-nowhere"
        self.fails("not installed; install it with", "good")

    def test_interactive_without_a_terminal(self):
        self.fails("needs a terminal", "good", "--interactive")

    def test_unrelated_files_are_kept(self):
        os.mkdir(self.results)
        precious = os.path.join(self.results, "precious")
        with open(precious, "w", encoding="ascii"):
            pass
        self.fails("files that run.py did not create", "good")
        self.assertTrue(os.path.exists(precious))

    def test_results_folder_in_use(self):
        first = self.start("stuck")
        self.wait_for_qemu()
        second = self.start("good")
        _, err = second.communicate(timeout=60)
        first.terminate()
        first.communicate(timeout=60)
        self.assertIn("in use by another run", err)
        self.assert_no_qemu()


class Ending(Fixture):
    def test_signals_end_the_guest(self):
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signum):
                run = self.start("stuck")
                self.wait_for_qemu()
                run.send_signal(signum)
                _, err = run.communicate(timeout=60)
                self.assertEqual(run.returncode, 128 + signum)
                self.assertIn(f"stopped by {signum.name}", err)
                self.assert_no_qemu()

    def test_sigkill_ends_the_guest(self):
        run = self.start("stuck")
        self.wait_for_qemu()
        run.kill()
        run.communicate(timeout=60)
        # The kernel kills QEMU some time after run.py is gone.
        end = time.monotonic() + 60
        while alive(self.qemu_pid()) and time.monotonic() < end:
            time.sleep(0.05)
        self.assert_no_qemu()

    def test_closed_stdout(self):
        run = self.start("good")
        run.stdout.close()
        _, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 1)
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assert_no_qemu()


class Accelerator(Fixture):
    def setUp(self):
        super().setUp()
        sys.path.insert(0, HERE)
        import accel  # pylint: disable=import-outside-toplevel,import-error
        self.accel = accel
        os.environ["MHP_CACHE"] = self.path("cache")
        self.addCleanup(os.environ.pop, "MHP_CACHE")
        os.environ.pop("MHP_ACCEL", None)
        self.probed = []
        self.replace("_kvm_unusable", lambda: None)
        self.replace("_probe", lambda kernel: self.probed.append(kernel))
        self.replace("cache_key", lambda kernel: os.path.basename(kernel))

    def replace(self, name, value):
        self.addCleanup(setattr, self.accel, name, getattr(self.accel, name))
        setattr(self.accel, name, value)

    def test_probed_once_for_each_kernel(self):
        self.assertEqual(self.accel.choose("a")[0], "kvm")
        self.assertEqual(self.accel.choose("a")[0], "kvm")
        self.assertEqual(self.accel.choose("b")[0], "kvm")
        self.assertEqual(self.probed, ["a", "b"])

    def test_failed_probe_is_cached(self):
        self.replace("_probe", lambda kernel: "a guest wrote nothing")
        self.assertEqual(self.accel.choose("a"), ("tcg", "kvm: a guest wrote nothing"))
        self.assertEqual(self.accel.choose("a"), ("tcg", "kvm: a guest wrote nothing"))

    def test_unusable_kvm(self):
        self.replace("_kvm_unusable", lambda: "/dev/kvm: Permission denied")
        self.assertEqual(self.accel.choose("a"), ("tcg", "/dev/kvm: Permission denied"))


if __name__ == "__main__":
    unittest.main()
