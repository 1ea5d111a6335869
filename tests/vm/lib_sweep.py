# SPDX-License-Identifier: GPL-2.0-only
"""The frame of each case of a sweep (t/sweep.py): what it starts from, and what must be true afterwards.

A case starts and ends without added memory. Afterwards zones, blocks, MemTotal, the direct mapping
and iomem are the same as before the first case, the recording equals the trace, mhptop check finds
no violation in it, and mhptop has left nothing in bpffs.
"""
import json
import os
import subprocess

import lib_guest as guest
import lib_oracle as oracle
from lib_account import Account
from lib_ledger import Recorder, violated_rules
from lib_range import Range
from lib_trace import Trace, failures, pick

BPFFS = "/sys/fs/bpf"
STEPS = {"online": 0, "going_offline": 1, "offline": 2, "going_online": 3, "cancel_online": 4,
         "cancel_offline": 5, "prepare_online": 6, "finish_offline": 7}     # MEM_*


def programs():
    """The names of all BPF programs that are loaded."""
    text = subprocess.run(["bpftool", "-j", "prog", "show"], stdout=subprocess.PIPE, check=True, text=True).stdout
    return sorted(program.get("name", "") for program in json.loads(text or "[]"))


class Sweep:
    """One mode of memmap_on_memory, with a trace and a recorder from the first case to the last."""

    def __init__(self, mode):
        self.mode = mode
        if not os.path.ismount(BPFFS):
            subprocess.run(["mount", "-t", "bpf", "bpf", BPFFS], check=True)
        self.trace, self.recorder = Trace(), Recorder()
        self.account = Account(self.trace)
        self.begin = oracle.everything()

    def case(self, title, scenario):
        """scenario(self) returns what went wrong, one line each."""
        wrong = list(scenario(self) or ())
        self.account.update()
        wrong += guest.differs("afterwards", self.begin, oracle.everything())
        wrong += self.recorder.wrong_events(self.account)
        wrong += violated_rules(self.recorder.path)
        wrong += guest.differs("pinned in bpffs", [], os.listdir(BPFFS))
        guest.ok(f"{self.mode}: {title}", wrong)

    def events(self, name, **fields):
        """The events with this name and these fields since the last call."""
        return pick(self.account.update(), name, **fields)

    def forget(self):
        """Discard the events so far."""
        self.account.update()

    def refused(self, number, state, code, reason):
        """A state change that must fail: returns what is wrong with the error, the block or the end event."""
        self.forget()
        before = oracle.block(number)
        got = oracle.block_set(number, state)
        wrong = guest.differs(f"{state} of memory{number}", oracle.errno_name(code), oracle.errno_name(got))
        wrong += guest.differs(f"memory{number}", before, oracle.block(number))
        events = self.account.update()
        what = "offline" if state == "offline" else "online"
        wrong += guest.differs("end", [-code], [event.fields["ret"] for event in pick(events, f"{what}_end")])
        return wrong + guest.differs("failed", [(reason, -code)], failures(events, what))

    def finish(self):
        self.recorder.finish(self.account, self.mode)
        guest.ok(f"{self.mode}: none of {self.account.seen} events was lost", self.trace.lost())
        self.trace.close()


class AddedRange(Range):
    """with AddedRange(addr, 2) as there: a range that is added, and offlined and removed at the end."""

    def __enter__(self):
        code = self.add()
        if code:
            raise RuntimeError(f"add of {self.count} blocks: {oracle.errno_name(code)}")
        return self

    def __exit__(self, *_):
        wrong = self.all("offline") + guest.differs("remove", None, self.remove(self.numbers))
        if wrong:
            raise RuntimeError(wrong[0])

    def all(self, state):
        """Set the state of every block; returns what is wrong."""
        wrong = []
        for number in self.numbers:
            if oracle.block(number).state != ("offline" if state == "offline" else "online"):
                wrong += guest.differs(f"{state} of memory{number}", None, oracle.block_set(number, state))
        return wrong
