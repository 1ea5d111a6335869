#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""512 GiB in one DIMM: 4,096 memory blocks, and none of their events is lost.

    big.py                 memmap_on_memory=Y and --maxmem above 512G; blocks stay offline

A single function emits all events of the add without a pause, and another all events of the
remove. Both must be complete in the recording, in the kernel's ledger and in the ledger of an
mhptop that attaches late.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
from lib_account import Account
from lib_trace import Trace, pick, steps

BLOCKS = 4096
GIB = 512
SECONDS = 300


def plug(account):
    start = int(guest.host("dimm-add", "d0", f"{GIB}G"), 16)
    guest.memory_wait("d0", "plugged", SECONDS)
    events = account.update()
    guest.ok(f"{GIB} GiB are added: {BLOCKS} populate events between begin and end", guest.differs(
        "events", ["add_begin"] + ["vmemmap_populate"] * BLOCKS + ["add_end"], steps(events)))
    end = pick(events, "add_end")[-1].fields
    guest.ok("add_end reports the whole range", guest.differs("add_end", {
        "start_pfn": start // oracle.PAGE, "nr_pages": (GIB << 30) // oracle.PAGE,
        "vmemmap_pages": BLOCKS * oracle.BLOCK_VMEMMAP, "nid": 0, "hosting": "block",
        "why": "self_hosted", "ret": 0}, end))
    guest.ok("every page is accounted for", account.compare() + account.compare_qmp())


def unplug(account):
    guest.dimm_unplug("d0", SECONDS)
    events = account.update()
    guest.ok(f"{GIB} GiB are removed: {BLOCKS} free events between begin and end", guest.differs(
        "events", ["remove_begin"] + ["vmemmap_free"] * BLOCKS + ["remove_end"], steps(events)))
    guest.ok("every page is freed", account.compare() + account.compare_qmp())


def main():
    guest.eq("memmap_on_memory", "Y", oracle.memmap_mode())
    trace, recorder = Trace(), ledger.Recorder()
    account = Account(trace)
    plug(account)
    recorder.agree(account, f"{BLOCKS} blocks")
    unplug(account)
    recorder.agree(account, "after the removal", late=False)
    recorder.finish(account, f"{BLOCKS} blocks")
    guest.ok(f"none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
