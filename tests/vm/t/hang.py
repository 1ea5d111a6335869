#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""An offline that does not end never passes `mhptop check`, and neither does a run in which nothing happens.

    hang.py

A pinned page keeps a memory block from going offline, and the kernel tries again and again. Checks
that have run from the start, checks that are attached late, and a recording must all see that. If
it ends after all, those that were attached late know only how long it took at least. All of that is
the same while the kernel's addresses are hidden.
"""
import json
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
HANGS = r"the offline operation on memory{} has not ended after [0-9.]*s"
KPTR = "/proc/sys/kernel/kptr_restrict"


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


def ends(number, page, child, how):
    """An offline that hangs ends after checks and a recorder were attached: it worked, and took at least as long as they saw."""
    recorder = ledger.Recorder(f"ends-{how.replace(' ', '-')}")
    # Without an expectation there may be nothing to check: it rests on a page in the way that is reported meanwhile.
    late = (Check("--expect-success"), Check("--expect-offlines", "1"), Check("--max-offline", "1us"), Check("--max-offline", "10h"))
    guest.ok(f"{how}: all are attached before the offline ends", ledger.comes_to_rest(
        "before its end", recorder.process, *(check.process for check in late))
        + guest.differs("state", "going-offline", oracle.block(number).state))
    page.close()
    guest.eq(f"{how}: the offline ends when the page is free", 0, child.wait(ledger.SECONDS))
    guest.ok(f"{how}: all have seen its end", ledger.comes_to_rest(
        "after its end", recorder.process, *(check.process for check in late)))
    for process in (recorder.process, *(check.process for check in late)):
        process.send_signal(signal.SIGINT)
    unknown = "an operation that began before the recording may have exceeded its time limit"
    for check, verdict, regex in zip(late, (PASS, PASS, FAIL, UNKNOWN), (
            None, None, "^not ok [0-9]+ budget.time", unknown)):
        check.must_be(f"{how}: attached during an offline that ends", verdict, regex)
    guest.eq(f"{how}: the recorder ends", 0, recorder.process.wait(ledger.SECONDS))
    Check("--expect-success", "--expect-offlines", "1", recorder.path).must_be(f"{how}: its recording", PASS)
    Check("--max-offline", "10h", recorder.path).must_be(f"{how}: its recording", UNKNOWN, unknown)
    block = {row["id"]: row for row in ledger.frame("replay", "--json", recorder.path)["blocks"]}[number]
    pages = [record["pfn"] for record in map(json.loads, oracle.read(recorder.path).splitlines())
             if record.get("event") == "mhp_offline_blocker"]
    guest.ok(f"{how}: a page in the way is the pinned one, or unknown", [f"{pfn}" for pfn in pages if pfn is not None
             and pfn // oracle.BLOCK_PAGES != number])
    guest.ok(f"{how}: the duration is a lower bound",
             guest.differs("state and bound", ("offline", "at_least"), (block["state"], block["offline_bound"])))


def attached_late(number, how):
    """Attach to an offline that hangs, and then ends."""
    page = pin.PinnedPage([number])
    child = begin(number)
    violated = r"found offline has not ended after [0-9.]*s"
    late = (Check("--for", "4"), Check("--for", "4", "--expect-success"), Check("--for", "4", "--max-offline", "2s"))
    for check, verdict, regex in zip(late, (UNKNOWN, FAIL, FAIL), (HANGS.format(number), violated, violated)):
        check.must_be(f"{how}: attached during an offline that hangs", verdict, regex)
    ends(number, page, child, how)


def main():
    numbers = oracle.blocks_of(guest.dimm_plug("d0", "256M"), 256 << 20)
    for number in numbers:
        guest.eq(f"memory{number} goes online", None, oracle.block_set(number, "online_movable"))
    nothing()

    number, hangs = numbers[-1], HANGS.format(numbers[-1])
    page, recorder = pin.PinnedPage([number]), ledger.Recorder("hang")
    early = Check(), Check("--expect-success"), Check("--max-offline", "2s"), Check("--max-offline", "10h")
    guest.ok("all are attached before the offline begins", ledger.comes_to_rest(
        "before the offline", recorder.process, *(check.process for check in early)))
    child, began = begin(number), time.monotonic()
    violated = r"found offline has not ended after [0-9.]*s"
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
    child.wait(ledger.SECONDS)
    page.close()

    attached_late(numbers[-1], "addresses shown")
    oracle.write(KPTR, 2)
    guest.eq("the kernel's addresses are hidden", [0], sorted({int(line.split()[0], 16) for line in oracle.read(
        "/proc/kallsyms").splitlines()}))
    attached_late(numbers[-2], "addresses hidden")


guest.run(main)
