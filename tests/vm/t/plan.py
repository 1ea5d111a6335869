#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""`mhptop plan offline` forecasts what an offline then does.

    plan.py [PART...]      in a guest with two nodes, all RAM at boot on node 0, and a virtio-mem device vmem0;
                           without parts, all of them, and at least 200 forecasts
    plan.py cost           in a guest whose clock counts instructions: what a forecast costs
    plan.py zones          in a guest with two nodes: memory blocks of several zones, together
    plan.py cma            with cma=512M: memory of a CMA area
    plan.py buffers        with a disk: page cache of a file system whose pages have buffers

Memory is filled in several ways. In each, all memory blocks are forecast and then taken offline, and the forecasts are
counted: right, wrong in each direction, and those that say that it cannot be known. An offline that only a signal would
end has failed: one that fails to migrate pages again and again, while no fewer are left (lib_looks.py).
"""
import collections
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_fill as fill
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
import lib_pin as pin
import lib_walk as walk
from lib_module import load_modules
from lib_offline import try_offline, try_offline_slow, used_pages
from lib_trace import EVENTS, Trace, pick

GROUP = 8                           # blocks that are forecast together
EXITS = {"yes": 0, "no": 3, "unknown": 5}
MMAP, HEAD, HUGE, OFFLINE = 1 << 11, 1 << 15, 1 << 17, 1 << 23     # in /proc/kpageflags
LRU, PRIVATE = 1 << 5, 1 << 35      # there, too
DISK, MOUNTED = "/dev/vda", "/mnt"
SECONDS = oracle.HANG_SECONDS       # for one step
LEAST_BLOCKS, LEAST_RIGHT, MOST_UNKNOWN = 200, 0.99, 0.05
MOST_INSTRUCTIONS = 20_000_000      # for a block of 128 MiB: less than 20 ms of a CPU that executes 1 in a nanosecond


def range_of(numbers):
    return f"{numbers[0] * oracle.BLOCK_BYTES:#x}-{(numbers[-1] + 1) * oracle.BLOCK_BYTES - 1:#x}"


def forecast(numbers):
    """The forecasts of adjacent memory blocks, which are made together."""
    what = range_of(numbers)
    ended = subprocess.run([ledger.MHPTOP, "plan", "offline", what, "--json"], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=SECONDS, check=False, text=True)
    if not ended.stdout:
        raise RuntimeError(f"mhptop plan offline {what}: exit {ended.returncode}: {ended.stderr}")
    plan = json.loads(ended.stdout)
    if ended.returncode != EXITS[plan["answer"]]:
        raise RuntimeError(f"mhptop plan offline {what}: exit {ended.returncode} for {plan['answer']}")
    return plan


def wrong_accounts(numbers, owner=None):
    """Huge pages of 2 MiB and offline pages, all of one owner, against the flags of the pages in these memory blocks."""
    wrong = []
    for block in (block for some in adjacent(numbers, GROUP) for block in forecast(some)["blocks"]):
        counts = walk.tally(walk.read_words("kpageflags", block["start_pfn"], block["nr_pages"]))
        heads = {flags: count for flags, count in counts.items() if flags & HUGE and flags & HEAD}
        used = sum(count for flags, count in heads.items() if flags & MMAP)
        wrong += guest.differs(f"memory{block['id']}, huge pages", [
            {"bytes": pin.HUGE_BYTES, "used": used, "free": sum(heads.values()) - used, "pinned": 0, "poisoned": 0}]
            if heads else [], block["huge"])
        owners = dict.fromkeys(block["offline_owners"], 0)
        if owner:
            owners[owner] = sum(count for flags, count in counts.items() if flags & OFFLINE)
        wrong += guest.differs(f"memory{block['id']}, owners of offline pages", owners, block["offline_owners"])
    return wrong


def adjacent(numbers, most):
    """The blocks in groups of adjacent ones, at most so many in each."""
    groups = []
    for number in sorted(numbers):
        if groups and number == groups[-1][-1] + 1 and len(groups[-1]) < most:
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups


class Score:
    """Forecasts against what happened."""

    def __init__(self):
        self.pairs = collections.Counter()
        self.cpu_ns = []

    def take(self, title, block, went, left):
        self.pairs[block["answer"], went] += 1
        self.cpu_ns.append(block["cpu_ns"])
        if block["answer"] != went:
            why = "; ".join(reason["text"] for reason in block["reasons"]) or f"{block['move']} pages to move"
            rest = {hex(flags): count for flags, count in left.items()}
            guest.note(f"{title}: memory{block['id']}, {block['zone']}: forecast {block['answer']} ({why}), "
                       f"and it was {went}; {used(block)}; left {rest}")

    def line(self):
        pairs = self.pairs
        return (f"{sum(pairs.values())} blocks: right {self.right()} (yes {pairs['yes', 'yes']}, no {pairs['no', 'no']}), "
                f"wrong: said yes and did not go {pairs['yes', 'no']}, said no and went {pairs['no', 'yes']}; "
                f"not known: went {pairs['unknown', 'yes']}, did not go {pairs['unknown', 'no']}")

    def right(self):
        return self.pairs["yes", "yes"] + self.pairs["no", "no"]

    def known(self):
        return sum(count for (said, _), count in self.pairs.items() if said != "unknown")


def used(block):
    return ", ".join(f"{kind} {count}" for kind, count in block["pages"].items() if count)


class Memory:
    """Memory blocks that were added, and the zone that each is onlined to."""

    def __init__(self, score):
        self.score = score
        self.states = {}            # of block numbers: "online_movable" or "online_kernel"

    def online(self, numbers, state):
        wrong = []
        for number in numbers:
            wrong += guest.differs(f"memory{number}, {state}", None, oracle.block_set(number, state, SECONDS))
            self.states[number] = state
        guest.ok(f"{len(numbers)} memory blocks go online: {state}", wrong)

    def offline(self, numbers):
        guest.ok(f"{len(numbers)} memory blocks go offline", [
            f"memory{number} stays online" for number in numbers if try_offline(number)[0] == "no"])

    def remove(self, numbers):
        left = [number for number in numbers if oracle.block(number)]
        if left:
            self.offline(left)
        for number in numbers:
            del self.states[number]

    def of(self, state):
        return [number for number, its in sorted(self.states.items()) if its == state]

    def round(self, title, numbers, want=(), group=GROUP, how=try_offline):
        """Forecast so many of these blocks at a time, take each offline and bring it back.

        `want`: (answer, reason) that must occur.
        """
        seen, before, begin = set(), self.score.right(), time.monotonic()
        for some in adjacent(numbers, group):
            for block in forecast(some)["blocks"]:
                went, left = how(block["id"])
                if went == "yes":
                    oracle.block_set(block["id"], self.states[block["id"]], SECONDS)
                self.score.take(title, block, went, left)
                seen |= {(block["answer"], reason["reason"]) for reason in block["reasons"]} | {(block["answer"], "")}
        guest.note(f"{title}: {time.monotonic() - begin:.0f} s")
        guest.ok(f"{title}: {len(numbers)} blocks, {self.score.right() - before} right", [
            f"no block is forecast as {answer} {reason}" for answer, reason in want if (answer, reason) not in seen])


def plugged(size, kernel_blocks):
    """A DIMM of so many bytes, whose first memory blocks are online in a kernel zone and the others in ZONE_MOVABLE: (Memory, numbers)."""
    numbers = list(oracle.blocks_of(guest.dimm_plug("d0", size), size))
    memory = Memory(Score())
    memory.online(numbers[:kernel_blocks], "online_kernel")
    memory.online(numbers[kernel_blocks:], "online_movable")
    return memory, numbers


def free(memory):
    memory.round("free memory", memory.of("online_movable") + memory.of("online_kernel"), [("yes", "")])


def moved(memory):
    held = [fill.Anon(48 * fill.MIB), fill.Files(96 * fill.MIB), fill.Inodes(4000), fill.PageTables(400)]
    memory.round("anon, tmpfs, inodes, page tables", memory.of("online_movable") + memory.of("online_kernel"),
                 [("yes", ""), ("no", "kernel_pages")])
    close(held)


def cached(memory):
    subprocess.run("cat /usr/bin/[a-c]* > /dev/null", shell=True, check=False, stderr=subprocess.DEVNULL)
    held = [fill.Files(160 * fill.MIB), pin.KernelPages(64), fill.Anon(24 * fill.MIB, locked=True)]
    memory.round("page cache, pipes, locked memory", memory.of("online_movable") + memory.of("online_kernel"),
                 [("yes", ""), ("no", "kernel_pages")])
    close(held)


def kmalloc(memory):
    """What kmalloc() takes from the page allocator, which on 7.3 has compound pages without a reference."""
    held = [fill.PipeArrays(24)]
    other = sum(block["pages"]["other"] for some in adjacent(memory.of("online_kernel"), GROUP) for block in forecast(some)["blocks"])
    guest.ok(f"{other} pages are the kernel's, those of 24 arrays are among them",
             [] if other >= 24 * fill.MIB // oracle.PAGE else ["too few"])
    memory.round("arrays of pipes", memory.of("online_kernel"), [("no", "kernel_pages")])
    close(held)


def pinned(memory):
    movable = memory.of("online_movable")
    held = fill.Pinned(movable[::2], 1 << 30)
    guest.ok(f"{len(held.blocks)} memory blocks have a pinned page", [] if held.blocks else ["none"])
    memory.round("pinned pages", movable, [("yes", ""), ("no", "pinned")])
    held.close()


def secret(memory):
    if guest.ok("the kernel has memfd_secret()", [] if fill.Secret.available() else ["it has not"]):
        held = [fill.Secret(16 * fill.MIB)]
        memory.round("secretmem", memory.of("online_kernel"), [("yes", ""), ("no", "secretmem")])
        close(held)


def release():
    return tuple(int(number) for number in os.uname().release.split(".")[:2])


def ended_by_a_signal(events):
    """An offline without end has reported a page, also if each page of it can be migrated, but there is always one more."""
    found = [(event.fields["start_pfn"], event.fields["ret"]) for event in pick(events, "offline_failed", reason="signal")]
    pages = pick(events, "offline_blocker")
    moved_all = [page for page in pages if page.fields["stage"] == "migrate" and not page.fields["ret"]]
    guest.note(f"{len(found)} offlines ended by a signal; {len(moved_all)} pages reported although all were migrated")
    guest.ok("each offline that a signal ended has reported a page", [
        f"none in memory{oracle.block_of(start)}" for start, _ in found
        if not any(oracle.block_of(page.fields["pfn"]) == oracle.block_of(start) for page in pages)])


def huge(memory):
    movable = memory.of("online_movable")
    held = [fill.HugePages(2048, 240, used=40)]
    guest.ok("huge pages are counted by size and use", wrong_accounts(movable))
    loops = [("unknown", "hugetlb_loop")] if release() < (6, 15) else []
    trace = Trace() if os.path.isdir(EVENTS) else None
    memory.round("huge pages of 2 MiB, used and free", movable, [("yes", "")] + loops)
    if trace:
        ended_by_a_signal(trace.read())
        trace.close()
    close(held)
    held = [fill.HugePages(2048, 240, used=40, reserved=200)]
    memory.round("huge pages of 2 MiB, used and reserved", movable[:8], [("no", "hugetlb_reserved")])
    close(held)


def pinned_huge(memory):
    """Huge pages of both kinds. In every other memory block that has some, a pipe holds one; it must be counted and named."""
    movable = memory.of("online_movable")
    for hugetlb, reason in (True, "hugetlb_pinned"), (False, "thp_pinned"):
        held = pin.ManyHugePages(180, hugetlb)
        firsts = {oracle.block_of(pfn): pfn for pfn in held.pfns if oracle.block_of(pfn) in movable}
        numbers = sorted(firsts)[:6]
        wanted = {number: firsts[number] for number in numbers[::2]}
        for pfn in wanted.values():
            held.pin(pfn)
        found = {block["id"]: block for some in adjacent(numbers, GROUP) for block in forecast(some)["blocks"]}
        guest.eq(f"{reason}: which is pinned, and how it is counted", {
            number: [(1, wanted[number], f"1 {'' if hugetlb else 'transparent '}huge page of 2 MiB with unexplained references at "
                      f"pfn {wanted[number]:#x}")] if number in wanted else [] for number in numbers}, {
            number: [(why["pages"], why["first_pfn"], why["text"]) for why in found[number]["reasons"] if why["reason"] == reason]
            for number in numbers})
        guest.eq(f"{reason}: in the account", [int(number in wanted) for number in numbers], [
            found[number]["huge"][0]["pinned"] if hugetlb else found[number]["pinned_thp"] for number in numbers])
        memory.round(f"{reason}, and others that move", numbers, [("yes", ""), ("no", reason)])
        held.unpin()
        memory.round(f"{reason}: no longer", sorted(wanted), [("yes", "")])
        held.close()


def poison(memory, name, reason, what, release=None):
    """One memory block, the only one of node 1, with what what() makes of it. Returns what that returned.

    Then it goes offline, if release() can take away what keeps it.
    """
    number, = oracle.blocks_of(guest.dimm_plug(name, oracle.BLOCK_BYTES, 1), oracle.BLOCK_BYTES)
    guest.eq(f"{name}: the block is online", None, oracle.block_set(number, "online_movable", SECONDS))
    node_pool = "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages"
    oracle.write(node_pool, 8)
    with pin.bound(1):
        held = what()
    for step, why in ("poisoned", reason), ("released", None):
        block = forecast([number])["blocks"][0]
        reasons = [found["reason"] for found in block["reasons"]]
        guest.eq(f"{name}, {step}: the forecast", (("no", [why]) if why else ("yes", [])), (block["answer"], reasons))
        guest.note(f"{name}, {step}: {[found['text'] for found in block['reasons']]}; {used(block)}")
        went, left = try_offline(number)
        memory.score.take(f"{name}, {step}", block, went, left)
        if went == "yes" or not release:
            break
        release(held)
    oracle.write(node_pool, 0)
    if went == "yes":
        guest.dimm_unplug(name, SECONDS)
    return held


def poisoned_huge(memory):
    """Huge pages that the kernel keeps although they are poisoned, and one that it dissolves."""
    def free_page():
        file = pin.HugeFile()
        file.close()
        walk.poison_for_good(file.pfn)

    def file_page():
        file = pin.HugeFile()
        file.unmap()
        walk.poison_for_good(file.pfn)
        return file

    poison(memory, "dissolved", None, free_page)
    poison(memory, "thp", "thp_poisoned", pin.PoisonedPinnedPage, pin.Pin.close)
    poison(memory, "held", "hugetlb_poisoned", lambda: pin.PoisonedPinnedPage(hugetlb=True), pin.Pin.close)
    # The kernel keeps a reference to it, so that it stays: this one comes last.
    poison(memory, "file", "hugetlb_poisoned", file_page).close()


def gigantic_together(memory):
    """All blocks that have a part of a page of 1 GiB."""
    held = fill.HugePages(1 << 20, 1)
    there = [block["id"] for some in adjacent(memory.of("online_kernel"), GROUP) for block in forecast(some)["blocks"]
             if block["pages"]["hugetlb"]]
    guest.eq("a page of 1 GiB is in this many memory blocks", (1 << 30) // oracle.BLOCK_BYTES, len(there))
    plan = forecast(there)
    guest.eq("they can go together, and have one such page", ("yes", []), (plan["answer"], plan["reasons"]))
    guest.ok("  the line of all of them says so", [] if "1 GiB: 0 used, 1 free" in ledger.run(
        "plan", "offline", "--pages", range_of(there)) else ["it does not"])
    memory.offline(there)
    held.close()
    memory.online(there, "online_kernel")


def gigantic(memory):
    """The kernel takes pages of 1 GiB from kernel zones, where no memory block may host its memmap."""
    if oracle.memmap_mode() != "N":
        guest.note("memory blocks host their memmap: there is no page of 1 GiB")
        return
    numbers = list(oracle.blocks_of(guest.dimm_plug("gigantic", "2G"), 2 << 30))
    memory.online(numbers, "online_kernel")
    if release() >= (6, 12):
        gigantic_together(memory)
    held = [fill.HugePages(1 << 20, 2, used=1)]
    guest.eq("pages of 1 GiB", 2, held[0].count)
    memory.round("a page of 1 GiB that moves to another, which then has nowhere to go", memory.of("online_kernel"),
                 [("yes", ""), ("no", "hugetlb_no_room")], group=1, how=try_offline_slow)
    close(held)
    memory.remove(numbers)


def virtio_mem(memory):
    addr = {device.name: device for device in oracle.devices()}["vmem0"].addr
    numbers = list(oracle.blocks_of(addr, 4 * oracle.BLOCK_BYTES))
    guest.host("vmem-resize", "vmem0", oracle.BLOCK_BYTES * 7 // 2)
    there = guest.wait_for(SECONDS, lambda: all(oracle.block(number) for number in numbers))
    guest.ok("virtio-mem adds four blocks", [] if there else ["blocks are missing"])
    memory.online(numbers, "online_movable")
    held = [fill.Anon(32 * fill.MIB), fill.Files(64 * fill.MIB)]
    guest.ok("offline pages are those of virtio-mem", wrong_accounts(numbers, "virtio_mem"))
    guest.note(ledger.run("plan", "offline", "--pages", range_of(numbers)))
    memory.round("virtio-mem with half of a block unplugged", numbers, [("yes", "")])
    close(held)
    guest.host("vmem-resize", "vmem0", 0)
    guest.wait_for(SECONDS, lambda: not any(oracle.block(number) for number in numbers))
    memory.remove(numbers)


def managed_bytes():
    return oracle.meminfo()["MemTotal"] * 1024


def balloon(memory):
    load_modules("virtio_balloon")
    total = managed_bytes()
    left = (total - (1 << 30)) // oracle.PAGE * oracle.PAGE
    guest.host("qmp", json.dumps({"execute": "balloon", "arguments": {"value": left}}))
    # QEMU counts what the kernel reserves as well, so the balloon grows after MemTotal is that small.
    there = guest.wait_for(SECONDS, lambda: managed_bytes() <= left and json.loads(
        guest.host("qmp", "query-balloon"))["actual"] == left)
    guest.ok("the balloon takes 1 GiB", [] if there else [f"{managed_bytes()} of {total} bytes are left"])
    guest.ok("offline pages are those of the balloon", wrong_accounts(
        memory.of("online_movable")[:12] + memory.of("online_kernel"), "balloon"))
    memory.round("a balloon", memory.of("online_movable")[:12] + memory.of("online_kernel"), [("yes", "")])
    guest.host("qmp", json.dumps({"execute": "balloon", "arguments": {"value": 1 << 40}}))
    there = guest.wait_for(SECONDS, lambda: managed_bytes() == total)
    guest.ok("the balloon gives it back", [] if there else [f"{managed_bytes()} of {total} bytes are there"])


def two_nodes(memory):
    """Pages of node 0 may go to node 1 only, as long as it has memory, and those of kernel zones not to ZONE_MOVABLE."""
    start = guest.dimm_plug("d1", "512M", 1)
    there = list(oracle.blocks_of(start, 512 << 20))
    memory.online(there, "online_movable")
    with pin.bound(0):
        held = [fill.Anon(224 * fill.MIB), fill.Files(64 * fill.MIB)]
    with pin.bound(1):
        held.append(fill.Anon(416 * fill.MIB))
    others = [number for number in memory.of("online_movable") if number not in there]
    others.sort(key=lambda number: sum(used_pages(number).values()))
    memory.round("the other node is full", others[-6:] + memory.of("online_kernel"), [("no", "no_room")], group=1)
    memory.round("pages of node 1", there, [("yes", "")])
    close(held)
    # poison() expects no other memory there.
    memory.remove(there)
    guest.dimm_unplug("d1", SECONDS)


def close(held):
    for thing in held:
        thing.close()


def cost():
    """Instructions, as the guest's clock counts them, to forecast a block that is full of small pages."""
    start = guest.dimm_plug("d0", "1G")
    numbers = list(oracle.blocks_of(start, 1 << 30))
    memory = Memory(Score())
    memory.online(numbers, "online_movable")
    memory.round("free memory", numbers[:1])
    held = [fill.Files(160 * fill.MIB), fill.Anon(160 * fill.MIB)]
    blocks = forecast(numbers)["blocks"]
    fullest = max(blocks, key=lambda block: block["move"])
    close(held)
    for block in blocks:
        guest.note(f"memory{block['id']}: {block['cpu_ns']} instructions for {used(block)}")
    guest.ok(f"a full block of 128 MiB costs {fullest['cpu_ns']} instructions",
             guest.differs("full", True, fullest["move"] > oracle.BLOCK_PAGES * 9 // 10)
             + ([] if fullest["cpu_ns"] <= MOST_INSTRUCTIONS else [f"expected at most {MOST_INSTRUCTIONS}"]))


def leave_free(size):
    """Take the free memory of node 0, and all that could be reclaimed there, but for so many bytes. Not movable, never reclaimed."""
    oracle.write("/proc/sys/vm/drop_caches", 3)
    there = oracle.node_memory(0, "MemFree", "Active(file)", "Inactive(file)")
    with pin.bound(0):
        return fill.Secret((there - size) // fill.MIB * fill.MIB)


def zones():
    """Memory blocks of two zones of node 1, whose pages must go to node 0: those of each zone fit there, but not those of both."""
    start = guest.dimm_plug("d1", 3 * oracle.BLOCK_BYTES, 1)
    numbers = list(oracle.blocks_of(start, 3 * oracle.BLOCK_BYTES))
    memory = Memory(Score())
    # The kernel allocates for a node that gets its first memory, there if it can.
    memory.online(numbers[1:], "online_movable")
    memory.online(numbers[:1], "online_kernel")
    held = pin.BoundArea(346 * fill.MIB, 1)
    full = leave_free(312 * fill.MIB)
    alone = [forecast([number]) for number in numbers] + [forecast(numbers[1:])]
    if not guest.eq("zones: each zone alone has room", ["yes"] * 4, [plan["answer"] for plan in alone]):
        guest.note(f"{[[why['text'] for block in plan['blocks'] for why in block['reasons']] for plan in alone]}")
    both = forecast(numbers)
    guest.note(ledger.run("plan", "offline", range_of(numbers)) if both["answer"] == "yes" else f"{both['reasons']}")
    guest.eq("zones: both together have none", ("no", ["no_room"]), (both["answer"], [why["reason"] for why in both["reasons"]]))
    pages = sum(plan["move"] for plan in alone[:3])
    guest.eq(f"zones: pages and room are those of both zones: about {pages} pages, and less room", (True, True), (
        abs(both["move"] - pages) < pages // 50, both["room"] < both["move"]))
    # To let the kernel use up the rest would end with a process killed for lack of memory.
    guest.eq("zones: all but one go", ["yes"] * 2, [try_offline(number)[0] for number in numbers[:2]])
    guest.eq("zones: then there is no room for the last one", ["no_room"], [
        why["reason"] for why in forecast(numbers[2:])["blocks"][0]["reasons"]])
    full.close()
    for number in numbers[:2]:
        oracle.block_set(number, memory.states[number], SECONDS)
    plan = forecast(numbers)
    guest.eq("zones: with more room, both together have it", "yes", plan["answer"])
    memory.round("zones, with more room", numbers, [("yes", "")])
    held.close()


def cma_range():
    """The blocks that the CMA area of the command line fills, as the kernel's log has it."""
    found = re.search(r"cma: [Rr]eserved (\d+) MiB at (?:0x)?([0-9a-f]+)", subprocess.run(
        ["dmesg"], stdout=subprocess.PIPE, check=True, text=True).stdout)
    start, size = int(found[2], 16), int(found[1]) << 20
    return range(-(-start // oracle.BLOCK_BYTES), (start + size) // oracle.BLOCK_BYTES), start, size


def cma():
    """A memory block of a CMA area stays, whatever is in it."""
    score = Score()
    memory = Memory(score)
    blocks, start, size = cma_range()
    guest.ok(f"cma: the area at {start:#x} fills {len(blocks)} memory blocks", [] if len(blocks) else ["none"])
    touched = range(start // oracle.BLOCK_BYTES, -(-(start + size) // oracle.BLOCK_BYTES))
    found = {block["id"]: [(why["pages"], why["first_pfn"]) for why in block["reasons"] if why["reason"] == "cma"]
             for some in adjacent(oracle.block_ids(), GROUP) for block in forecast(some)["blocks"]
             if not any(why["reason"] == "holes" for why in block["reasons"])}
    guest.eq("cma: forecasts name the blocks of the area, and the part of each that is in it", {
        number: [((min(start + size, (number + 1) * oracle.BLOCK_BYTES) - max(start, number * oracle.BLOCK_BYTES)) // oracle.PAGE,
                  max(start, number * oracle.BLOCK_BYTES) // oracle.PAGE)] if number in touched else [] for number in found}, found)
    for number in blocks:
        memory.states[number] = "online"
    memory.round("cma", list(blocks), [("no", "cma")])
    cma_room(memory)
    guest.note(score.line())
    guest.eq("cma: all forecasts are right", sum(score.pairs.values()), score.right())


def free_cma():
    return int(re.search(r"CmaFree: +(\d+) kB", oracle.read("/proc/meminfo"))[1]) * 1024


def cma_room(memory):
    """Pages of a block have room in a CMA area, and nowhere else."""
    number, = oracle.blocks_of(guest.dimm_plug("d9", oracle.BLOCK_BYTES), oracle.BLOCK_BYTES)
    memory.online([number], "online_movable")
    held = pin.BoundArea(100 * fill.MIB, 0)  # ZONE_MOVABLE is the first to be asked
    pages = forecast([number])["blocks"][0]["pages"]
    full = leave_free(free_cma() + pages["free"] * oracle.PAGE + 50 * fill.MIB)
    before = free_cma()
    outside = oracle.node_memory(0, "MemFree") - before - forecast([number])["blocks"][0]["pages"]["free"] * oracle.PAGE
    guest.ok(f"cma: the block has {pages['anon']} pages to move, {outside // oracle.PAGE} have room outside of the area",
             [] if pages["anon"] * oracle.PAGE > 80 * fill.MIB > outside else [f"{pages}"])
    memory.round("room in a CMA area", [number], [("yes", "")])
    guest.ok("cma: they are in the area then", [] if before - free_cma() > 30 * fill.MIB else [f"{before} free before, {free_cma()} now"])
    full.close()
    held.close()


def buffers():
    """Page cache of a file system whose blocks are smaller than a page: each page has buffers, which hold it once more."""
    load_modules("virtio_blk", "crc32c_generic", "ext4")
    memory, numbers = plugged(1 << 30, 4)
    subprocess.run(["mkfs.ext4", "-q", "-b", "1024", DISK], check=True)
    subprocess.run(["mount", DISK, MOUNTED], check=True)
    held = fill.Files(700 * fill.MIB, MOUNTED)
    subprocess.run(["sync"], check=True)
    with_buffers = sum(count for number in numbers for flags, count in walk.tally(walk.read_words(
        "kpageflags", number * oracle.BLOCK_PAGES, oracle.BLOCK_PAGES)).items() if flags & LRU and flags & PRIVATE)
    guest.ok(f"buffers: {with_buffers} pages have buffers", [] if with_buffers > oracle.BLOCK_PAGES else ["too few"])
    memory.round("page cache with buffers", numbers, [("yes", "")])
    guest.eq("buffers: all forecasts are right", sum(memory.score.pairs.values()), memory.score.right())
    held.close()
    subprocess.run(["umount", MOUNTED], check=True)


PARTS = {part.__name__: part for part in (
    free, moved, cached, kmalloc, pinned, secret, huge, pinned_huge, gigantic, virtio_mem, balloon, two_nodes, poisoned_huge)}
ALONE = {part.__name__: part for part in (cost, zones, cma, buffers)}


def main():
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    if len(sys.argv) == 2 and sys.argv[1] in ALONE:
        ALONE[sys.argv[1]]()
        return
    parts = sys.argv[1:] or list(PARTS)
    memory, _ = plugged(4 << 30, 8)
    score = memory.score
    for name in parts:
        PARTS[name](memory)
    guest.note(score.line())
    guest.note(f"CPU time of a block in this guest: {sum(score.cpu_ns) / len(score.cpu_ns) / 1e6:.1f} ms on average, "
               f"{max(score.cpu_ns) / 1e6:.1f} ms at most")
    total = sum(score.pairs.values())
    guest.ok(f"at least {LEAST_RIGHT:.0%} of the forecasts are right",
             [] if score.right() >= LEAST_RIGHT * score.known() else [score.line()])
    if parts == list(PARTS):
        guest.ok(f"at least {LEAST_BLOCKS} blocks are forecast", [] if total >= LEAST_BLOCKS else [f"only {total}"])
        guest.ok(f"at most {MOST_UNKNOWN:.0%} are not known",
                 [] if total - score.known() <= MOST_UNKNOWN * total else [score.line()])


guest.run(main)
