#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tries to remove memory, each of which is one line of `mhptop explain RANGE` and `mhptop report`, word by word.

    removals.py SITUATION...    unbound and killed in a guest with an NVDIMM, ejected_tables in one with two nodes

An eject of a DIMM and offline_and_remove_memory() that one memory block refuses; kmem that is unbound while a block is
online; a process that is killed while kmem takes its memory offline, which Linux 7.3 does. What the test expects is what it
did; the kind of the page in the way must be that of /proc/kpageflags, and after what `explain` advises, the memory must go.
"""
import errno
import os
import re
import signal
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_dax as dax
import lib_fill as fill
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
import lib_pin as pin
import lib_range
from lib_answer import Holder, Page, can_go_soon, plan
from lib_sweep import STEPS

BLOCKS = 8
NODE = 1
TIME = r"[0-9.]+(?:ns|us|ms|s|m)"
WHEN = r"[0-9.]+"
KINDS = {7: "slab", 23: "offline", 26: "pgtable", 12: "anon"}       # by bits of /proc/kpageflags
BUSY = r"\(Device or resource busy\)"


def plug(name, node=0):
    start = guest.dimm_plug(name, BLOCKS * oracle.BLOCK_BYTES, node)
    return list(oracle.blocks_of(start, BLOCKS * oracle.BLOCK_BYTES))


def range_of(numbers):
    """As explain takes it, and as report prints it."""
    return f"{numbers[0] * oracle.BLOCK_BYTES:#x}-{(numbers[-1] + 1) * oracle.BLOCK_BYTES - 1:#x}"


def states(numbers):
    return [oracle.block(number).state for number in numbers]


def kind_now(pfn):
    """What /proc/kpageflags says of a page."""
    with open("/proc/kpageflags", "rb", buffering=0) as file:
        file.seek(pfn * 8)
        flags = struct.unpack("<Q", file.read(8))[0]
    return next((kind for bit, kind in KINDS.items() if flags >> bit & 1), "other")


def reported(title, recorder, *wanted):
    """The lines about removals of the report of a recording, which ends now."""
    recorder.process.send_signal(signal.SIGINT)
    recorder.process.wait(ledger.SECONDS)
    text = ledger.run("report", "--time", "mono", recorder.path)
    lines = text.split("\nEjects and removals")[1].splitlines()[1:]
    wrong = guest.differs("lines", len(wanted), len(lines))
    wrong += [f"expected {regex}, got {line}" for regex, line in zip(wanted, lines) if not re.fullmatch(regex, line)]
    if not guest.ok(title, wrong):
        guest.note(text)


def eject(name):
    """The error of the guest, or None."""
    try:
        guest.dimm_unplug(name)
    except guest.HostError as err:
        return str(err)
    return None


def hold(number):
    """A driver takes a page of the memory block, as a balloon does; 0: it gives the page back."""
    lib_range.module_call("hold", hex(number * oracle.BLOCK_BYTES), hex(oracle.BLOCK_BYTES) if number else 0, 0, 0)


def refusal(number):
    """What `why` says of the offline that the held page kept from working."""
    return rf"offline of memory{number} failed: unmovable {BUSY}, page (?P<page>0x[0-9a-f]+): offline, pass \d+"


def explained(title, recorder, numbers, kept, line):
    """The page about the range, and that of a block which went and came back."""
    page = Page(range_of(numbers), recorder.path)
    guest.eq(f"{title}: explain, the range", f"{range_of(numbers)}  1 GiB, 8 memory blocks: 8 online", page.head)
    page.says(f"{title}: explain, one line, why, whose the page is, and what to do", removal=rf"{WHEN}  {line}",
              why=refusal(kept), whose="pfn 0x[0-9a-f]+: offline; the kernel does not record who holds it",
              do="A driver took this page and keeps it: give memory back first .*")
    found = re.fullmatch(refusal(kept), (page.lines.get("why") or [""])[0])
    guest.eq(f"{title}: the page is what kpageflags says", "offline", kind_now(int(found["page"], 16)) if found else "none")
    Page(f"memory{numbers[1]}", recorder.path).says(f"{title}: explain of another block", removal=rf"{WHEN}  {line}", why=None)


def ejected():
    """An eject of a DIMM, one block of which a driver has a page of."""
    recorder = ledger.Recorder("ejected")
    numbers = plug("d0")
    # What is brought back goes to ZONE_MOVABLE if memory above it is in that zone.
    above = guest.dimm_plug("above", oracle.BLOCK_BYTES) // oracle.BLOCK_BYTES
    oracle.blocks_set(numbers + [above], "online_movable")
    kept = numbers[0]
    hold(kept)
    refused = eject("d0")
    guest.ok("eject: the guest refuses it", [] if refused and "refused" in refused else [refused])
    guest.eq("eject: all blocks are online", ["online"] * BLOCKS, states(numbers))
    line = (rf"DIMM at {numbers[0] * oracle.BLOCK_BYTES:#x}: 7 of 8 memory blocks went offline, memory{kept} refused "
            r"\(unmovable, offline\): the 7 were brought back")
    explained("eject", recorder, numbers, kept, line)
    hold(0)
    guest.eq("eject: the driver gives its page back, as advised, and the DIMM goes", None, eject("d0"))
    reported("eject: report", recorder, rf"{WHEN} {line}", rf"{WHEN} DIMM at {numbers[0] * oracle.BLOCK_BYTES:#x}: "
             "8 of 8 memory blocks went offline, and the range was removed")


def take_tables():
    with pin.bound(NODE):
        return {}, fill.PageTables(256)


def ejected_tables():
    """An eject of a DIMM, one block of which is in a kernel zone and has page tables of a process. It needs no test module."""
    recorder = ledger.Recorder("ejected_tables")
    numbers = plug("d3", NODE)
    kept = numbers[3]
    oracle.blocks_set(numbers[:3] + numbers[4:], "online_movable")
    oracle.blocks_set([kept], "online_kernel")
    holder = Holder(take_tables)
    refused = eject("d3")
    guest.ok("eject, page tables: the guest refuses it", [] if refused and "refused" in refused else [refused])
    guest.eq("eject, page tables: all blocks are online", ["online"] * BLOCKS, states(numbers))
    page = Page(range_of(numbers), recorder.path)
    why = rf"offline of memory{kept} failed: isolation {BUSY}, page (0x[0-9a-f]+): (\w+), pass 0"
    pfn, kind = page.first("why", f"^{why}$") or ("0", "none")
    guest.eq("eject, page tables: the page is what kpageflags says", kind_now(int(pfn, 16)), kind)
    line = (rf"DIMM at {numbers[0] * oracle.BLOCK_BYTES:#x}: 7 of 8 memory blocks went offline, memory{kept} refused "
            rf"\(isolation, {kind}{', [^,)]+' * (kind == 'slab')}\): the 7 were brought back")
    page.says("eject, page tables: explain, one line, why, and what to do", removal=rf"{WHEN}  {line}", why=why,
              do=".*ZONE_MOVABLE next time.*")
    holder.close()
    went = can_go_soon(kept)
    guest.ok("eject, page tables: the process is ended, and plan offline says yes", [] if went else [plan(f"memory{kept}")["blocks"]])
    guest.eq("eject, page tables: and the DIMM goes", None, eject("d3"))
    # A report does not look at the machine.
    line = line.replace(", [^,)]+", "")
    reported("eject, page tables: report", recorder, rf"{WHEN} {line}", rf"{WHEN} DIMM at {numbers[0] * oracle.BLOCK_BYTES:#x}: "
             "8 of 8 memory blocks went offline, and the range was removed")


def caches():
    return {line.split()[0] for line in oracle.read("/proc/slabinfo").splitlines()[2:]}


def ejected_slab():
    """An eject of a DIMM, one block of which is in a kernel zone and has slab pages: the line names their cache."""
    recorder = ledger.Recorder("ejected_slab")
    numbers = plug("d4", NODE)
    kept = numbers[3]
    oracle.blocks_set(numbers[:3] + numbers[4:], "online_movable")
    oracle.blocks_set([kept], "online_kernel")
    with pin.bound(NODE):
        inodes = fill.Inodes(4000)
    refused = eject("d4")
    guest.ok("eject, slab: the guest refuses it", [] if refused and "refused" in refused else [refused])
    page = Page(range_of(numbers), recorder.path)
    line = (rf"DIMM at {numbers[0] * oracle.BLOCK_BYTES:#x}: 7 of 8 memory blocks went offline, memory{kept} refused "
            r"\(isolation, slab, (\S+)\): the 7 were brought back")
    cache = page.first("removal", line) or ["none"]
    guest.ok("eject, slab: explain names a cache that the kernel has", [] if cache[0] in caches() else [page.text])
    guest.eq("eject, slab: the one that the page about the block names", page.first("whose", r"slab, cache (\S+)$"), cache)
    Page(f"memory{kept}", recorder.path).says("eject, slab: explain of the block", removal=rf"{WHEN}  {line}")
    inodes.close()


def together():
    """offline_and_remove_memory(), which stops at the first block that refuses."""
    recorder = ledger.Recorder("together")
    numbers = plug("d1")
    oracle.blocks_set(numbers, "online_movable")
    kept = numbers[4]
    hold(kept)
    span = [hex(numbers[0] * oracle.BLOCK_BYTES), BLOCKS * oracle.BLOCK_BYTES]
    guest.eq("together: it is refused", "EBUSY", oracle.errno_name(lib_range.module_call("offline_and_remove", *span)))
    guest.eq("together: all blocks are online", ["online"] * BLOCKS, states(numbers))
    line = (rf"memory at {numbers[0] * oracle.BLOCK_BYTES:#x}: 4 of 5 memory blocks went offline, memory{kept} refused "
            r"\(unmovable, offline\): the 4 were brought back")
    explained("together", recorder, numbers, kept, line)
    hold(0)
    guest.eq("together: the driver gives its page back, as advised, and the memory goes", None,
             lib_range.module_call("offline_and_remove", *span))
    # ACPI added it, and a task other than ACPI's worker removed it.
    reported("together: report", recorder, rf"{WHEN} {line}", rf"{WHEN} DIMM at {numbers[0] * oracle.BLOCK_BYTES:#x}: "
             "8 of 8 memory blocks went offline, and the range was removed")


def refused():
    """The function of the memory notifier that refuses, among those that are asked, by the kernel's events and by probes."""
    number = plug("d2")[0]
    oracle.blocks_set([number], "online_movable")
    recorders = {source: ledger.Recorder(f"refused_{source}", source) for source in ("events", "probes")}
    lib_range.module_call("veto", STEPS["going_offline"], errno.EPERM)
    guest.eq("refused: the offline fails", "EPERM", oracle.errno_name(oracle.block_set(number, "offline")))
    for source, recorder in recorders.items():
        ledger.settle(recorder.path)
        Page(f"memory{number}", recorder.path).says(
            f"refused: explain lists the functions for the first time, from {source}",
            why=rf"offline failed after {TIME}: notifier", refused=None, asked=r"one of these refused: .*veto_notify \[mhp_test\].*")
    # The recorders have attached to notifier_run meanwhile.
    guest.eq("refused: so it does again", "EPERM", oracle.errno_name(oracle.block_set(number, "offline")))
    lib_range.module_call("veto", STEPS["going_offline"], 0)
    for source, recorder in recorders.items():
        Page(f"memory{number}", recorder.path).says(
            f"refused: explain names the function, from {source}", why=rf"offline failed after {TIME}: notifier; failure 2 in a row",
            refused=r"veto_notify \[mhp_test\]", asked=None, do="A driver refused, .*")
        recorder.process.send_signal(signal.SIGINT)
        guest.eq(f"refused: the recording of {source} is whole", 0, recorder.process.wait(ledger.SECONDS))


