#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Ranges that host their memmap as a whole: hosts go online first and offline last.

    range.py               memmap_on_memory=range, two nodes, memory hidden by mem=

Tests other sizes than account.py, on two nodes at once. The blocks that host a memmap are online,
and their pages can be walked, while any block they describe is online. Also tests removal in parts,
the fallbacks, and poisoned pages. /proc/kpageflags, which uses pfn_to_online_page(), is the oracle
for pages that can be walked.
"""
import errno
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from lib_account import Account
from lib_ledger import Recorder
from lib_range import HIDDEN, Device, MHP_MEMMAP_ON_MEMORY, MHP_OFFLINE_INACCESSIBLE, Range, load_module
from lib_trace import Trace, pick, steps

GIB = 1 << 30
KPF_NOPAGE, KPF_HWPOISON = 1 << 20, 1 << 19
KPF_OWNER_PRIVATE = 1 << 37         # set for PageVmemmapSelfHosted()
CORRUPT = "/sys/kernel/debug/hwpoison"


def page_flags(number, pages=None):
    """The flags of the first pages of a block in /proc/kpageflags."""
    count = oracle.BLOCK_PAGES if pages is None else pages
    with open("/proc/kpageflags", "rb", buffering=0) as flags:
        flags.seek(number * oracle.BLOCK_PAGES * 8)
        text = b""
        while len(text) < count * 8:
            chunk = flags.read(count * 8 - len(text))
            if not chunk:
                break
            text += chunk
    return struct.unpack(f"<{len(text) // 8}Q", text)


def wrong_walk(there, online):
    """All pages of online blocks can be walked and no others; pages that hold memmap are marked."""
    wrong = []
    for number in there.numbers:
        flags, hosts = page_flags(number), there.vmemmap_pages(number)
        nopage = sum(bool(value & KPF_NOPAGE) for value in flags)
        marked = sum(bool(value & KPF_OWNER_PRIVATE) for value in flags[:hosts])
        wrong += guest.differs(f"memory{number}, pages flagged NOPAGE",
                               0 if number in online else oracle.BLOCK_PAGES, nopage)
        wrong += guest.differs(f"memory{number}, pages marked as memmap",
                               hosts if number in online else 0, marked)
    return wrong


class Dimm(Range):
    """A range on a real DIMM."""

    def __init__(self, name, size, blocks, nid=0):
        self.name = name
        super().__init__(guest.dimm_plug(name, size, nid), blocks, nid)


def plain_numbers(account, events, dimm, sections, pages):
    """Constants that were computed by hand: nothing here is calculated."""
    events = [event for event in events if dimm.addr // oracle.PAGE
              <= event.fields["start_pfn"] < (dimm.addr // oracle.PAGE + dimm.count * oracle.BLOCK_PAGES)]
    end = pick(events, "add_end")[-1].fields
    refs = [event.fields["refs"] for event in pick(events, "vmemmap_ref", op="hold")]
    wrong = guest.differs("references", list(range(1, sections + 1)), refs)
    wrong += guest.differs("vmemmap pages", (pages, "range", "self_hosted", dimm.nid), (
        end["vmemmap_pages"], end["hosting"], end["why"], end["nid"]))
    wrong += guest.differs("populated", pages, sum(
        event.fields["vmemmap_pages"] for event in pick(events, "vmemmap_populate")))
    guest.ok(f"{dimm.count} blocks: {sections} references and {pages} vmemmap pages", wrong + account.compare())


def two_nodes(account, recorder):
    """10 GiB in node 0 and 3 GiB + 128 MiB in node 1, there at the same time."""
    big, odd = Dimm("d0", "10G", 80), Dimm("d1", "3200M", 25, 1)
    events = account.update()
    plain_numbers(account, events, big, 80, 40960)
    plain_numbers(account, events, odd, 25, 12800)
    hosts = {big: 2, odd: 1}
    for dimm in (big, odd):
        guest.eq(f"{dimm.count} blocks: number of hosts", hosts[dimm], len(dimm.hosts()))
    wrong = guest.differs("nodes", [0, 1], [oracle.block(dimm.first).node for dimm in (big, odd)])
    for dimm in (odd, big):         # the last block, which needs all hosts
        wrong += guest.differs("online", None, oracle.block_set(dimm.numbers[-1], "online_movable"))
    account.update()
    guest.ok("the last block of each goes online, in its own node", wrong + account.compare())
    for dimm in (big, odd):
        online = dimm.way(dimm.numbers[-1])
        guest.ok(f"{dimm.count} blocks: only memory{online[-1]} and its hosts are online",
                 wrong_walk(dimm, online))
    recorder.agree(account, "two ranges on two nodes")
    for dimm in (odd, big):
        refused_then_removed(account, dimm)
    recorder.agree(account, "both are removed")


def refused_then_removed(account, dimm):
    """Each host refuses to go offline until no online block depends on it."""
    way, wrong = dimm.way(dimm.numbers[-1]), []
    for number in way[:-1]:
        code = oracle.block_set(number, "offline")
        events = account.update()
        wrong += guest.differs(f"offline of memory{number}", "EBUSY", oracle.errno_name(code))
        wrong += guest.differs("events", ["offline_begin", "offline_end"], steps(events))
        wrong += guest.differs("reason and ret", [("hosting", -errno.EBUSY)], [
            (event.fields["reason"], event.fields["ret"]) for event in pick(events, "offline_end")])
    guest.ok(f"{dimm.count} blocks: hosts refuse to go offline and report why",
             wrong + account.compare())
    wrong = []
    for number in way[::-1]:
        wrong += guest.differs(f"offline of memory{number}", None, oracle.block_set(number, "offline"))
    account.update()
    guest.ok(f"{dimm.count} blocks: they go offline in descending order", wrong + account.compare()
             + wrong_walk(dimm, []))
    guest.dimm_unplug(dimm.name)
    account.update()
    guest.ok(f"{dimm.count} blocks: the range is removed", account.compare() + account.compare_qmp())


def eject_online(account):
    """Unplug a DIMM with two hosts, one of which hosts the other's memmap, while blocks are online. ACPI makes two
    passes over the blocks: in the first the hosts refuse, in the second, in reverse order, they go offline."""
    dimm = Dimm("d2", "10G", 80)
    wrong = []
    for number in (dimm.numbers[20], dimm.numbers[70], dimm.numbers[79]):
        wrong += guest.differs("online", None, oracle.block_set(number, "online_movable"))
    account.update()
    guest.dimm_unplug(dimm.name)
    ends = [(oracle.block_of(event.fields["start_pfn"]) - dimm.first, event.fields["reason"])
            for event in pick(account.update(), "offline_end")]
    refused = [number for number, reason in ends if reason == "hosting"]
    gone = [number for number, reason in ends if reason == "none"]
    wrong += guest.differs("refused at first", [0, 1], refused) + guest.differs("last to go offline", [1, 0], gone[-2:])
    guest.ok("a DIMM with two hosts is unplugged while online", wrong + account.compare() + account.compare_qmp())


def hosts_come_and_go(account):
    """A host is brought online for its dependents, and taken offline again if those fail to go online."""
    there = Range(HIDDEN, 4)
    wrong = guest.differs("add", None, there.add())
    oracle.notifier_error("MEM_GOING_ONLINE", -errno.ENOMEM)
    code = oracle.block_set(there.numbers[3], "online_movable")
    oracle.notifier_error("MEM_GOING_ONLINE", 0)
    wrong += guest.differs("online with a veto", "ENOMEM", oracle.errno_name(code))
    events = account.update()
    guest.ok("if a host fails to go online, its dependents stay offline", wrong + guest.differs(
        "ends", [(there.first, -errno.ENOMEM)], [(oracle.block_of(event.fields["start_pfn"]), event.fields["ret"])
                                                 for event in pick(events, "online_end")])
             + account.compare() + wrong_walk(there, []))
    wrong = guest.differs("online", None, oracle.block_set(there.numbers[3], "online_movable"))
    for state, want in ("online_kernel", errno.EINVAL), ("online_movable", None), ("online_movable", errno.EINVAL):
        wrong += guest.differs(f"{state} of the host", want, oracle.block_set(there.first, state))
    poison(there.numbers[3] * oracle.BLOCK_PAGES + 77)
    for number in (there.numbers[3], there.first):
        wrong += guest.differs(f"offline of memory{number}", None, oracle.block_set(number, "offline"))
    account.update()
    code = oracle.block_set(there.numbers[3], "online_movable")
    wrong += guest.differs("online with a poisoned page", "EHWPOISON", oracle.errno_name(code))
    events = account.update()
    wrong += guest.differs("end events", [
        (there.first, "online_end", 0), (there.numbers[3], "online_end", -oracle.EHWPOISON),
        (there.first, "offline_end", 0)], [
            (oracle.block_of(event.fields["start_pfn"]), event.name[4:], event.fields["ret"])
            for event in events if event.name.endswith("line_end")])
    guest.ok("if a block fails to go online, its host goes offline again", wrong + account.compare()
             + wrong_walk(there, []))
    wrong = guest.differs("remove", None, there.remove(there.numbers))
    account.update()
    guest.ok("a range with a poisoned page is removed", wrong + account.compare())


def poison(pfn):
    oracle.write(f"{CORRUPT}/corrupt-pfn", hex(pfn))


def bad_memmap(account):
    """A page that holds the memmap of a range is poisoned."""
    there = Range(HIDDEN, 4)
    wrong = guest.differs("add", None, there.add())
    wrong += guest.differs("online", None, oracle.block_set(there.numbers[2], "online_movable"))
    bad = there.first * oracle.BLOCK_PAGES + 5
    try:
        poison(bad)
    except OSError as err:          # a page that cannot be recovered
        wrong += guest.differs("poison", "EBUSY", oracle.errno_name(err.errno))
    wrong += guest.differs("flag", True, bool(page_flags(there.first, 6)[5] & KPF_HWPOISON))
    for number in (there.numbers[2], there.first):
        wrong += guest.differs(f"offline of memory{number}", None, oracle.block_set(number, "offline"))
    account.update()
    guest.ok("a poisoned page in the memmap: the blocks still go offline", wrong + account.compare())
    code = oracle.block_set(there.numbers[2], "online_movable")
    account.update()
    guest.ok("a poisoned page in the memmap: neither the host nor its dependents go online again", guest.differs(
        "online", "EHWPOISON", oracle.errno_name(code)) + account.compare())
    wrong = guest.differs("remove", None, there.remove(there.numbers))
    account.update()
    guest.ok("a poisoned page in the memmap: the range can be removed", wrong + account.compare())


def parts(account, recorder):
    """Removal in parts: the memmap stays until the last part, which hosts it, is removed."""
    there, other = Range(HIDDEN, 8), Range(HIDDEN + 8 * oracle.BLOCK_BYTES, 2)
    first, numbers = there.first, there.numbers
    wrong = guest.differs("add", (None, None), (there.add(), other.add()))
    wrong += guest.differs("the hosting part alone", errno.EBUSY, there.remove(numbers[:3]))
    wrong += guest.differs("parts of two ranges", errno.EINVAL, there.remove([*numbers[6:], *other.numbers]))
    events = account.update()
    guest.ok("hosts are not removed before their dependents, nor parts of two ranges at once",
             wrong + guest.differs("removed", [], pick(events, "vmemmap_ref", op="put")) + account.compare())
    wrong = []
    for part in (numbers[5:6], numbers[6:8], numbers[2:4]):
        wrong += guest.differs(f"remove memory{part[0]}", None, there.remove(part))
    events = account.update()
    wrong += guest.differs("references", [7, 6, 5, 4, 3], [
        event.fields["refs"] for event in pick(events, "vmemmap_ref", op="put")])
    wrong += guest.differs("freed", [], pick(events, "vmemmap_free"))
    wrong += guest.differs("a part with a gap", errno.EINVAL, there.remove(numbers[:4]))
    wrong += guest.differs("as many as are left, with a gap", errno.EINVAL, there.remove(numbers[1:6]))
    account.update()
    guest.ok("other parts are removed in any order, and their memmap stays", wrong + account.compare())
    recorder.agree(account, "some parts are removed")
    guest.ok("nothing can be added in place of a removed part while its memmap stays", guest.differs(
        "add", errno.EBUSY, Range(numbers[5] * oracle.BLOCK_BYTES, 1).add()) + account.compare())
    wrong = guest.differs("online", None, oracle.block_set(numbers[4], "online_movable"))
    account.update()
    wrong += wrong_walk(Range(HIDDEN, 2), [first]) + account.compare()
    wrong += guest.differs("offline and remove the host alone", errno.EBUSY,
                           there.offline_and_remove(numbers[:2]))
    account.update()
    guest.ok("a remaining block goes online, with its host", wrong + account.compare())
    wrong = guest.differs("offline and remove", None, there.offline_and_remove(numbers[4:5]))
    wrong += guest.differs("offline and remove", None, there.offline_and_remove(numbers[:2]))
    events = account.update()
    wrong += guest.differs("freed", [first * oracle.BLOCK_PAGES + n * oracle.BLOCK_PAGES for n in
                                     range(7, -1, -1)], [event.fields["start_pfn"] for event in
                                                         pick(events, "vmemmap_free")])
    guest.ok("removing the last part frees all of the memmap, in descending section order",
             wrong + account.compare())
    wrong = guest.differs("add", None, Range(numbers[5] * oracle.BLOCK_BYTES, 1).add())
    wrong += guest.differs("remove", (None, None), (there.remove(numbers[5:6]), other.remove(other.numbers)))
    account.update()
    guest.ok("then other memory can be added there", wrong + account.compare())


def fall_back(account):
    """Memory that does not qualify is hosted per block or by the buddy allocator, and add_end reports why."""
    for title, flags, hosting, why in (
            ("memory that is inaccessible while offline",
             MHP_MEMMAP_ON_MEMORY | MHP_OFFLINE_INACCESSIBLE, "block", "range_architecture"),
            ("a driver that does not request self-hosting", 0, "buddy", "not_requested")):
        there = Range(HIDDEN, 3)
        wrong = guest.differs("add", None, there.add(flags))
        end = pick(account.update(), "add_end")[-1].fields
        wrong += guest.differs("hosting, why", (hosting, why), (end["hosting"], end["why"]))
        wrong += account.compare()
        wrong += guest.differs("remove", None, there.remove(there.numbers))
        account.update()
        guest.ok(f"{title}: hosting={hosting}", wrong + account.compare())


def device(account):
    """ZONE_DEVICE memory beside a range, and then in place of a removed range, uses its own altmap."""
    there, other = Range(HIDDEN, 2), Device(HIDDEN + 2 * oracle.BLOCK_BYTES, oracle.BLOCK_BYTES)
    wrong = guest.differs("add", (None, None), (there.add(), other.add()))
    for place in (other, Device(there.addr, oracle.BLOCK_BYTES)):
        first, before = place.addr // oracle.PAGE, list(account.device)
        if place is not other:
            wrong += guest.differs("remove", None, there.remove(there.numbers))
            wrong += guest.differs("add", None, place.add())
        populated = [event.fields for event in pick(account.update(), "vmemmap_populate", hosting="device")]
        wrong += guest.differs("populated", (first, oracle.BLOCK_VMEMMAP), (
            populated[0]["altmap_base"], account.device[0] - before[0]))
        wrong += guest.differs("remove", None, place.remove())
        account.update()
        wrong += guest.differs("freed", oracle.BLOCK_VMEMMAP, account.device[1] - before[1], "pages")
        wrong += guest.differs("references", [2 if place is other else 0],
                               [account.ranges[there.first * oracle.BLOCK_PAGES].refs])
    guest.ok("ZONE_DEVICE memory uses its own altmap, beside a range and in place of one",
             wrong + account.compare())


def main():
    guest.eq("memmap_on_memory", "range", oracle.memmap_mode())
    load_module()
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    trace, recorder = Trace(), Recorder()
    account = Account(trace)
    begin = oracle.zones()
    two_nodes(account, recorder)
    eject_online(account)
    hosts_come_and_go(account)
    bad_memmap(account)
    parts(account, recorder)
    fall_back(account)
    device(account)
    recorder.agree(account, "at the end")
    guest.ok("the zones are restored", guest.differs("zoneinfo", *(
        {key: zone for key, zone in zones.items() if key in begin and key[1] != "Device"}
        for zones in (begin, oracle.zones()))))
    recorder.finish(account, "ranges")
    guest.ok(f"none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
