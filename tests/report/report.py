#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check the reports of a recording against the recording.

    report.py RECORDING REPORT.json REPORT.csv REPORT.text

Operations, phases, percentiles, pages in the way and retries are computed anew here, from the lines of the recording.
"""
import collections
import csv
import json
import math
import sys

KINDS = ("add", "online", "offline", "remove")
CELLS = ("kind", "memory", "start_pfn", "nr_pages", "begin_ns", "end_ns", "ns", "result", "pid", "blockers", "passes")


def read(path):
    """The header, and the operations as lists of their events; what belongs to none is left out."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        lines = [json.loads(line) for line in file]
    done, running = [], {}
    for record in lines[1:]:
        kind, _, step = record.get("event", "")[4:].partition("_")
        if kind in KINDS and step == "begin":
            running[kind] = [record]
            done.append((kind, running[kind]))
            continue
        for events in running.values():
            events.append(record)
        if kind in KINDS and step == "end" and kind in running:
            assert running.pop(kind)[0]["start_pfn"] == record["start_pfn"]
    return lines, [(kind, events) for kind, events in done if kind not in running or events is not running[kind]], running


def wanted_phases(kind, events, lines):
    """The phases of an operation that worked, by the events that end them; only those that can be told."""
    def time(event, **fields):
        return next((one["ns"] for one in events if one["event"] == event and
                     all(one[key] == value for key, value in fields.items())), None)

    def last(event):
        return max((one["ns"] for one in events if one["event"] == event), default=None)

    begin, end, phases = events[0]["ns"], events[-1]["ns"], {}
    if kind == "offline":
        going, managed = time("mhp_notify", step="going_offline"), time("mhp_managed")
        phases = {"isolate": going and going - begin, "migrate": going and managed and managed - going}
    elif kind == "online":
        going, managed = time("mhp_notify", step="going_online"), time("mhp_managed")
        phases = {"release": going and managed and managed - going}
    elif kind == "add":
        first, whole = time("mhp_vmemmap_populate"), last("mhp_vmemmap_populate")
        count = sum(one["event"] == "mhp_vmemmap_populate" for one in events)
        if first and any(one.get("hosting") == "block" for one in events if one["event"] == "mhp_vmemmap_populate") or count == 1:
            phases = {"direct_map": None, "populate": whole - begin}
        elif first:
            phases = {"direct_map": first - begin, "populate": whole - first, "rest": end - whole}
    elif kind == "remove":
        freed = max(filter(None, map(last, ("mhp_vmemmap_free", "mhp_vmemmap_retired"))), default=None)
        if freed:
            phases = {"free": freed - begin}
            if not any(one.get("hosting") == "block" for one in events if one["event"] == "mhp_vmemmap_free"):
                phases["direct_map"] = end - freed
    known = {one["event"] for one in lines if "event" in one}
    return phases if kind in ("add", "remove") or "mhp_notify" in known else {}


def rank(times, percent):
    return sorted(times)[math.ceil(len(times) * percent / 100) - 1] if times else None


def check_operations(report, lines, done, running):
    got = [one for one in report["operations"] if one["result"] in ("ok", "failed") and one["begin_ns"]]
    unbegun = [one for one in report["operations"] if not one["begin_ns"]]
    assert len(got) == len(done) and len(report["operations"]) == len(done) + len(running) + len(unbegun)
    ends = sum(one["event"][4:] in [f"{kind}_end" for kind in KINDS] for one in lines if "event" in one)
    assert len(unbegun) == ends - len(done)
    assert all(one["ns"] is None and set(one["phases"].values()) == {None} for one in unbegun)
    phases = 0
    for one, (kind, events) in zip(got, done):
        begin, end = events[0], events[-1]
        assert (one["kind"], one["start_pfn"], one["begin_ns"], one["end_ns"], one["ret"], one["pid"]) == \
            (kind, begin["start_pfn"], begin["ns"], end["ns"], end["ret"], begin["pid"]), (one, events)
        assert one["result"] == ("failed" if end["ret"] else "ok")
        assert one["zone"] == ((begin["zone"] or end["zone"]) if kind in ("online", "offline") else None)
        reason = [event["reason"] for event in events if event["event"] == f"mhp_{kind}_failed"] or [end.get("reason")]
        if end["ret"] and lines[0]["schema"] == 3:
            assert one["reason"] == reason[-1], (one, reason)
        assert one["blockers"] == sum(event["event"] == "mhp_offline_blocker" for event in events) * (kind == "offline")
        times = list(one["phases"].values())
        if None not in times or kind in ("add", "remove"):
            assert sum(time or 0 for time in times) == one["ns"], one
        if not end["ret"]:
            for name, ns in wanted_phases(kind, events, lines).items():
                assert one["phases"].get(name) == ns, (name, ns, one)
                phases += 1
    return phases


