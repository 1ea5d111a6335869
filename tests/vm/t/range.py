#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Ranges that host their memmap as a whole: what goes online with which block, and what is refused.

    range.py               memmap_on_memory=range, two nodes, memory hidden by mem=

The memmap of a range has users: its memory blocks that are online, except those that are nothing
but memmap. It is in the zone of one of them exactly while there are some. Tests the first and the
last user, users in several zones, operations that fail, poisoned pages, removal, and memory that
does not qualify. /proc/kpageflags and /proc/kpagecount, which use pfn_to_online_page(), are the
oracle for pages that can be walked. The order of operations is the subject of range-order.py.
"""
import errno
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
import lib_pin as pin
import lib_walk as walk
from base import older
from lib_account import Account
from lib_ledger import Recorder
from lib_range import HIDDEN, Device, Dimm, MHP_MEMMAP_ON_MEMORY, MHP_OFFLINE_INACCESSIBLE, Range, load_module
from lib_splat import KernelLog
from lib_trace import Trace, expected, pick, steps


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
    big, odd = Dimm("d0", 80), Dimm("d1", 25, 1)
    events = account.update()
    plain_numbers(account, events, big, 80, 40960)
    plain_numbers(account, events, odd, 25, 12800)
    wrong = guest.differs("nodes", [0, 1], [oracle.block(dimm.first).node for dimm in (big, odd)])
    guest.ok("an added range changes no zone and no node",
             wrong + guest.differs("nodes with memory", "0", oracle.nodes_with_memory())
             + walk.wrong_pages(big, account) + walk.wrong_pages(odd, account))
    for dimm in (odd, big):
        wrong = dimm.set(dimm.numbers[-1:], "online_movable")
        account.update()
        guest.ok(f"{dimm.count} blocks: only the last one is online, and the pages that hold the memmap",
                 wrong + account.compare() + walk.wrong_pages(dimm, account))
    guest.eq("the second node has memory", "0-1", oracle.nodes_with_memory())
    recorder.agree(account, "two ranges on two nodes")
    for dimm in (odd, big):
        wrong = dimm.set(dimm.numbers[-1:], "offline")
        account.update()
        wrong += account.compare() + walk.wrong_pages(dimm, account)
        dimm.unplug()
        account.update()
        guest.ok(f"{dimm.count} blocks: offline and removed", wrong + account.compare() + account.compare_qmp())
    guest.eq("the second node has none", "0", oracle.nodes_with_memory())
    recorder.agree(account, "both are removed")


def one_block(account):
    """Online one block, offline it: everything is as before. The sequence of events is the one written here."""
    there = Range(HIDDEN, 66, 1)        # on a node of its own, whose kernel zone nobody uses
    wrong = guest.differs("add", None, there.add())
    account.update()
    before, begin = oracle.everything(), there.first * oracle.BLOCK_PAGES
    for name, number in (("a block that is nothing but memmap", 0), ("a block that is partly memmap", 1),
                         ("a block without memmap", 2), ("the last block", 65)):
        wrong += there.set([there.numbers[number]], "online_movable")
        events = account.update()
        empty = number == 0
        want = [] if empty else ["prepare_online", "vmemmap_online", "going_online", "managed", "present", "online",
                                 "present"]
        wrong += guest.differs("events of online", ["online_begin", *expected(want), "online_end"], steps(events))
        wrong += guest.differs("memmap", [] if empty else [(begin, 66 * 512)], [
            (event.fields["start_pfn"], event.fields["vmemmap_pages"]) for event in pick(events, "vmemmap_online")])
        wrong += account.compare() + walk.wrong_pages(there, account)
        if empty:
            wrong += guest.differs("after online", before, oracle.everything())
        wrong += there.set([there.numbers[number]], "offline")
        want = [] if empty else ["present", "going_offline", "managed", "present", "offline", "vmemmap_offline",
                                 "finish_offline"]
        wrong += guest.differs("events of offline", ["offline_begin", *expected(want), "offline_end"], steps(account.update()))
        wrong += guest.differs("afterwards", before, oracle.everything())
        guest.ok(f"{name} goes online and offline: everything is as before",
                 wrong + account.compare() + walk.wrong_pages(there, account))
        wrong = []
    return there


def zones(account, there):
    """Users in two zones: the memmap stays with those in its zone, and moves when the last of them goes."""
    split, one, two = there.numbers[1], there.numbers[30], there.numbers[65]
    base = there.first * oracle.BLOCK_PAGES
    zones_of = lambda: oracle.block(there.numbers[40]).zones
    guest.eq("the default zone of a block in the middle, as long as none is online", "Normal", zones_of()[0])
    wrong = there.set([two], "online_movable")
    account.update()
    guest.ok("the last block goes online, and the zone of the memmap is the default for those before it",
             wrong + guest.differs("valid_zones", "Movable", zones_of()[0]))
    guest.ok("it goes offline", there.set([two], "offline"))
    account.update()
    for title, number, state, zone in (
            ("the first user decides the zone", one, "online_movable", "Movable"),
            ("another one does not, in a section that is shared", split, "online_kernel", "Movable"),
            ("nor a third one", two, "online_movable", "Movable"),
            ("one of two users in its zone goes offline", one, "offline", "Movable"),
            ("the last user in its zone goes offline: the memmap moves", two, "offline", "Normal"),
            ("it stays while its new user is there", two, "online_movable", "Normal"),
            ("it moves back, out of the shared section", split, "offline", "Movable"),
            ("and goes with the last user", two, "offline", None)):
        wrong = there.set([number], state)
        account.update()
        wrong += guest.differs("zone", zone and (1, zone), account.ranges[base].zone)
        guest.ok(f"users in two zones: {title}", wrong + account.compare() + walk.wrong_pages(there, account))


def failed(account, there, name, number, state, want, reason, way="online"):
    """An operation on a block fails, reports why, and changes nothing."""
    before = oracle.everything()
    code = oracle.block_set(number, state)
    events = account.update()
    wrong = guest.differs("result", want, oracle.errno_name(code))
    ends = [event.fields["ret"] for event in pick(events, f"{way}_end")]
    wrong += guest.differs("blocks", {number}, {oracle.block_of(event.fields["start_pfn"]) for event in
                                                pick(events, f"{way}_begin") + pick(events, f"{way}_end")})
    wrong += guest.differs("end events", 1, len(ends)) + guest.differs("succeeded", [], [ret for ret in ends if not ret])
    wrong += guest.differs("reasons", [reason], [event.fields["reason"] for event in pick(events, f"{way}_failed")])
    guest.ok(f"{name}: it fails and changes nothing else", wrong + guest.differs("afterwards", before, oracle.everything())
             + account.compare() + walk.wrong_pages(there, account))


def veto(action, code):
    oracle.notifier_error(action, code)


def vetoes(account, there):
    """A notifier objects to the first user, to another one, and to the last one going offline."""
    split, one = there.numbers[1], there.numbers[40]
    veto("MEM_GOING_ONLINE", -errno.ENOMEM)
    failed(account, there, "a veto against the first user", one, "online_movable", "ENOMEM", "notifier")
    failed(account, there, "a veto against the first user, partly memmap", split, "online_kernel", "ENOMEM", "notifier")
    veto("MEM_GOING_ONLINE", 0)
    wrong = there.set([one], "online_movable")
    account.update()
    veto("MEM_GOING_ONLINE", -errno.ENOMEM)
    failed(account, there, "a veto against a second user, partly memmap", split, "online_kernel", "ENOMEM", "notifier")
    veto("MEM_GOING_ONLINE", 0)
    veto("MEM_GOING_OFFLINE", -errno.EBUSY)
    failed(account, there, "a veto against the offline of the last user", one, "offline", "EBUSY", "notifier", "offline")
    wrong += there.set([split], "online_kernel")
    account.update()
    failed(account, there, "a veto against the last user in the memmap's zone", one, "offline", "EBUSY", "notifier",
           "offline")
    veto("MEM_GOING_OFFLINE", 0)
    wrong += there.set([one, split], "offline")
    account.update()
    guest.ok("afterwards both go online and offline", wrong + account.compare())


def poisoned_page(account, there):
    """A bad page keeps its own block offline, and nothing else."""
    bad, other = there.numbers[50], there.numbers[51]
    wrong = there.set([other, bad], "online_movable")
    account.update()
    walk.poison(bad * oracle.BLOCK_PAGES + 77)
    account.update()
    wrong += there.set([bad], "offline")
    account.update()
    failed(account, there, "a poisoned page, and the memmap is in use", bad, "online_movable", "EHWPOISON", "hwpoison")
    wrong += there.set([other], "offline")
    account.update()
    failed(account, there, "a poisoned page, and the memmap is not in use", bad, "online_movable", "EHWPOISON", "hwpoison")
    wrong += there.set([other], "online_movable") + there.set([other], "offline")
    account.update()
    guest.ok("a poisoned page in another block has no effect", wrong + account.compare())


def poisoned_neighbour(account, there):
    """A bad page in the block that is partly memmap, but not in the memmap, keeps that block offline, and no other."""
    split, one = there.numbers[1], there.numbers[30]
    wrong = there.set([split], "online_movable")
    account.update()
    walk.poison((split + 1) * oracle.BLOCK_PAGES - 33)
    wrong += there.set([split], "offline")
    account.update()
    failed(account, there, "a poisoned page beside the memmap", split, "online_movable", "EHWPOISON", "hwpoison")
    wrong += there.set([one], "online_movable") + there.set([one], "offline")
    account.update()
    guest.ok("a poisoned page beside the memmap: other blocks go online, and bring the memmap up", wrong + account.compare())


def poisoned_memmap(account, there):
    """A bad page in the memmap: what is online stays, goes offline, and then nothing comes back."""
    one, two, three = there.numbers[30:33]
    wrong = there.set([one], "online_movable")
    bad = there.first * oracle.BLOCK_PAGES + 5
    walk.poison(bad)
    wrong += guest.differs("flag", True, walk.is_poisoned(bad))
    wrong += there.set([two, three], "online_movable")
    account.update()
    wrong += account.compare()
    wrong += there.set([three, one, two], "offline")
    account.update()
    guest.ok("a poisoned page in the memmap that is in use: blocks still go online and offline", wrong + account.compare())
    failed(account, there, "a poisoned page in the memmap, a block without memmap", two, "online_movable", "EHWPOISON",
           "hwpoison")
    event = pick(account.log, "online_failed")[-1].fields
    guest.eq("  it reports the memmap", (there.first * oracle.BLOCK_PAGES, 66 * 512), (event["start_pfn"], event["nr_pages"]))


def removal(account, there):
    """A part of a range is refused before anything is touched, whether it holds memmap or not."""
    numbers, other = there.numbers, Range(HIDDEN + 66 * oracle.BLOCK_BYTES, 2, 1)
    wrong = guest.differs("add", None, other.add())
    account.update()
    before = oracle.everything()
    for name, part, want in (("the blocks that hold the memmap", numbers[:2], errno.EBUSY), ("its first block", numbers[:1], errno.EBUSY),
                             ("a block in the middle", numbers[20:21], errno.EBUSY), ("its last block", numbers[-1:], errno.EBUSY),
                             ("all but one", numbers[:-1], errno.EBUSY),
                             ("its end and another range", [*numbers[60:], *other.numbers], errno.EBUSY)):
        code = there.remove(part)
        events = account.update()
        wrong += guest.differs(f"remove {name}", oracle.errno_name(want), oracle.errno_name(code))
        wrong += guest.differs("events", ["remove_begin", "remove_failed", "remove_end"], steps(events))
        wrong += guest.differs("reason", ["part"], [event.fields["reason"] for event in pick(events, "remove_failed")])
        guest.ok(f"the removal of {name} is refused, and changes nothing",
                 wrong + guest.differs("afterwards", before, oracle.everything()) + account.compare())
        wrong = []
    wrong = other.set(other.numbers[1:], "online_movable")
    account.update()
    before = oracle.everything()
    wrong += guest.differs("offline and remove a part", "EBUSY", oracle.errno_name(other.offline_and_remove(other.numbers[1:])))
    account.update()
    guest.ok("offline_and_remove_memory() of a part leaves it online",
             wrong + guest.differs("afterwards", before, oracle.everything()) + account.compare())
    wrong = guest.differs("remove while a block is online", "EBUSY", oracle.errno_name(other.remove(other.numbers)))
    wrong += guest.differs("offline and remove", None, other.offline_and_remove(other.numbers))
    wrong += guest.differs("remove", None, there.remove(numbers))
    events = account.update()
    freed = [event.fields["start_pfn"] // oracle.BLOCK_PAGES for event in pick(events, "vmemmap_free")]
    wrong += guest.differs("freed", [*other.numbers[::-1], *numbers[::-1]], freed)
    guest.ok("whole ranges are removed, and their memmap is freed from the last section to the first", wrong + account.compare())


def spans(account):
    """With other memory of the zone below, users in both zones, and compaction: zones span what they did before."""
    low, there = Range(HIDDEN, 4, 1), Range(HIDDEN + 4 * oracle.BLOCK_BYTES, 66, 1)
    wrong = guest.differs("add", (None, None), (low.add(), there.add()))
    wrong += low.set(low.numbers[1:], "online_movable")
    account.update()
    before = oracle.everything()
    wrong += there.set(there.numbers[5:6], "online_movable") + there.set(there.numbers[5:6], "offline")
    guest.ok("a zone with other memory below the memmap spans what it did before",
             wrong + guest.differs("afterwards", before, oracle.everything()))
    kernel, movable = there.numbers[2:40:2], there.numbers[3:40:2]
    wrong = there.set(kernel, "online_kernel") + there.set([there.numbers[1], *movable], "online_movable")
    account.update()
    wrong += account.compare_zoneinfo() + account.compare_ranges()
    for _ in range(5):
        used = bytearray(200 << 20)
        oracle.write("/proc/sys/vm/compact_memory", 1)
        del used
    wrong += there.set(kernel, "offline") + there.set([there.numbers[1], *movable], "offline")
    account.update()
    guest.ok("users in both zones, beside the shared section: zones span what they did before",
             wrong + guest.differs("afterwards", before, oracle.everything()) + account.compare_ranges())
    wrong = low.set(low.numbers[1:], "offline")
    wrong += guest.differs("remove", (None, None), (low.remove(low.numbers), there.remove(there.numbers)))
    account.update()
    guest.ok("both are removed", wrong + account.compare())


def refused_then_ejected(account):
    """A part of a DIMM is refused; then ACPI ejects the DIMM, although one of its blocks is online."""
    dimm = Dimm("d3", 16)
    wrong = guest.differs("remove its last block", "EBUSY", oracle.errno_name(dimm.remove(dimm.numbers[-1:])))
    wrong += dimm.set(dimm.numbers[4:6], "online_movable")
    dimm.unplug()
    account.update()
    guest.ok("ACPI ejects a DIMM after the removal of a part was refused", wrong + account.compare() + account.compare_qmp())


def fall_back(account):
    """Memory that does not qualify is hosted per block or by the buddy allocator, and add_end reports why."""
    cases = [("a driver that does not request self-hosting", 0, "buddy", "not_requested")]
    if older("6.19"):          # which removed that flag with the notifier's steps
        cases.insert(0, ("memory that is inaccessible while offline", MHP_MEMMAP_ON_MEMORY | MHP_OFFLINE_INACCESSIBLE,
                         "block", "range_inaccessible"))
    for title, flags, hosting, why in cases:
        there = Range(HIDDEN, 3)
        wrong = guest.differs("add", None, there.add(flags))
        end = pick(account.update(), "add_end")[-1].fields
        wrong += guest.differs("hosting, why", (hosting, why), (end["hosting"], end["why"]))
        wrong += account.compare()
        wrong += there.set(there.numbers[1:2], "online_movable") + there.set(there.numbers[1:2], "offline")
        account.update()
        wrong += account.compare()
        wrong += guest.differs("remove a part", None, there.remove(there.numbers[1:2]))
        for number in (there.numbers[0], there.numbers[2]):
            wrong += guest.differs("remove the rest", None, there.remove([number]))
        account.update()
        guest.ok(f"{title}: hosting={hosting}, and a part can be removed", wrong + account.compare())


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


def device_inside(account):
    """ZONE_DEVICE memory in the middle of a range, where a part cannot be removed to make room for it.

    Both were once possible, and its neighbours, in the same 1 GiB of direct mapping, lost theirs: a page fault when
    the kernel cleared a page of them.
    """
    there = Range(HIDDEN, 8)
    inside = Device(HIDDEN + 3 * oracle.BLOCK_BYTES, oracle.BLOCK_BYTES)
    wrong = guest.differs("add", None, there.add()) + there.set(there.numbers[4:5], "online_movable")
    account.update()
    before, log = oracle.everything(), KernelLog()
    wrong += guest.differs("remove a block", "EBUSY", oracle.errno_name(there.remove(there.numbers[3:4])))
    wrong += guest.differs("add a device", "ENXIO", oracle.errno_name(inside.add()))
    wrong += log.provoked(r"^WARNING: .*\bmm/memremap\.c:\d+")
    wrong += guest.differs("afterwards", before, oracle.everything())
    wrong += guest.differs("block of a new page", there.numbers[4], oracle.block_of(pin.AnonPage(there.numbers).pfn))
    wrong += there.set(there.numbers[4:5], "offline") + guest.differs("remove", None, there.remove(there.numbers))
    account.update()
    guest.ok("ZONE_DEVICE memory inside a range is refused, and its neighbours stay mapped", wrong + account.compare())


def main():
    guest.eq("memmap_on_memory", "range", oracle.memmap_mode())
    load_module()
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    trace, recorder = Trace(), Recorder()
    account = Account(trace)
    begin = oracle.zones()
    two_nodes(account, recorder)
    there = one_block(account)
    zones(account, there)
    vetoes(account, there)
    recorder.agree(account, "users come and go")
    poisoned_page(account, there)
    poisoned_neighbour(account, there)
    poisoned_memmap(account, there)
    removal(account, there)
    spans(account)
    refused_then_ejected(account)
    fall_back(account)
    device(account)
    device_inside(account)
    recorder.agree(account, "at the end")
    guest.ok("the zones are restored", guest.differs("zoneinfo", *(
        {key: zone for key, zone in zones.items() if key in begin and key[1] != "Device"}
        for zones in (begin, oracle.zones()))))
    recorder.finish(account, "ranges")
    guest.ok(f"none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
