#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""`mhptop plan add` forecasts what adding a DIMM then does: who hosts its memmap, what it takes, what is left of it.

    plan-add.py MODE       in a guest booted with memory_hotplug.memmap_on_memory=MODE
    plan-add.py MODE small in one with 256 MiB, a part of it in ZONE_MOVABLE: a DIMM of 15 GiB, whose memmap has no room there

DIMMs of several sizes are forecast at the address that QEMU gives them, then plugged. The events of their add have hosting
and memmap pages; free memory comes from /proc/zoneinfo, mappings of 1 GiB from /proc/meminfo, gigantic pages from an
attempt to allocate them, memory blocks from sysfs. What the kernel says about an address below 4 GiB comes from the test module,
which adds a memory block there.
"""
import errno
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
import lib_range
from lib_ledger import Recorder

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
GIB = 1 << 30
SMALL = 128 << 20
# Where memory can be plugged. With memory blocks of 2 GiB, the RAM that the guest hides goes up to there.
FIRST = 4 * GIB if oracle.BLOCK_BYTES == SMALL else 68 * GIB
SIZES = (SMALL, 3 * SMALL, GIB, 11 * SMALL, 2 * GIB, 9 * GIB) if oracle.BLOCK_BYTES == SMALL else tuple(
    size * GIB for size in (2, 4, 6, 8, 10, 12))
LARGE = 15 * GIB
# Adding a DIMM also takes a little that nobody counts: slabs, sysfs, the lists of CPUs.
NOISE_KB = 2048
GIGANTIC = "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"


def plan(*words, code=0):
    return json.loads(ledger.run("plan", "add", *words, "--json", code=code))


def added(recorder):
    """The end of the last add."""
    records = [json.loads(line) for line in oracle.read(recorder.path).splitlines() if '"mhp_add_end"' in line]
    return records[-1] if records else {}


def direct_gib():
    return oracle.meminfo().get("DirectMap1G", 0) // (1 << 20)


def gigantic_in(blocks):
    """How many gigantic pages there can be in memory that just went online to a kernel zone."""
    before = oracle.number_of(GIGANTIC)
    for number in blocks:
        code = oracle.block_set(number, "online_kernel")
        if code:
            raise RuntimeError(f"memory{number}: online_kernel: {oracle.errno_name(code)}")
    oracle.write("/proc/sys/vm/compact_memory", 1)
    oracle.write(GIGANTIC, before + 64)
    count = oracle.number_of(GIGANTIC) - before
    oracle.write(GIGANTIC, before)
    return count


def compare(size, recorder):
    told = plan(str(size), "--at", hex(FIRST))
    free, mapped = oracle.free_kb(), direct_gib()
    start = guest.dimm_plug("d0", size, "", hex(FIRST))
    used, mapped = free - oracle.free_kb(), direct_gib() - mapped
    wrong = ledger.comes_to_rest("mhptop record", recorder.process)
    end = added(recorder)
    blocks = [number for number in oracle.blocks_of(start, size) if oracle.block(number)]
    wrong += guest.differs("answer", "yes", told["answer"])
    wrong += guest.differs("address", told["start"], start)
    wrong += guest.differs("memory blocks", told["blocks"], len(blocks))
    wrong += guest.differs("hosting", told["hosting"], end.get("hosting"))
    if end.get("why"):
        wrong += guest.differs("why", told["why"], end["why"])
    memmap = size // oracle.PAGE * oracle.STRUCT_PAGE // oracle.PAGE
    wrong += guest.differs("pages of memmap", memmap, told["memmap_pages"])
    if told["hosting"] != "buddy":
        wrong += guest.differs("pages of memmap in the range", end.get("vmemmap_pages"),
                               told["memmap_pages"] + told["waste_pages"])
    wrong += guest.differs("mappings of 1 GiB", mapped, told["mapped_gib"])
    need = (told["buddy_pages"] + told["other_pages"]) * oracle.PAGE_KB
    guest.note(f"{size >> 20} MiB: took {used} kB of free memory, forecast {need} kB")
    if abs(used - need) > NOISE_KB:
        wrong.append(f"free memory: {used} kB less, forecast {need} kB")
    guest.ok(f"a DIMM of {size >> 20} MiB", wrong)
    return told, blocks


def compare_gigantic(told, blocks):
    """This memory stays: the kernel soon has pages in it."""
    count = gigantic_in(blocks)
    guest.note(f"{count} gigantic pages, forecast {told['gigantic']}")
    # The kernel may take a page of one for itself meanwhile.
    guest.ok("as many gigantic pages", [] if told["gigantic"] - 1 <= count <= told["gigantic"] else
             [f"{count}, forecast {told['gigantic']}"])


def refused():
    """What cannot be added, and why."""
    block = oracle.BLOCK_BYTES
    for name, words, want in (
            ("a size that is no multiple of a memory block", [str(block + (1 << 20))], ["size_unaligned"]),
            ("a size that is less than a memory block", [str(block // 2)], ["size_unaligned"]),
            ("an address that is no multiple of a memory block", [str(block), "--at", hex(FIRST + block // 2)],
             ["address_unaligned"]),
            ("a range that is there", [str(block), "--at", hex(0)], ["overlaps"]),
            ("a range that no CPU can address", [str(block), "--at", hex(1 << 60)], ["too_high"])):
        told = plan(*words, code=3)
        guest.ok(name, guest.differs("reasons", want, [reason["reason"] for reason in told["reasons"]]))


def places():
    """Each memory block from 2 to 4 GiB: the kernel adds it, or refuses because something is there, as the forecast says."""
    lib_range.load_module()
    block, wrong, answers = oracle.BLOCK_BYTES, [], {}
    for at in range(2 * GIB, 4 * GIB, block):
        told = json.loads(subprocess.run([ledger.MHPTOP, "plan", "add", str(block), "--at", hex(at), "--json"], check=False,
                                         stdout=subprocess.PIPE, text=True).stdout)
        memory = lib_range.Range(at, 1)
        got = memory.add(0)
        if not got:
            lib_range.Range.remove(memory.numbers)
        want = {None: "yes", errno.EEXIST: "no"}.get(got, oracle.errno_name(got) if got else None)
        wrong += guest.differs(f"{at:#x}", want, told["answer"])
        answers[told["answer"]] = answers.get(told["answer"], 0) + 1
        for reason in told["reasons"]:
            guest.note(f"{at:#x}: {reason['text']}")
    guest.ok("the kernel agrees about addresses where memory cannot be plugged", wrong)
    guest.ok("  it refuses some of them, and takes others", [] if set(answers) == {"yes", "no"} else [str(answers)])


def modes():
    """The other modes, which this kernel was not booted with."""
    patched = os.path.isdir("/sys/kernel/tracing/events/mhp")
    hosting = {"N": "buddy", "Y": "block", "force": "block", "range": "range" if patched else "buddy"}
    wrong = []
    for mode, want in hosting.items():
        told = plan(str(9 * GIB if 9 * GIB % oracle.BLOCK_BYTES == 0 else 8 * GIB), "--mode", mode)
        wrong += guest.differs(mode, want, told["hosting"])
        wrong += guest.differs(f"{mode}, current", mode == MODE, told["mode_is_current"])
        if mode == "range" and not patched:
            wrong += guest.differs("range, why", "not_supported", told["why"])
    guest.ok("the other modes", wrong)
    guest.note(ledger.run("plan", "add", str(8 * GIB)))


def too_large():
    """A memmap for which there is no room; QEMU would let the guest try for long."""
    size = 600 * GIB
    told = plan(str(size), "--at", hex(FIRST), "--mode", "N", code=3)
    # Somewhere in it are the windows of PCI, and QEMU's CPU may not have such addresses.
    reasons = {reason["reason"] for reason in told["reasons"]} - {"too_high", "overlaps"}
    guest.ok("a DIMM whose memmap is larger than memory", guest.differs("reasons", {"no_room"}, reasons))


def does_not_fit(recorder):
    """The memmap of the DIMM would come from free memory: the forecast and the kernel say no, and there are no memory blocks.

    The add uses up the kernel zones before it fails. Pages of user space have ZONE_MOVABLE, where it may not allocate:
    otherwise the kernel kills this test and the recorder, one after the other, and then panics.
    """
    told = plan(str(LARGE), "--at", hex(FIRST), code=3)
    guest.ok("there is no room for its memmap", guest.differs("reasons", ["no_room"], [
        reason["reason"] for reason in told["reasons"]]) + guest.differs(
            "pages from free memory", LARGE // oracle.PAGE * oracle.STRUCT_PAGE // oracle.PAGE, told["buddy_pages"]))
    for mode in "Y", "range":
        told = plan(str(LARGE), "--at", hex(FIRST), "--mode", mode)
        guest.ok(f"it would fit in the mode {mode}", guest.differs("pages from free memory", 0, told["buddy_pages"]))
    before = oracle.block_ids()
    try:
        guest.dimm_plug("d0", LARGE, "", hex(FIRST))
    except guest.HostError as err:
        guest.note(err)
    wrong = ledger.comes_to_rest("mhptop record", recorder.process)
    end = added(recorder)
    guest.ok("the kernel fails to add it", wrong + guest.differs("error", -errno.ENOMEM, end.get("ret"))
             + guest.differs("where", FIRST // oracle.PAGE, end.get("start_pfn")))
    guest.ok("it has no memory blocks", guest.differs("memory blocks", before, oracle.block_ids()))


def small():
    """Mode N has no room for the memmap of the DIMM; the others do not need any."""
    recorder = Recorder()
    if MODE == "N":
        does_not_fit(recorder)
    else:
        compare(LARGE, recorder)
    guest.ok("the recorder ends with nothing lost", recorder.end())


def main():
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    if sys.argv[2:] == ["small"]:
        small()
        return
    refused()
    if oracle.BLOCK_BYTES == SMALL and os.path.isdir("/sys/kernel/tracing/events/mhp"):
        places()
    modes()
    too_large()
    recorder = Recorder()
    for size in SIZES:
        told, blocks = compare(size, recorder)
        if size != SIZES[-1]:
            guest.dimm_unplug("d0")
    compare_gigantic(told, blocks)
    guest.ok("the recorder ends with nothing lost", recorder.end())


guest.run(main)
