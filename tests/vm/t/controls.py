#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Memory that never hosts its own memmap, and adds that fail, on a kernel that allows self-hosting.

    controls.py            memmap_on_memory=Y, a virtio-mem device, and RAM hidden by mem= for probing

virtio-mem and the sysfs file "probe" do not request self-hosting, and the events must say so
(why=not_requested, hosting=buddy), while a DIMM in the same guest hosts its own memmap (so it was
possible). A range that does not consist of whole memory blocks is refused: one begin event, one
end event with the error, and no change of any count. The reported node is the node, not the memory
group.
"""
import errno
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
import lib_pin as pin
from lib_account import Account
from lib_ledger import Recorder
from lib_trace import Trace, failures, pick, steps

PROBED = 1 << 30                    # above the memory that mem=1G leaves
ADD = ["add_begin", "vmemmap_populate", "add_end"]


def wrong_add(events, number, want):
    """Compare the events of an add of one block with the fields expected in add_end."""
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
    """The counterexample: without it the other tests prove nothing."""
    guest.dimm_plug("d0", "128M")
    end = pick(account.update(), "add_end")[-1].fields
    guest.ok("a DIMM hosts its own memmap", guest.differs("hosting", "block", end["hosting"])
             + guest.differs("why", "self_hosted", end["why"])
             + guest.differs("vmemmap_pages", oracle.BLOCK_VMEMMAP, end["vmemmap_pages"], "pages"))
    guest.dimm_unplug("d0")
    account.update()
    guest.ok("a DIMM is unplugged, and every page is accounted for", account.compare())


def unaligned(account, title, size, addr=""):
    """ACPI does not report the failure to the host, so only the events show it."""
    free = oracle.free_kb()
    start = guest.dimm_plug("odd", size, "", addr)
    events = account.update()
    listed = {device.name: device for device in oracle.devices()}["odd"]
    guest.ok(f"{title}: a begin event, the reason, an end event, and nothing else",
             guest.differs("events", ["add_begin", "add_failed", "add_end"], steps(events))
             + guest.differs("failed", [("unaligned", -errno.EINVAL)], failures(events, "add")))
    begin, end = events[0].fields, events[-1].fields
    guest.ok(f"{title}: add_end reports the error", guest.differs("add_end", {
        "start_pfn": start // oracle.PAGE, "nr_pages": listed.size // oracle.PAGE, "vmemmap_pages": 0,
        "nid": 0, "hosting": "none", "why": "self_hosted", "ret": -errno.EINVAL}, end)
             + guest.differs("add_begin nid", 0, begin["nid"]))
    taken = free - oracle.free_kb()
    guest.ok(f"{title}: no block is added and no memory is used", account.compare() + guest.differs(
        "blocks", [], [n for n in oracle.block_ids() if n not in account.boot])
        + ([] if taken < 1024 else [f"free memory: expected a decrease of less than 1024 kB, got {taken} kB"]))
    guest.host("memory-del", "odd")
    guest.memory_wait("odd", "gone")
    guest.ok(f"{title}: unplugging it removes nothing",
             guest.differs("events", [], steps(account.update())))


def probe(account):
    numbers = oracle.blocks_of(PROBED, 3 * oracle.BLOCK_BYTES)
    wrong = []
    for number in numbers:
        oracle.write(f"{oracle.MEMORY}/probe", hex(number * oracle.BLOCK_BYTES))
        wrong += wrong_add(account.update(), number, not_requested(""))
    guest.ok("probe: each block has hosting=buddy, why=not_requested", wrong)
    wrong = []
    for state in "online_movable", "offline", "online_movable":
        for number in numbers:
            wrong += guest.differs(f"memory{number}, {state}", None, oracle.block_set(number, state))
            account.update()
            wrong += account.compare()
    guest.ok("probe: blocks go online, offline and online, and every page is accounted for", wrong)
    for number in numbers:
        oracle.block_set(number, "offline")
    account.update()
    guest.ok("probe: blocks go offline again", account.compare())


def virtio_mem_busy(numbers, events, reached):
    """A page that cannot be moved keeps its part of the device plugged: the event names both."""
    page = pin.PinnedPage(numbers)

    def ours():
        return [event for event in pick(events, "virtio_mem_busy") if event.fields["pfn"] == page.pfn]
    guest.host("vmem-resize", "vmem0", "0")
    guest.ok("virtio-mem: the part with a pinned page cannot be unplugged, which is reported",
             [] if reached(ours) else ["no such event within 30 s"])
    wrong = []
    for event in ours():
        fields, first = event.fields, event.fields["start_pfn"]
        wrong += guest.differs("device", [f"virtio{fields['device']}"], [
            name for name in os.listdir("/sys/bus/virtio/drivers/virtio_mem") if name.startswith("virtio")])
        for key, want in (("requested_size", 0), ("kind", "anon"), ("mapcount", 1), ("ret", -errno.EBUSY)):
            wrong += guest.differs(key, want, fields[key])
        if not first <= page.pfn < first + fields["nr_pages"] or oracle.block_of(first) not in numbers:
            wrong.append(f"a page of the part: {event.text}")
        if fields["refcount"] < 2 or not 0 < fields["plugged_size"] <= 3 * oracle.BLOCK_BYTES:
            wrong.append(f"a pinned page, and a part of the device: {event.text}")
    guest.ok("virtio-mem: with the device, its sizes and the page", wrong)
    page.close()
    # Without a change the driver tries again after 50 s.
    guest.host("vmem-resize", "vmem0", "128M")


def virtio_mem(account):
    """Two and a half memory blocks, then three: the driver adds them one by one, plugs the rest of
    the last one later, and finally unplugs everything itself, page by page at first."""
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
    guest.ok("virtio-mem: each block has hosting=buddy, why=not_requested", wrong)
    guest.ok("virtio-mem: the blocks are added, offline", account.compare())
    wrong = []
    for number in numbers:
        wrong += guest.differs(f"memory{number}", None, oracle.block_set(number, "online_movable"))
        account.update()
        wrong += account.compare_zoneinfo() + account.compare_memtotal()
    last = account.blocks[numbers[-1]]
    guest.ok("virtio-mem: the blocks go online, the last one with half of its pages managed",
             wrong + guest.differs("present", oracle.BLOCK_PAGES, last.present, "pages")
             + guest.differs("managed", oracle.BLOCK_PAGES // 2, last.managed, "pages"))
    guest.host("vmem-resize", "vmem0", "384M")
    reached(lambda: last.managed >= oracle.BLOCK_PAGES)
    guest.ok("virtio-mem: the other half is plugged into an online block", account.compare()
             + guest.differs("causes", {"driver"}, {event.fields["cause"] for event in
                                                    account.log[-2:] if "cause" in event.fields}))
    virtio_mem_busy(numbers, events, reached)
    guest.host("vmem-resize", "vmem0", "0")
    # sysfs has a block no more before its removal has ended.
    gone = reached(lambda: len(pick(events, "remove_end")) >= len(numbers)) and not any(oracle.block(number) for number in numbers)
    guest.ok("virtio-mem: everything is unplugged, and all counts are restored",
             ([] if gone else ["blocks still exist after 30 s"]) + account.compare())


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
