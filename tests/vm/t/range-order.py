#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Ranges that host their memmap as a whole go online and offline in any order, in one pass.

    range-order.py [walkers]   memmap_on_memory=range, two nodes, memory hidden by mem= or memmap=

With memory blocks of 2 GiB, DIMMs of 10 GiB are used instead of hidden memory. Each block is asked once, in ascending,
descending, directory and random order, by writes to sysfs, by a loop like libdaxctl's, which stops at the first error, and
by chmem. ACPI ejects a DIMM of which some blocks are online. Then everything must be as before, and the node without
memory. Walkers of all pages (/proc/kpageflags, compaction, memory failure handling, and page_owner if it is on) run over the
section that is partly memmap while its block is offline and the memmap in use; with "walkers", nothing else does.
"""
import itertools
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
import lib_walk as walk
from lib_account import Account
from lib_ledger import Recorder
from lib_range import HIDDEN, Dimm, Range, load_module
from lib_trace import Trace, pick

WALKERS = sys.argv[1:] == ["walkers"]
LARGE = oracle.BLOCK_BYTES > 128 << 20  # memory blocks of 2 GiB, as with 64 GiB of RAM: 10 GiB on a DIMM
PAGE_OWNER = "page_owner=on" in oracle.read("/proc/cmdline")
BLOCKS = 5 if LARGE else 66         # of 66, the first is nothing but memmap, and the second has 1024 pages of it


def directory_order(node):
    """The blocks of a node in the order in which sysfs lists them, as readdir() returns them."""
    names = os.scandir(f"/sys/devices/system/node/node{node}")
    return [int(entry.name[6:]) for entry in names if re.fullmatch(r"memory\d+", entry.name)]


def like_daxctl(numbers, state):
    """Stop at the first error, as libdaxctl does: how many blocks were done, and the error."""
    for done, number in enumerate(numbers):
        code = oracle.block_set(number, state)
        if code:
            return done, oracle.errno_name(code)
    return len(numbers), "success"


def chmem(way, there, *options):
    """One call of chmem for the whole range; its exit status and last line."""
    last = there.addr + there.count * oracle.BLOCK_BYTES - 1
    ended = subprocess.run(["chmem", way, *options, f"{there.addr:#x}-{last:#x}"], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, check=False, text=True)
    return ended.returncode, ended.stdout.strip().splitlines()[-1:]


def states(there):
    return {number: oracle.block(number).state for number in there.numbers}


def orders(there, dice):
    """(name, order of online, order of offline)"""
    mixed = [dice.sample(there.numbers, there.count) for _ in range(2)]
    return (("ascending", there.numbers, there.numbers), ("descending", there.numbers[::-1], there.numbers[::-1]),
            ("as sysfs lists them", directory_order(1), directory_order(1)), ("random", *mixed))


def all_orders(account, there, dice):
    before = oracle.everything()
    for name, there_on, there_off in orders(there, dice):
        done = like_daxctl(there_on, "online_movable")
        account.update()
        wrong = guest.differs("online", (there.count, "success"), done)
        wrong += guest.differs("states", {"online"}, set(states(there).values()))
        wrong += guest.differs("nodes with memory", "0-1", oracle.nodes_with_memory()) + account.compare()
        done = like_daxctl(there_off, "offline")
        account.update()
        wrong += guest.differs("offline", (there.count, "success"), done)
        wrong += guest.differs("afterwards", before, oracle.everything()) + account.compare()
        guest.ok(f"{there.count} blocks in {name} order: one pass each way, and everything is as before", wrong)
    wrong = guest.differs("chmem -e", 0, chmem("-e", there, "-z", "Movable")[0])
    wrong += guest.differs("states", {"online"}, set(states(there).values()))
    account.update()
    wrong += account.compare() + guest.differs("chmem -d", (0, []), chmem("-d", there))
    account.update()
    guest.ok("chmem: one call each way", wrong + guest.differs("afterwards", before, oracle.everything()) + account.compare())


def gone(there):
    """Remove a range: eject its DIMM, or have the module remove it."""
    if LARGE:
        there.unplug()
        return []
    return guest.differs("remove", None, there.remove(there.numbers))


def every_order_of_four(account):
    """Four blocks, the first partly memmap: all 24 orders of offline, after as many orders of online."""
    there, wrong = Dimm("d8", 4, 1) if LARGE else Range(HIDDEN + BLOCKS * oracle.BLOCK_BYTES, 4, 1), []
    wrong += [] if LARGE else guest.differs("add", None, there.add())
    account.update()
    before = oracle.everything()
    for up, down in zip(itertools.permutations(there.numbers), reversed(list(itertools.permutations(there.numbers)))):
        wrong += there.set(up, "online_movable")
        account.update()
        wrong += account.compare_zoneinfo() + account.compare_ranges()
        wrong += there.set(down, "offline")
        account.update()
        wrong += guest.differs(f"after {up}, {down}", before, oracle.everything()) + account.compare_ranges()
    wrong += gone(there)
    account.update()
    guest.ok("four blocks: all orders of online and offline", wrong + account.compare())


def pages_of(flag, start, pages):
    return walk.having(walk.tally(walk.read_words("kpageflags", start, pages)), flag)


def page_owner(start, pages):
    """How many pages page_owner knows in a range of pages"""
    with open("/sys/kernel/debug/page_owner", "rb", buffering=0) as file:
        file.seek(start)
        found = 0
        while True:
            text = file.read(65536)
            pfn = re.search(rb"PFN (0x[0-9a-f]+|\d+)", text)
            if not text or not pfn or int(pfn.group(1), 0) >= start + pages:
                return found
            found += 1


def walkers(account, there):
    """Others walk over the section that is partly memmap: nothing of it may be touched while its block is offline."""
    split, user = there.hosts()[-1], there.numbers[3]
    start = split * oracle.BLOCK_PAGES + there.vmemmap_pages(split)
    rest = -start % oracle.SECTION_PAGES
    wrong = there.set([user], "online_movable")
    account.update()
    before = oracle.everything()
    oracle.write("/proc/sys/vm/compact_memory", 1)
    oracle.write("/proc/sys/vm/drop_caches", 3)
    wrong += guest.differs("offline pages after compaction", rest, pages_of(walk.OFFLINE, start, rest))
    if PAGE_OWNER:
        wrong += guest.differs("pages with an owner", 0, page_owner(start, rest))
        wrong += guest.differs("boot memory has pages with an owner", True, page_owner(0, 1 << 16) > 0)
    bad = start + 1000
    walk.poison(bad)
    wrong += guest.differs("after all that", before, {**oracle.everything()})
    guest.ok("walkers leave the offline pages beside the memmap alone", wrong + account.compare())
    wrong = guest.differs("poisoned", True, walk.is_poisoned(bad))
    code = oracle.block_set(split, "online_movable")
    account.update()
    wrong += guest.differs("online of the poisoned block", "EHWPOISON", oracle.errno_name(code))
    wrong += there.set([user], "offline")
    account.update()
    guest.ok("memory failure of one of these pages keeps its block offline, and no other", wrong + account.compare())


def ejects(account, dice):
    """ACPI ejects a DIMM of which any blocks are online."""
    for name, pick_blocks in (("no block", lambda dimm: []), ("only the first block", lambda dimm: dimm.numbers[:1]),
                              ("only the block that is partly memmap", lambda dimm: dimm.hosts()[-1:]),
                              ("all blocks", lambda dimm: dimm.numbers), ("random blocks", lambda dimm: dice.sample(dimm.numbers, BLOCKS // 3 + 1))):
        begin = oracle.everything()
        dimm = Dimm("d9", BLOCKS, 1)
        online = pick_blocks(dimm)
        wrong = dimm.set(online, "online_movable")
        account.update()
        wrong += account.compare()
        dimm.unplug()
        events = account.update()
        wrong += guest.differs("failed", [], pick(events, "offline_failed") + pick(events, "remove_failed"))
        wrong += guest.differs("went offline", sorted(online), sorted(
            oracle.block_of(event.fields["start_pfn"]) for event in pick(events, "offline_end", ret=0)))
        guest.ok(f"a DIMM is ejected with {name} online, at the first try",
                 wrong + guest.differs("afterwards", begin, oracle.everything()) + account.compare() + account.compare_qmp())


def main():
    guest.eq("memmap_on_memory", "range", oracle.memmap_mode())
    guest.note(f"memory blocks of {oracle.BLOCK_BYTES >> 20} MiB")
    if not LARGE:
        load_module()
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    trace, recorder, dice = Trace(), Recorder(), random.Random(1)
    account = Account(trace)
    there = Dimm("d7", BLOCKS, 1) if LARGE else Range(HIDDEN, BLOCKS, 1)
    guest.eq("add", None, None if LARGE else there.add())
    account.update()
    if not WALKERS:
        all_orders(account, there, dice)
        recorder.agree(account, "all orders")
    walkers(account, there)
    guest.ok("it is removed", gone(there))
    account.update()
    if not WALKERS:
        every_order_of_four(account)
        ejects(account, dice)
    recorder.finish(account, "orders")
    guest.ok(f"none of {account.seen} events was lost", trace.lost())
    trace.close()


guest.run(main)
