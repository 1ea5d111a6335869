#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What `mhptop explain` advises about operations that failed is done, word for word, and then the operation works.

    advice.py SCENARIO...     in a guest with two nodes, of which node 1 has no memory, and RAM that mem= hides

explain.py, reports.py and removals.py do the same for pages in the way of an offline. Here are adds, onlines and removals, and
an offline whose pages have nowhere to go. Memory that cannot go offline is left online, as advised. `part` needs
memory_hotplug.memmap_on_memory=range, `node` Linux 6.17 or later. poisoned and kernel_pages run on stock
kernels, too, for which there is no test module.
"""
import errno
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_fill as fill
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
import lib_pin as pin
import lib_range
from lib_answer import Holder, Offline, Page, recording
from lib_range import HIDDEN, MHP_MEMMAP_ON_MEMORY, module_call
from lib_splat import KernelLog
from lib_sweep import STEPS

NODE = 1
PAGE_TABLES, BLOCK_DEVICES = 2, 4   # of the test module's file "fail"
NODE_ADDING_FIRST_MEMORY, NODE_REMOVING_LAST_MEMORY = 1 << 0, 1 << 3
NO_NODE = 1000                      # that no machine has
NO_ZONE = 1 << 10                   # not a valid zone number
ZONE_NORMAL = 1                     # without ZONE_DMA
TIME = r"[0-9.]+(?:ns|us|ms|s|m)"


def span(start, size):
    """A range as explain takes it."""
    return f"{start:#x}-{start + size - 1:#x}"


def fails(title, error, code):
    guest.eq(f"{title}: it fails", error, oracle.errno_name(code))


def done(title, code):
    guest.eq(f"{title}: done as advised, it works", None, code)


def dimm(name, blocks, state=None, node=0):
    """Numbers of the memory blocks of a DIMM."""
    start = guest.dimm_plug(name, blocks * oracle.BLOCK_BYTES, node)
    numbers = list(oracle.blocks_of(start, blocks * oracle.BLOCK_BYTES))
    for number in numbers if state else []:
        guest.eq(f"memory{number}: {state}", None, oracle.block_set(number, state))
    return numbers


def add(start, size, nid=0, flags=MHP_MEMMAP_ON_MEMORY):
    return module_call("add", hex(start), size, nid, hex(flags))


def add_says(title, path, start, size, reason, error, do):
    Page(span(start, size), path).says(
        f"{title}: explain of the range", why=rf"add of .* failed: {reason} \({error}\)", do=do)


def unaligned(path):
    """Half of a memory block."""
    half = oracle.BLOCK_BYTES // 2
    fails("unaligned", "EINVAL", add(HIDDEN, half))
    add_says("unaligned", path, HIDDEN, half, "unaligned", "Invalid argument",
             "Add memory in whole memory blocks: give the device a size and an address that are multiples of the block size.")
    done("unaligned", add(HIDDEN, oracle.BLOCK_BYTES))
    guest.eq("unaligned: the memory leaves", None, module_call("remove", hex(HIDDEN), oracle.BLOCK_BYTES))


MAPPING = (r"The new memory could not be mapped: if memory was short \(Cannot allocate memory\), free some, or let the new memory "
           r"host its memmap \(memory_hotplug\.memmap_on_memory=Y\); if something is at its address already \(File exists\), remove "
           r"that; else see the kernel's log\.")


DEVICE = (r"The memory block device could not be created: free memory if it was short \(Cannot allocate memory\), remove what is left "
          r"of an earlier add \(File exists\), then add the memory again\.")


def taken(path):
    """A device has a part of the address range."""
    device = lib_range.Device(HIDDEN, 2 << 20)
    guest.eq("taken: a device has memory there", None, device.add())
    fails("taken", "EEXIST", add(HIDDEN, oracle.BLOCK_BYTES))
    add_says("taken", path, HIDDEN, oracle.BLOCK_BYTES, "arch_add", "File exists", MAPPING)
    guest.eq("taken: the device is removed, as advised", None, device.remove())
    done("taken", add(HIDDEN, oracle.BLOCK_BYTES))
    guest.eq("taken: the memory leaves", None, module_call("remove", hex(HIDDEN), oracle.BLOCK_BYTES))


def short(path):
    """A function of the kernel finds no memory: for the page tables that map the new memory, for the device of the block."""
    for what, reason, do in ((PAGE_TABLES, "arch_add", MAPPING), (BLOCK_DEVICES, "device", DEVICE)):
        guest.eq(f"short, {reason}: a call is to fail", None, module_call("fail", what, 1))
        fails(f"short, {reason}", "ENOMEM", add(HIDDEN, oracle.BLOCK_BYTES))
        add_says(f"short, {reason}", path, HIDDEN, oracle.BLOCK_BYTES, reason, "Cannot allocate memory", do)
        guest.eq(f"short, {reason}: there is memory again, as advised", None, module_call("fail", 0, 0))
        done(f"short, {reason}", add(HIDDEN, oracle.BLOCK_BYTES))
        guest.eq(f"short, {reason}: the memory leaves", None, module_call("remove", hex(HIDDEN), oracle.BLOCK_BYTES))


def poisoned(path):
    """A memory block with a poisoned page: the DIMM is replaced."""
    number, = dimm("bad", 1, "online_movable")
    oracle.write(f"{oracle.MEMORY}/hard_offline_page", hex((number + 1) * oracle.BLOCK_BYTES - oracle.PAGE))
    guest.eq("poisoned: it goes offline", None, oracle.block_set(number, "offline"))
    fails("poisoned", "EHWPOISON", oracle.block_set(number, "online_movable"))
    Page(f"memory{number}", path).says(
        "poisoned: explain", why=rf"online failed after {TIME}: hwpoison",
        do="A page of it is poisoned, so it cannot go online again: leave it offline and replace the memory.")
    guest.dimm_unplug("bad")
    again, = dimm("good", 1)
    guest.eq("poisoned: the other DIMM is where the first one was", number, again)
    done("poisoned", oracle.block_set(again, "online_movable"))
    guest.dimm_unplug("good")


def refused(path):
    """A driver refuses an online because it lacks memory, then does not answer."""
    number, = dimm("refused", 1)
    module_call("veto", STEPS["going_online"], errno.ENOMEM)
    fails("refused", "ENOMEM", oracle.block_set(number, "online_movable"))
    Page(f"memory{number}", path).says(
        "refused: explain", why=rf"online failed after {TIME}: notifier", asked="one of these refused: .*veto_notify.*",
        do=r"A driver or another part of the kernel refused: free memory if there was too little for it \(Cannot allocate memory\), "
           r"else see the kernel's log, then try again\.")
    module_call("veto", STEPS["going_online"], 0)
    done("refused", oracle.block_set(number, "online_movable"))
    guest.dimm_unplug("refused")


def kernel_pages(path):
    """Pages of the kernel that are neither slab nor page tables, in a kernel zone; in ZONE_MOVABLE, they keep nothing."""
    number, = dimm("kernel", 1, "online_kernel", NODE)
    with pin.bound(NODE):
        pipes = pin.KernelPages()
    fails("kernel pages", "EBUSY", oracle.block_set(number, "offline"))
    page = Page(f"memory{number}", path)
    guest.ok("kernel pages: explain", [] if page.first("do", "ZONE_MOVABLE next time") else [page.text])
    pipes.close()
    other, = dimm("movable", 1, "online_movable", NODE)
    with pin.bound(NODE):
        pipes = pin.KernelPages()
    done("kernel pages", oracle.block_set(other, "offline"))
    pipes.close()
    guest.dimm_unplug("movable")


def reserved(path):
    """A page that a driver reserved. (What the kernel reserved when it booted never comes back.)"""
    number, = dimm("reserved", 1, "online_movable")
    module_call("hold", hex(number * oracle.BLOCK_BYTES), hex(oracle.BLOCK_BYTES), 0, 1)
    fails("reserved", "EBUSY", oracle.block_set(number, "offline"))
    Page(f"memory{number}", path).says(
        "reserved: explain", page="pfn 0x[0-9a-f]+: reserved, .*",
        do="This page is reserved, for good if the kernel did that when it booted: leave the block online, unless a driver did it and "
           "gives the page back.")
    guest.eq("reserved: the block is still online, and stays so", "online", oracle.block(number).state)
    module_call("hold", 0, 0)
    done("reserved", oracle.block_set(number, "offline"))
    guest.dimm_unplug("reserved")


def no_room(path):
    """Pages of node 0 may go to node 1 only as soon as that has memory, and it is full."""
    there, = dimm("there", 1, "online_movable", NODE)
    number, = dimm("here", 1, "online_movable")
    holder = Holder(lambda: ({}, fill.Node(NODE, 4 * fill.MIB)))
    held = Holder(lambda: ({}, pin.AnonPage([number]), fill.Anon(8 * fill.MIB)))
    offline = Offline(number)
    guest.ok("no room: the offline runs", offline.runs())
    do = "The kernel tries again until a signal ends it: free memory on another node, or interrupt the offline."
    Page(f"memory{number}").says("no room: explain of the running offline, as free memory says", do=re.escape(do))
    guest.wait_for(ledger.SECONDS, lambda: "mhp_offline_blocker" in oracle.read(path))
    Page(f"memory{number}", path).says("no room: explain of the running offline, as the events say", do=re.escape(do))
    guest.eq("no room: interrupted as advised", True, offline.interrupt() != 0)
    do = ("The offline was interrupted before its pages had moved: try again, with more time, and with more free memory on "
          "another node.")
    Page(f"memory{number}", path).says("no room: explain of the failed offline", do=re.escape(do))
    Page(span(number * oracle.BLOCK_BYTES, oracle.BLOCK_BYTES), path).says("no room: and of its range", do=re.escape(do))
    offline = Offline(number)
    guest.ok("no room: the offline runs again", offline.runs())
    holder.close()
    guest.eq("no room: memory of the other node is freed, as advised, and the offline ends", 0, offline.ends())
    held.close()
    guest.dimm_unplug("here")
    guest.eq("no room: the other block goes offline", None, oracle.block_set(there, "offline"))
    guest.dimm_unplug("there")


def online(path):
    """A removal that is refused because a memory block is online."""
    size = 2 * oracle.BLOCK_BYTES
    guest.eq("online: memory is added", None, add(HIDDEN, size))
    numbers = list(oracle.blocks_of(HIDDEN, size))
    guest.eq("online: a block goes online", None, oracle.block_set(numbers[1], "online_movable"))
    fails("online", "EBUSY", module_call("remove", hex(HIDDEN), size))
    Page(span(HIDDEN, size), path).says(
        "online: explain of the range", why=rf"remove of .* failed: not_offline .*, memory{numbers[1]} is online",
        do="A memory block of the range is online: take all of them offline before you remove it.")
    guest.eq("online: all go offline, as advised", None, oracle.block_set(numbers[1], "offline"))
    done("online", module_call("remove", hex(HIDDEN), size))


def part(path):
    """A part of a range that hosts its memmap as a whole."""
    size = 4 * oracle.BLOCK_BYTES
    guest.eq("part: memory is added", None, add(HIDDEN, size))
    numbers = list(oracle.blocks_of(HIDDEN, size))
    guest.eq("part: a block goes online", None, oracle.block_set(numbers[3], "online_movable"))
    fails("part", "EBUSY", module_call("remove", hex(numbers[2] * oracle.BLOCK_BYTES), oracle.BLOCK_BYTES))
    Page(span(HIDDEN, size), path).says(
        "part: explain of the range", why=r"remove of .* failed: part .*",
        do="A range that hosts its memmap as a whole can only be removed as a whole: take all of it offline, and remove all of it.")
    guest.eq("part: all go offline, as advised", None, oracle.block_set(numbers[3], "offline"))
    done("part", module_call("remove", hex(HIDDEN), size))


def node(path):
    """A notifier refuses that node 1 gets its first memory, then that it loses its last."""
    number, = dimm("node", 1, None, NODE)
    do = (r"A part of the kernel refused that the node gets its first memory or loses its last: see the kernel's log for the reason, "
          r"then try again\.")
    for action, state in (NODE_ADDING_FIRST_MEMORY, "online_movable"), (NODE_REMOVING_LAST_MEMORY, "offline"):
        guest.eq(f"node, {state}: it will be refused", None, module_call("node_veto", action, errno.EPERM))
        fails(f"node, {state}", "EPERM", oracle.block_set(number, state))
        Page(f"memory{number}", path).says(f"node, {state}: explain", why=rf"\w+ failed after {TIME}: node_notifier", do=do)
        module_call("node_veto", 0, 0)
        done(f"node, {state}", oracle.block_set(number, state))


def warned(path):
    """What a kernel without bugs and with sane firmware does not do, so that it warns."""
    log = KernelLog()
    fails("no node", "EINVAL", add(HIDDEN, oracle.BLOCK_BYTES, NO_NODE))
    guest.ok("no node: the kernel warns", log.provoked(r"^WARNING: .*\b(__)?add_memory_resource\+0x"))
    add_says("no node", path, HIDDEN, oracle.BLOCK_BYTES, "no_node", "Invalid argument",
             r"The firmware names a node that the kernel cannot bring up: correct the node of the device\.")
    done("no node", add(HIDDEN, oracle.BLOCK_BYTES, 0))
    mixed_hosting(path)
    strange_zone(path)


def mixed_hosting(path):
    """The first block hosts its memmap, the second does not."""
    size = oracle.BLOCK_BYTES
    guest.eq("mixed hosting: more memory is added", None, add(HIDDEN + size, size, 0, 0))
    log = KernelLog()
    fails("mixed hosting", "EINVAL", module_call("remove", hex(HIDDEN), 2 * size))
    guest.ok("mixed hosting: the kernel warns", log.provoked(r"^WARNING: .*\btry_remove_memory\+0x"))
    Page(span(HIDDEN, 2 * size), path).says(
        "mixed hosting: explain of the range", why=r"remove of .* failed: mixed_hosting \(Invalid argument\)",
        do="The range was added in parts whose memmaps have different hosts: remove each part as it was added.")
    for start in HIDDEN, HIDDEN + size:
        done(f"mixed hosting, {start:#x}", module_call("remove", hex(start), size))


def strange_zone(path):
    """A page that claims to be in another zone."""
    number, = dimm("multizone", 1, "online_movable")
    log = KernelLog()
    module_call("zone", hex((number + 1) * oracle.BLOCK_BYTES - oracle.PAGE), ZONE_NORMAL)
    fails("multizone", "EINVAL", oracle.block_set(number, "offline"))
    guest.ok("multizone: the kernel warns", log.provoked(r"^WARNING: .*\boffline_pages\+0x"))
    Page(f"memory{number}", path).says(
        "multizone: explain", why=rf"offline failed after {TIME}: multizone",
        do="It spans several zones, so it can never go offline: leave it online.")
    guest.eq("multizone: it is left online, as advised", "online", oracle.block(number).state)
    module_call("zone", 0, NO_ZONE)
    guest.eq("multizone: it is in one zone again, and goes offline", None, oracle.block_set(number, "offline"))


SCENARIOS = {scenario.__name__: scenario for scenario in (
    unaligned, taken, short, poisoned, refused, kernel_pages, reserved, no_room, online, part, node, warned)}


def main():
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    if not os.environ["MHP_KERNEL"].startswith("stock:"):
        lib_range.load_module()
    with recording("advice") as path:
        for name in sys.argv[1:]:
            SCENARIOS[name](path)


guest.run(main)
