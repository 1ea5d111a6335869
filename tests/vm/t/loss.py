#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""An mhptop that cannot keep up loses records; its view is still right, and it reports the loss.

    loss.py                memmap_on_memory=Y

A recorder and a live view are stopped while memory blocks go online and offline, until the ring
buffers of both overflow. Then the live view must agree with sysfs, /proc/zoneinfo and the number of
rounds, also about later changes; the recording has gaps. Both report the loss and exit 5.
"""
import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle

BLOCKS = 16
MOST_ROUNDS = 400       # a ring buffer has room for about 45
UNKNOWN = 5
NOTICE = r"\d+ events were lost: accounts are read from the kernel; the log has gaps"


class Live:
    """`mhptop --json` with one frame per second."""

    def __init__(self):
        self.path = "/tmp/frames"
        with open(self.path, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen([ledger.MHPTOP, "--json", "-d", "1"], stdout=out,
                                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if not guest.wait_for(ledger.SECONDS, self.frames):
            raise RuntimeError(f"mhptop --json: no frame within {ledger.SECONDS} s")

    def frames(self):
        """The number of complete frames."""
        return oracle.read(self.path).count("\n")

    def last(self):
        return json.loads(oracle.read(self.path).split("\n")[-2])

    def fresh(self):
        """A frame that was started after this call: the second one from now on."""
        before = self.frames()
        guest.wait_for(ledger.SECONDS, lambda: self.frames() > before + 1)
        return self.last()

    def end(self):
        """(status, stderr)"""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(ledger.SECONDS), self.process.stderr.read()


def bpftool(*args):
    return json.loads(subprocess.run(["bpftool", "-j", *args], stdout=subprocess.PIPE, check=True).stdout)


def lost_of_each():
    """The number of events that each mhptop has lost, from the maps of their BPF programs."""
    return [sum(cpu["value"]["lost"] for event in bpftool("map", "dump", "id", str(entry["id"]))
                for cpu in event["formatted"]["values"])
            for entry in bpftool("map", "list") if entry.get("name") == "mhp_counts"]


def rounds_until_lost(numbers):
    """Bring all blocks online and offline until both have lost events; returns the number of rounds."""
    for done in range(1, MOST_ROUNDS + 1):
        for state in "online_movable", "offline":
            for number in numbers:
                oracle.block_set(number, state)
        if done % 10 == 0 and min(lost_of_each()) > 0:
            return done
    return 0


def wrong_frame(frame, onlines, offlines):
    """Compare a frame with sysfs and /proc/zoneinfo, and the blocks' counts with those of this test."""
    blocks = {block["id"]: block for block in frame["blocks"]}
    wrong = ledger.wrong_sysfs(frame) + ledger.wrong_zones(frame)
    for key, want in ("onlines", onlines), ("offlines", offlines):
        for number, count in want.items():
            wrong += guest.differs(f"memory{number}, {key}", count, blocks[number][key])
    for number in onlines:
        online = blocks[number]["state"] == "online"
        wrong += guest.differs(f"memory{number}, present", oracle.BLOCK_PAGES if online else 0,
                               blocks[number]["present"])
    if not frame["events"]["lost"]:
        wrong.append("no event was lost, so this test proves nothing")
    if not re.fullmatch(NOTICE, frame.get("notice", "")):
        wrong.append(f"notice: expected {NOTICE!r}, got {frame.get('notice')!r}")
    return wrong


def ends_unknown(live, last_frame_wrong):
    status, err = live.end()
    guest.ok("the live view exits 5 with one line", guest.differs("exit", UNKNOWN, status)
             + ([] if re.fullmatch(r"mhptop: \d+ of \d+ events were lost .*\n", err) else [f"stderr: {err!r}"]))
    frame = live.last()
    guest.ok("its last frame is right, and reports that there was no self-check", last_frame_wrong(frame)
             + guest.differs("self_check", "none", frame["self_check"])
             + ([] if re.match(r"\d+ events were lost, so ", frame["self_check_why"]) else [frame["self_check_why"]]))


def recording_has_gaps(recorder):
    recorder.process.send_signal(signal.SIGINT)
    status = recorder.process.wait(ledger.SECONDS)
    guest.ok("the recorder exits 5 with one line", guest.differs("exit", UNKNOWN, status) + (
        [] if re.fullmatch(r"mhptop: \d+ of \d+ events were lost .*", recorder.errors()) else [recorder.errors()]))
    totals = json.loads(oracle.read(recorder.path).splitlines()[-1])["totals"]
    guest.ok("its totals report the number of lost events, and why there was no self-check",
             ([] if totals["lost"] else ["lost: 0"])
             + guest.differs("folded", totals["seen"] - totals["lost"], totals["folded"], "events")
             + guest.differs("self_check", ("none", f"{totals['lost']} events were lost, so the ledgers cannot be "
                                            "compared"), (totals["self_check"], totals["self_check_why"])))
    for how in "--json", "-b":
        try:
            text = ledger.run("replay", how, recorder.path, code=UNKNOWN)
            wrong = [] if f"when it was recorded, {totals['lost']} events were lost" in text else [text[:500]]
        except RuntimeError as err:
            wrong = [str(err)]
        guest.ok(f"replay {how} exits 5 and reports the loss", wrong)


def main():
    first = guest.dimm_plug("d0", f"{BLOCKS * oracle.BLOCK_BYTES >> 20}M")
    numbers = oracle.blocks_of(first, BLOCKS * oracle.BLOCK_BYTES)
    recorder, live = ledger.Recorder("loss"), Live()
    guest.eq("neither has lost any events yet", [0, 0], lost_of_each())

    for process in recorder.process, live.process:
        process.send_signal(signal.SIGSTOP)
    rounds = rounds_until_lost(numbers)
    guest.note(f"{rounds} rounds, lost {lost_of_each()}")
    guest.ok("events are lost while both are stopped", [] if rounds else [f"none in {MOST_ROUNDS} rounds"])
    # The following events are lost, too: half of the blocks go online, and a DIMM is added.
    onlines, offlines = dict.fromkeys(numbers, rounds), dict.fromkeys(numbers, rounds)
    for number in numbers[::2]:
        oracle.block_set(number, "online_movable")
        onlines[number] += 1
    second = guest.dimm_plug("d1", "256M")
    oracle.block_set(oracle.blocks_of(second, 1 << 27)[0], "online_kernel")
    for process in recorder.process, live.process:
        process.send_signal(signal.SIGCONT)

    guest.ok("the live view is right, and reports the loss", wrong_frame(live.fresh(), onlines, offlines))
    frame = live.fresh()
    guest.ok("a range whose add was lost is listed", guest.differs(
        "ranges", [second // oracle.PAGE], [there["base_pfn"] for there in frame["ranges"]]))
    for number in numbers[::2]:
        oracle.block_set(number, "offline")
        offlines[number] += 1
    guest.ok("the live view stays right after more events", wrong_frame(live.fresh(), onlines, offlines))
    ends_unknown(live, lambda frame: wrong_frame(frame, onlines, offlines))
    recording_has_gaps(recorder)


guest.run(main)
