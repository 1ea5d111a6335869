#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Memory that the kernel loses while all its events are right: the rule memory.leak.

    leak.py MODE idle|busy [CYCLES]     in a guest booted with memory_hotplug.memmap_on_memory=MODE

Adds a DIMM, brings it online, takes it offline and removes it, CYCLES times. The recording must
have a count of memory between two cycles, and the rule must pass. Then the test module makes the
kernel lose 511 of each 512 pages of memmap that it frees, as a kernel of 2026 did: the check must
report it, from the recording and live. At the end the kernel is healthy again, and passes again.
In a busy guest processes come and go all the time, read and write files, pipes and memory.
"""
import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from lib_ledger import MHPTOP, SECONDS, Recorder, comes_to_rest
from lib_range import load_module, module_call

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
BUSY = sys.argv[2:3] == ["busy"]
CYCLES = int(sys.argv[3]) if len(sys.argv) > 3 else 20
ROW = 3                     # the rule needs as many cycles in a row
LEAK = 511                  # of 512 pages of memmap
SIZE, SIZE_TEXT = 512 << 20, "512M"     # a leak of 2,044 pages, of which the rule tolerates 448


class Load:
    """One worker for each CPU."""

    WORK = """cd /tmp; while :; do
        head -c 2M /dev/zero | tee file.$$ | sha1sum > /dev/null
        seq 20000 | sort -r | tee -a file.$$ | tail -n 1 > /dev/null
        rm -f file.$$
    done"""

    def __init__(self):
        self.workers = [subprocess.Popen(["sh", "-c", self.WORK], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL, start_new_session=True)
                        for _ in range(os.cpu_count() if BUSY else 0)]

    def end(self):
        """Whether all workers were at it to the end."""
        wrong = []
        for worker in self.workers:
            wrong += guest.differs("exit of a worker", None, worker.poll())
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        return wrong


def cycle():
    """A DIMM comes, is used and goes."""
    addr = guest.dimm_plug("d0", SIZE_TEXT)
    numbers = list(oracle.blocks_of(addr, SIZE))
    wrong = []
    for state in "online_movable", "offline":
        for number in numbers:
            wrong += guest.differs(f"memory{number}, {state}", None, oracle.block_set(number, state))
    guest.dimm_unplug("d0")
    return wrong


def counts(recorder):
    """The unaccounted pages of each count in a recording that was taken while nothing was added."""
    found, added = [], 0
    with open(recorder.path, encoding="utf-8") as file:
        for line in file:
            if not line.endswith("\n"):
                break
            record = json.loads(line)
            added += {"mhp_add_end": 1, "mhp_remove_end": -1}.get(record.get("event"), 0)
            if record.get("event") == "mhp_snapshot_memory" and not added:
                found.append(record["unaccounted"])
    return found


def stop(recorder):
    recorder.process.send_signal(signal.SIGINT)
    return guest.differs("exit of mhptop record", 0, recorder.process.wait(SECONDS)) + \
        guest.differs("stderr", "", recorder.errors())


def verdict(output):
    """What a verdict says about the rule: "ok", "SKIP" or "not ok"."""
    found = re.search(r"^(not ok|ok) \d+ memory\.leak: [^#]*(# SKIP)?", output, re.M)
    return "no such rule" if not found else "SKIP" if found[2] else found[1]


def wrong_check(want, code, *args):
    ended = subprocess.run([MHPTOP, "check", *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           stdin=subprocess.DEVNULL, timeout=SECONDS, check=False, text=True)
    wrong = guest.differs("exit, verdict", (code, want), (ended.returncode, verdict(ended.stdout)))
    others = [line for line in ended.stdout.splitlines() if line.startswith("not ok") and "memory.leak" not in line]
    return wrong + others + (ended.stdout.splitlines() if wrong else [])


def recorded(name, number, want, code):
    """Record some cycles, with a count before each and one at the end, and check the recording. Returns the counts."""
    recorder = Recorder(name)
    wrong = []
    for done in range(number):
        if not guest.wait_for(SECONDS, lambda: len(counts(recorder)) > done):  # pylint: disable=cell-var-from-loop
            wrong.append(f"no count of memory after {done} cycles")
        wrong += cycle()
    wrong += stop(recorder)
    seen = counts(recorder)
    wrong += [] if len(seen) > number else ["the recorder did not count memory when it ended"]
    guest.ok(f"{MODE}, {name}: {number} cycles were recorded, and memory was counted before, between and after them", wrong)
    guest.ok(f"{MODE}, {name}: the verdict", wrong_check(want, code, recorder.path))
    return seen


def live(name, want, code):
    """The same rule in a check of this machine, which ends right after the last cycle."""
    with subprocess.Popen([MHPTOP, "check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True) as check:
        wrong = []
        for _ in range(ROW):
            wrong += comes_to_rest("mhptop check", check)       # after a count of memory if one was due
            wrong += cycle()
        check.send_signal(signal.SIGINT)
        output = check.communicate(timeout=SECONDS)[0]
    wrong += guest.differs("exit, verdict", (code, want), (check.returncode, verdict(output)))
    guest.ok(f"{MODE}, {name}: a live check that ends right after a cycle", wrong + (output.splitlines() if wrong else []))


def changes(seen):
    """Minimum, median and maximum change of the unaccounted pages from one count to the next."""
    steps = sorted(later - before for before, later in zip(seen, seen[1:]))
    return steps[0], steps[len(steps) // 2], steps[-1]


def main():
    load_module()
    load = Load()
    wrong = cycle()       # so that what is allocated once, such as the accounts of a zone, is there
    guest.ok(f"{MODE}: a first cycle", wrong)
    seen = recorded("healthy", CYCLES, "ok", 0)
    guest.note(f"{MODE}: change of unaccounted pages per cycle without a leak: min %d, median %d, max %d" % changes(seen))
    guest.eq("the module makes the kernel lose memmap", None, module_call("leak", LEAK, 0))
    seen = recorded("leaking", ROW, "not ok", 3)
    guest.note(f"{MODE}: change of unaccounted pages per cycle with a leak: min %d, median %d, max %d" % changes(seen))
    live("leaking", "not ok", 3)
    guest.eq("the kernel frees all memmap again", None, module_call("leak", 0, 0))
    recorded("healed", ROW, "ok", 0)
    live("healed", "ok", 0)
    guest.ok(f"{MODE}: the guest was {'busy' if BUSY else 'idle'} to the end", load.end())


guest.run(main)
