#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""On a machine with little memory, and so a small ring buffer, a burst of events loses nothing.

    burst.py               in a guest with one CPU and 400 MiB of RAM

A block of boot memory that has holes is asked to go offline thousands of times. Each attempt fails at
once and emits two events, which is more than twice what the ring buffer holds. The recorder and check
leave a burst alone, but must notice in time when the buffer fills up. Once interrupted, they end at
once, and leave it to a child process to wait until the kernel has detached their programs.
"""
import ctypes
import json
import os
import re
import resource
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle

ATTEMPTS = 6000
EVENTS = 2 * ATTEMPTS
PR_SET_CHILD_SUBREAPER = 36
RECORDING = "/tmp/burst"            # in memory: the host must not decide how fast it is written


def fail_offline(number, times):
    """Ask a block to go offline so many times; returns how many attempts failed."""
    file = os.open(f"/sys/devices/system/memory/memory{number}/state", os.O_WRONLY)
    failed = 0
    for _ in range(times):
        try:
            os.write(file, b"offline")
        except OSError:
            failed += 1
    os.close(file)
    return failed


def switches(pid):
    """How often a process has waited for something so far."""
    return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", oracle.read(f"/proc/{pid}/status"), re.M)[1])


def switches_of_ended():
    """The same, of all child processes that have ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw


def adopt_orphans():
    """From now on, the child processes that a child leaves behind are ours."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")


def end_of_orphan():
    """Wait for the process that mhptop left behind. False if there is none, which is known at once."""
    try:
        return bool(guest.wait_for(ledger.START_SECONDS, lambda: os.waitpid(-1, os.WNOHANG)[0]))
    except ChildProcessError:
        return False


class Run:
    """One mhptop: its output, and how often it and the process that it left behind had to wait after SIGINT.

    How long that took says little, as the host may be busy. The kernel waits for RCU, and so does the process that
    closes the links, several times for each of them; whoever leaves that to another process hardly waits.
    """

    def __init__(self, *args):
        self.what = " ".join(args[:3])
        with subprocess.Popen([ledger.MHPTOP, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            try:
                self._burst(process)
            finally:
                process.kill()

    def _burst(self, process):
        self.wrong = ledger.comes_to_rest(f"mhptop {self.what}", process)
        self.wrong += guest.differs("failing offlines", ATTEMPTS, fail_offline(0, ATTEMPTS))
        self.wrong += ledger.comes_to_rest(f"mhptop {self.what}", process)
        before = switches_of_ended() + switches(process.pid)
        process.send_signal(signal.SIGINT)
        self.output, errors = process.communicate(timeout=ledger.START_SECONDS)
        ended = switches_of_ended()
        self.waits = ended - before
        self.left = end_of_orphan()
        self.left_waits = switches_of_ended() - ended
        guest.note(f"{self.what}: after SIGINT it waited {self.waits} times, and the process that it left behind "
                   f"{self.left_waits} times")
        self.wrong += guest.differs("exit", 0, process.returncode) + guest.differs("stderr", "", errors)

    def lost_none(self, seen, lost):
        self.wrong += guest.differs("lost", 0, lost, "events")
        if seen < EVENTS:
            self.wrong.append(f"only {seen} events were seen")
        guest.ok(f"{self.what}: none of {EVENTS} events is lost", self.wrong)

    def leaves_detaching(self):
        guest.ok(f"{self.what}: it ends without waiting for its programs to be detached",
                 [] if self.left and self.waits < self.left_waits else
                 [f"it waited {self.waits} times, the process that it left behind {self.left_waits} times"])


def main():
    guest.note(f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGESIZE') >> 20} MiB of RAM, {os.cpu_count()} CPUs")
    adopt_orphans()
    for source, form in ("events", "mhp"), ("events", "ndjson"), ("probes", "ndjson"):
        path = f"{RECORDING}.{form}"
        run = Run("record", "--source", source, "-o", path)
        run.what += f", {form}"
        totals = json.loads(ledger.run("export", "--ndjson", path).splitlines()[-1])["totals"]
        run.wrong += guest.differs("self_check", "equal", totals["self_check"])
        run.lost_none(totals["seen"], totals["lost"])
    # The kernel detaches raw tracepoints, which the events are, without waiting.
    run.leaves_detaching()
    run = Run("check", "--source", "events")
    verdict = re.search(r"^# \w+: (\d+) events, (\d+) lost$", run.output, re.M)
    run.lost_none(*(int(number) for number in verdict.groups()))


guest.run(main)
