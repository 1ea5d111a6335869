#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Every page is accounted for at every step of a DIMM's life, by every source.

    account.py MODE        in a guest booted with memory_hotplug.memmap_on_memory=MODE

DIMMs of 1, 3 and 9 GiB, one and two at a time, are plugged, brought online, taken offline and
unplugged, in movable and in kernel zones. After each step the sums of the event stream (tracefs
text, parsed by lib_trace.py) must equal /proc/zoneinfo, /proc/meminfo and sysfs and, after each
phase, QMP and mhptop's ledgers: one replayed from a recording of the whole test, one read from
the kernel by an mhptop that attaches late.
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
from lib_sources import probes_too
from lib_trace import Trace, expected, pick, steps

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
HOSTED = MODE != "N"                # also with "force": a block of 128 MiB needs no padding on x86
RANGE = MODE == "range"
HOSTING = "range" if RANGE else "block" if HOSTED else "buddy"
VMEMMAP = oracle.BLOCK_VMEMMAP if HOSTED else 0
GIB = 1 << 30
# Other memory that an add allocates and a remove frees: page tables of the direct mapping, a device
# with its sysfs files for each block, and allocations of the observing programs.
SLACK_KB = 6144

ONLINE = expected(["online_begin", "prepare_online", "going_online", "managed", "present", "online", "online_end"])
ONLINE_HOSTED = expected(["online_begin", "prepare_online", "vmemmap_online", "going_online", "managed", "present",
                          "online", "present", "online_end"])
OFFLINE = expected(["offline_begin", "going_offline", "managed", "present", "offline", "finish_offline", "offline_end"])
OFFLINE_HOSTED = expected(["offline_begin", "present", "going_offline", "managed", "present", "offline",
                           "vmemmap_offline", "finish_offline", "offline_end"])
# In a range, the first user of the memmap has the steps of a block that hosts its own, and so has the last one; the
# memmap is all of the range's. A block that is nothing but memmap has no steps.


def block_steps(state, memmap):
    """The steps of a state change that brings memmap into a zone or takes it out, or does not."""
    if state == "offline":
        return OFFLINE_HOSTED if memmap else OFFLINE
    return ONLINE_HOSTED if memmap else ONLINE


