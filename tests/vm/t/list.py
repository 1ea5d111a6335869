#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""`mhptop list` lists what lsmem and sysfs list, with zones, devices and who hosts the memmap; its forecasts come true.

    list.py                in a guest with two nodes, memmap_on_memory=Y, and a virtio-mem device vmem0
"""
import collections
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_fill as fill
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
from lib_offline import try_offline

ON_TERMINAL = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../on_terminal.py")
ROUNDS = 3              # of forecasts for a block whose forecast was wrong, as pages come and go


def blind():
    """The lines about references, where they cannot be read."""
    out = subprocess.run(["setpriv", "--bounding-set", "-sys_admin,-bpf,-perfmon", ledger.MHPTOP, "list"], check=False,
                         stdout=subprocess.PIPE, text=True).stdout
    return [line for line in out.splitlines() if line.startswith("References are unknown: ")]


def listed(*words):
    return json.loads(ledger.run("list", "--json", *words))


def lsmem():
    """[(start, bytes, state, node)] of lsmem, which merges blocks that have these in common."""
    text = subprocess.run(["lsmem", "--json", "--bytes", "-o", "RANGE,SIZE,STATE,NODE", "--split", "STATE,NODE"],
                          stdout=subprocess.PIPE, check=True, text=True).stdout
    return [(int(row["range"].split("-")[0], 16), int(row["size"]), row["state"], int(row["node"]))
            for row in json.loads(text)["memory"]]


def as_lsmem(ranges):
    """The same of ours, which have more columns and so may have more lines."""
    merged = []
    for row in ranges:
        start, size, state, node = row["start"], row["bytes"], row["state"], row["node"]
        if merged and merged[-1][0] + merged[-1][1] == start and merged[-1][2:] == (state, node):
            start, size = merged[-1][0], merged.pop()[1] + size
        merged.append((start, size, state, node))
    return merged


def by_block(ranges):
    return {number: row for row in ranges for number in range(row["first_block"], row["last_block"] + 1)}


def wrong_blocks(rows, devices):
    """Compare each block with sysfs, and those of devices with what was plugged."""
    wrong = guest.differs("blocks", oracle.block_ids(), sorted(rows))
    for number, row in sorted(rows.items()):
        there = oracle.block(number)
        zone = there.zones[0] if there.state == "online" and len(there.zones) == 1 else None
        if zone == "none":
            zone = None
        wrong += guest.differs(f"memory{number}, state, node, zone", (there.state, there.node, zone),
                               (row["state"], row["node"], row["zone"]))
        wrong += guest.differs(f"memory{number}, hosting and device", devices.get(number, ("boot", None)),
                               (row["hosting"], row["device"]))
        forecast = (None,) if there.state != "online" else ("yes", "no", "unknown")
        if row["offline"] not in forecast:
            wrong.append(f"memory{number}, {there.state}: forecast {row['offline']}")
    return wrong


def try_blocks(numbers, seen):
    """Forecast these blocks, take each offline and bring it back. Returns {number: what was wrong}."""
    rows, wrong = by_block(listed()["ranges"]), {}
    for number in numbers:
        told, zone = rows[number]["offline"], rows[number]["zone"]
        went, left = try_offline(number)
        if went == "yes":
            oracle.block_set(number, "online_movable" if zone == "Movable" else "online_kernel")
        seen[told] += 1
        if told not in ("unknown", went):
            rest = {hex(flags): count for flags, count in left.items()}
            wrong[number] = f"memory{number}, {zone}: forecast {told}, and it was {went}; left {rest}"
    return wrong


def forecasts(pinned, free):
    """Each block that is online does what its forecast says. One of them has a pinned page."""
    held = fill.Pinned([pinned], 3 * oracle.BLOCK_BYTES // 2)
    guest.eq("a memory block has a pinned page", [pinned], held.blocks)
    rows = by_block(listed()["ranges"])
    guest.eq("the block with a pinned page cannot go, and the one next to it can", ("no", "yes"),
             (rows[pinned]["offline"], rows[free]["offline"]))
    left, seen = [number for number in oracle.block_ids() if oracle.block(number).state == "online"], collections.Counter()
    for _ in range(ROUNDS):
        wrong = try_blocks(left, seen)
        left = sorted(wrong)
        guest.note("\n".join(wrong.values()))
    guest.note(f"forecasts: {dict(seen)}")
    guest.ok("each memory block does what its forecast says", wrong.values())
    held.close()


def wrong_table():
    """The table against JSON of about the same moment: a page in use for a moment changes a forecast, and so the ranges."""
    rows = [f"{row['first_block']}" + (f"-{row['last_block']}" if row["last_block"] > row["first_block"] else "")
            for row in listed()["ranges"]]
    lines = [line.split() for line in ledger.run("list").splitlines() if line.startswith("0x")]
    return guest.differs("first and last block", rows, [line[-1] for line in lines])


def on_terminal(*words):
    """What mhptop prints on a terminal of 80 columns."""
    return subprocess.run([ON_TERMINAL, "80", ledger.MHPTOP, *words], stdout=subprocess.PIPE, check=True, text=True,
                          timeout=ledger.START_SECONDS).stdout.splitlines()


def wrong_terminal():
    """A terminal of 80 columns has the same lines and cells as a pipe, but of a range only where it starts."""
    wide = [line.split() for line in ledger.run("list").splitlines() if line.startswith("0x")]
    narrow = on_terminal("list")
    return guest.differs("titles", ["START", "SIZE", "STATE", "CAN", "GO", "NODE", "ZONE", "HOSTING", "DEVICE", "BLOCK"],
                         narrow[0].split()) + guest.differs("too long", [], [line for line in narrow if len(line) > 80]) + \
        guest.differs("rows", [[int(first.split("-")[0], 16), *rest] for first, *rest in wide],
                      [[int(first, 16), *rest] for first, *rest in (line.split() for line in narrow if line.startswith("0x"))])


def main():
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    devices = {}
    for name, node in ("d0", 0), ("d1", 1):
        start = guest.dimm_plug(name, 4 * oracle.BLOCK_BYTES, node)
        for number in oracle.blocks_of(start, 4 * oracle.BLOCK_BYTES):
            link = os.path.realpath(f"{oracle.MEMORY}/memory{number}/firmware_node")
            devices[number] = ("block", os.path.basename(link))
    first, second, third, *_ = devices
    for number, state in (first, "online_kernel"), (second, "online_movable"), (third, "online_movable"):
        oracle.block_set(number, state)
    guest.host("vmem-resize", "vmem0", 2 * oracle.BLOCK_BYTES)
    address = {device.name: device for device in oracle.devices()}["vmem0"].addr
    numbers = list(oracle.blocks_of(address, 2 * oracle.BLOCK_BYTES))
    guest.wait_for(60, lambda: all(oracle.block(number) for number in numbers))
    virtio = os.path.basename(os.path.realpath("/sys/bus/virtio/drivers/virtio_mem/" + next(
        name for name in os.listdir("/sys/bus/virtio/drivers/virtio_mem") if name.startswith("virtio"))))
    devices.update({number: ("buddy", virtio) for number in numbers})
    answer = listed()
    guest.ok("the ranges are those of lsmem", guest.differs("ranges", lsmem(), as_lsmem(answer["ranges"])))
    guest.ok("each memory block is listed as in sysfs, with its device and what hosts its memmap",
             wrong_blocks(by_block(answer["ranges"]), devices))
    online = [number for number in oracle.block_ids() if oracle.block(number).state == "online"]
    guest.ok("the sums are those of the blocks", guest.differs("bytes", (
        oracle.BLOCK_BYTES, len(online) * oracle.BLOCK_BYTES,
        (len(oracle.block_ids()) - len(online)) * oracle.BLOCK_BYTES),
        (answer["block_bytes"], answer["online_bytes"], answer["offline_bytes"])))
    guest.note(ledger.run("list"))
    guest.ok("the table has the same lines, at one of some tries", min((wrong_table() for _ in range(ROUNDS)), key=len))
    guest.note("\n".join(on_terminal("list")))
    guest.ok("a terminal of 80 columns has the same lines and cells, at one of some tries",
             min((wrong_terminal() for _ in range(ROUNDS)), key=len))
    for number in devices:
        if number not in numbers:
            guest.ok(f"memory{number} has a device", [] if devices[number][1].startswith("PNP0C80:") else [devices[number][1]])
    guest.ok("--all lists each memory block", guest.differs("ranges", {
        number: {**row, "first_block": number, "last_block": number, "start": number * oracle.BLOCK_BYTES,
                 "end": (number + 1) * oracle.BLOCK_BYTES - 1, "bytes": oracle.BLOCK_BYTES, "offline": None}
        for number, row in by_block(answer["ranges"]).items()}, {
            row["first_block"]: {**row, "offline": None} for row in listed("--all")["ranges"]}))
    guest.ok("--no-forecast: the same without forecasts", guest.differs(
        "ranges", {number: {**row, "offline": None} for number, row in by_block(listed("--all")["ranges"]).items()},
        by_block(listed("--all", "--no-forecast")["ranges"])))
    guest.eq("--no-forecast: nor has the table that column", (True, False),
             tuple("CAN GO" in ledger.run("list", *words) for words in ((), ("--no-forecast",))))
    forecasts(second, third)
    lines = blind()
    guest.ok("without BPF, it says why answers are unknown",
             [] if len(lines) == 1 and "CAP_BPF" in lines[0] else lines or ["no such line"])


guest.run(main)
