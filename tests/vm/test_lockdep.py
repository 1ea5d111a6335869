# SPDX-License-Identifier: GPL-2.0-only
"""A report of lockdep fails a run, unless it is the one that is expected (lib_splat.py). A guest test: debug kernel."""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)
import splat  # noqa: E402  pylint: disable=wrong-import-position
import test_harness  # noqa: E402  pylint: disable=wrong-import-position

REPORT = "WARNING: possible circular locking dependency detected"
# Takes two locks of the test module in these orders, then looks for a false positive as the sweep does.
SCRIPT = f"""exec python3 -c '
import sys
sys.path.insert(0, "{HERE}")
import lib_guest as guest
from lib_range import load_module, module_call
from lib_splat import KernelLog
load_module()
log = KernelLog()
for order in (ORDERS):
    guest.eq("locks", None, module_call("locks", order, NAMES))
guest.note("lockdep is on: " + open("/proc/lockdep_stats").read().split("debug_locks:")[1].split()[0])
guest.ok("no report but the expected one", log.hidden_lock())
guest.done()
'
"""


def script(orders, names):
    return SCRIPT.replace("ORDERS", orders).replace("NAMES", str(names))


class Lockdep(test_harness.Guest):
    kernel, limit = "debug", test_harness.LIMIT * 4

    def test_two_locks_in_both_orders(self):
        code, out, err = self.run_py(script("0, 1", 0))
        self.assertEqual(code, 1, out)
        self.assertIn("splat: ", err)
        # On a busy host, the kernel may warn about something else before, and that line is the one that is shown.
        self.assertIn(REPORT, splat.scan_console(os.path.join(self.results, "console.log"))[0])
        self.assertIn("not ok 3 no report but the expected one", out)
        self.assertIn("mhp_test_first", out)
        self.assertIn("# lockdep is on: 0", out)

    def test_the_false_positive_that_is_expected(self):
        out = self.passes(script("0, 1", 1))
        self.assertIn(f"# expected splat: {REPORT}", out)
        self.assertIn("# lockdep is on: 0", out)

    def test_locks_in_one_order(self):
        out = self.passes(script("0, 0", 1))
        self.assertNotIn("splat", out)
        self.assertIn("# lockdep is on: 1", out)


if __name__ == "__main__":
    unittest.main()