class Case:
    """Some DIMMs that are plugged and unplugged.

    thorough: compare with mhptop after each block too, and start a second mhptop after each phase,
    which takes a second each time.
    """

    def __init__(self, account, recorder, title, thorough=False):
        self.account, self.recorder, self.title = account, recorder, title
        self.thorough = thorough
        self.dimms = {}         # {name: (address, bytes)}

    def result(self, what, wrong):
        guest.ok(f"{MODE}, {self.title}: {what}", wrong)

    def numbers(self, name):
        return list(oracle.blocks_of(*self.dimms[name]))

    def all_agree(self, what):
        """After a phase: compare with all sources."""
        self.account.update()
        self.result(f"{what}: zoneinfo, meminfo and sysfs agree with the events", self.account.compare())
        self.result(f"{what}: QMP agrees with the events", self.account.compare_qmp())
        self.recorder.agree(self.account, f"{MODE}, {self.title}: {what}", late=self.thorough)

    # -- phases -----------------------------------------------------------------------

    def plug(self, name, gib):
        count = gib * GIB // oracle.BLOCK_BYTES
        free = oracle.free_kb()
        self.dimms[name] = guest.dimm_plug(name, f"{gib}G"), gib * GIB
        self._moved(f"{name} of {gib} GiB is plugged", count, free - oracle.free_kb(), "used")
        events = self.account.update()
        what = f"{name} of {gib} GiB is plugged"
        self.result(f"{what}: {count} populate events between begin and end",
                    guest.differs("events", ["add_begin"] + (["vmemmap_ref"] * RANGE + ["vmemmap_populate"])
                                  * count + ["add_end"], steps(events)))
        self.result(f"{what}: where the memmap is hosted, its size, and why", self._wrong_add(name, events))
        self.all_agree(what)

    def _moved(self, what, count, kb, word):
        """The memmap takes free memory only if the blocks do not host it themselves."""
        want = 0 if HOSTED else count * oracle.BLOCK_VMEMMAP * oracle.PAGE_KB
        self.result(f"{what}: {want} kB of free memory {word}", [] if abs(kb - want) <= SLACK_KB else
                    [f"free memory: expected {want} kB {word}, within {SLACK_KB} kB, got {kb} kB"])
        guest.note(f"{MODE}: {count} blocks: {kb} kB of free memory {word}")

    def _wrong_add(self, name, events):
        addr, size = self.dimms[name]
        count = size // oracle.BLOCK_BYTES
        end = pick(events, "add_end")[-1].fields
        wrong = guest.differs("add_end", {
            "start_pfn": addr // oracle.PAGE, "nr_pages": size // oracle.PAGE,
            "vmemmap_pages": count * VMEMMAP, "nid": 0, "ret": 0,
            "hosting": HOSTING, "why": "self_hosted" if HOSTED else "disabled"}, end)
        for nth, (event, number) in enumerate(zip(pick(events, "vmemmap_populate"), self.numbers(name))):
            first = number * oracle.BLOCK_PAGES
            want = {"start_pfn": first, "nr_pages": oracle.BLOCK_PAGES,
                    "vmemmap_pages": oracle.BLOCK_VMEMMAP, "altmap_base": first if HOSTED else 0,
                    "altmap_free": VMEMMAP, "altmap_alloc": VMEMMAP, "altmap_align": 0, "nid": 0,
                    "hosting": HOSTING, "ret": 0}
            if RANGE:
                want.update(altmap_base=addr // oracle.PAGE, altmap_free=count * VMEMMAP,
                            altmap_alloc=(nth + 1) * VMEMMAP)
            got = dict(event.fields)
            wrong += self._wrong_host(name, nth, got.pop("host_pfn", 0))
            wrong += guest.differs(f"populate of memory{number}", want, got)
        return wrong

    def _wrong_host(self, name, nth, host):
        """Check the location of the memmap of a DIMM's nth block."""
        number = self.numbers(name)[nth]
        if RANGE:
            return guest.differs(f"host_pfn of memory{number}", self.dimms[name][0] // oracle.PAGE
                                 + nth * VMEMMAP, host)
        inside = host // oracle.BLOCK_PAGES == number
        return [] if inside == HOSTED else [f"host_pfn of memory{number}: {host:#x} is "
                                            f"{'in' if inside else 'not in'} the block"]

    def _expected(self, name, number, state):
        """The expected steps, and the block that holds the memmap that comes or goes with them."""
        if not RANGE:
            return block_steps(state, VMEMMAP), number
        first = self.numbers(name)[0]
        if self.account.blocks[number].vmemmap_pages == oracle.BLOCK_PAGES:
            word = "offline" if state == "offline" else "online"
            return [f"{word}_begin", f"{word}_end"], first
        users = self.account.users(first * oracle.BLOCK_PAGES)
        return block_steps(state, users == [number] if state == "offline" else not users), first

    def move(self, name, state, order=None):
        """Bring each block of a DIMM online or take it offline, in any order; all sources must agree after each."""
        wrong, zone = [], "Normal" if state == "online_kernel" else "Movable"
        for number in order or self.numbers(name):
            want, first = self._expected(name, number, state)
            error = oracle.block_set(number, state)
            events = self.account.update()
            here = guest.differs(f"memory{number}", "success", oracle.errno_name(error))
            here += self._wrong_move(want, number, first, zone, events)
            here += self.account.compare_zoneinfo() + self.account.compare_memtotal()
            here += self.account.compare_block(number) + self.account.compare_ranges()
            if self.thorough:
                here += self.recorder.wrong_events(self.account)
                here += self.recorder.wrong_ledger(self.account)
            wrong += [f"after {state} of memory{number}: {line}" for line in here]
        oracles = f"zoneinfo, meminfo, sysfs{' and mhptop' * self.thorough}"
        self.result(f"{name}, {state} of {len(self.numbers(name))} blocks one by one: "
                    f"events, {oracles} agree after each", wrong)
        self.all_agree(f"{name}, {state}")

    @staticmethod
    def _wrong_move(want, number, first, zone, events):
        """Every event is about the block, or about the memmap that begins with block `first`."""
        # A page under I/O at that moment is reported as a blocker until the I/O has finished.
        events = [event for event in events if event.name != "mhp_offline_blocker"]
        wrong = guest.differs("events", want, steps(events))
        for event in events:
            fields = event.fields
            # The memmap of a range begins with its first page, and no other count does.
            memmap = RANGE and event.name[4:] in ("vmemmap_online", "vmemmap_offline", "present") and (
                fields["start_pfn"] == first * oracle.BLOCK_PAGES)
            wrong += guest.differs(f"{event.name}: block", first if memmap else number, oracle.block_of(fields["start_pfn"]))
            wrong += guest.differs(f"{event.name}: zone", zone, fields.get("zone", zone))
            wrong += guest.differs(f"{event.name}: ret", 0, fields.get("ret", 0))
        return wrong

    def unplug(self, name):
        numbers, what = self.numbers(name), f"{name} is unplugged"
        free = oracle.free_kb()
        guest.dimm_unplug(name)
        self._moved(what, len(numbers), oracle.free_kb() - free, "freed")
        events = self.account.update()
        self.result(f"{what}: {len(numbers)} free events between begin and end",
                    guest.differs("events", ["remove_begin"] + ["vmemmap_ref"] * len(numbers) * RANGE
                                  + ["vmemmap_free"] * len(numbers) + ["remove_end"], steps(events)))
        wrong = guest.differs("references", list(range(len(numbers) - 1, -1, -1)) if RANGE else [],
                              [event.fields["refs"] for event in pick(events, "vmemmap_ref")])
        # The memmap of a range is freed in descending section order.
        for nth, (event, number) in enumerate(zip(pick(events, "vmemmap_free"), numbers[::-1] if RANGE
                                                  else numbers)):
            left = (len(numbers) - nth - 1) * VMEMMAP if RANGE else 0
            wrong += guest.differs("free", number, oracle.block_of(event.fields["start_pfn"]))
            wrong += guest.differs("freed", oracle.BLOCK_VMEMMAP, event.fields["vmemmap_pages"], "pages")
            wrong += guest.differs("altmap alloc", left, event.fields["altmap_alloc"], "pages")
        self.result(f"{what}: {len(numbers) * oracle.BLOCK_VMEMMAP} vmemmap pages are freed", wrong)
        self.all_agree(what)
        del self.dimms[name]