def bind():
    """A dax device whose memory is kmem's. Returns its name and memory blocks."""
    guest.ok("the NVDIMM gets labels", dax.prepare())
    device = dax.create_namespace("1G")
    numbers = dax.whole_blocks(device)
    dax.bind_kmem(device)
    if not all(oracle.block(number) for number in numbers):
        raise RuntimeError("kmem: its memory is not there")
    return device, numbers


def now():
    return subprocess.run([ledger.MHPTOP, "doctor", "--now"], stdout=subprocess.PIPE, check=False, text=True,
                          timeout=ledger.START_SECONDS).stdout


def unbound():
    """kmem is unbound through sysfs while a memory block is online."""
    recorder = ledger.Recorder("unbound")
    device, numbers = bind()
    kept = numbers[1]
    oracle.blocks_set(numbers[:2], "online_movable")
    guest.eq("unbound: one block goes offline", None, oracle.block_set(numbers[0], "offline"))
    oracle.write(f"{dax.KMEM}/unbind", device)
    guest.eq("unbound: the driver is gone, the memory is not", (False, "online"),
             (os.path.exists(f"{dax.KMEM}/{device}"), oracle.block(kept).state))
    # The task that took the one block offline unbound the driver then.
    line = rf"dax memory at {numbers[0] * oracle.BLOCK_BYTES:#x}: 1 of 1 memory block went offline, and it was not removed, " \
           rf"as memory{kept} is online"
    do = r"A memory block of the range is online: take all of them offline before you remove it\."
    page = Page(range_of(numbers), recorder.path)
    page.says("unbound: explain of the range names the block that is online", removal=rf"{WHEN}  {line}", do=do,
              why=rf"remove of {range_of(numbers)} failed: not_offline {BUSY}, memory{kept} is online")
    for number in numbers[0], kept:
        Page(f"memory{number}", recorder.path).says(
            f"unbound: explain of {'the block that is online' if number == kept else 'one that is offline'}",
            removal=rf"{WHEN}  {line}", device=rf"{device}, memmap_on_memory \d, \d+ bytes", do=do,
            why=rf"remove failed after {TIME}: not_offline, memory{kept} is online")
    found = now()
    wrong = [f"no line matches {regex}" for regex in (
        rf"driver_gone: {device}: .*: 1 memory block online",
        r" *do: Bind the driver again, if it accepts the device, or take the memory offline and reboot; next time, take it "
        r"offline before you unbind the driver\.") if not re.search(f"^{regex}$", found, re.M)]
    if not guest.ok("unbound: doctor --now says that the driver is gone, and what to do", wrong):
        guest.note(found)
    guest.eq("unbound: the block goes offline, as advised", None, oracle.block_set(kept, "offline"))
    reported("unbound: report", recorder, rf"{WHEN} {line}")


