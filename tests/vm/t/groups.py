#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The memory group of a DIMM counts the memmap that the DIMM hosts, once and in the right zone.

    groups.py MODE         memmap_on_memory=MODE, online_policy=auto-movable, one node, a virtio-mem device vmem0

The policy brings a DIMM online in ZONE_MOVABLE only if all of it fits there: the pages of that zone and what is left of
the group must not exceed auto_movable_ratio percent of the kernel's memory at boot. A page that the group counts twice,
or not at all, moves that limit. After each change the limit must be that of the whole DIMM, computed from the pages in
/proc/zoneinfo at boot; valid_zones of a block that is offline shows the zone at the limit, and just below it. Poisoned
pages change nothing.

A virtio-mem device grows block by block. Its group allows more pages in ZONE_MOVABLE by its own pages in the kernel zone,
and takes from what other groups are allowed what its pages in ZONE_MOVABLE need: the same limits are computed from what
QEMU says is plugged.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
import lib_walk as walk
from lib_account import Account
from lib_ledger import Recorder
from lib_range import Dimm
from lib_trace import Trace

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
PARAMETERS = "/sys/module/memory_hotplug/parameters"
BLOCKS = 32
SECONDS = oracle.HANG_SECONDS       # for a change of virtio-mem's size
TRIES = 40
FREELY = 10000                      # a ratio that allows everything


def set_ratio(percent):
    oracle.write(f"{PARAMETERS}/auto_movable_ratio", percent)


def early_pages(account):
    """Pages of kernel zones at boot."""
    return sum(zone.present for (node, name), zone in account.begin.items() if node == 0 and name != "Movable")


