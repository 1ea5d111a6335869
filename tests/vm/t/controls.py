#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Memory that never hosts its own memmap, and adds that fail, though the kernel is told to self-host.

    controls.py            memmap_on_memory=Y, a virtio-mem device, and RAM hidden by mem= to probe

virtio-mem and the sysfs file "probe" do not ask for self-hosting, and the events must say so
(why=not_requested, hosting=buddy) while a DIMM in the same guest does host its own (so it was
possible). A range that is not made of whole memory blocks is refused: one begin, one end with the
reason, and not a page more or less than before. The node told is the node, not the memory group.
"""
import errno
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from lib_account import Account
from lib_ledger import Recorder
from lib_trace import Trace, pick, steps

PROBED = 1 << 30                    # behind what mem=1G left
ADD = ["add_begin", "vmemmap_populate", "add_end"]


def wrong_add(events, number, want):
    """One block was added by one add: its events against what is wanted in its end."""
    first = number * oracle.BLOCK_PAGES
    wrong = guest.differs(f"add of memory{number}", ADD, steps(events))
    if wrong:
        return wrong
    begin, populate, end = (event.fields for event in events)
    wrong += guest.differs("add_begin nid", want["nid"], begin["nid"])
    wrong += guest.differs("add_begin flags", want.pop("flags"), begin["flags"])
    wrong += guest.differs("populate", (first, 0, want["hosting"]),
                           (populate["start_pfn"], populate["altmap_base"], populate["hosting"]))
    return wrong + guest.differs("add_end", {
        "start_pfn": first, "nr_pages": oracle.BLOCK_PAGES, "vmemmap_pages": 0, "ret": 0, **want}, end)


def not_requested(flags):
    return {"hosting": "buddy", "why": "not_requested", "nid": 0, "flags": flags}


def self_hosted_dimm(account):
    """The counterexample, or the rest proves nothing."""
    guest.dimm_plug("d0", "128M")
    end = pick(account.update(), "add_end")[-1].fields
    guest.ok("a DIMM: it hosts its memmap itself", guest.differs("hosting", "block", end["hosting"])
             + guest.differs("why", "self_hosted", end["why"])
             + guest.differs("vmemmap_pages", oracle.BLOCK_VMEMMAP, end["vmemmap_pages"], "pages"))
    guest.dimm_unplug("d0")
    account.update()
    guest.ok("a DIMM: it comes and goes", account.compare())


def unaligned(account, title, size, addr=""):
    """ACPI lets it pass without a word to the host, so the events are all there is."""
    free = oracle.free_kb()
    start = guest.dimm_plug("odd", size, "", addr)
    events = account.update()
    listed = {device.name: device for device in oracle.devices()}["odd"]
    guest.ok(f"{title}: begin and end, and nothing between",
             guest.differs("events", ["add_begin", "add_end"], steps(events)))
    begin, end = events[0].fields, events[-1].fields
    guest.ok(f"{title}: it says so", guest.differs("add_end", {
        "start_pfn": start // oracle.PAGE, "nr_pages": listed.size // oracle.PAGE, "vmemmap_pages": 0,
        "nid": 0, "hosting": "none", "why": "undecided", "ret": -errno.EINVAL}, end)
             + guest.differs("add_begin nid", 0, begin["nid"]))
    taken = free - oracle.free_kb()
    guest.ok(f"{title}: no block, no page, no free memory went", account.compare() + guest.differs(
        "blocks", [], [n for n in oracle.block_ids() if n not in account.boot])
        + ([] if taken < 1024 else [f"free memory: expected less than 1024 kB less, got {taken} kB less"]))
    guest.host("memory-del", "odd")
    guest.memory_wait("odd", "gone")
    guest.ok(f"{title}: there is nothing to remove when it goes",
             guest.differs("events", [], steps(account.update())))


def probe(account):
    numbers = oracle.blocks_of(PROBED, 3 * oracle.BLOCK_BYTES)
    wrong = []
    for number in numbers:
        oracle.write(f"{oracle.MEMORY}/probe", hex(number * oracle.BLOCK_BYTES))
        wrong += wrong_add(account.update(), number, not_requested(""))
    guest.ok("probe: buddy hosts each block, not requested", wrong)
    wrong = []
    for state in "online_movable", "offline", "online_movable":
        for number in numbers:
            wrong += guest.differs(f"memory{number}, {state}", None, oracle.block_set(number, state))
            account.update()
            wrong += account.compare()
    guest.ok("probe: blocks go online, offline and online, every page is accounted for", wrong)
    for number in numbers:
        oracle.block_set(number, "offline")
    account.update()
    guest.ok("probe: offline again", account.compare())


def virtio_mem(account):
    """Two and a half memory blocks, then three: the driver adds them one by one, gives the rest of
    the last one later, and takes all away by itself, page by page at first."""
    addr = {device.name: device for device in oracle.devices()}["vmem0"].addr
    numbers = list(oracle.blocks_of(addr, 3 * oracle.BLOCK_BYTES))
    events = []

    def reached(condition):
        def step():
            events.extend(account.update())
            return condition()
        return guest.wait_for(30, step)

    guest.host("vmem-resize", "vmem0", "320M")
    reached(lambda: len(pick(events, "add_end")) >= len(numbers))
    wrong = guest.differs("adds", len(numbers), len(pick(events, "add_end")))
    for index, number in enumerate(numbers):
        wrong += wrong_add(events[3 * index:3 * index + 3], number,
                           not_requested("merge_resource|nid_is_mgid"))
    guest.ok("virtio-mem: buddy hosts each block, not requested", wrong)
    guest.ok("virtio-mem: it is added, offline", account.compare())
    wrong = []
    for number in numbers:
        wrong += guest.differs(f"memory{number}", None, oracle.block_set(number, "online_movable"))
        account.update()
        wrong += account.compare_zoneinfo() + account.compare_memtotal()
    last = account.blocks[numbers[-1]]
    guest.ok("virtio-mem: blocks go online, the last one with half of its pages managed",
             wrong + guest.differs("present", oracle.BLOCK_PAGES, last.present, "pages")
             + guest.differs("managed", oracle.BLOCK_PAGES // 2, last.managed, "pages"))
    guest.host("vmem-resize", "vmem0", "384M")
    reached(lambda: last.managed >= oracle.BLOCK_PAGES)
    guest.ok("virtio-mem: the other half comes to a block that is online", account.compare()
             + guest.differs("causes", {"driver"}, {event.fields["cause"] for event in
                                                    account.log[-2:] if "cause" in event.fields}))
    guest.host("vmem-resize", "vmem0", "0")
    gone = reached(lambda: not any(oracle.block(number) for number in numbers))
    account.update()
    guest.ok("virtio-mem: it is gone, and all is what it was",
             ([] if gone else ["blocks are still there after 30 s"]) + account.compare())


def main():
    guest.eq("memmap_on_memory", "Y", oracle.memmap_mode())
    trace, recorder = Trace(), Recorder()
    account = Account(trace)
    self_hosted_dimm(account)
    unaligned(account, "1.5 memory blocks", "192M")
    unaligned(account, "between two memory blocks", "128M", hex((8 << 30) + (64 << 20)))
    virtio_mem(account)
    probe(account)
    recorder.agree(account, "at the end")
    recorder.finish(account, "controls")
    guest.ok(f"none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
