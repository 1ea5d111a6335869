#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Print a recording of operations, of which each one is given as KIND:FIRST:BLOCKS, with a "-" in front if it fails.

    retries.py -remove:32:4 remove:32:2 remove:34:2

A KIND is add, online, offline or remove; an online or offline has one block. "open:" in front of the last one leaves out its
end. The source can report nothing but the begins and ends.
"""
import json
import sys

PAGES = 32768
EVENTS = [f"mhp_{kind}_{what}" for kind in ("add", "online", "offline", "remove") for what in ("begin", "end")]
OTHERS = ["mhp_notify", "mhp_present", "mhp_managed", "mhp_vmemmap_populate", "mhp_vmemmap_free", "mhp_vmemmap_online",
          "mhp_vmemmap_offline", "mhp_vmemmap_ref", "mhp_vmemmap_retired", "mhp_add_failed", "mhp_online_failed",
          "mhp_offline_failed", "mhp_remove_failed"]


def operation(kind, first, blocks, ret):
    """The begin and the end of an operation."""
    begin = {"event": f"mhp_{kind}_begin", "start_pfn": first * PAGES, "nr_pages": blocks * PAGES, "nid": 0}
    end = dict(begin, event=f"mhp_{kind}_end", vmemmap_pages=0, ret=ret)
    if kind == "add":
        begin["flags"] = 0
        end |= {"hosting": "none" if ret else "buddy", "why": "not_requested"}
    elif kind == "remove":
        begin["vmemmap_pages"] = 0
    else:
        begin |= {"vmemmap_pages": 0, "zone": "Movable"}
        end["zone"] = "Movable"
    return begin, end


def main():
    """Print the header, the events and the totals."""
    events = []
    for word in sys.argv[1:]:
        opened, failed = word.startswith("open:"), word.startswith("-")
        kind, first, blocks = word.removeprefix("open:").lstrip("-").split(":")
        begin, end = operation(kind, int(first), int(blocks), -16 if failed else 0)
        events += [begin] if opened else [begin, end]
    for at, event in enumerate(events):
        events[at] = {"seq": at + 1, "ns": (at + 1) * 10**6, "cpu": 0, "pid": 1, "comm": "test", **event}
    seen = {name: {"seen": sum(event["event"] == name for event in events), "lost": 0} for name in EVENTS}
    print(json.dumps({"schema": 3, "type": "mhptop", "kernel": "6.12", "host": "test", "source": "events",
                      "page_bytes": 4096, "block_bytes": PAGES * 4096, "wall_ns": 1, "mono_ns": 1, "unknown_events": OTHERS}))
    for event in events:
        print(json.dumps(event))
    print(json.dumps({"totals": {"seen": len(events), "lost": 0, "folded": len(events), "self_check": "equal",
                                 "mono_ns": 10**9, "events": seen}}))


main()
