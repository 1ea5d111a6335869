# SPDX-License-Identifier: GPL-2.0-only
"""One life of added memory, with the failures that can be provoked, for any kernel: the same steps everywhere.

Each step is checked against zoneinfo, meminfo and sysfs, not against events. The guest needs three DIMM slots, a
virtio-mem device vmem0 and the error injection of the memory notifier; without the latter, vetoes are left out.
"""
import errno
import os
import signal
import subprocess
import time

import lib_guest as guest
import lib_oracle as oracle
import lib_pin as pin

PIN_SECONDS = 2                     # for which the kernel tries to migrate the pinned page
INJECT = "/sys/kernel/debug/notifier-error-inject/memory"


class Scenario:
    """Runs the steps; `hosted` is whether an added memory block hosts its own memmap."""

    def __init__(self, hosted):
        self.usable = oracle.BLOCK_PAGES - (oracle.BLOCK_VMEMMAP if hosted else 0)
        self.pinned = None          # the pinned page's pfn
        self.numbers = []           # memory blocks of the DIMMs
        self.done = []              # the names of the steps that ran

    def _zone(self, name):
        zone = oracle.zones().get((0, name))
        return (zone.present, zone.managed) if zone else (0, 0)

    def _moves(self, what, number, state, code, zone, blocks):
        """Write to a block's state: the result, and by how many whole blocks the zone's counts change."""
        before = self._zone(zone)
        got = oracle.block_set(number, state)
        after = self._zone(zone)
        self.done.append(what)
        guest.ok(f"{what}: result and counts of the zone",
                 guest.differs("result", oracle.errno_name(code), oracle.errno_name(got))
                 + guest.differs("present", before[0] + blocks * oracle.BLOCK_PAGES, after[0], "pages")
                 + guest.differs("managed", before[1] + blocks * self.usable, after[1], "pages"))

    def run(self):
        oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
        before = {key: zone.present for key, zone in oracle.zones().items()}, oracle.block_ids()
        numbers = [guest.dimm_plug(name, oracle.BLOCK_BYTES) // oracle.BLOCK_BYTES for name in ("d0", "d1", "d2")]
        self.done.append("add")
        guest.eq("add: each DIMM is a memory block", sorted(before[1] + numbers), oracle.block_ids())
        self.numbers = numbers
        first, second, third = numbers
        self._moves("online", first, "online_movable", None, "Movable", 1)
        self.pinned_page(first)
        self._moves("offline", first, "offline", None, "Movable", -1)
        if os.path.exists(INJECT):
            self.vetoes(first, second)
        self._moves("offline of a block with a hole", max(before[1]), "offline", errno.EINVAL, "DMA32", 0)
        guest.dimm_unplug("d0")
        guest.dimm_unplug("d1")
        self.refused()
        self.virtio_mem()
        guest.ok("remove: the memory is gone", guest.differs("blocks", sorted(before[1] + [third]), oracle.block_ids())
                 + guest.differs("present", before[0], {key: zone.present for key, zone in oracle.zones().items()}))
        self.kernel_page(third)

    def pinned_page(self, number):
        """A pinned page cannot be migrated; a signal ends the offline."""
        page = pin.PinnedPage([number])
        self.pinned = page.pfn
        before = self._zone("Movable")
        child = subprocess.Popen(["sh", "-c", f"echo offline > {oracle.MEMORY}/memory{number}/state"])
        going = guest.wait_for(60, lambda: oracle.block(number).state == "going-offline")
        time.sleep(PIN_SECONDS)
        child.send_signal(signal.SIGTERM)
        status = child.wait(60)
        self.done.append("pinned page")
        guest.ok("pinned page: a signal ends the offline, and nothing has changed",
                 ([] if going else ["the block never starts to go offline"])
                 + guest.differs("status", -signal.SIGTERM, status)
                 + guest.differs("present and managed", before, self._zone("Movable"))
                 + guest.differs("state", "online", oracle.block(number).state))
        page.close()

    def vetoes(self, first, second):
        oracle.notifier_error("MEM_GOING_ONLINE", -errno.ENOSPC)
        self._moves("notifier vetoes online", second, "online_movable", errno.ENOSPC, "Movable", 0)
        oracle.notifier_error("MEM_GOING_ONLINE", 0)
        self._moves("online again", first, "online_movable", None, "Movable", 1)
        oracle.notifier_error("MEM_GOING_OFFLINE", -errno.EAGAIN)
        self._moves("notifier vetoes offline", first, "offline", errno.EAGAIN, "Movable", 0)
        oracle.notifier_error("MEM_GOING_OFFLINE", 0)
        self._moves("offline again", first, "offline", None, "Movable", -1)

    def refused(self):
        """A DIMM of one and a half memory blocks; only the kernel's log and events show the refusal."""
        blocks = oracle.block_ids()
        guest.dimm_plug("odd", oracle.BLOCK_BYTES * 3 // 2)
        self.done.append("refused add")
        guest.eq("refused add: no memory block is added", blocks, oracle.block_ids())
        guest.host("memory-del", "odd")
        guest.memory_wait("odd", "gone")

    def virtio_mem(self):
        """Two and a half memory blocks, then three, then none."""
        addr = {device.name: device for device in oracle.devices()}["vmem0"].addr
        numbers = list(oracle.blocks_of(addr, 3 * oracle.BLOCK_BYTES))
        before = self._zone("Movable")
        guest.host("vmem-resize", "vmem0", oracle.BLOCK_BYTES * 5 // 2)
        there = guest.wait_for(60, lambda: all(oracle.block(number) for number in numbers))
        wrong = [] if there else ["blocks are missing after 60 s"]
        for number in numbers:
            wrong += guest.differs(f"memory{number}", None, oracle.block_set(number, "online_movable"))
        guest.wait_for(60, lambda: self._zone("Movable")[1] == before[1] + oracle.BLOCK_PAGES * 5 // 2)
        guest.ok("virtio-mem: two and a half memory blocks", wrong + guest.differs(
            "present and managed", (before[0] + 3 * oracle.BLOCK_PAGES, before[1] + oracle.BLOCK_PAGES * 5 // 2),
            self._zone("Movable")))
        guest.host("vmem-resize", "vmem0", oracle.BLOCK_BYTES * 3)
        guest.wait_for(60, lambda: self._zone("Movable")[1] == before[1] + oracle.BLOCK_PAGES * 3)
        guest.eq("virtio-mem: the other half", before[1] + oracle.BLOCK_PAGES * 3, self._zone("Movable")[1], "pages")
        guest.host("vmem-resize", "vmem0", 0)
        gone = guest.wait_for(60, lambda: not any(oracle.block(number) for number in numbers))
        guest.ok("virtio-mem: everything is gone", ([] if gone else ["blocks still exist after 60 s"])
                 + guest.differs("present and managed", before, self._zone("Movable")))
        self.done.append("virtio-mem")

    def kernel_page(self, number):
        """The block stays online, as the kernel allocates from it."""
        self._moves("online to a kernel zone", number, "online_kernel", None, "Normal", 1)
        pages = pin.KernelPages()
        before = self._zone("Normal")[0]
        code = oracle.block_set(number, "offline")
        guest.ok("page of the kernel: the offline fails", guest.differs("offline", "EBUSY", oracle.errno_name(code))
                 + guest.differs("present", before, self._zone("Normal")[0], "pages"))
        pages.close()
        self.done.append("page of the kernel")
