#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Persistent memory becomes system RAM and back, by ndctl and daxctl, with each host of its memmap.

    dax.py MODE            in a guest with an NVDIMM and memory_hotplug.memmap_on_memory=MODE

dax/kmem requests self-hosting if the device's own switch says so (memmap_on_memory in sysfs); MODE
decides how. Takes one namespace, then two that share a section, through daxctl's commands, which stop
at the first error. At the end a device is unbound while its memory is online. The events, zoneinfo,
meminfo and sysfs are compared after each step, and everything must be as before after each round.

With N, before all that, the memmap of the namespaces themselves, which share a section: it is on the device, in RAM, or in
RAM with tail pages that share theirs. x86 takes the memmap of a part of a section from RAM even if the device has room.
"""
import errno
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from lib_account import Account
from lib_dax import create_namespace, DAX, new_namespace, prepare, whole_blocks, works
from lib_ledger import Recorder
from lib_trace import Trace, pick

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
HOSTING = {"N": "buddy", "Y": "block", "range": "range"}


def memmap_pages():
    """The kernel's own count of the pages that hold memmaps which were not there at boot."""
    return int(re.search(r"^nr_memmap(?:_pages)? (\d+)$", oracle.read("/proc/vmstat"), re.M).group(1))


def in_ram(pfn):
    """Whether /proc/iomem has the page as RAM."""
    for line in oracle.read("/proc/iomem").splitlines():
        match = re.fullmatch(r"([0-9a-f]+)-([0-9a-f]+) : System RAM", line)
        if match and int(match.group(1), 16) <= pfn * oracle.PAGE <= int(match.group(2), 16):
            return True
    return False