def take_pinned(number):
    page = pin.PinnedPage([number])
    return {"pfn": page.pfn}, page


def killed():
    """A process is killed while kmem takes the device's memory offline for it, and brings back what went."""
    recorder = ledger.Recorder("killed")
    device, numbers = bind()
    held = numbers[2]
    # While it is the only one in its zone, the page comes from it.
    oracle.blocks_set([held], "online_movable")
    holder = Holder(lambda: take_pinned(held))
    oracle.blocks_set([number for number in numbers if number != held], "online_movable")
    child = subprocess.Popen(["sh", "-c", f"echo unplugged >{dax.DAX}/{device}/state"], stderr=subprocess.DEVNULL)
    guest.wait_for(ledger.SECONDS, lambda: oracle.block(held).state == "going-offline")
    guest.wait_for(ledger.SECONDS, lambda: "mhp_offline_blocker" in oracle.read(recorder.path))
    child.kill()
    guest.eq("killed: the process ends", -signal.SIGKILL, child.wait(ledger.START_SECONDS))
    guest.eq("killed: all blocks are online", ["online"] * len(numbers), states(numbers))
    line = (rf"memory at {numbers[0] * oracle.BLOCK_BYTES:#x}: 2 of 3 memory blocks went offline, memory{held} refused "
            r"\(signal, anon\): the 2 were brought back")
    Page(range_of(numbers), recorder.path).says(
        "killed: explain of the range", removal=rf"{WHEN}  {line}",
        why=rf"offline of memory{held} failed: signal \(Interrupted system call\), page {holder.told['pfn']:#x}: anon, pass \d+",
        whose=rf"pfn {holder.told['pfn']:#x}: anon, mapped by removals.py \({holder.pid}\) at 0x[0-9a-f]+.*",
        do="Something held the page until the offline was interrupted: end or restart the process .*")
    holder.close()
    oracle.write(f"{dax.DAX}/{device}/state", "unplugged")
    guest.eq("killed: without the process that pinned the page, the memory goes", [None] * len(numbers),
             [oracle.block(number) for number in numbers])
    reported("killed: report", recorder, rf"{WHEN} {line}", rf"{WHEN} dax memory at {numbers[0] * oracle.BLOCK_BYTES:#x}: "
             rf"{len(numbers)} of {len(numbers)} memory blocks went offline, and the range was removed")


SITUATIONS = {situation.__name__: situation for situation in (
    ejected, ejected_tables, ejected_slab, together, refused, unbound, killed)}


def main():
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    if {"ejected", "together", "refused"} & set(sys.argv[1:]):
        lib_range.load_module()
    for name in sys.argv[1:]:
        SITUATIONS[name]()


guest.run(main)
