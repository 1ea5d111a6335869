#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Ranges that host their memmap as a whole: who is there before whom, and who goes last.

    range.py               memmap_on_memory=range, two nodes, memory hidden by mem=

Other sizes than account.py has, on two nodes at once; what hosts a memmap is online, and can be
walked, while anything it describes is; removal in parts; what a range falls back to; bad pages.
/proc/kpageflags, which asks pfn_to_online_page(), is the oracle for what may be walked.
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
KPF_OWNER_PRIVATE = 1 << 37         # as PageVmemmapSelfHosted() shows
CORRUPT = "/sys/kernel/debug/hwpoison"


def page_flags(number, pages=None):
    """What /proc/kpageflags has for the first pages of a block."""
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
    """Every page of an online block can be walked, no page of another one; those with memmap are marked."""
    wrong = []
    for number in there.numbers:
        flags, hosts = page_flags(number), there.vmemmap_pages(number)
        nopage = sum(bool(value & KPF_NOPAGE) for value in flags)
        marked = sum(bool(value & KPF_OWNER_PRIVATE) for value in flags[:hosts])
        wrong += guest.differs(f"memory{number}, pages that are none",
                               0 if number in online else oracle.BLOCK_PAGES, nopage)
        wrong += guest.differs(f"memory{number}, pages marked as memmap",
                               hosts if number in online else 0, marked)
    return wrong


class Dimm(Range):
    """A range that is a real DIMM."""

    def __init__(self, name, size, blocks, nid=0):
        self.name = name
        super().__init__(guest.dimm_plug(name, size, nid), blocks, nid)


def plain_numbers(account, events, dimm, sections, pages):
    """As they were measured on paper: nothing here is computed."""
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
        guest.eq(f"{dimm.count} blocks: those that host", hosts[dimm], len(dimm.hosts()))
    wrong = guest.differs("nodes", [0, 1], [oracle.block(dimm.first).node for dimm in (big, odd)])
    for dimm in (odd, big):         # the last block first, which needs all hosts there are
        wrong += guest.differs("online", None, oracle.block_set(dimm.numbers[-1], "online_movable"))
    account.update()
    guest.ok("of each the last block goes online, to its own node", wrong + account.compare())
    for dimm in (big, odd):
        online = dimm.way(dimm.numbers[-1])
        guest.ok(f"{dimm.count} blocks: with memory{online[-1]} its hosts are online, and only they",
                 wrong_walk(dimm, online))
    recorder.agree(account, "two ranges on two nodes")
    for dimm in (odd, big):
        refused_and_gone(account, dimm)
    recorder.agree(account, "both are gone")


def refused_and_gone(account, dimm):
    """What hosts others refuses to go, one after the other, until nothing depends on it."""
    way, wrong = dimm.way(dimm.numbers[-1]), []
    for number in way[:-1]:
        code = oracle.block_set(number, "offline")
        events = account.update()
        wrong += guest.differs(f"offline of memory{number}", "EBUSY", oracle.errno_name(code))
        wrong += guest.differs("events", ["offline_begin", "offline_end"], steps(events))
        wrong += guest.differs("reason and ret", [("hosting", -errno.EBUSY)], [
            (event.fields["reason"], event.fields["ret"]) for event in pick(events, "offline_end")])
    guest.ok(f"{dimm.count} blocks: what hosts others refuses to go offline, and says why",
             wrong + account.compare())
    wrong = []
    for number in way[::-1]:
        wrong += guest.differs(f"offline of memory{number}", None, oracle.block_set(number, "offline"))
    account.update()
    guest.ok(f"{dimm.count} blocks: from the last to the first they go", wrong + account.compare()
             + wrong_walk(dimm, []))
    guest.dimm_unplug(dimm.name)
    account.update()
    guest.ok(f"{dimm.count} blocks: the range is removed", account.compare() + account.compare_qmp())


