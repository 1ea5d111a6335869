#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The script for drgn in docs/examples reads from a live kernel what sysfs, zoneinfo and a frame of mhptop have.

    drgn.py MODE      in a guest booted with memory_hotplug.memmap_on_memory=MODE

A DIMM is added, half of it brought online. Each value that the script prints is compared with the kernel's own files where these
have it, and with that of the same name in a frame.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle

MODE = sys.argv[1]
TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", ".."))
VMLINUX = os.path.join(TOP, "build", "kernel", os.environ["BASE"], "vmlinux")
BLOCKS = 4
HOSTING = {"Y": "block", "range": "range", "N": "buddy"}[MODE]


def by_drgn():
    done = subprocess.run(["drgn", "-s", VMLINUX, os.path.join(TOP, "docs", "examples", "drgn_memory.py")],
                          env={**os.environ, "PYTHONPATH": os.path.join(TOP, "tools", "python"), "PYTHONDONTWRITEBYTECODE": "1"},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, text=True, timeout=ledger.SECONDS)
    if done.returncode:
        guest.bail("drgn: " + (done.stderr.splitlines() or ["it says nothing"])[-1])
    return json.loads(done.stdout)


def same(rows, others, *keys):
    """What differs between rows and those of a frame that have the same keys, in all that both have."""
    wrong = []
    theirs = {tuple(other[key] for key in keys): other for other in others}
    for row in rows:
        name = tuple(row[key] for key in keys)
        wrong += guest.differs(f"{name}", row, {key: theirs.get(name, {}).get(key) for key in row})
    return wrong


def check(what, added):
    """added: memory blocks of the DIMM"""
    found = by_drgn()
    frame = json.loads(ledger.run("--json", "-n", "1"))
    zones = {(row["node"], row["zone"]): (row["present"], row["managed"]) for row in found["zones"]}
    guest.eq(f"{what}: zones are those of zoneinfo", {key: (zone.present, zone.managed) for key, zone in oracle.zones().items()
                                                      if zone.present}, zones)
    blocks = {row["id"]: row for row in found["blocks"]}
    guest.eq(f"{what}: memory blocks are those of sysfs", {number: (oracle.block(number).state, oracle.block(number).node)
                                                            for number in oracle.block_ids()},
             {number: (row["state"], row["node"]) for number, row in blocks.items()})
    guest.eq(f"{what}: those of the DIMM, and no others, have no memmap from boot", {HOSTING: added} if added else {},
             {kind: numbers for kind in ("buddy", "block", "range")
              if (numbers := sorted(number for number, row in blocks.items() if row["hosting"] == kind))})
    hosted = sum(blocks[number]["vmemmap_pages"] for number in added)
    guest.eq(f"{what}: memmap in it", len(added) * oracle.BLOCK_VMEMMAP if HOSTING != "buddy" else 0, hosted)
    guest.ok(f"{what}: each value is that of the same name in a frame",
             same(found["zones"], frame["zones"], "node", "zone") + same(found["blocks"], frame["blocks"], "id") +
             same(found["ranges"], frame["ranges"], "base_pfn") +
             guest.differs("size of a page, of a block", [frame[key] for key in ("page_bytes", "block_bytes")],
                           [found[key] for key in ("page_bytes", "block_bytes")]))
    guest.eq(f"{what}: ranges", bool(added) and MODE == "range", len(found["ranges"]) == 1)


def main():
    check("at boot", [])
    addr = guest.dimm_plug("d0", f"{BLOCKS * oracle.BLOCK_BYTES >> 20}M")
    numbers = list(oracle.blocks_of(addr, BLOCKS * oracle.BLOCK_BYTES))
    check("added", numbers)
    for number in numbers[:2]:
        guest.eq(f"memory{number} goes online", None, oracle.block_set(number, "online_movable"))
    check("half online", numbers)


guest.run(main)
