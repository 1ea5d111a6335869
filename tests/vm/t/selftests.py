#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own selftests for memory hotplug pass while mhptop records.

    selftests.py DIR       of tools/testing/selftests/memory-hotplug; selftests.sh calls it

mem-on-off-test.sh, which is in mainline, must pass as on any kernel. mhp-events-test.sh, which the
series adds, must pass on a kernel with the events and be skipped (exit 4) on one without them;
mhp-range-test.sh must pass if ranges host their memmap as a whole, and be skipped otherwise.
They must fail when a notifier vetoes online requests without their knowledge.
"""
import errno
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from lib_account import Account
from lib_ledger import Recorder
from lib_trace import EVENTS, Trace

DIR = sys.argv[1]
FAIL, SKIP = 1, 4


def selftest(name):
    """Run a selftest: (exit status, output)."""
    begin = time.monotonic()
    ended = subprocess.run(["bash", f"{DIR}/{name}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           stdin=subprocess.DEVNULL, timeout=300, check=False, text=True)
    for line in ended.stdout.splitlines():
        print(f"{name}: {line}")
    print(f"{name}: exit {ended.returncode} after {time.monotonic() - begin:.1f} s")
    return ended.returncode, ended.stdout


def results(text):
    """(passed, failed, skipped) of KTAP."""
    skipped = len(re.findall(r"^ok \d+ .*# SKIP", text, re.M))
    return (len(re.findall(r"^ok ", text, re.M)) - skipped, len(re.findall(r"^not ok ", text, re.M)),
            skipped)


def dimm():
    """Plug a DIMM with half of its blocks online: the tests need both kinds."""
    numbers = list(oracle.blocks_of(guest.dimm_plug("d0", "512M"), 512 << 20))
    for number in numbers[::2]:
        oracle.block_set(number, "online_movable")


def mem_on_off():
    status, text = selftest("mem-on-off-test.sh")
    guest.ok("mem-on-off-test.sh passes", guest.differs("exit", 0, status))
    guest.ok("mem-on-off-test.sh did not skip anything for lack of memory or error injection",
             [line for line in text.splitlines() if "SKIPPED" in line or "skip" in line])


def vetoed(name):
    """While nothing can go online, the test must not pass."""
    oracle.notifier_error("MEM_GOING_ONLINE", -errno.ENOMEM)
    status, _ = selftest(name)
    oracle.notifier_error("MEM_GOING_ONLINE", 0)
    guest.ok(f"{name} fails when going online is vetoed", guest.differs("exit", FAIL, status))


def offline_one():
    """mem-on-off-test.sh starts by bringing offline blocks online."""
    for number in reversed(oracle.block_ids()):
        if oracle.block(number).zones == ["Movable"] and oracle.block_set(number, "offline") is None:
            return


def on_range(account):
    """By default, mhp-range-test.sh takes the last range: a DIMM that the tests before it have not used."""
    guest.dimm_plug("d1", "512M")
    account.update()
    before = oracle.everything()
    status, text = selftest("mhp-range-test.sh")
    account.update()
    if oracle.memmap_mode() != "range":
        guest.ok("mhp-range-test.sh is skipped in another mode", guest.differs("exit", SKIP, status))
        return
    guest.ok("mhp-range-test.sh passes", guest.differs("exit", 0, status)
             + guest.differs("passed, failed, skipped", (13, 0, 0), results(text)))
    guest.ok("it leaves everything as it was", guest.differs("memory", before, oracle.everything()) + account.compare())
    vetoed("mhp-range-test.sh")
    account.update()


def on_patched():
    trace, recorder = Trace(), Recorder()
    account = Account(trace)
    dimm()
    mem_on_off()
    account.update()
    guest.ok("mem-on-off-test.sh: every page is accounted for", account.compare())
    recorder.agree(account, "mem-on-off-test.sh")
    status, text = selftest("mhp-events-test.sh")
    guest.ok("mhp-events-test.sh passes", guest.differs("exit", 0, status)
             + guest.differs("passed, failed, skipped", (9, 0, 0), results(text)))
    vetoed("mhp-events-test.sh")
    on_range(account)
    offline_one()
    vetoed("mem-on-off-test.sh")
    recorder.finish(account, "the selftests")
    guest.ok(f"none of {account.seen} events was lost", trace.lost())
    trace.close()


def on_vanilla():
    status, text = selftest("mhp-events-test.sh")
    guest.ok("mhp-events-test.sh is skipped on a kernel without the events",
             guest.differs("exit", SKIP, status)
             + ([] if re.search(r"^1\.\.0 # SKIP .*no mhp events", text, re.M)
                else [f"expected a reason that names the events, got {text!r}"]))


def main():
    if os.path.isdir(EVENTS):
        on_patched()
    else:
        guest.eq("this is the vanilla kernel", "vanilla", os.environ["MHP_KERNEL"])
        on_vanilla()


guest.run(main)
