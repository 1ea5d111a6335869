#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Elapsed time runs on during an operation that does not end, and the clock of the machine may be set.

    clocks.py              memmap_on_memory=Y

A memory block with a pinned page goes offline, which takes until the page is released. Meanwhile
live frames must measure it, and the clock is set forward by an hour, and back by two. From then on
live frames and the recording must have the new wall-clock time, and before it the old one.
"""
import datetime
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
import lib_pin as pin

HOUR = 3600
NEAR = 0.05     # by which times may differ that were computed from clocks read one after the other


def wrong_time(what, text, since, until):
    """An ISO 8601 time in UTC, which must be between two times in seconds since 1970."""
    got = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    return [] if since - NEAR < got < until + NEAR else [f"{what}: expected {since} to {until}, got {text}, {got}"]


def in_frame(frame, number):
    return [block for block in frame["blocks"] if block["id"] == number][0]


def runs_on(view, number):
    first = view.next()
    guest.wait_for(1, lambda: False)
    since = time.time()
    second = view.next()
    took = [in_frame(frame, number)["offline_time"] for frame in (first, second)]
    wrong = guest.differs("state", "going_offline", in_frame(second, number)["state"])
    if None in took:
        return wrong + [f"offline_time is {took}"]
    wrong += guest.differs("offline_time since the first frame", second["ns"] - first["ns"], took[1] - took[0])
    if second["ns"] - first["ns"] < 500_000_000:
        wrong.append(f"the frames are {second['ns'] - first['ns']} ns apart")
    return wrong + wrong_time("time", second["time"], since, time.time())


def main():
    address = guest.dimm_plug("d0", "256M")
    number = oracle.blocks_of(address, 256 << 20)[0]
    guest.eq("a block is online", None, oracle.block_set(number, "online_movable"))
    page = pin.PinnedPage([number])
    started = time.time()
    recorder, view = ledger.Recorder("clocks"), ledger.View()
    began = time.time()
    child = subprocess.Popen(["sh", "-c", f"echo offline > {oracle.MEMORY}/memory{number}/state"])
    if not guest.wait_for(30, lambda: oracle.block(number).state == "going-offline"):
        guest.bail("the block does not start to go offline")
    guest.ok("an operation in progress: its duration increases with the time of the frame", runs_on(view, number))

    time.clock_settime(time.CLOCK_REALTIME, time.time() + HOUR)
    guest.ok("after the clock was set forward: the same, with the new time", runs_on(view, number))
    time.clock_settime(time.CLOCK_REALTIME, time.time() - 2 * HOUR)
    guest.ok("after it was set back: the same", runs_on(view, number))
    released = time.time()
    page.close()
    child.wait(60)
    ended = time.time()
    view.process.send_signal(signal.SIGINT)
    guest.eq("the view ends", 0, view.process.wait(ledger.SECONDS))
    recorder.process.send_signal(signal.SIGINT)
    guest.eq("the recorder ends", 0, recorder.process.wait(ledger.SECONDS))

    records = [json.loads(line) for line in oracle.read(recorder.path).splitlines()]
    guest.eq("its header has the boot ID", oracle.read("/proc/sys/kernel/random/boot_id").strip(), records[0]["boot"])
    clocks = [record for record in records if record.get("event") == "mhp_clock"]
    # Events that keep the block from going offline come all the time, so the recorder reads the clocks.
    guest.eq("the recording has the new clocks each time", 2, len(clocks), "events")
    begin, end = (next(record for record in records if record.get("event") == f"mhp_offline_{what}")
                  for what in ("begin", "end"))
    took = {record["event"]: record["ns"] for record in (begin, end)}
    text = ledger.run("replay", "-b", "--time", "utc", recorder.path)
    last = [line.split()[3][:-1] for line in text.splitlines() if " mhp:mhp_offline_end: " in line]
    guest.ok("replay: the wall-clock time of the last event", wrong_time("offline_end", last[-1], released, ended))
    frame = ledger.frame("replay", "--json", "-d", "0.1", recorder.path)
    guest.eq("replay: how long it took", took["mhp_offline_end"] - took["mhp_offline_begin"],
             in_frame(frame, number)["offline_time"], "ns")
    first = json.loads(ledger.run("replay", "--json", "-d", "0.1", recorder.path).splitlines()[0])
    guest.ok("replay: the wall-clock time of the first frame", wrong_time("time", first["time"], started, began))
    guest.ok("the recording violates no rule", guest.differs("rules", [], ledger.violated_rules(recorder.path)))


guest.run(main)
