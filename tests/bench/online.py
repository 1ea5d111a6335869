#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""In the guest, whose clock counts instructions: bring memory blocks online and offline while an observer is attached.

    online.py OBSERVER      one of those below

All blocks go online, then all go offline, ROUNDS times. What counts begins when the observer has
attached and is idle, and ends when it has exited and the kernel has detached it. What that takes
varies, so all of it is done REPEATS times. Writes $RESULTS/online.txt, in which a name may occur
several times:

    online|offline ROUND ALL OBSERVER   for all blocks of a round
    whole ALL OBSERVER                  from the first round until the observer is gone
    still ALL OBSERVER                  the same without any round
    convert ALL                         perf and binary only: to turn the file into text
    still-convert ALL                   the same without any round
    events NUMBER                       mhptop record only: the events that it recorded meanwhile
    files NUMBER                        rotated only: how many files there are

ALL is the instructions of the only CPU without idle time, during which the clock advances although
none is executed. OBSERVER is those of the observer's processes.

The DIMM is a NUMA node of its own, and all processes stay on the other node. Otherwise the observer's
output would be written to the memory blocks just brought online, and taking them offline would
include migrating it.
"""
import glob
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "vm"))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from measure import busy_ns

ROUNDS = 20
REPEATS = 3
SETTLE_SECONDS = 2          # longer than an observer leaves anything undone that is due
DETACH_SECONDS = 5          # longer than the kernel takes to detach
OUTPUT = "/tmp/observed"
HERE = os.path.dirname(os.path.realpath(__file__))
MHPTOP = os.path.join(HERE, "..", "..", "build", "mhptop")
EVENTS = "/sys/kernel/tracing/events/mhp"


def output():
    with open(OUTPUT, encoding="utf-8") as file:
        return file.read()


def cpu_ns(pid):
    """CPU time of a process and its threads so far: the clock that clock_getcpuclockid(3) returns."""
    return time.clock_gettime_ns(~pid << 3 | 2)


class Nobody:
    """No observer; also what the others have in common."""
    command = ()

    def __init__(self):
        self.process = None

    def start(self):
        if not self.command:
            return
        with open(OUTPUT, "w", encoding="utf-8") as file:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,  # pylint: disable=consider-using-with
                                            stdout=file, stderr=subprocess.STDOUT)
        # No time limit: the clock of this guest advances while it waits for files of the host. run.py has one, in real
        # time.
        while not self.attached():
            if self.process.poll() is not None:
                guest.bail(f"{' '.join(self.command)} did not attach: {output()}")
            time.sleep(0.1)

    def attached(self):
        """Whether it receives events by now."""
        return True

    def cpu_ns(self):
        return cpu_ns(self.process.pid) if self.process else 0

    def stop(self):
        """End it; returns its CPU time in all."""
        if not self.process:
            return 0
        self.process.send_signal(signal.SIGINT)
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = status
        return round((usage.ru_utime + usage.ru_stime) * 1e9)

    def forget(self):
        """Remove its files."""
        for path in glob.glob("/tmp/recording*") + glob.glob("/tmp/perf.*") + glob.glob(OUTPUT):
            os.unlink(path)

    def recorded(self):
        """Whether it has seen events: otherwise nothing was measured."""
        return True

    def more(self):
        """More lines of the result"""
        return ()


class Record(Nobody):
    """mhptop record"""

    FILE = "/tmp/recording"

    def __init__(self, source="events"):
        super().__init__()
        self.command = (MHPTOP, "record", "--source", source, "-o", self.FILE)

    def attached(self):
        return os.path.exists(self.FILE) and os.path.getsize(self.FILE)

    def lines(self):
        with open("/tmp/recording", encoding="utf-8") as file:
            return file.read().splitlines()

    def recorded(self):
        return any("mhp_online_end" in line for line in self.lines())

    def more(self):
        counts = json.loads(self.lines()[-1])["totals"]["events"]
        yield f"events {sum(c['seen'] for name, c in counts.items() if 'snapshot' not in name)}"


class RecordBinary(Record):
    """mhptop record, in binary form"""
    FILE = "/tmp/recording.mhp"

    def files(self):
        """The oldest first"""
        return sorted(glob.glob(self.FILE + "*"), key=lambda path: -int("0" + path[len(self.FILE):].lstrip(".")))

    def more(self):
        begin = busy_ns()
        with open("/tmp/recording", "w", encoding="utf-8") as file:
            subprocess.run([MHPTOP, "export", "--ndjson", *self.files()], stdout=file, check=True)
        yield f"convert {busy_ns() - begin}"
        yield from super().more()


class RecordPacked(RecordBinary):
    """mhptop record, in binary form and packed with zstd"""
    FILE = "/tmp/recording.mhp.zst"


class RecordRotated(RecordBinary):
    """mhptop record, in binary form, in the smallest files that it can be asked for"""

    def __init__(self):
        super().__init__()
        self.command += ("--max-size", "64K", "--keep", "999")

    def more(self):
        yield f"files {len(self.files())}"
        yield from super().more()


class RecordProbes(Record):
    """mhptop record by probes"""

    def __init__(self):
        super().__init__("probes")


class Check(Nobody):
    """mhptop check. It has one BPF link for each event, and prints nothing until its end."""
    command = (MHPTOP, "check")

    def attached(self):
        links = 0
        for file in glob.glob(f"/proc/{self.process.pid}/fd/*"):
            try:
                links += "bpf" in os.readlink(file) and "link" in os.readlink(file)
            except FileNotFoundError:
                pass
        return links >= sum(os.path.isdir(path) for path in glob.glob(f"{EVENTS}/*"))

    def recorded(self):
        return any(line.startswith("# PASS: ") and line[8] != "0" for line in output().splitlines())


class Perf(Nobody):
    """perf record"""
    command = ("perf", "record", "-q", "-a", "-B", "-N", "-e", "mhp:*", "-D", "-1", "--control", "fifo:/tmp/perf.ctl,/tmp/perf.ack",
               "-o", "/tmp/perf.data")

    def start(self):
        os.mkfifo("/tmp/perf.ctl")
        os.mkfifo("/tmp/perf.ack")
        super().start()

    def attached(self):
        with open("/tmp/perf.ctl", "w", encoding="ascii") as control:
            control.write("enable\n")
        with open("/tmp/perf.ack", "rb", buffering=0) as answer:
            return answer.read(4).startswith(b"ack")

    def recorded(self):
        subprocess.run(["cp", "/tmp/perf.data", guest.RESULTS], check=True)
        with open("/tmp/perf.txt", encoding="utf-8") as file:
            return "mhp_online_end" in file.read()

    def more(self):
        begin = busy_ns()
        with open("/tmp/perf.txt", "w", encoding="utf-8") as file:
            subprocess.run(["perf", "script", "-i", "/tmp/perf.data"], stdout=file, stderr=subprocess.DEVNULL, check=True)
        yield f"convert {busy_ns() - begin}"


class Bpftrace(Nobody):
    """bpftrace with a script that keeps the same sums"""

    def __init__(self, script="sums.bt"):
        super().__init__()
        self.command = ("bpftrace", os.path.join(HERE, script))

    def attached(self):
        return "ready" in output()

    def recorded(self):
        return "@onlines[" in output()


class BpftraceProbes(Bpftrace):
    """The same by the kernel's functions"""

    def __init__(self):
        super().__init__("probes.bt")


