#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Edit a recording and keep it consistent: records are numbered anew, and the totals add up.

    edit.py RECORDING EDIT...      writes to standard output

An EDIT is drop:EVENT:NTH, double:EVENT:NTH, swap:EVENT:NTH (with the next line, but for the times) or set:EVENT:NTH:FIELD:VALUE;
NTH counts from 1. time:EVENT:NTH:SECONDS changes the time of an event. lose:EVENT:NTH drops an event and leaves a gap in the numbers. late:EVENT:NTH:PLACES lets an
event come later, behind so many others, with its number. wait:EVENT:NTH:SECONDS lets it and all that follow happen
later. gone:BLOCK drops all events from the begin to the end of the offline of a block, without:STEP all notifier calls
of a step, and idle all events but the snapshot. until:EVENT:NTH ends the recording after an event; ends:SECONDS ends it
that long after its last event. unknown:EVENT:FIELD makes a field unknown in all events of that name, unseen:EVENT drops
them all, as one that the source cannot report. boot:ID:SECONDS, the last edit, makes it a recording of a boot with this
ID, and moves all its times so that it begins at that time.
"""
import json
import sys


def find(records, event, nth):
    found = [at for at, record in enumerate(records) if record.get("event") == event]
    if len(found) < int(nth):
        sys.exit(f"edit.py: the recording has {len(found)} {event} events, not {nth}")
    return found[int(nth) - 1]


def gone(records, block, pages):
    """Drop the offline of a block, so that it is still online when it is removed."""
    kept, inside = [], False
    for record in records:
        at = record.get("start_pfn", record.get("pfn", -1)) // pages
        inside |= record.get("event") == "mhp_offline_begin" and at == int(block)
        if not inside:
            kept.append(record)
        inside &= record.get("event") != "mhp_offline_end"
    return kept


def edit(records, pages, word):
    what, *args = word.split(":")
    if what == "gone":
        return gone(records, args[0], pages)
    if what == "unknown":
        for record in records:
            if record.get("event") == args[0]:
                record[args[1]] = None
        return records
    if what == "unseen":
        return [record for record in records if record.get("event") != args[0]]
    if what == "without":
        return [record for record in records if record.get("step") != args[0]]
    if what == "idle":
        return [record for record in records if record["event"].startswith("mhp_snapshot")]
    if what in ("ends", "boot", "late"):
        return records
    at = find(records, args[0], args[1])
    if what in ("drop", "lose"):
        del records[at]
    elif what == "double":
        records.insert(at, dict(records[at]))
    elif what == "swap":
        records[at], records[at + 1] = records[at + 1], records[at]
        records[at]["ns"], records[at + 1]["ns"] = records[at + 1]["ns"], records[at]["ns"]
    elif what == "wait":
        for record in records[at:]:
            record["ns"] += int(float(args[2]) * 1e9)
    elif what == "time":
        records[at]["ns"] += int(float(args[2]) * 1e9)
    elif what == "until":
        del records[at + 1:]
    elif what == "set":
        value = args[3]
        records[at][args[2]] = int(value) if value.lstrip("-").isdigit() else value
    else:
        sys.exit(f"edit.py: unknown edit: {what}")
    return records


def move(lines, boot, seconds):
    """Make lines those of a boot, beginning at a time."""
    header, *records, totals = lines
    by = int(float(seconds) * 1e9) - header["mono_ns"]
    for times in (header, totals["totals"]):
        if "mono_ns" in times:
            times["mono_ns"] += by
    for record in records:
        record["ns"] += by
        assert "mono_ns" not in record, "this recording has clocks, which cannot be moved"
    header["boot"] = boot


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        header, *records, totals = [json.loads(line) for line in file]
    pages = header["block_bytes"] // header["page_bytes"]
    lost = [word.split(":")[1] for word in sys.argv[2:] if word.startswith("lose:")]
    number = find(records, lost[0], sys.argv[2].split(":")[2]) if lost else None
    for word in sys.argv[2:]:
        records = edit(records, pages, word)
    unseen = [word.split(":")[1] for word in sys.argv[2:] if word.startswith("unseen:")]
    if unseen:
        header["unknown_events"] = unseen
    counts = {}
    for seq, record in enumerate(records, 1):
        record["seq"] = seq + (number is not None and seq > number)
        count = counts.setdefault(record["event"], {"seen": 0, "lost": 0})
        count["seen"] += 1
    for _, event, nth, places in (word.split(":") for word in sys.argv[2:] if word.startswith("late:")):
        at = find(records, event, nth)
        records.insert(at + int(places), records.pop(at))
    for event in lost:
        count = counts.setdefault(event, {"seen": 0, "lost": 0})
        count["seen"], count["lost"] = count["seen"] + 1, count["lost"] + 1
    totals["totals"].update(seen=len(records) + len(lost), lost=len(lost), folded=len(records), events=counts)
    if lost:
        totals["totals"]["self_check"] = "none"
    for seconds in (word.split(":")[1] for word in sys.argv[2:] if word.startswith("ends:")):
        totals["totals"]["mono_ns"] = records[-1]["ns"] + int(float(seconds) * 1e9)
    for seconds in (word.split(":")[3] for word in sys.argv[2:] if word.startswith("wait:")):
        if "mono_ns" in totals["totals"]:
            totals["totals"]["mono_ns"] += int(float(seconds) * 1e9)
    if sys.argv[-1].startswith("boot:"):
        move((header, *records, totals), *sys.argv[-1].split(":")[1:])
    for line in (header, *records, totals):
        print(json.dumps(line, separators=(",", ":"), ensure_ascii=False))


main()
