#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""mhptop notices that the machine was suspended, and its wall-clock times remain right.

    suspend.py             with --memory-root

A memory block goes online, the guest is suspended for some seconds, and the block goes offline. CLOCK_MONOTONIC stands
still meanwhile, CLOCK_REALTIME does not. First the kernel goes through all steps of a suspend but the last one
(pm_test), then it sleeps (ACPI S3) until the host wakes it up. In the recording and in live frames, each time must lie
between those that were read right before and right after what it belongs to, in each style; date(1) is asked as well.
"""
import datetime
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle

PROGRAMS = "mhptop", "date"     # for the root in memory
ASLEEP = 3                      # seconds at least
NEAR = 0.05                     # by which times may differ that were computed from clocks read one after the other
ZONE = "TST-5:30"               # a time zone without a file
CLOCKS = time.CLOCK_MONOTONIC, time.CLOCK_BOOTTIME, time.CLOCK_REALTIME


def clocks():
    return [time.clock_gettime(clock) for clock in CLOCKS]


def between(what, got, since, until):
    return [] if since - NEAR < got < until + NEAR else [f"{what}: expected {since:.3f} to {until:.3f}, got {got:.3f}"]


def seconds_of(text):
    """The seconds since 1970 of an ISO 8601 time."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Moment:
    """Something that happens, with all clocks before and after it."""

    def __init__(self, what, action):
        self.before = clocks()
        guest.eq(what, None, action())
        self.after = clocks()

    def wrong_wall(self, what, text):
        return between(what, seconds_of(text), self.before[2], self.after[2])


def by_pm_test():
    oracle.write("/sys/power/pm_test", "core")
    oracle.write("/sys/power/state", "mem")
    oracle.write("/sys/power/pm_test", "none")


def by_sleeping():
    guest.host("wake-after", ASLEEP + 1)
    oracle.write("/sys/power/mem_sleep", "deep")
    oracle.write("/sys/power/state", "mem")


def printed(path, style):
    """The times that a replay prints for the end of the online and that of the offline."""
    text = ledger.run("replay", "-b", "--time", style, path)
    return {event: when for when, event in re.findall(r" (\S+): mhp:mhp_(online|offline)_end: ", text)}


def wrong_styles(path, online, offline):
    """Times as they are printed, in each style."""
    wrong = []
    for style in "utc", "local":
        times = printed(path, style)
        for what, moment in ("online", online), ("offline", offline):
            wrong += moment.wrong_wall(f"{style}, {what}", times[what])
            shown = subprocess.run(["date", *(["-u"] if style == "utc" else []), "-d", times[what], "+%Y-%m-%dT%H:%M:%S"],
                                   stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
            wrong += guest.differs(f"{style}, {what}: as date(1) prints it", shown, times[what][:len(shown)])
    mono, delta = ({what: float(text) for what, text in printed(path, style).items()} for style in ("mono", "delta"))
    for what, moment in ("online", online), ("offline", offline):
        wrong += between(f"mono, {what}", mono[what], moment.before[0], moment.after[0])
    return wrong + between("delta", delta["offline"] - delta["online"], *[mono["offline"] - mono["online"]] * 2)


def case(name, suspend, number):
    recorder, view = ledger.Recorder(name), ledger.View()
    online = Moment(f"{name}: a block goes online", lambda: oracle.block_set(number, "online_movable"))
    guest.ok(f"{name}: mhptop has read all events", ledger.comes_to_rest(name, recorder.process))
    start = clocks()
    suspend()
    end = clocks()
    guest.reconnect()
    mono, boot, wall = (after - before for before, after in zip(start, end))
    guest.note(f"{name}: CLOCK_MONOTONIC +{mono:.3f} s, CLOCK_BOOTTIME +{boot:.3f} s, CLOCK_REALTIME +{wall:.3f} s")
    guest.ok(f"{name}: the machine was suspended", [] if boot - mono > ASLEEP and wall - mono > ASLEEP else ["not long enough"])
    offline = Moment(f"{name}: the block goes offline", lambda: oracle.block_set(number, "offline", ledger.START_SECONDS))
    before, frame, after = time.time(), view.next(), time.time()
    guest.ok(f"{name}: the wall-clock time of a live frame", between("time", seconds_of(frame["time"]), before, after))
    guest.ok(f"{name}: mhptop has read all events again", ledger.comes_to_rest(name, recorder.process))
    for process in view.process, recorder.process:
        process.send_signal(signal.SIGINT)
        guest.eq(f"{name}: mhptop ends", 0, process.wait(ledger.START_SECONDS))

    records = [json.loads(line) for line in oracle.read(recorder.path).splitlines()]
    moved = [record for record in records if record.get("event") == "mhp_clock"]
    guest.eq(f"{name}: the recording has the new clocks once", 1, len(moved), "events")
    guest.ok(f"{name}: they tell for how long the machine was suspended", [] if moved and not between(
        "CLOCK_BOOTTIME - CLOCK_MONOTONIC", (moved[0]["boot_ns"] - moved[0]["mono_ns"]) / 1e9, *[end[1] - end[0]] * 2)
        else [f"expected {end[1] - end[0]:.3f} s: {moved}"])
    guest.ok(f"{name}: the times that a replay prints, before and after it", wrong_styles(recorder.path, online, offline))
    guest.ok(f"{name}: the recording violates no rule", ledger.violated_rules(recorder.path))


def main():
    os.environ["TZ"] = ZONE
    address = guest.dimm_plug("d0", f"{oracle.BLOCK_BYTES >> 20}M")
    [number] = oracle.blocks_of(address, oracle.BLOCK_BYTES)
    if oracle.block(number).state != "offline":
        guest.eq("the block goes offline first", None, oracle.block_set(number, "offline", ledger.START_SECONDS))
    case("pm_test", by_pm_test, number)
    case("sleep", by_sleeping, number)


guest.run(main)
