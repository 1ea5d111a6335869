#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's selftests for huge pages, memory failure and hotplug, run in hot-added memory.

    same.py DIR MODE HOW   DIR has the programs; memory_hotplug.memmap_on_memory=MODE; same.sh calls it

Their verdicts are not results of this test: they go to $RESULTS/verdicts, one line `name status
passed failed skipped` each, and same.sh compares those of several guests. This test checks that
the programs terminate, that their huge pages are in the DIMM, and that the pages they poison can be
unpoisoned.

Some run again: "+sigbus" is with a handler for that signal (sigbus.c says why), "+hvo" is with
vm.hugetlb_optimize_vmemmap, which frees most of the memmap of a huge page but must not touch
memmap that hot-added memory hosts.
"""
import collections
import os
import re
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle

DIR, MODE, HOW = sys.argv[1:4]
SLOW = "hugetlb_fault_after_madv"   # skipped unless HOW is "all"
DIMM = 2 << 30
HUGE_PAGES = 512                    # pages of 4 KiB in a huge one
POOL = "/proc/sys/vm/nr_hugepages"
KPF_COMPOUND_HEAD, KPF_HUGE, KPF_HWPOISON = 1 << 15, 1 << 17, 1 << 19
SECONDS = 240

Program = collections.namedtuple("Program", "name pool preload", defaults=[""])

# Programs that poison pages run last. The pools are those of run_vmtests.sh: 256 MiB, or what a test requires.
PROGRAMS = (Program("hugepage-mmap", 128), Program("hugepage-shm", 128), Program("map_hugetlb", 128),
            Program("hugepage-vmemmap", 128), Program("hugetlb-madvise", 128), Program("hugetlb_dio", 128),
            Program("thuge-gen", 128), Program("hugetlb_fault_after_madv", 1),
            Program("hugetlb_madv_vs_map", 1), Program("hugetlb-soft-offline", 8),
            Program("hugetlb-read-hwpoison", 128), Program("hugetlb-read-hwpoison", 128, "sigbus"))
AGAIN = (Program("hugepage-vmemmap", 128), Program("hugetlb-madvise", 128),
         Program("hugetlb-soft-offline", 8), Program("hugetlb-read-hwpoison", 128, "sigbus"))


# -- programs -------------------------------------------------------------------------

def counts(text):
    """(passed, failed, skipped) of KTAP, or of the format of hugetlb-read-hwpoison."""
    skipped = len(re.findall(r"^ok \d+.*# SKIP", text, re.M))
    ktap = (len(re.findall(r"^ok \d+", text, re.M)) - skipped, len(re.findall(r"^not ok \d+", text, re.M)),
            skipped)
    own = [len(re.findall(rf"\.\.\.TEST_{word}$", text, re.M)) for word in ("PASSED", "FAILED", "SKIPPED")]
    return [number + more for number, more in zip(ktap, own)]


def selftest(name, command, preload=""):
    """Run a selftest and record its verdict."""
    begin = time.monotonic()
    environ = {**os.environ, "LD_PRELOAD": f"{DIR}/{preload}.so"} if preload else None
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          env=environ, start_new_session=True, text=True, errors="replace") as child:
        try:
            text, _ = child.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            text, _ = child.communicate()
            guest.ok(f"{name} terminates", f"not within {SECONDS} s")
    for line in text.splitlines():
        print(f"{name}: {line}")
    print(f"{name}: exit {child.returncode} after {time.monotonic() - begin:.1f} s", flush=True)
    with open(os.path.join(guest.RESULTS, "verdicts"), "a", encoding="ascii") as verdicts:
        print(name, child.returncode, *counts(text), file=verdicts)


# -- huge pages and where they are ----------------------------------------------------

def page_flags(start, count, step=1):
    """(pfn, flags of /proc/kpageflags) of every `step`th page."""
    with open("/proc/kpageflags", "rb", buffering=0) as file:
        if step == 1:
            chunk = os.pread(file.fileno(), count * 8, start * 8)
            yield from enumerate(struct.unpack(f"<{len(chunk) // 8}Q", chunk), start)
            return
        for pfn in range(start, start + count, step):
            yield pfn, struct.unpack("<Q", os.pread(file.fileno(), 8, pfn * 8))[0]


def in_dimm(numbers):
    """The number of huge pages in these blocks, in the pool or in use."""
    head = KPF_COMPOUND_HEAD | KPF_HUGE
    return sum(flags & head == head for number in numbers
               for _, flags in page_flags(number * oracle.BLOCK_PAGES, oracle.BLOCK_PAGES, HUGE_PAGES))


def pool(pages):
    """Resize the pool, from 0 so that no poisoned page remains in it; returns its size."""
    oracle.write(POOL, 0)
    oracle.write(POOL, pages)
    return oracle.number_of(POOL)


def bad_pages():
    """The poisoned pages of all online memory."""
    online = [number * oracle.BLOCK_PAGES for number in oracle.block_ids()
              if oracle.block(number).state == "online"]
    return [pfn for start in online for pfn, flags in page_flags(start, oracle.BLOCK_PAGES)
            if flags & KPF_HWPOISON]


def unpoison():
    """Unpoison all pages and empty the pool; returns the number of pages."""
    oracle.write(POOL, 0)
    count = 0
    for pfn in bad_pages() if oracle.meminfo()["HardwareCorrupted"] else ():
        # A huge page has the flag in several page structs, and is unpoisoned as a whole.
        if any(flags & KPF_HWPOISON for _, flags in page_flags(pfn, 1)):
            oracle.write("/sys/kernel/debug/hwpoison/unpoison-pfn", hex(pfn))
            count += 1
    oracle.write(POOL, 0)
    return count


def huge(program, numbers, suffix=""):
    name = program.name + (f"+{program.preload}" if program.preload else "") + suffix
    wrong = guest.differs("pool", program.pool, pool(program.pool), "pages")
    there = in_dimm(numbers)
    guest.ok(f"{name}: of {program.pool} huge pages {there} are in the DIMM",
             wrong + ([] if there else ["expected some"]))
    selftest(name, [f"{DIR}/bin/{program.name}"], program.preload)
    oracle.write("/proc/sys/vm/enable_soft_offline", 1)
    unpoisoned = unpoison()
    left = guest.differs("left in the DIMM", 0, in_dimm(numbers), "huge pages")
    left += guest.differs("HardwareCorrupted", 0, oracle.meminfo()["HardwareCorrupted"], "kB")
    guest.ok(f"{name}: nothing is left after unpoisoning {unpoisoned} pages", left)


def optimized(numbers):
    """With vm.hugetlb_optimize_vmemmap, which frees memmap unless the memory hosts it itself."""
    oracle.write(POOL, 0)
    oracle.write("/proc/sys/vm/hugetlb_optimize_vmemmap", 1)
    before = memmap_pages()
    pool(128)
    saved, want = before - memmap_pages(), "some" if MODE == "N" else "none"
    guest.ok(f"{saved} pages of the memmap of 128 huge pages are freed",
             [] if (saved > 0) == (want == "some") else [f"expected {want} in mode {MODE}"])
    for program in AGAIN:
        huge(program, numbers, "+hvo")
    oracle.write("/proc/sys/vm/hugetlb_optimize_vmemmap", 0)


def memmap_pages():
    return int(re.search(r"^nr_memmap_pages (\d+)$", oracle.read("/proc/vmstat"), re.M).group(1))


# -- blocks ---------------------------------------------------------------------------

def each(numbers, state):
    """Set the state of these blocks, one after the other; returns the errors."""
    return [line for number in numbers for line in guest.differs(
        f"memory{number}: {state}", "success", oracle.errno_name(oracle.block_set(number, state)))]


def on_off(numbers):
    """mem-on-off-test.sh needs online and offline blocks, so every other block is taken offline before.
    It uses the blocks in the order of their names: some of the boot memory, then some of the DIMM."""
    guest.ok("half of the blocks go offline", each(numbers[:0:-2], "offline"))
    name = "mem-on-off-test.sh"
    selftest(name, ["bash", f"{DIR}/tools/testing/selftests/memory-hotplug/{name}", "-r", "20"])
    online = [number for number in numbers if oracle.block(number).state == "online"]
    guest.ok("at the end all blocks go offline, in descending order", each(online[::-1], "offline"))
    guest.dimm_unplug("d0")
    guest.eq("the DIMM is unplugged", [], [number for number in numbers if oracle.block(number)])


def main():
    guest.eq("memmap_on_memory has the value that the test expects", MODE, oracle.memmap_mode())
    guest.eq("every program that was built is on the list", sorted(os.listdir(f"{DIR}/bin")),
             sorted({program.name for program in PROGRAMS}))
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    # Blocks that mem-on-off-test.sh brings online must be movable, or the DIMM could not be unplugged.
    for name, value in (("online_policy", "auto-movable"), ("auto_movable_ratio", 10000)):
        oracle.write(f"/sys/module/memory_hotplug/parameters/{name}", value)
    numbers = list(oracle.blocks_of(guest.dimm_plug("d0", "2G"), DIMM))
    guest.ok("all blocks of a DIMM go online in ZONE_MOVABLE", each(numbers, "online_movable"))
    code = oracle.errno_name(oracle.block_set(numbers[0], "offline"))
    guest.eq("its first block goes offline unless it hosts others",
             "EBUSY" if MODE == "range" else "success", code)
    if code == "success":
        guest.ok("its first block goes online again", each(numbers[:1], "online_movable"))
    for program in PROGRAMS:
        if program.name == SLOW and HOW != "all":
            continue
        huge(program, numbers)
    optimized(numbers)
    on_off(numbers)


guest.run(main)