def eject_online(account):
    """A DIMM whose memmap is in two of its blocks, of which one describes the other, is unplugged while online. ACPI
    goes through the blocks twice: the first time the hosts refuse, the second time in reverse they go."""
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
    wrong += guest.differs("refused at first", [0, 1], refused) + guest.differs("last to go", [1, 0], gone[-2:])
    guest.ok("a DIMM with two hosts is unplugged while online", wrong + account.compare() + account.compare_qmp())


def hosts_come_and_go(account):
    """A host comes along with what it hosts, and leaves again if that was for nothing."""
    there = Range(HIDDEN, 4)
    wrong = guest.differs("add", None, there.add())
    oracle.notifier_error("MEM_GOING_ONLINE", -errno.ENOMEM)
    code = oracle.block_set(there.numbers[3], "online_movable")
    oracle.notifier_error("MEM_GOING_ONLINE", 0)
    wrong += guest.differs("online with a veto", "ENOMEM", oracle.errno_name(code))
    events = account.update()
    guest.ok("a host that fails to go online keeps what it hosts offline", wrong + guest.differs(
        "ends", [(there.first, -errno.ENOMEM)], [(oracle.block_of(event.fields["start_pfn"]), event.fields["ret"])
                                                 for event in pick(events, "online_end")])
             + account.compare() + wrong_walk(there, []))
    wrong = guest.differs("online", None, oracle.block_set(there.numbers[3], "online_movable"))
    for state, want in ("online_kernel", errno.EINVAL), ("online_movable", None), ("online_movable", errno.EINVAL):
        wrong += guest.differs(f"{state} of the host that came along", want, oracle.block_set(there.first, state))
    poison(there.numbers[3] * oracle.BLOCK_PAGES + 77)
    for number in (there.numbers[3], there.first):
        wrong += guest.differs(f"offline of memory{number}", None, oracle.block_set(number, "offline"))
    account.update()
    code = oracle.block_set(there.numbers[3], "online_movable")
    wrong += guest.differs("online with a bad page", "EHWPOISON", oracle.errno_name(code))
    events = account.update()
    wrong += guest.differs("what happened to whom", [
        (there.first, "online_end", 0), (there.numbers[3], "online_end", -oracle.EHWPOISON),
        (there.first, "offline_end", 0)], [
            (oracle.block_of(event.fields["start_pfn"]), event.name[4:], event.fields["ret"])
            for event in events if event.name.endswith("line_end")])
    guest.ok("a block that fails to go online gives its host back", wrong + account.compare()
             + wrong_walk(there, []))
    wrong = guest.differs("remove", None, there.remove(there.numbers))
    account.update()
    guest.ok("and the range goes, bad page and all", wrong + account.compare())


def poison(pfn):
    oracle.write(f"{CORRUPT}/corrupt-pfn", hex(pfn))


def bad_memmap(account):
    """Memory fails right where the memmap of a range is."""
    there = Range(HIDDEN, 4)
    wrong = guest.differs("add", None, there.add())
    wrong += guest.differs("online", None, oracle.block_set(there.numbers[2], "online_movable"))
    bad = there.first * oracle.BLOCK_PAGES + 5
    try:
        poison(bad)
    except OSError as err:          # a page that nothing can be done about
        wrong += guest.differs("poison", "EBUSY", oracle.errno_name(err.errno))
    wrong += guest.differs("flag", True, bool(page_flags(there.first, 6)[5] & KPF_HWPOISON))
    for number in (there.numbers[2], there.first):
        wrong += guest.differs(f"offline of memory{number}", None, oracle.block_set(number, "offline"))
    account.update()
    guest.ok("a bad page in the memmap: the range still goes offline", wrong + account.compare())
    code = oracle.block_set(there.numbers[2], "online_movable")
    account.update()
    guest.ok("but what has a bad page does not go online, nor does what it hosts", guest.differs(
        "online", "EHWPOISON", oracle.errno_name(code)) + account.compare())
    wrong = guest.differs("remove", None, there.remove(there.numbers))
    account.update()
    guest.ok("and it can be removed", wrong + account.compare())