def one_dimm(account, recorder, gib):
    case = Case(account, recorder, f"{gib} GiB", thorough=gib == 1)
    case.plug("d0", gib)
    case.move("d0", "online_movable")
    case.move("d0", "offline")
    case.unplug("d0")


def in_plain_numbers(account):
    """9 GiB in constants that were measured before the events existed: nothing here is computed."""
    end = pick(account.log, "add_end", nr_pages=9 * GIB // oracle.PAGE)[-1]
    since = account.log[account.log.index(end) - (144 if RANGE else 72):]
    populated = [event.fields["vmemmap_pages"] for event in pick(since, "vmemmap_populate")]
    freed = [event.fields["vmemmap_pages"] for event in pick(since, "vmemmap_free")]
    guest.ok(f"{MODE}, 9 GiB: 72 sections and 36864 vmemmap pages, populated and freed",
             guest.differs("add_end", 36864 if HOSTED else 0, end.fields["vmemmap_pages"], "pages")
             + guest.differs("populated", (72, 36864), (len(populated), sum(populated)))
             + guest.differs("freed", (72, 36864), (len(freed), sum(freed)))
             + guest.differs("references held", 72 if RANGE else 0, len(pick(since, "vmemmap_ref", op="hold"))))


def two_dimms(account, recorder):
    """The second DIMM is used first, and its blocks in descending order."""
    case = Case(account, recorder, "3 and 1 GiB")
    case.plug("d0", 3)
    case.plug("d1", 1)
    case.move("d1", "online_movable", case.numbers("d1")[::-1])
    case.move("d0", "online_movable")
    case.move("d0", "offline", case.numbers("d0")[::-1])
    case.unplug("d0")
    case.move("d1", "offline")
    case.unplug("d1")


def kernel_zone(account, recorder):
    """Blocks that the kernel has allocated from stay online, the others go offline; every page is accounted for."""
    case = Case(account, recorder, "1 GiB in a kernel zone")
    case.plug("d0", 1)
    case.move("d0", "online_kernel")
    before = {number: account.blocks[number].offline_failures for number in case.numbers("d0")}
    stayed = [number for number in case.numbers("d0") if oracle.block_offline_tried(number)]
    account.update()
    case.result("some blocks go offline again",
                [] if len(stayed) < len(case.numbers("d0")) else ["all blocks stayed online"])
    case.result("blocks that stay online report a failed offline", guest.differs(
        "blocks that failed to go offline", stayed,
        [number for number in before if account.blocks[number].offline_failures > before[number]]))
    case.all_agree(f"offline where possible, {len(stayed)} blocks stay online")


def main():
    guest.eq("memmap_on_memory has the value that the test expects", MODE, oracle.memmap_mode())
    trace, recorder, probes = Trace(), Recorder(), probes_too()
    account = Account(trace)
    one_dimm(account, recorder, 1)
    one_dimm(account, recorder, 9)
    in_plain_numbers(account)
    two_dimms(account, recorder)
    kernel_zone(account, recorder)
    recorder.finish(account, MODE)
    if probes:
        probes.compare(recorder.path, MODE)
    guest.ok(f"{MODE}: none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