class Group:
    """A DIMM in node 0 and its memory group."""

    def __init__(self, account, name="d0", blocks=BLOCKS):
        self.account, self.early = account, early_pages(account)
        self.dimm = Dimm(name, blocks)
        self.pages = blocks * oracle.BLOCK_PAGES

    def limit(self, pages):
        """The lowest ratio that allows so many pages in ZONE_MOVABLE."""
        return next(ratio for ratio in range(1, FREELY) if pages <= ratio * self.early // 100)

    def wrong_limit(self):
        """The limit as a block that is offline shows it: all of the group is or can be in ZONE_MOVABLE."""
        number = next(number for number in reversed(self.dimm.numbers) if oracle.block(number).state == "offline")
        ratio, wrong = self.limit(self.pages), []
        for percent, zone in ((ratio - 1, "Normal"), (ratio, "Movable")):
            set_ratio(percent)
            wrong += guest.differs(f"zone of memory{number} at {percent} %", zone, oracle.block(number).zones[0])
        set_ratio(ratio)
        return wrong

    def move(self, title, numbers, state):
        """Set the state of blocks one by one; after each, everything must agree."""
        wrong = []
        for number in numbers:
            wrong += self.dimm.set([number], state)
            self.account.update()
            if state == "online":
                wrong += guest.differs(f"zone of memory{number}", "Movable", self.account.blocks[number].zone)
            here = self.account.compare_zoneinfo() + self.account.compare_ranges() + self.wrong_limit()
            wrong += [f"after {state} of memory{number}: {line}" for line in here]
        guest.ok(f"{MODE}: {title}", wrong + self.account.compare())


class Virtio:
    """The virtio-mem device and its memory group, which is a dynamic one: each memory block is decided alone."""

    MOVABLE = 4                     # one block less than so many fit into ZONE_MOVABLE at first

    def __init__(self, account, early):
        self.account, self.early = account, early
        self.begin = {key: zone.managed for key, zone in oracle.zones().items()}
        addr = self.device().addr
        self.numbers = list(oracle.blocks_of(addr, 8 * oracle.BLOCK_BYTES))
        self.zones = dict.fromkeys(("Movable", "Normal"), 0)    # pages
        self.ratio = next(ratio for ratio in range(1, FREELY)
                          if self.MOVABLE * oracle.BLOCK_PAGES <= ratio * early // 100) - 1

    @staticmethod
    def device():
        return next(device for device in oracle.devices() if device.name == "vmem0")

    def chosen(self, blocks=1):
        """The zone that the policy must choose for the next so many blocks."""
        allowed = self.ratio * (self.early + self.zones["Normal"]) // 100
        return "Movable" if self.zones["Movable"] + blocks * oracle.BLOCK_PAGES <= allowed else "Normal"

    def wrong_size(self, blocks):
        """QEMU's size is that of the blocks, and that by which managed pages grew: virtio-mem hosts no memmap."""
        wrong = guest.differs("size in QEMU", blocks * oracle.BLOCK_BYTES, self.device().size, "bytes")
        grown = {zone: oracle.zones()[0, zone].managed - self.begin.get((0, zone), 0) for zone in self.zones}
        return wrong + guest.differs("managed pages since", self.zones, grown)

    def grow(self, blocks):
        """One more block, to a size of so many."""
        number, zone, wrong = self.numbers[blocks - 1], self.chosen(), []
        guest.host("vmem-resize", "vmem0", blocks * oracle.BLOCK_BYTES)
        there = guest.wait_for(SECONDS, lambda: oracle.block(number) and self.device().size == blocks * oracle.BLOCK_BYTES)
        if not there:
            return [f"memory{number} does not come: size {self.device().size}"]
        wrong += guest.differs(f"memory{number}, first zone while offline", zone, oracle.block(number).zones[0])
        wrong += guest.differs("online", None, oracle.block_set(number, "online"))
        self.zones[zone] += oracle.BLOCK_PAGES
        self.account.update()
        wrong += guest.differs(f"zone of memory{number}", zone, self.account.blocks[number].zone)
        return wrong + self.wrong_size(blocks)

    def wrong_others(self):
        """What is left for a DIMM: early pages that this group's pages in ZONE_MOVABLE do not need."""
        group, wrong = Group(self.account, "beside", 4), []

        def allows(ratio):
            needed = max(0, self.zones["Movable"] * 100 // ratio - self.zones["Normal"])
            return group.pages <= ratio * max(0, self.early - needed) // 100
        ratio = next(ratio for ratio in range(1, FREELY) if allows(ratio))
        if ratio == group.limit(group.pages):
            wrong.append(f"virtio-mem makes no difference: {ratio} %")
        for percent, zone in ((ratio - 1, "Normal"), (ratio, "Movable")):
            set_ratio(percent)
            wrong += guest.differs(f"zone of a block of the DIMM at {percent} %", zone,
                                   oracle.block(group.dimm.numbers[3]).zones[0])
        set_ratio(self.ratio)
        group.dimm.unplug()
        self.account.update()
        return wrong

    def shrink(self):
        """ZONE_MOVABLE is given back. The kernel may keep what it uses of its zone: QEMU's size says how much."""
        guest.host("vmem-resize", "vmem0", 0)
        none = self.begin.get((0, "Movable"), 0)
        if not guest.wait_for(SECONDS, lambda: oracle.zones()[0, "Movable"].managed == none):
            return ["pages stay in ZONE_MOVABLE"]

        def sizes():
            return self.device().size, (oracle.zones()[0, "Normal"].managed - self.begin[0, "Normal"]) * oracle.PAGE

        def same():
            plugged, managed = sizes()
            return plugged == managed
        # The driver tries again and again unless it has done what it was asked for. At that moment, it may have taken
        # memory offline that it has not unplugged yet.
        for _ in range(TRIES):
            guest.wait_for(SECONDS, same)
            guest.host("vmem-resize", "vmem0", self.device().size)
            if guest.wait_for(5, same):
                break
            guest.host("vmem-resize", "vmem0", 0)
        self.account.update()
        plugged, managed = sizes()
        return guest.differs("bytes that zoneinfo has, as QEMU says", plugged, managed)


def virtio_mem(account):
    there = Virtio(account, early_pages(account))
    set_ratio(there.ratio)
    zones = []
    for blocks in range(1, len(there.numbers) + 1):
        zones.append(there.chosen())
        guest.ok(f"{MODE}: virtio-mem, block {blocks} goes to zone {zones[-1]}",
                 there.grow(blocks) + account.compare_zoneinfo() + account.compare_memtotal())
    # Without the group's own kernel pages, no block would be in ZONE_MOVABLE after one that is not.
    guest.ok(f"{MODE}: virtio-mem, kernel pages of its group allow more pages in ZONE_MOVABLE: {' '.join(zones)}",
             [] if "Movable" in zones[zones.index("Normal"):] and zones.count("Normal") > 1 else ["they do not"])
    guest.ok(f"{MODE}: virtio-mem, the limit of a DIMM beside it", there.wrong_others() + account.compare_zoneinfo())
    guest.ok(f"{MODE}: virtio-mem shrinks, and QEMU and the kernel agree on what is left",
             there.shrink() + account.compare_zoneinfo() + account.compare_memtotal())


def corrupt_kb():
    return oracle.meminfo()["HardwareCorrupted"]


def poisoned(group):
    """A page in an online block, and a page of the memmap that describes it."""
    one, two = group.dimm.numbers[5], group.dimm.numbers[9]
    group.move("two blocks go online", [one, two], "online")
    before = oracle.zones(), corrupt_kb()
    host = group.dimm.first if MODE == "range" else one
    for pfn in (one + 1) * oracle.BLOCK_PAGES - 77, host * oracle.BLOCK_PAGES + 5:
        walk.poison(pfn)
        guest.eq(f"{MODE}: page {pfn:#x} is poisoned", True, walk.is_poisoned(pfn))
    guest.ok(f"{MODE}: poisoned pages stay in their zone", guest.differs("zoneinfo", before[0], oracle.zones())
             + guest.differs("HardwareCorrupted", before[1] + 2 * oracle.PAGE_KB, corrupt_kb(), "kB")
             + guest.differs("states", ["online"] * 2, [oracle.block(number).state for number in (one, two)])
             + group.wrong_limit() + group.account.compare())
    group.move("they go offline", [two, one], "offline")
    wrong = guest.differs("online", "EHWPOISON", oracle.errno_name(oracle.block_set(one, "online")))
    group.account.update()
    guest.ok(f"{MODE}: the block with the poisoned page stays offline", wrong + group.wrong_limit() + group.account.compare())


def in_the_kernel_zone(group):
    """One block there, and the policy brings all others there as well, whatever the ratio; the memmap follows."""
    one, two = group.dimm.numbers[20:22]
    set_ratio(1)
    wrong = group.dimm.set([one], "online")
    group.account.update()
    wrong += guest.differs("zone at 1 %", "Normal", group.account.blocks[one].zone)
    set_ratio(FREELY)
    wrong += guest.differs(f"zone of memory{two}", "Normal", oracle.block(two).zones[0])
    wrong += group.dimm.set([two], "online")
    group.account.update()
    wrong += guest.differs("zone", "Normal", group.account.blocks[two].zone)
    guest.ok(f"{MODE}: after one block in the kernel zone, the others go there", wrong + group.account.compare())


def main():
    guest.eq("memmap_on_memory has the value that the test expects", MODE, oracle.memmap_mode())
    guest.eq("online_policy has the value that the test expects", "auto-movable", oracle.read(f"{PARAMETERS}/online_policy").strip())
    trace, recorder = Trace(), Recorder()
    account = Account(trace)
    group = Group(account)
    numbers = group.dimm.numbers
    account.update()
    guest.ok(f"{MODE}: nothing is online", group.wrong_limit() + account.compare())
    before = oracle.everything()
    for title, up, down in (
            ("from the first to the last", [0, 1, 7, 31], [0, 1, 7, 31]),
            ("from the last to the first", [30, 12, 1, 0], [0, 1, 12, 30]),
            ("the last user is the one that holds memmap", [3, 0], [3, 0])):
        group.move(f"blocks go online, {title}", [numbers[index] for index in up], "online")
        group.move(f"and offline, {title}", [numbers[index] for index in down], "offline")
        guest.ok(f"{MODE}: everything is as before", guest.differs("afterwards", before, oracle.everything()))
    poisoned(group)
    group.dimm.unplug()
    account.update()
    guest.ok(f"{MODE}: the DIMM with the poisoned pages is removed", account.compare() + account.compare_qmp())
    group = Group(account)
    in_the_kernel_zone(group)
    recorder.agree(account, f"{MODE}, after all DIMMs")
    virtio_mem(account)
    recorder.agree(account, f"{MODE}, at the end", late=False)
    recorder.finish(account, MODE)
    guest.ok(f"{MODE}: none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
