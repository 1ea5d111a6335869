#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""On a machine with little memory, and so a small ring buffer, a burst of events loses nothing.

    burst.py               in a guest with one CPU and 400 MiB of RAM

A block of boot memory that has holes is asked to go offline thousands of times. Each attempt fails at
once and emits two events, which is more than twice what the ring buffer holds. The recorder and check
leave a burst alone, but must notice in time when the buffer fills up. Once interrupted, they end at
once, and leave it to a child process to wait until the kernel has detached their programs.
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

ATTEMPTS = 6000
EVENTS = 2 * ATTEMPTS
RECORDING = "/tmp/burst.ndjson"     # in memory: the host must not decide how fast it is written


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


def is_idle(pid):
    """Whether mhptop has read everything and waits for the next event, without looking every 0.1 s."""
    def switches():
        return re.findall(r"switches:\s*(\d+)", oracle.read(f"/proc/{pid}/status"))
    before = switches()
    time.sleep(0.5)
    return "do_sys_poll" in oracle.read(f"/proc/{pid}/stack") and before == switches()


def detaching():
    """Whether any process called mhptop is there."""
    def comm(pid):
        try:
            return oracle.read(f"/proc/{pid}/comm").strip()
        except OSError:
            return ""
    return any(comm(pid) == "mhptop" for pid in os.listdir("/proc") if pid.isdigit())


class Run:
    """One mhptop: (status, output, standard error, seconds it took to end after SIGINT)"""

    def __init__(self, *args):
        self.what = args[0]
        with subprocess.Popen([ledger.MHPTOP, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            try:
                self._burst(process)
            finally:
                process.kill()

    def _burst(self, process):
        if not guest.wait_for(ledger.SECONDS, lambda: is_idle(process.pid)):
            raise RuntimeError(f"mhptop {self.what}: not idle within {ledger.SECONDS} s")
        begin = time.monotonic()
        self.wrong = guest.differs("failing offlines", ATTEMPTS, fail_offline(0, ATTEMPTS))
        end = time.monotonic()
        process.send_signal(signal.SIGINT)
        self.output, errors = process.communicate(timeout=ledger.SECONDS)
        self.ended = time.monotonic() - end
        if not guest.wait_for(ledger.SECONDS, lambda: not detaching()):
            raise RuntimeError(f"mhptop {self.what}: its programs are not detached within {ledger.SECONDS} s")
        self.detached = time.monotonic() - end
        guest.note(f"{self.what}: {ATTEMPTS} failing offlines in {end - begin:.2f} s; it ended {self.ended:.2f} s "
                   f"later, and its programs were detached after {self.detached:.2f} s")
        self.wrong += guest.differs("exit", 0, process.returncode) + guest.differs("stderr", "", errors)

    def lost_none(self, seen, lost):
        self.wrong += guest.differs("lost", 0, lost, "events")
        if seen < EVENTS:
            self.wrong.append(f"only {seen} events were seen")
        guest.ok(f"{self.what}: none of {EVENTS} events is lost", self.wrong)
        guest.ok(f"{self.what}: it ends without waiting for its programs to be detached",
                 [] if self.ended < self.detached / 2 else [f"{self.ended:.2f} s of {self.detached:.2f} s"])


def main():
    guest.note(f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGESIZE') >> 20} MiB of RAM, {os.cpu_count()} CPUs")
    run = Run("record", "-o", RECORDING)
    totals = json.loads(oracle.read(RECORDING).splitlines()[-1])["totals"]
    run.wrong += guest.differs("self_check", "equal", totals["self_check"])
    run.lost_none(totals["seen"], totals["lost"])
    run = Run("check")
    verdict = re.search(r"^# \w+: (\d+) events, (\d+) lost$", run.output, re.M)
    run.lost_none(*(int(number) for number in verdict.groups()))


guest.run(main)
