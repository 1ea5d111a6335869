#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write a recording of a large machine: 8 TiB in 65,536 memory blocks on 8 nodes, with every zone and state.

    machine.py [BLOCKS [NODES]] >FILE

Half of the memory blocks host their memmap, the other half has it in buddy memory; on each node some are offline, one is
going online and one offline. The one event is the begin of the latter on the first node.
"""
import json
import sys

SIZE = 32768  # pages in a block
VMEMMAP = 512  # pages for the memmap of a block


def line(**keys):
    print(json.dumps(keys, separators=(",", ":")))


def block(number, node, state, zone, hosting):
    hosts = VMEMMAP if hosting == "block" else 0
    line(seq=0, ns=1_000_000_000, cpu=0, pid=1, comm="mhptop", event="mhp_snapshot_block", start_pfn=number * SIZE,
         nr_pages=SIZE, vmemmap_pages=hosts, populated=VMEMMAP, altmap_base=number * SIZE if hosts else 0,
         altmap_alloc=hosts, nid=node, zone=zone, hosting=hosting, state=state, origin="kernel", poisoned=0, refs=0,
         altmap_free=hosts, range_pages=0, sections=0, users=0, memmap_zone="none")


def main():
    blocks, nodes = (int(arg) for arg in (sys.argv[1:] + ["65536", "8"][len(sys.argv) - 1:]))
    line(schema=3, type="mhptop", kernel="6.12.117", host="big", source="events", page_bytes=4096,
         block_bytes=SIZE * 4096, wall_ns=1700000000000000000, mono_ns=1_000_000_000)
    for node in range(nodes):
        for zone in (["DMA", "DMA32"] if node == 0 else []) + ["Normal", "Movable"]:
            line(seq=0, ns=1_000_000_000, cpu=0, pid=1, comm="mhptop", event="mhp_snapshot_zone", present=blocks * SIZE,
                 managed=blocks * SIZE - 1, nid=node, zone=zone, origin="kernel")
    states = {5: ("offline", "none"), 6: ("going_online", "none"), 7: ("going_offline", "Movable")}
    for number in range(blocks):
        state, zone = states.get(number // nodes, ("online", ["Normal", "Movable"][number // nodes % 2]))
        block(number, number % nodes, state, zone, ["block", "buddy"][number // nodes // 2 % 2])
    line(seq=1, ns=2_000_000_000, cpu=0, pid=1, comm="bash", event="mhp_offline_begin", start_pfn=7 * nodes * SIZE, nr_pages=SIZE,
         vmemmap_pages=0, nid=0, zone="Movable")
    line(totals={"seen": 1, "lost": 0, "folded": 1, "self_check": "equal", "events": {"mhp_offline_begin": {"seen": 1, "lost": 0}}})


if __name__ == "__main__":
    main()
