#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""`mhptop plan offline` forecasts what an offline then does.

    plan.py                in a guest with two nodes, all RAM at boot on node 0, and a virtio-mem device vmem0
    plan.py cost           in a guest whose clock counts instructions: what a forecast costs

Memory is filled in several ways. In each, all memory blocks are forecast and then taken offline, and the forecasts are
counted: right, wrong in each direction, and those that say that it cannot be known. An offline that only a signal would
end has failed: one that fails to migrate pages again and again, while as many as before are left.
"""
import collections
import json
import os
import signal
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

GROUP = 8                           # blocks that are forecast together
EXITS = {"yes": 0, "no": 3, "unknown": 5}
BUDDY = 1 << 10                     # in /proc/kpageflags
LOOK_SECONDS = 2                    # between looks at an offline
SAME_LOOKS, FAILED_PAGES = 3, 100   # it is stuck if so many looks find as many pages left, and so many failed meanwhile
MOST_LOOKS = 60                     # or if so many find as many pages left
SECONDS = 600                       # for one step, on a busy host
LEAST_BLOCKS, LEAST_RIGHT, MOST_UNKNOWN = 200, 0.99, 0.05
MOST_INSTRUCTIONS = 20_000_000      # for a block of 128 MiB: less than 20 ms of a CPU that executes 1 in a nanosecond


def forecast(numbers):
    """The forecasts of adjacent memory blocks, which are made together."""
    what = f"{numbers[0] * oracle.BLOCK_BYTES:#x}-{(numbers[-1] + 1) * oracle.BLOCK_BYTES - 1:#x}"
    ended = subprocess.run([ledger.MHPTOP, "plan", "offline", what, "--json"], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=SECONDS, check=False, text=True)
    if not ended.stdout:
        raise RuntimeError(f"mhptop plan offline {what}: exit {ended.returncode}: {ended.stderr}")
    plan = json.loads(ended.stdout)
    if ended.returncode != EXITS[plan["answer"]]:
        raise RuntimeError(f"mhptop plan offline {what}: exit {ended.returncode} for {plan['answer']}")
    return plan


def used_pages(number):
    """The pages of a block that are not in the buddy allocator."""
    counts = walk.tally(walk.read_words("kpageflags", number * oracle.BLOCK_PAGES, oracle.BLOCK_PAGES))
    return oracle.BLOCK_PAGES - walk.having(counts, BUDDY)


def failed_pages():
    """Pages that could not be migrated since boot."""
    return int(oracle.read("/proc/vmstat").split("pgmigrate_fail ")[1].split()[0])


def is_stuck(looks):
    """Whether the last of these looks, (pages left, failed pages), show no progress."""
    same = [look for look in looks[-MOST_LOOKS:] if look[0] == looks[-1][0]]
    if looks[-len(same):] != same:
        return False
    return len(same) >= MOST_LOOKS or (len(same) >= SAME_LOOKS and same[-1][1] - same[0][1] >= FAILED_PAGES)


def offline(number):
    """"yes" if the block goes offline; "no" if the kernel refuses or makes no progress."""
    child = subprocess.Popen(["sh", "-c", f"echo offline > {oracle.MEMORY}/memory{number}/state"],
                             stderr=subprocess.DEVNULL)
    looks = []
    while child.poll() is None:
        try:
            child.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            looks.append((used_pages(number), failed_pages()))
            if is_stuck(looks):
                child.send_signal(signal.SIGTERM)
    return "no" if child.returncode else "yes"


class Score:
    """Forecasts against what happened."""

    def __init__(self):
        self.pairs = collections.Counter()
        self.cpu_ns = []

    def take(self, title, block, went):
        self.pairs[block["answer"], went] += 1
        self.cpu_ns.append(block["cpu_ns"])
        if block["answer"] != went:
            why = "; ".join(reason["text"] for reason in block["reasons"]) or f"{block['move']} pages to move"
            guest.note(f"{title}: memory{block['id']}, {block['zone']}: forecast {block['answer']} ({why}), "
                       f"and it was {went}; {used(block)}")

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
            f"memory{number} stays online" for number in numbers if offline(number) == "no"])

    def of(self, state):
        return [number for number, its in sorted(self.states.items()) if its == state]

    def round(self, title, numbers, want=()):
        """Forecast these blocks, take each offline and bring it back. `want`: (answer, reason) that must occur."""
        seen, before = set(), self.score.right()
        for first in range(0, len(numbers), GROUP):
            group = numbers[first:first + GROUP]
            for block in forecast(group)["blocks"]:
                went = offline(block["id"])
                if went == "yes":
                    oracle.block_set(block["id"], self.states[block["id"]], SECONDS)
                self.score.take(title, block, went)
                seen |= {(block["answer"], reason["reason"]) for reason in block["reasons"]} | {(block["answer"], "")}
        guest.ok(f"{title}: {len(numbers)} blocks, {self.score.right() - before} right", [
            f"no block is forecast as {answer} {reason}" for answer, reason in want if (answer, reason) not in seen])


def one_node(memory):
    movable, kernel = memory.of("online_movable"), memory.of("online_kernel")
    memory.round("free memory", movable + kernel, [("yes", "")])

    held = [fill.Anon(48 * fill.MIB), fill.Files(96 * fill.MIB), fill.Inodes(4000), fill.PageTables(400)]
    memory.round("anon, tmpfs, inodes, page tables", movable + kernel, [("yes", ""), ("no", "kernel_pages")])
    close(held)

    subprocess.run("cat /usr/bin/[a-c]* > /dev/null", shell=True, check=False, stderr=subprocess.DEVNULL)
    held = [fill.Files(160 * fill.MIB), pin.KernelPages(64), fill.Anon(24 * fill.MIB, locked=True)]
    memory.round("page cache, pipes, locked memory", movable + kernel, [("yes", ""), ("no", "kernel_pages")])
    close(held)

    held = [fill.Pinned(movable[::2])]
    memory.round("a pinned page in each second block", movable, [("yes", ""), ("no", "pinned")])
    close(held)

    if guest.ok("the kernel has memfd_secret()", [] if fill.Secret.available() else ["it has not"]):
        held = [fill.Secret(16 * fill.MIB)]
        memory.round("secretmem", kernel, [("yes", ""), ("no", "secretmem")])
        close(held)


def hugetlb(memory):
    movable, kernel = memory.of("online_movable"), memory.of("online_kernel")
    held = [fill.HugePages(2048, 240, used=40)]
    memory.round("huge pages of 2 MiB, used and free", movable, [("yes", "")])
    close(held)
    held = [fill.HugePages(2048, 240, used=40, reserved=200)]
    memory.round("huge pages of 2 MiB, used and reserved", movable[:8], [("no", "hugetlb_reserved")])
    close(held)
    held = [fill.HugePages(1 << 20, 1)]
    guest.eq("a free page of 1 GiB", 1, held[0].count)
    memory.round("a free page of 1 GiB", kernel, [("yes", "")])
    close(held)
    held = [fill.HugePages(1 << 20, 1, used=1)]
    guest.eq("a used page of 1 GiB", 1, held[0].count)
    memory.round("a page of 1 GiB that has nowhere to go", kernel[::2], [("no", "hugetlb_no_room")])
    close(held)


def full(memory):
    movable = memory.of("online_movable")
    memory.offline(movable[6:])
    held = [fill.Full(120)]
    memory.round("no room", movable[:6], [("no", "no_room")])
    close(held)
    memory.online(movable[6:], "online_movable")


def virtio_mem(memory):
    addr = {device.name: device for device in oracle.devices()}["vmem0"].addr
    numbers = list(oracle.blocks_of(addr, 4 * oracle.BLOCK_BYTES))
    guest.host("vmem-resize", "vmem0", oracle.BLOCK_BYTES * 7 // 2)
    there = guest.wait_for(SECONDS, lambda: all(oracle.block(number) for number in numbers))
    guest.ok("virtio-mem adds four blocks", [] if there else ["blocks are missing"])
    memory.online(numbers, "online_movable")
    held = [fill.Anon(32 * fill.MIB), fill.Files(64 * fill.MIB)]
    memory.round("virtio-mem with half of a block unplugged", numbers, [("yes", "")])
    close(held)
    guest.host("vmem-resize", "vmem0", 0)
    guest.wait_for(SECONDS, lambda: not any(oracle.block(number) for number in numbers))
    for number in numbers:
        del memory.states[number]


def balloon(memory):
    if not os.path.exists("/sys/bus/virtio/drivers/virtio_balloon"):
        guest.note("this kernel has no driver of the balloon built in")
        return
    total = oracle.meminfo()["MemTotal"] * 1024
    guest.host("qmp", json.dumps({"execute": "balloon", "arguments": {"value": total - (1 << 30)}}))
    guest.wait_for(SECONDS, lambda: oracle.meminfo()["MemFree"] * 1024 < total - (1 << 30))
    time.sleep(1)
    memory.round("a balloon", memory.of("online_movable")[:8] + memory.of("online_kernel")[:8], [("yes", "")])
    guest.host("qmp", json.dumps({"execute": "balloon", "arguments": {"value": 1 << 40}}))


def two_nodes(memory):
    """Pages of node 0 may go to node 1 only, as long as it has memory, and those of kernel zones not to ZONE_MOVABLE."""
    start = guest.dimm_plug("d1", "512M", 1)
    there = list(oracle.blocks_of(start, 512 << 20))
    memory.online(there, "online_movable")
    with pin.bound(0):
        held = [fill.Anon(224 * fill.MIB), fill.Files(64 * fill.MIB)]
    with pin.bound(1):
        held.append(fill.Anon(416 * fill.MIB))
    movable, kernel = memory.of("online_movable"), memory.of("online_kernel")
    memory.round("the other node is full", [n for n in movable if n not in there][:6] + kernel, [("no", "no_room")])
    memory.round("pages of node 1", there, [("yes", "")])
    close(held)


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


def main():
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    if sys.argv[1:] == ["cost"]:
        cost()
        return
    score = Score()
    memory = Memory(score)
    start = guest.dimm_plug("d0", "4G")
    numbers = list(oracle.blocks_of(start, 4 << 30))
    # A whole GiB for a huge page
    memory.online(numbers[:8], "online_kernel")
    memory.online(numbers[8:], "online_movable")
    one_node(memory)
    hugetlb(memory)
    virtio_mem(memory)
    balloon(memory)
    full(memory)
    two_nodes(memory)
    guest.note(score.line())
    guest.note(f"CPU time of a block in this guest: {sum(score.cpu_ns) / len(score.cpu_ns) / 1e6:.1f} ms on average, "
               f"{max(score.cpu_ns) / 1e6:.1f} ms at most")
    total = sum(score.pairs.values())
    guest.ok(f"at least {LEAST_BLOCKS} blocks are forecast", [] if total >= LEAST_BLOCKS else [f"only {total}"])
    guest.ok(f"at least {LEAST_RIGHT:.0%} of the forecasts are right",
             [] if score.right() >= LEAST_RIGHT * score.known() else [score.line()])
    guest.ok(f"at most {MOST_UNKNOWN:.0%} are not known",
             [] if total - score.known() <= MOST_UNKNOWN * total else [score.line()])


guest.run(main)
