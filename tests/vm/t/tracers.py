#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Another tracer never makes the probes accuse the kernel.

    tracers.py

When a tracer attaches to a function or detaches from it, many kernels skip all exit probes of the calls in progress. The
memory notifier of the test module keeps an online in progress meanwhile. What may be missing must count as lost, so that
the verdict is UNKNOWN; a tracer of other functions must change nothing.
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
from lib_range import load_module, module_call
from lib_sweep import STEPS

TRACER = "/tmp/tracer"
UNKNOWN = 5
# Functions whose calls are in progress while the notifier waits; each has an exit probe.
OUTER = ("blocking_notifier_call_chain", "online_pages", "memory_subsys_online")
INNER = ("adjust_present_page_count", "mhp_init_memmap_on_memory", "zone_for_pfn_range", "memory_subsys_offline")
LOOP_SECONDS = 10


def compile_tracer():
    source = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "tracer.c")
    subprocess.run(["gcc", "-o", TRACER, source, "-lbpf"], check=True)


class Tracer:
    """Attached to functions until toggle(), or until it ends."""

    def __init__(self, *args):
        self.process = subprocess.Popen([TRACER, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.state = self.process.stdout.readline().strip()
        if self.state != "attached":
            raise RuntimeError(f"tracer {args}: {self.state}")

    def toggle(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.state = self.process.stdout.readline().strip()

    def end(self):
        """How often it attached and detached, if it does so by itself."""
        out = self.process.communicate(timeout=ledger.SECONDS)[0]
        return len(out.splitlines())


def online_meanwhile(number, act):
    """A block goes online; act() runs while the notifier waits. What went wrong."""
    module_call("wait", STEPS["going_online"], 1)
    child = subprocess.Popen(["sh", "-c", f"echo online_movable > {oracle.MEMORY}/memory{number}/state"])

    def waits():
        return oracle.read(f"/proc/{child.pid}/wchan") == "veto_notify"
    began = guest.wait_for(30, waits)
    act()
    module_call("wait", STEPS["going_online"], 0)
    wrong = guest.differs("status of the online", 0, child.wait(ledger.SECONDS))
    wrong += guest.differs("offline", None, oracle.block_set(number, "offline"))
    return wrong + ([] if began else ["the notifier did not wait"])


def gaps(recorder):
    """How many numbers of records are missing, except behind the last one."""
    with open(recorder.path, encoding="utf-8") as file:
        seen = [json.loads(line)["seq"] for line in file if '"seq"' in line and line.endswith("\n")]
    return max(seen) - len(set(seen))


def verdict(recorder):
    """Ends the recorder. Exit code of a check of the recording, and the rules that it finds violated."""
    recorder.process.send_signal(signal.SIGINT)
    recorder.process.wait(ledger.SECONDS)
    ended = subprocess.run([ledger.MHPTOP, "check", recorder.path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           check=False, text=True, timeout=ledger.SECONDS)
    violated = [line for line in ended.stdout.splitlines() if re.match(r"not ok \d+ (?!events: )", line)]
    return ended.returncode, violated


def other_function(number, recorder):
    tracer = Tracer("vfs_statfs")
    wrong = online_meanwhile(number, tracer.toggle)
    tracer.end()
    recorded = guest.wait_for(10, lambda: '"mhp_offline_end"' in oracle.read(recorder.path))
    guest.ok("a tracer of another function changes nothing", wrong + guest.differs("missing", 0, gaps(recorder))
             + ([] if recorded else ["the offline was not recorded"]))


def calls_in_progress(number, recorder):
    """A tracer attaches to each function that has a call in progress, and another one detaches."""
    for function in OUTER:
        for what in ("attaches to", "detaches from"):
            tracer = Tracer(function)
            if what == "attaches to":
                tracer.toggle()
            before = gaps(recorder)
            wrong = online_meanwhile(number, tracer.toggle)
            tracer.end()
            # The gap shows when the next record is there.
            wrong += guest.differs("online", None, oracle.block_set(number, "online_movable"))
            wrong += guest.differs("offline", None, oracle.block_set(number, "offline"))
            there = guest.wait_for(10, lambda before=before: gaps(recorder) > before)
            guest.ok(f"a tracer {what} {function}() during a call: a record is missing",
                     wrong + ([] if there else ["no gap"]))


def all_the_time(number):
    """A tracer attaches and detaches, whatever happens. What went wrong."""
    tracer = Tracer("-r", *INNER)
    wrong, end = [], time.monotonic() + LOOP_SECONDS
    while time.monotonic() < end and not wrong:
        wrong += guest.differs("online", None, oracle.block_set(number, "online_movable"))
        wrong += guest.differs("offline", None, oracle.block_set(number, "offline"))
    guest.note(f"attached or detached {tracer.end()} times")
    return wrong


def main():
    compile_tracer()
    load_module()
    number = guest.dimm_plug("d0", "128M") // oracle.BLOCK_BYTES
    recorder = ledger.Recorder("record", "probes")
    other_function(number, recorder)
    calls_in_progress(number, recorder)
    wrong = all_the_time(number)
    guest.ok("the verdict is UNKNOWN, and no rule is violated", wrong + guest.differs("verdict", (UNKNOWN, []),
                                                                                      verdict(recorder)))


guest.run(main)
