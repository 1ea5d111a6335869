#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check a trace of mhptop export --perfetto against the recording that it was made from.

    perfetto.py RECORDING TRACE

It has the form that the document "Trace Event Format" asks for. On each track slices nest; operations, results, reasons and
counters are those of the recording. Prints how many there are.
"""
import collections
import json
import sys

KINDS = ("add", "online", "offline", "remove")
RANGES, BLOCKS, TASKS, ZONES = range(1, 5)


# What the arguments of an event of each kind are: of metadata, by its name.
METADATA = {"process_name": ("name", str), "thread_name": ("name", str), "process_sort_index": ("sort_index", int)}


def check_form(trace):
    """The rules of the Trace Event Format, and the ranges of Perfetto: 32 bits for a process or thread, 64 for ns."""
    assert trace["displayTimeUnit"] in ("ms", "ns")
    assert set(trace) <= {"traceEvents", "displayTimeUnit", "otherData"}, set(trace)
    last = {}
    for event in trace["traceEvents"]:
        assert set(event) <= {"ph", "pid", "tid", "ts", "name", "cat", "args", "s"}, event
        assert event["ph"] in tuple("BEiCM") and isinstance(event["name"], str) and event["name"], event
        assert all(isinstance(event[key], int) and 0 <= event[key] < 1 << 32 for key in ("pid", "tid")), event
        assert isinstance(event["ts"], (int, float)) and 0 <= event["ts"] < (1 << 63) / 1000, event
        assert isinstance(event["args"], dict), event
        assert ("s" in event) == (event["ph"] == "i") and event.get("s", "t") in "gpt", event
        if event["ph"] == "M":
            key, kind = METADATA[event["name"]]
            assert list(event["args"]) == [key] and isinstance(event["args"][key], kind), event
            continue
        # Not sorted between tracks, but on each.
        track = event["pid"], event["tid"]
        assert event["ts"] >= last.get(track, 0), event
        last[track] = event["ts"]
        assert isinstance(event["cat"], str) and event["cat"], event
        if event["ph"] == "C":
            assert event["args"] and all(isinstance(value, int) and 0 <= value < 1 << 53 for value in event["args"].values()), event


def slices(events):
    """The finished and the unfinished slices of each track, as (begin, end) and (begin, None)."""
    done, open_ = [], collections.defaultdict(list)
    for event in events:
        track = event["pid"], event["tid"]
        if event["ph"] == "B":
            open_[track].append(event)
        elif event["ph"] == "E":
            begin = open_[track].pop()  # fails if nothing is open
            assert event["ts"] >= begin["ts"], (begin, event)
            assert (event["name"], event["cat"]) == (begin["name"], begin["cat"]), (begin, event)
            done.append((begin, event))
    return done, [begin for stack in open_.values() for begin in stack]


def operations(records):
    """The operations of the recording: finished as (kind, pfn, ns, ret, reason), and those in progress."""
    done, open_, reason = [], {}, {}
    for record in records:
        kind, _, step = record["event"][4:].partition("_")
        if kind not in KINDS:
            continue
        if step == "begin":
            assert kind not in open_, record
            open_[kind] = record
        elif step == "failed":
            reason[kind] = record["reason"]
        elif step == "end" and kind in open_:
            begin = open_.pop(kind)
            assert begin["start_pfn"] == record["start_pfn"]
            why = reason.pop(kind, None) or (record["ret"] and record.get("reason")) or None  # schema 2: at its end
            done.append((kind, begin["start_pfn"], begin["ns"], record["ns"], record["ret"], why, begin["pid"]))
    return done, list(open_.values())


def main():
    with open(sys.argv[1], encoding="utf-8", errors="surrogateescape") as file:
        lines = [json.loads(line) for line in file]
    pages, size = lines[0]["block_bytes"] // lines[0]["page_bytes"], lines[0]["page_bytes"]
    records = [line for line in lines if "event" in line]
    with open(sys.argv[2], encoding="utf-8") as file:
        trace = json.load(file)
    check_form(trace)
    events = trace["traceEvents"]
    finished, running = slices(events)
    wanted, begun = operations(records)

    by_memory = collections.Counter(
        (begin["name"], int(begin["args"]["start_pfn"], 16), round(begin["ts"] * 1000), round(end["ts"] * 1000),
         end["args"]["ret"], end["args"].get("reason")) for begin, end in finished if begin["pid"] != TASKS)
    assert by_memory == collections.Counter(one[:6] for one in wanted), (by_memory, wanted)
    by_task = collections.Counter((begin["name"].split()[0], begin["tid"]) for begin, _ in finished if begin["pid"] == TASKS)
    assert by_task == collections.Counter((one[0], one[6]) for one in wanted)
    for begin, _ in finished:
        kind = begin["name"].split()[0]
        if begin["pid"] != TASKS:
            assert begin["pid"] == (RANGES if kind in ("add", "remove") else BLOCKS), begin
            assert begin["tid"] == int(begin["args"]["start_pfn"], 16) // pages + 1, begin
    assert len(running) == 2 * len(begun), (running, begun)

    counters = collections.Counter((event["name"], event["args"]["bytes"]) for event in events if event["ph"] == "C")
    counts = collections.Counter()
    for record in records:
        zone = f"node {record.get('nid')} {record.get('zone')}"
        if record["event"] in ("mhp_snapshot_zone", "mhp_zone_seen"):  # schema 1
            counts[f"{zone} present", record["present"] * size] += 1
            counts[f"{zone} managed", record["managed"] * size] += 1
        elif record["event"] in ("mhp_present", "mhp_managed") and record["after"] is not None:
            counts[f"{zone} {record['event'][4:]}", record["after"] * size] += 1
    assert counters == counts, (counters - counts, counts - counters)
    blockers = sum(record["event"] == "mhp_offline_blocker" for record in records)
    assert sum(event["name"] == "mhp_offline_blocker" for event in events) == blockers

    named = {(event["pid"], event["tid"]) for event in events if event["name"] == "thread_name"}
    assert {(event["pid"], event["tid"]) for event in events if event["ph"] in "BEi"} <= named
    print(f"{len(wanted)} operations, {len(begun)} in progress, {sum(counts.values())} counts, {blockers} pages in the way")


if __name__ == "__main__":
    main()
