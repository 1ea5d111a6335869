#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""512 GiB in one DIMM: 4,096 memory blocks, and not an event of them lost.

    big.py                 memmap_on_memory=Y and --maxmem above 512G; blocks stay offline

All of the add comes from one function without a pause, and so does all of the remove. Both must
be in the recording, in the kernel's ledger and in a late one's, to the page.
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
    guest.ok("the end tells all of it", guest.differs("add_end", {
        "start_pfn": start // oracle.PAGE, "nr_pages": (GIB << 30) // oracle.PAGE,
        "vmemmap_pages": BLOCKS * oracle.BLOCK_VMEMMAP, "nid": 0, "hosting": "block",
        "why": "self_hosted", "ret": 0}, end))
    guest.ok("every page is accounted for", account.compare() + account.compare_qmp())


def unplug(account):
    guest.dimm_unplug("d0", SECONDS)
    events = account.update()
    guest.ok(f"they are removed: {BLOCKS} free events between begin and end", guest.differs(
        "events", ["remove_begin"] + ["vmemmap_free"] * BLOCKS + ["remove_end"], steps(events)))
    guest.ok("every page came back", account.compare() + account.compare_qmp())


def main():
    guest.eq("memmap_on_memory", "Y", oracle.memmap_mode())
    trace, recorder = Trace(), ledger.Recorder()
    account = Account(trace)
    plug(account)
    recorder.agree(account, f"{BLOCKS} blocks")
    unplug(account)
    recorder.agree(account, "all gone", late=False)
    recorder.finish(account, f"{BLOCKS} blocks")
    guest.ok(f"none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