class Namespace:
    """A namespace whose ends may be in the middle of a section, and the memmap that it must have."""

    SIZE = "1088M"
    NOISE_KB = 3072                 # by which free memory changes on its own

    def __init__(self, account, host, align):
        self.account, self.host, self.align = account, host, align
        self.memmap, self.free = memmap_pages(), oracle.free_kb()
        self.name = new_namespace(self.SIZE, host, align)["dev"]
        folder = f"/sys/bus/nd/devices/{self.name}"
        self.start = int(oracle.read(f"{folder}/resource"), 16) // oracle.PAGE
        self.end = self.start + oracle.number_of(f"{folder}/size") // oracle.PAGE

    def parts(self):
        """[(first page, pages)] of each section."""
        borders = [self.start, *range((self.start // oracle.SECTION_PAGES + 1) * oracle.SECTION_PAGES, self.end,
                                      oracle.SECTION_PAGES), self.end]
        return [(start, end - start) for start, end in zip(borders, borders[1:])]

    def pages(self, count):
        """Pages that hold the memmap of so many. In RAM, all tail pages of a compound page of 2 MiB share one page."""
        if self.host == "mem" and self.align == "2M":
            return count // 512 * 2
        return count * oracle.STRUCT_PAGE // oracle.PAGE

    def wrong_memmap(self, events):
        """The differences from what the events must say about these parts, populated or freed."""
        wrong, whole = guest.differs("parts", self.parts(), [
            (event.fields["start_pfn"], event.fields["nr_pages"]) for event in events]), 0
        for event in events:
            f = event.fields
            hosted = self.host == "dev" and f["nr_pages"] == oracle.SECTION_PAGES
            whole += f["vmemmap_pages"] * hosted
            wrong += guest.differs(f"{event.text}: hosting", "device", f["hosting"])
            wrong += guest.differs(f"{event.text}: pages", self.pages(f["nr_pages"]), f["vmemmap_pages"])
            wrong += guest.differs(f"{event.text}: altmap", self.start if hosted else 0, f["altmap_base"])
            wrong += guest.differs(f"{event.text}: in RAM", not hosted, in_ram(f["host_pfn"]))
            if hosted and not self.start <= f["host_pfn"] < self.end:
                wrong.append(f"{event.text}: not on the device")
            if hosted and event.name == "mhp_vmemmap_populate":
                wrong += guest.differs(f"{event.text}: taken from the altmap", whole, f["altmap_alloc"])
        return wrong

    def populated(self):
        events = pick(self.account.update(), "vmemmap_populate", ret=0)
        pages = sum(self.pages(count) for _, count in self.parts())
        ram = sum(self.pages(count) for _, count in self.parts() if self.host == "mem" or count < oracle.SECTION_PAGES)
        wrong = self.wrong_memmap(events) + guest.differs("nr_memmap", self.memmap + pages, memmap_pages(), "pages")
        taken = self.free - oracle.free_kb()
        if abs(taken - ram * oracle.PAGE_KB) > self.NOISE_KB:
            wrong.append(f"free memory: {ram * oracle.PAGE_KB} kB should hold the memmap, {taken} kB are gone")
        return wrong

    def destroy(self):
        before = memmap_pages()
        wrong = works("ndctl", "destroy-namespace", "-f", self.name)
        events = pick(self.account.update(), "vmemmap_free")
        pages = sum(self.pages(count) for _, count in self.parts())
        return wrong + self.wrong_memmap(events) + guest.differs("nr_memmap", before - pages, memmap_pages(), "pages")


def parts_of_sections(account):
    for host, align, title in (("dev", "2M", "on the device"), ("mem", "2M", "in RAM, with shared tail pages"),
                               ("mem", "4K", "in RAM")):
        two = []
        for order in ("first", "second"):
            two.append(Namespace(account, host, align))
            guest.ok(f"{order} namespace of {len(two[-1].parts())} sections or parts, memmap {title}", two[-1].populated())
        guest.eq("  they share a section", two[0].end // oracle.SECTION_PAGES, two[1].start // oracle.SECTION_PAGES)
        guest.ok("  the first is destroyed, then the second", two[0].destroy() + two[1].destroy() + account.compare())


class Devices:
    """Some dax devices that become system RAM and back."""

    def __init__(self, account, recorder, title, devices):
        self.account, self.recorder, self.title, self.devices = account, recorder, title, devices
        self.blocks = {device: whole_blocks(device) for device in devices}

    def result(self, what, wrong):
        guest.ok(f"{MODE}, {self.title}: {what}", wrong + self.account.compare())

    def switch(self, on):
        """The switch of a device can only be set if the mode allows self-hosting."""
        wrong = []
        for device in self.devices:
            try:
                oracle.write(f"{DAX}/{device}/memmap_on_memory", int(on))
                code = None
            except OSError as err:
                code = err.errno
            want = errno.EOPNOTSUPP if on and MODE == "N" else None
            wrong += guest.differs(f"memmap_on_memory={int(on)}", oracle.errno_name(want), oracle.errno_name(code))
        return wrong

    def to_ram(self, on):
        wrong = self.switch(on)
        for device in self.devices:
            wrong += works("daxctl", "reconfigure-device", "-m", "system-ram", "--no-online", device)
        events = self.account.update()
        want = HOSTING[MODE] if on else "buddy"
        why = "self_hosted" if on and MODE != "N" else "not_requested"
        wrong += guest.differs("hosting, why", [(want, why)] * len(self.devices), [
            (event.fields["hosting"], event.fields["why"]) for event in pick(events, "add_end", ret=0)])
        wrong += guest.differs("blocks", sorted(sum(self.blocks.values(), [])), sorted(
            oracle.block_of(event.fields["start_pfn"]) for event in pick(events, "vmemmap_populate", hosting=want)))
        return wrong

    def online(self):
        wrong = []
        for device in self.devices:
            wrong += works("daxctl", "online-memory", device)
        self.account.update()
        for number in sum(self.blocks.values(), []):
            wrong += guest.differs(f"memory{number}", "online", oracle.block(number).state)
        return wrong

    def offline(self):
        wrong = []
        for device in self.devices:
            wrong += works("daxctl", "offline-memory", device)
        events = self.account.update()
        wrong += guest.differs("failed", [], pick(events, "offline_failed"))
        for number in sum(self.blocks.values(), []):
            wrong += guest.differs(f"memory{number}", "offline", oracle.block(number).state)
        return wrong

    def back(self, *options):
        wrong = []
        for device in self.devices:
            wrong += works("daxctl", "reconfigure-device", "-m", "devdax", *options, device)
        self.account.update()
        return wrong + guest.differs("blocks left", [], [
            number for number in sum(self.blocks.values(), []) if oracle.block(number)])

    def round(self, on):
        """There and back, first by daxctl's single steps, then with --force, which takes the memory offline."""
        before, word = oracle.everything(), "requested" if on else "not requested"
        self.result(f"self-hosting {word}: system RAM", self.to_ram(on))
        self.result(f"self-hosting {word}: online-memory", self.online())
        self.result(f"self-hosting {word}: offline-memory, at the first try", self.offline())
        self.result(f"self-hosting {word}: devdax again, and everything is as before",
                    self.back() + guest.differs("afterwards", before, oracle.everything()))
        wrong = self.to_ram(on) + self.online()
        self.result(f"self-hosting {word}: devdax again while online, with --force",
                    wrong + self.back("--force") + guest.differs("afterwards", before, oracle.everything()))

    def unbind_online(self):
        """The driver goes while its memory is online: the memory stays, and a removal that was refused is reported."""
        wrong = self.to_ram(True) + self.online()
        self.account.update()
        before = oracle.zones()
        oracle.write("/sys/bus/dax/drivers/kmem/unbind", self.devices[0])
        events = self.account.update()
        wrong += guest.differs("refused", [("not_offline", -errno.EBUSY)], [
            (event.fields["reason"], event.fields["ret"]) for event in pick(events, "remove_failed")])
        for number in self.blocks[self.devices[0]]:
            wrong += guest.differs(f"memory{number}", "online", oracle.block(number).state)
        self.result("unbound while online: the memory stays", wrong + guest.differs("zoneinfo", before, oracle.zones()))
        self.result("  and still goes offline", self.offline_by_hand())

    def offline_by_hand(self):
        wrong = []
        for number in self.blocks[self.devices[0]]:
            wrong += guest.differs(f"memory{number}", None, oracle.block_set(number, "offline"))
        self.account.update()
        return wrong


def main():
    guest.eq("memmap_on_memory has the value that the test expects", MODE, oracle.memmap_mode())
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    trace, recorder = Trace(), Recorder()
    account = Account(trace)
    guest.ok("the NVDIMM gets labels, and so can have several namespaces", prepare())
    if MODE == "N":
        parts_of_sections(account)
        recorder.agree(account, "parts of sections", late=False)
    # Their border is in the middle of a section.
    two = [create_namespace(size) for size in ("1088M", "1088M")]
    account.update()
    pair = Devices(account, recorder, "two namespaces that share a section", two)
    for on in (True, False) if MODE != "N" else (False,):
        pair.round(on)
    recorder.agree(account, f"{MODE}, two namespaces", late=False)
    guest.ok("the namespaces are destroyed", works("ndctl", "destroy-namespace", "-f", "all"))
    one = Devices(account, recorder, "one namespace", [create_namespace()])
    for on in (True, False) if MODE != "N" else (False,):
        one.round(on)
    recorder.agree(account, f"{MODE}, one namespace")
    one.unbind_online() if MODE != "N" else None
    recorder.finish(account, MODE)
    guest.ok(f"{MODE}: none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
