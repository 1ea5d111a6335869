#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""An offline that does not end never passes `mhptop check`, and neither does a run in which nothing happens.

    hang.py

A pinned page keeps a memory block from going offline, and the kernel tries again and again. Checks
that have run from the start, checks that are attached late, and a recording must all see that.
"""
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
import lib_pin as pin

PASS, FAIL, UNKNOWN = (0, "PASS"), (3, "FAIL"), (5, "UNKNOWN")


class Check:
    """`mhptop check` of live events, started now."""

    def __init__(self, *args):
        self.args = args
        self.process = subprocess.Popen([ledger.MHPTOP, "check", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, text=True)

    def must_be(self, title, verdict, regex=None):
        """Its exit code and its verdict; a line of its output matches regex."""
        text = self.process.communicate(timeout=ledger.START_SECONDS)[0]
        last = text.splitlines()[-1] if text else "no output"
        wrong = guest.differs("verdict", verdict, (self.process.returncode, last[2:].partition(":")[0]))
        if regex and not re.search(regex, text, re.M):
            wrong.append(f"no line matches {regex}: {text.splitlines()[-12:]}")
        guest.ok(f"{title}: mhptop check {' '.join(self.args)}", wrong)


def nothing():
    checks = Check("--for", "2"), Check("--for", "2", "--expect-success"), Check("--for", "2", "--expect-offlines", "0")
    checks[0].must_be("nothing happens", UNKNOWN, "^# nothing happened")
    checks[1].must_be("nothing happens", UNKNOWN, "^# nothing happened")
    checks[2].must_be("nothing happens, as expected", PASS)


def begin(number):
    """Take a block offline in another program, which does not share pages with this one."""
    child = subprocess.Popen(["sh", "-c", f"echo offline > {oracle.MEMORY}/memory{number}/state"])
    guest.ok("the offline begins", [] if guest.wait_for(
        30, lambda: oracle.block(number).state == "going-offline") else ["it never began"])
    return child


def main():
    numbers = oracle.blocks_of(guest.dimm_plug("d0", "256M"), 256 << 20)
    for number in numbers:
        guest.eq(f"memory{number} goes online", None, oracle.block_set(number, "online_movable"))
    nothing()

    number, hangs = numbers[-1], rf"the offline operation on memory{numbers[-1]} has not ended after [0-9.]*s"
    page, recorder = pin.PinnedPage([number]), ledger.Recorder("hang")
    early = Check(), Check("--expect-success"), Check("--max-offline", "2s"), Check("--max-offline", "10h")
    guest.ok("all are attached before the offline begins", ledger.comes_to_rest(
        "before the offline", recorder.process, *(check.process for check in early)))
    child, began = begin(number), time.monotonic()
    late = (Check("--for", "4"), Check("--for", "4", "--expect-success"), Check("--for", "4", "--max-offline", "2s"))
    violated = r"found offline has not ended after [0-9.]*s"
    for check, verdict, regex in zip(late, (UNKNOWN, FAIL, FAIL), (hangs, violated, violated)):
        check.must_be("attached during an offline that hangs", verdict, regex)
    guest.wait_for(ledger.SECONDS, lambda: time.monotonic() > began + 3)    # it has exceeded a limit of 2 s by then
    for check in early:
        check.process.send_signal(signal.SIGINT)
    for check, verdict, regex in zip(early, (UNKNOWN, FAIL, FAIL, UNKNOWN), (hangs, violated, violated, hangs)):
        check.must_be("attached before an offline that hangs", verdict, regex)

    recorder.process.send_signal(signal.SIGINT)
    guest.eq("the recorder ends while the offline hangs", 0, recorder.process.wait(ledger.SECONDS))
    Check(recorder.path).must_be("a recording of an offline that hangs", UNKNOWN, hangs)
    Check("--max-offline", "2s", recorder.path).must_be("the time of its end counts", FAIL, violated)
    Check("--max-offline", "10h", recorder.path).must_be("the time of its end counts", UNKNOWN, hangs)
    child.terminate()
    page.close()
    child.wait(60)


guest.run(main)