OBSERVERS = {"none": Nobody, "record": Record, "binary": RecordBinary, "packed": RecordPacked, "rotated": RecordRotated, "probes": RecordProbes, "check": Check, "perf": Perf,
             "bpftrace": Bpftrace, "bpftrace-probes": BpftraceProbes}


def turn_all(files, word, observer):
    """(all instructions, the observer's) from before the first block to after the last."""
    begin, cpu = busy_ns(), observer.cpu_ns()
    for state in files:
        os.pwrite(state, word, 0)
    return busy_ns() - begin, observer.cpu_ns() - cpu


def measure(observer, what, rounds, files):
    """The lines of the result from the start of an observer to its end."""
    lines = []
    observer.start()
    time.sleep(SETTLE_SECONDS)
    begin, cpu = busy_ns(), observer.cpu_ns()
    for number in range(rounds):
        for phase, word in (("online", b"online_movable"), ("offline", b"offline")):
            instructions, own = turn_all(files, word, observer)
            lines.append(f"{phase} {number} {instructions} {own}")
    time.sleep(SETTLE_SECONDS)
    own = observer.stop() - cpu
    time.sleep(DETACH_SECONDS)
    lines.append(f"{what} {busy_ns() - begin} {own}")
    return lines


def main():
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    start = guest.dimm_plug("d0", "2G", 1)
    files = [os.open(f"{oracle.MEMORY}/memory{block}/state", os.O_WRONLY)
             for block in oracle.blocks_of(start, 2 << 30)]
    observer = OBSERVERS[sys.argv[1]]()
    lines = []
    for _ in range(1 + REPEATS):
        lines += measure(observer, "still", 0, files)
        lines += [f"still-{line}" for line in observer.more()]
        observer.forget()
    # The first time, pages of programs are read from the host.
    lines = lines[len(lines) // (1 + REPEATS):]
    for repeat in range(REPEATS):
        if repeat:
            observer.forget()
        lines += measure(observer, "whole", ROUNDS, files)
        lines += observer.more()
    guest.ok(f"the observer ({sys.argv[1]}) recorded events", [] if observer.recorded() else [output()])
    with open(os.path.join(guest.RESULTS, "online.txt"), "w", encoding="ascii") as result:
        print(*lines, sep="\n", file=result)


if "membind: 0 " not in subprocess.run(["numactl", "--show"], stdout=subprocess.PIPE, check=True, text=True).stdout:
    os.execvp("numactl", ["numactl", "--membind=0", sys.executable, *sys.argv])
guest.run(main)
