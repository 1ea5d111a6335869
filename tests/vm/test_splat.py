# SPDX-License-Identifier: GPL-2.0-only
"""The splat detector and the KTAP reader. A host test: python3 -m unittest, without QEMU."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import splat  # noqa: E402  pylint: disable=wrong-import-position
from ktap import Results  # noqa: E402  pylint: disable=wrong-import-position

SPLATS = """\
[    4.100000] BUG: kernel NULL pointer dereference, address: 0000000000000008
[    4.100000] BUG: unable to handle page fault for address: ffffea0004000000
[    4.100000] ------------[ cut here ]------------ WARNING: CPU: 1 PID: 77 at mm/memory_hotplug.c:42 f+0x1/0x2
[    4.1] kernel BUG at mm/page_alloc.c:1!
[    4.100000] BUG: KASAN: slab-use-after-free in memory_block_online+0x1/0x2
[    4.100000][   T77] BUG: KASAN: use-after-free in f
[    4.100000] UBSAN: array-index-out-of-bounds in mm/x.c:1:2
[    4.100000] Oops: 0000 [#1] PREEMPT SMP NOPTI
[    4.100000] Oops: general protection fault, probably for non-canonical address 0xdead
[    4.100000] general protection fault: 0000 [#1] SMP
[    4.100000] Kernel panic - not syncing: Fatal exception
[    4.100000] WARNING: possible circular locking dependency detected
[    4.100000] INFO: possible recursive locking detected
[    4.100000] WARNING: inconsistent lock state
[    4.100000] WARNING: suspicious RCU usage
[    4.100000] INFO: trying to register non-static key.
[    4.100000] BUG: MAX_LOCKDEP_ENTRIES too low!
[    4.100000] turning off the locking correctness validator.
[    4.100000] BUG: scheduling while atomic: bash/77/0x00000002
[    4.100000] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [bash:77]
[    4.100000] rcu: INFO: rcu_preempt self-detected stall on CPU
[    4.100000] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
[    4.100000] rcu: INFO: rcu_sched detected expedited stalls on CPUs/tasks: { 1-.... }
[    4.100000] rcu: rcu_preempt kthread starved for 5000 jiffies! g1 f0x0
[    4.100000] INFO: task bash:77 blocked for more than 120 seconds.
[    4.100000] BUG: sleeping function called from invalid context at mm/slab.h:1
[    4.100000] BUG: Bad page state in process bash  pfn:12345
[    4.100000] kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
[    4.100000] mhptop[77]: segfault at 8 ip 000000000040 sp 00007ff error 4 in mhptop
[    4.100000] BUG: KFENCE: out-of-bounds read in f+0x1/0x2
[    4.100000] traps: PANIC: double fault, error_code: 0x0
[    4.100000] invalid opcode: 0000 [#1] PREEMPT SMP
[    4.100000] watchdog: Watchdog detected hard LOCKUP on cpu 0
[    4.100000] inconsistent {HARDIRQ-ON-W} -> {IN-HARDIRQ-W} usage.
[    4.100000] WARNING: bad unlock balance detected!
[    4.100000] WARNING: held lock freed!
[    4.100000] WARNING: lock held when returning to user space!
<4>[    4.100000] WARNING: written by a test
text without an end[    4.100000] WARNING: CPU: 0 PID: 1 at mm/x.c:1
\x1b[0m\x1b[1mWARNING: in colour\x1b[0m\r
""".splitlines()

CLEAN = """\
Decompressing Linux... Parsing ELF... done.
[    0.000000] [Firmware Bug]: TSC doesn't count with P0 frequency!
[    0.100000] ACPI BIOS Error (bug): Failure creating named object
[    0.200000] Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on
[    1.300000] clocksource: timekeeping watchdog on CPU1: Marking clocksource 'tsc' as unstable
[    2.400000] page:(____ptrval____) refcount:2 mapcount:0 mapping:0 index:0x0 pfn:0x140000
[    2.500000] page dumped because: unmovable page
[    2.600000] memory offlining [mem 0x140000000-0x147ffffff] failed due to failure to isolate range
[    2.700000] debugging is on, no warning: all fine
[    2.800000] bash: page allocation failure: order:9, mode:0xcc0(GFP_KERNEL)
""".splitlines()

START = f"[    3.000000] {splat.START_MARK}\n"


class Detector(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def log(self, text):
        path = os.path.join(self.folder.name, "console.log")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def test_each_splat_is_found(self):
        for line in SPLATS:
            with self.subTest(line):
                found, expected = splat.scan([line])
                self.assertEqual(len(found), 1)
                self.assertEqual(expected, [])

    def test_each_pattern_has_a_sample(self):
        for pattern in splat.PATTERNS:
            with self.subTest(pattern):
                hits = [s for s in SPLATS if splat.re.search(pattern, s)]
                self.assertTrue(hits)

    def test_ordinary_lines_are_clean(self):
        self.assertEqual(splat.scan(CLEAN), ([], []))

    def test_allowed_splats_are_expected(self):
        allowed = splat.compile_allowed([r"at mm/memory_hotplug\.c:42"])
        found, expected = splat.scan(SPLATS[:3], allowed)
        self.assertEqual(len(found), 2)
        self.assertEqual(len(expected), 1)

    def test_provoked_splats_are_expected_once_and_to_the_letter(self):
        line = "WARNING: CPU: 1 PID: 7 at mm/x.c:4 f+0x1/0x2"
        one = f"[    4.100000] {line}\r"
        self.assertEqual(splat.scan([one], provoked=[line]), ([], [line]))
        self.assertEqual(splat.scan([one, one], provoked=[line]), ([line], [line]))
        self.assertEqual(splat.scan([one, one], provoked=[line, line]), ([], [line]))
        self.assertEqual(splat.scan([one], provoked=[line[:-1], line + "0"]), ([line], []))

    def test_provoked_splats_are_read_from_a_file(self):
        path = os.path.join(self.folder.name, splat.PROVOKED)
        self.assertEqual(splat.read_provoked(path), [])
        with open(path, "wb") as out:
            out.write(b"one\ntwo\n")
        self.assertEqual(splat.read_provoked(path), ["one", "two"])
        with open(path, "ab") as out:
            out.write(b"\xff")
        with self.assertRaisesRegex(splat.LogError, "cannot read the provoked splats"):
            splat.read_provoked(path)

    def test_invalid_regex(self):
        with self.assertRaisesRegex(splat.LogError, "regular expression"):
            splat.compile_allowed(["("])

    def test_duplicates_and_timestamps_are_removed(self):
        found, _ = splat.scan(["[ 1.0] WARNING: x\r", "[ 2.0] WARNING: x"])
        self.assertEqual(found, ["WARNING: x"])

    def test_missing_log(self):
        with self.assertRaisesRegex(splat.LogError, "cannot read"):
            splat.scan_console(os.path.join(self.folder.name, "none"))

    def test_empty_log(self):
        with self.assertRaisesRegex(splat.LogError, "is empty"):
            splat.scan_console(self.log("\n \n"))

    def test_log_without_start_mark(self):
        with self.assertRaisesRegex(splat.LogError, "is incomplete"):
            splat.scan_console(self.log("\n".join(CLEAN)))

    def test_complete_log(self):
        path = self.log("\n".join(CLEAN) + "\n" + START)
        self.assertEqual(splat.scan_console(path), ([], []))
        self.assertEqual(splat.main([path]), 0)

    def test_bytes_that_are_not_text(self):
        path = self.log(START)
        with open(path, "ab") as out:
            out.write(b"\xff\xfe\0[ 1.0] WARNING: x\n")
        self.assertEqual(len(splat.scan_console(path)[0]), 1)


class Ktap(unittest.TestCase):
    @staticmethod
    def read(text):
        results = Results()
        for line in text.splitlines():
            results.feed(line)
        return results

    def test_counts(self):
        results = self.read("KTAP version 1\n1..4\nok 1 - a\nnot ok 2 b\n# why\n"
                            "ok 3 c # SKIP no perf\n    not ok 1 inner\nok 4\n")
        self.assertEqual((results.passed, results.failed, results.skipped), (2, 1, 1))
        self.assertEqual(results.problems(), ["failed test: b"])
        self.assertEqual(results.totals(1),
                         "# Totals: pass:2 fail:1 xfail:0 xpass:0 skip:1 error:1")

    def test_plan_may_come_last(self):
        self.assertEqual(self.read("ok 1 a\n1..1\n").problems(), [])

    def test_incomplete_streams(self):
        for text, problem in (
                ("", "no plan"), ("ok 1 a\n", "no plan"), ("1..2\nok 1 a\n", "wrong number of results"),
                ("1..1\nok 1 a\nok 2 b\n", "the plan is 1, got 2"), ("1..0\n", "plan is empty"),
                ("1..1\n1..1\nok 1 a\n", "second plan"), ("1..2\nok 1 a\nok 1 a\n", "came where 2"),
                ("1..1\nok a\n", "has no number"), ("1..1\nBail out! no memory\n", "no memory")):
            with self.subTest(text):
                self.assertIn(problem, "; ".join(self.read(text).problems()))

    def test_skip_all(self):
        results = self.read("1..0 # SKIP no perf\n")
        self.assertEqual(results.problems(), [])
        self.assertIn("skip:1", results.totals())


if __name__ == "__main__":
    unittest.main()