def parts(account, recorder):
    """Removed in parts: the memmap stays until the last of them, which is the one that hosts."""
    there, other = Range(HIDDEN, 8), Range(HIDDEN + 8 * oracle.BLOCK_BYTES, 2)
    first, numbers = there.first, there.numbers
    wrong = guest.differs("add", (None, None), (there.add(), other.add()))
    wrong += guest.differs("the hosting part alone", errno.EBUSY, there.remove(numbers[:3]))
    wrong += guest.differs("parts of two ranges", errno.EINVAL, there.remove([*numbers[6:], *other.numbers]))
    events = account.update()
    guest.ok("what hosts others is not removed before them, nor two ranges at once",
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
    guest.ok("other parts go in any order, and their memmap stays", wrong + account.compare())
    recorder.agree(account, "some parts are gone")
    guest.ok("where a part was, nothing is added while its memmap stays", guest.differs(
        "add", errno.EBUSY, Range(numbers[5] * oracle.BLOCK_BYTES, 1).add()) + account.compare())
    wrong = guest.differs("online", None, oracle.block_set(numbers[4], "online_movable"))
    account.update()
    wrong += wrong_walk(Range(HIDDEN, 2), [first]) + account.compare()
    wrong += guest.differs("offline and remove, of the host alone", errno.EBUSY,
                           there.offline_and_remove(numbers[:2]))
    account.update()
    guest.ok("what is left goes online, with its host", wrong + account.compare())
    wrong = guest.differs("offline and remove", None, there.offline_and_remove(numbers[4:5]))
    wrong += guest.differs("offline and remove", None, there.offline_and_remove(numbers[:2]))
    events = account.update()
    wrong += guest.differs("freed", [first * oracle.BLOCK_PAGES + n * oracle.BLOCK_PAGES for n in
                                     range(7, -1, -1)], [event.fields["start_pfn"] for event in
                                                         pick(events, "vmemmap_free")])
    guest.ok("with the last part all of the memmap goes, from the last section to the first",
             wrong + account.compare())
    wrong = guest.differs("add", None, Range(numbers[5] * oracle.BLOCK_BYTES, 1).add())
    wrong += guest.differs("remove", (None, None), (there.remove(numbers[5:6]), other.remove(other.numbers)))
    account.update()
    guest.ok("now something else can be added there", wrong + account.compare())


def fall_back(account):
    """What does not qualify is hosted block by block, or by the buddy, and the end says why."""
    for title, flags, hosting, why in (
            ("memory that is accessible only while it is online",
             MHP_MEMMAP_ON_MEMORY | MHP_OFFLINE_INACCESSIBLE, "block", "range_architecture"),
            ("a driver that does not ask", 0, "buddy", "not_requested")):
        there = Range(HIDDEN, 3)
        wrong = guest.differs("add", None, there.add(flags))
        end = pick(account.update(), "add_end")[-1].fields
        wrong += guest.differs("hosting, why", (hosting, why), (end["hosting"], end["why"]))
        wrong += account.compare()
        wrong += guest.differs("remove", None, there.remove(there.numbers))
        account.update()
        guest.ok(f"{title}: hosted by the {hosting}", wrong + account.compare())


def device(account):
    """ZONE_DEVICE memory beside a range, and then in the place of one: its altmap stays its own."""
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
    guest.ok("the altmap of ZONE_DEVICE memory is its own, beside a range and in its place",
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
    guest.ok("the zones are what they were", guest.differs("zoneinfo", *(
        {key: zone for key, zone in zones.items() if key in begin and key[1] != "Device"}
        for zones in (begin, oracle.zones()))))
    recorder.finish(account, "ranges")
    guest.ok(f"none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