def check_times(report, done):
    for kind in KINDS:
        times = [events[-1]["ns"] - events[0]["ns"] for one, events in done if one == kind]
        got = report["times"][kind]
        assert got["timed"] == len(times)
        assert got["failed"] == sum(one["result"] == "failed" for one in report["operations"] if one["kind"] == kind)
        assert [got[name] for name in ("p50_ns", "p95_ns", "p99_ns", "max_ns")] == \
            [rank(times, percent) for percent in (50, 95, 99)] + [max(times, default=None)], (kind, got)
        bounds = [0] + report["bounds_ns"] + [math.inf]
        assert got["buckets"] == [sum(low < time <= high or (not low and not time) for time in times)
                                  for low, high in zip(bounds, bounds[1:])]


def check_pages(report, lines, block_pages):
    reports = collections.Counter(one["pfn"] for one in lines if one.get("event") == "mhp_offline_blocker")
    assert report["pages_in_the_way"] == len(reports)
    assert len(report["pages"]) == min(len(reports), 10)
    order = [(-page["offlines"], -page["reports"]) for page in report["pages"]]
    assert order == sorted(order)
    for page in report["pages"]:
        assert page["reports"] == reports[page["pfn"]] and page["block"] == page["pfn"] // block_pages
        last = [one for one in lines if one.get("event") == "mhp_offline_blocker" and one["pfn"] == page["pfn"]][-1]
        assert all(page[key] == last[key] for key in ("kind", "stage", "refcount", "mapcount")), (page, last)


def check_retries(report, done, running):
    tries = collections.defaultdict(list)
    for kind, events in sorted(done + list(running.items()), key=lambda one: one[1][0]["ns"]):
        tries[kind, events[0]["start_pfn"]].append((kind, events) not in list(running.items()) and events[-1]["ret"])
    wanted = []
    for (kind, pfn), results in tries.items():
        chain = 0
        for result in results:
            chain += 1
            if not result:
                wanted += [(kind, pfn, chain)] * (chain > 1)
                chain = 0
        wanted += [(kind, pfn, chain)] * (chain > 1)
    assert sorted((one["kind"], one["start_pfn"], one["tries"]) for one in report["retries"]) == sorted(wanted)


def check_csv(report, path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by_row = collections.defaultdict(list)
    for row in rows:
        assert None not in row and None not in row.values(), row
        by_row[row["row"]].append(row)
    assert len(by_row["operation"]) == len(report["operations"]) and len(by_row["times"]) == len(KINDS)
    assert len(by_row["page"]) == len(report["pages"]) and len(by_row["retry"]) == len(report["retries"])
    for row, one in zip(by_row["operation"], report["operations"]):
        for cell in CELLS:
            assert row[cell] == ("?" if one[cell] is None else str(one[cell])), (cell, row, one)
        phases = {key[:-3]: value for key, value in row.items() if value and key.endswith("_ns") and
                  key not in ("begin_ns", "end_ns") and not key.startswith(("p5", "p9", "max"))}
        assert phases == {key: "?" if ns is None else str(ns) for key, ns in one["phases"].items()}, (row, one)
    for row in by_row["times"]:
        one = report["times"][row["kind"]]
        for cell in ("count", "failed", "unended", "p50_ns", "p95_ns", "p99_ns", "max_ns"):
            assert row[cell] == ("" if one[cell] is None else str(one[cell])), (cell, row, one)


def main():
    recording, as_json, as_csv, as_text = sys.argv[1:]
    lines, done, running = read(recording)
    with open(as_json, encoding="utf-8") as file:
        report = json.load(file)
    phases = check_operations(report, lines, done, running)
    check_times(report, done)
    check_pages(report, [line for line in lines if "event" in line], lines[0]["block_bytes"] // lines[0]["page_bytes"])
    check_retries(report, done, running)
    check_csv(report, as_csv)
    with open(as_text, encoding="utf-8") as file:
        text = file.read()
    listed = text.split("\nOperations  ")[1].split("\n\nTimes\n")[0].splitlines()
    assert len(listed) == len(report["operations"]) + 1, listed
    print(f"{len(done)} operations, {len(running)} in progress, {phases} phases")


if __name__ == "__main__":
    main()
