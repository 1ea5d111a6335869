#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Measure the cost of the events and of mhptop, and print one table.

Each case boots a guest whose clock counts instructions, so a figure is the
number of instructions that its only CPU executed meanwhile, including those of
observers. All cases of a table come from the same run of this script. Exit
status: 0 if every target was met, 1 if one was missed or not measured.

The scripts that run in the guests are online.py, attach.sh and life.py.

    bench.py [REGEX]       measure only what the expression matches: vanilla-none, patched-none,
                           patched-record, patched-binary, patched-packed, patched-rotated, patched-check, patched-perf, patched-bpftrace,
                           vanilla-probes, vanilla-bpftrace-probes, attach-events, attach-probes,
                           attach-bpftrace, life-N, life-Y, life-range, replay, check, memory, frame
"""
import fcntl
import os
import pty
import re
import shutil
import statistics
import struct
import subprocess
import sys
import termios

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
RUN = os.path.join(ROOT, "tests", "vm", "run.py")
OUT = os.path.join(ROOT, "build", "bench")
# (kernel, observer of online.py)
OFF = {"patched": ("patched", "none"), "vanilla": ("vanilla", "none")}
RECORD, BINARY, CHECK = ("patched", "record"), ("patched", "binary"), ("patched", "check")
PACKED, ROTATED = ("patched", "packed"), ("patched", "rotated")
PERF, BPFTRACE = ("patched", "perf"), ("patched", "bpftrace")
PROBES, BPFTRACE_PROBES = ("vanilla", "probes"), ("vanilla", "bpftrace-probes")
CASES = (*OFF.values(), RECORD, BINARY, PACKED, ROTATED, CHECK, PERF, BPFTRACE, PROBES, BPFTRACE_PROBES)
NAMES = {RECORD: "record", BINARY: "record to FILE.mhp", PACKED: "record to FILE.mhp.zst", ROTATED: "record to FILE.mhp of 64 KiB each", CHECK: "check", PERF: "perf record", BPFTRACE: "bpftrace",
         PROBES: "record by probes", BPFTRACE_PROBES: "bpftrace with 16 probes"}
CONVERSIONS = {BINARY: "export --ndjson", PACKED: "export --ndjson of FILE.mhp.zst", PERF: "perf script"}
BLOCKS, EVENTS_EACH = 16, 9   # online.py's blocks; events of a block that goes online, and of one that goes offline
PHASES = ("online", "offline")
# What an observer may cost, all in
MOST = {(case, phase): most for cases, online, offline in (((RECORD, BINARY), 1.0075, 1.006), ((PROBES,), 1.015, 1.015))
        for case in cases for phase, most in (("online", online), ("offline", offline))}
RIVALS = {RECORD: (PERF, BPFTRACE), BINARY: (PERF, BPFTRACE), PROBES: (BPFTRACE_PROBES,)}
ONLY = re.compile(sys.argv[1] if len(sys.argv) > 1 else "")
LIFE = ("add", "online", "offline", "remove")
REPLAY_BLOCKS = 65536
FRAME_BLOCKS = 65536
MILLION_BLOCKS = 50000        # add, online, offline and remove of these make a million events
RESIDENT_KIB = 24 * 1024


def guest(name, kernel, script, argument, *options, mode="Y", append=""):
    """Run one script in a guest; returns its results folder, or None if it failed."""
    if not ONLY.fullmatch(name) and ONLY.pattern:
        return None
    folder = os.path.join(OUT, name)
    command = [RUN, "--kernel", kernel, "--icount", "--time-limit", "1800",
               "--append", f"memory_hotplug.memmap_on_memory={mode} {append}", "--results", folder,
               *options, os.path.join(HERE, script), argument]
    print(f"# {name}", flush=True)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        print(done.stdout)
        return None
    return folder


def rounds(folder, phases, name):
    """{phase: [instructions, …]} of a run of life.py."""
    found = {phase: [] for phase in phases}
    if folder:
        with open(os.path.join(folder, name), encoding="ascii") as lines:
            for line in lines:
                phase, _, count = line.split()
                found[phase].append(int(count))
    return found


def values(folder):
    """{name: number} of a run of attach.sh."""
    if not folder:
        return {}
    with open(os.path.join(folder, "attach.txt"), encoding="ascii") as lines:
        return {name: int(number) for name, number in (line.split() for line in lines)}


class Table:
    """The figures beside their targets."""

    def __init__(self):
        self.rows = []
        self.missed = 0

    def add(self, what, measured, target="", met=True):
        verdict = "" if not target else "met" if met else "MISSED"
        self.missed += bool(target) and not met
        self.rows.append((what, measured, target, verdict))

    def print(self):
        head = ("what", "measured", "target", "")
        widths = [max(len(row[i]) for row in [head] + self.rows) for i in range(4)]
        for row in [head, tuple("-" * w for w in widths)] + self.rows:
            print("| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths)) + " |")


def spread(numbers):
    middle = statistics.median(numbers)
    return (max(numbers) - min(numbers)) / middle


class Online:
    """What a run of online.py says. Counts are in instructions."""

    def __init__(self, folder):
        self.rounds = {phase: [] for phase in PHASES}   # [(all, those of the observer's processes), …]
        self.singles = {}           # {name: [instructions, …]}
        with open(os.path.join(folder, "online.txt"), encoding="ascii") as lines:
            for name, *numbers in (line.split() for line in lines):
                if name in PHASES:
                    self.rounds[name].append((int(numbers[1]), int(numbers[2])))
                else:
                    self.singles.setdefault(name, []).append(int(numbers[0]))

    def quiet(self, phase):
        """The half of the rounds in which the observer's processes did least."""
        found = sorted(self.rounds[phase], key=lambda both: both[1])
        return [both[0] for both in found[:len(found) // 2]]

    def middle(self, phase):
        """A round in which the observer's processes sleep, which the first one is not like."""
        return statistics.median(self.quiet(phase))

    def single(self, name):
        """The median of the runs, as the start and the end of an observer vary; 0 if it was not measured."""
        return statistics.median(self.singles.get(name, [0]))

    def whole(self):
        """All that the rounds caused: from the first one until the observer is gone, less the same without rounds."""
        return self.single("whole") - self.single("still")

    def events(self):
        """The events of one run."""
        return 2 * BLOCKS * EVENTS_EACH * len(self.rounds["online"]) // len(self.singles["whole"])


class Cost:
    """What an observer costs above none, for each event: in the kernel, while it happens, and afterwards."""

    def __init__(self, observed, off):
        self.off = off
        self.kernel = {phase: (observed.middle(phase) - off.middle(phase)) / (BLOCKS * EVENTS_EACH)
                       for phase in PHASES}
        self.all = (observed.whole() - off.whole()) / observed.events()
        # As many events online as offline
        self.later = self.all - sum(self.kernel.values()) / 2
        # What a recording costs that somebody decodes, in addition
        self.convert = (observed.single("convert") - observed.single("still-convert")) / observed.events()

    def ratio(self, phase):
        """All in. What is done later is for events of either phase, whenever that is."""
        each = self.kernel[phase] + self.later
        return 1 + each * BLOCKS * EVENTS_EACH / self.off.middle(phase)


def beginnings(rotated, cost, single):
    """What each further file costs above a recording in one file"""
    return (cost.all - single.all) * rotated.events() / (rotated.single("files") - 1)


def bench_online(table):
    found = {}
    for case in CASES:
        folder = guest("-".join(case), case[0], "online.py", case[1], "--numa", "2")
        if folder:
            found[case] = Online(folder)
        elif not ONLY.pattern:
            table.add(f"{case[0]}, {case[1]}", "not measured", "measured", False)
    for phase in PHASES:
        for case, run in found.items():
            table.add(f"{phase}, 16 blocks, {case[0]}, {NAMES.get(case, 'nothing')} attached",
                      f"{run.middle(phase):,.0f} instructions, spread {spread(run.quiet(phase)):.3%} of "
                      f"{len(run.quiet(phase))}")
    if all(case in found for case in OFF.values()):
        for phase in PHASES:
            cost = found[OFF["patched"]].middle(phase) / found[OFF["vanilla"]].middle(phase)
            table.add(f"{phase}, patched but off / vanilla", show(cost), "≤ 1.0005", cost <= 1.0005)
    costs = {case: Cost(run, found[OFF[case[0]]]) for case, run in found.items()
             if case in NAMES and OFF[case[0]] in found}
    for case, cost in costs.items():
        table.add(f"an event, {NAMES[case]}", f"{cost.all:,.0f} instructions: "
                  f"{cost.kernel['online']:,.0f} in the kernel online, {cost.kernel['offline']:,.0f} offline, "
                  f"{cost.later:,.0f} later")
        if cost.convert and case in CONVERSIONS:
            table.add(f"an event, {CONVERSIONS[case]}", f"{cost.convert:,.0f} instructions more")
    if ROTATED in costs and BINARY in costs:
        table.add("beginning another file", f"{beginnings(found[ROTATED], costs[ROTATED], costs[BINARY]):,.0f} instructions")
    for phase in PHASES:
        for case, cost in costs.items():
            ours = cost.ratio(phase)
            most = MOST.get((case, phase))
            table.add(f"{phase}, {NAMES[case]} / off, all in", show(ours), f"≤ {most}" if most else "",
                      not most or ours <= most)
            for rival in RIVALS.get(case, ()):
                if rival in costs:
                    table.add(f"{phase}, {NAMES[case]} / {NAMES[rival]}, all in",
                              show(ours / costs[rival].ratio(phase)), "< 1", ours < costs[rival].ratio(phase))


def show(number):
    return "not measured" if number is None else f"{number:.5f}"


def bench_attach(table):
    big = ("--maxmem", "600G")
    found = {source: values(guest(f"attach-{source}", kernel, "attach.sh", source, *big))
             for source, kernel in (("events", "patched"), ("probes", "vanilla"), ("bpftrace", "patched"))}
    for source, most in (("events", 120), ("probes", 600)):
        ours = found[source].get("attach_mhptop_ns")
        if not ours and ONLY.pattern:
            continue
        table.add(f"attach with 4,096 blocks, {source}", cpu(ours), f"≤ {most} ms of CPU",
                  ours is not None and ours <= most * 1e6)
        lost = found[source].get("lost_in_add")
        table.add(f"events lost in an add of 512 GiB, {source}",
                  "not measured" if lost is None else f"{lost} of {found[source].get('seen_in_add')}",
                  "0", lost == 0)
        for name, key in (("live", "resident_live_kib"), ("attached late", "resident_late_kib")):
            kib = found[source].get(key)
            table.add(f"resident, 4,096 blocks, {source}, {name}",
                      "not measured" if kib is None else f"{kib / 1024:.1f} MiB", "≤ 24 MiB",
                      kib is not None and kib <= RESIDENT_KIB)
    ours, theirs = found["events"].get("attach_mhptop_ns"), found["bpftrace"].get("attach_bpftrace_ns")
    if theirs or not ONLY.pattern:
        table.add("attach with 4,096 blocks, bpftrace", cpu(theirs), "more than mhptop",
                  None not in (ours, theirs) and ours < theirs)


def cpu(nanoseconds):
    return "not measured" if nanoseconds is None else f"{nanoseconds / 1e6:.0f} ms"


def bench_life(table):
    """Add, online, offline and remove 9 GiB, depending on where the memmap is hosted."""
    sums = {}
    for mode, name in (("N", "buddy"), ("Y", "per block"), ("range", "range")):
        found = rounds(guest(f"life-{mode}", "patched", "life.py", mode, "--mem", "13G", mode=mode,
                             append="mem=1G"), LIFE, "life.txt")
        if not all(found.values()) and ONLY.pattern:
            continue
        if not all(found.values()):
            table.add(f"life of 9 GiB, {name}", "not measured", "measured", False)
            continue
        sums[mode] = sum(statistics.median(found[phase]) for phase in LIFE)
        for phase in LIFE:
            table.add(f"{phase} of 9 GiB, {name}",
                      f"{statistics.median(found[phase]):,.0f} instructions, "
                      f"spread {spread(found[phase]):.3%} of {len(found[phase])}")
    both = "Y" in sums and "range" in sums
    if not both and ONLY.pattern:
        return
    table.add("life of 9 GiB, range / per block", show(sums["range"] / sums["Y"] if both else None),
              "≤ 1", both and sums["range"] <= sums["Y"])


def measured(command):
    """Run a command without its output: (CPU seconds, resident KiB), or None if it failed."""
    child = os.fork()
    if not child:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.execvp(command[0], command)
    _, status, usage = os.wait4(child, 0)
    return None if status else (usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def generate(name, *args):
    path = os.path.join(OUT, name)
    with open(path, "wb") as recording:
        subprocess.run([os.path.join(ROOT, "build", "tests", "generate"), *map(str, args)],
                       stdout=recording, check=True)
    return path


def tiled_perf_data(path, events):
    """A perf.data with at least this many events, made by repeating the data of a smaller one."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    # The header: magic, its size, size of an attribute, attributes, data, event types (offset and size each), features
    offset, size = struct.unpack_from("<2Q", data, 40)
    features = sum(bin(word).count("1") for word in struct.unpack_from("<4Q", data, 72))
    script = subprocess.run(["perf", "script", "-i", path], stdout=subprocess.PIPE, check=True)
    times = -(-events // script.stdout.count(b"mhp:"))
    more = (times - 1) * size
    for nth in range(features):
        at = offset + size + nth * 16
        struct.pack_into("<Q", data, at, struct.unpack_from("<Q", data, at)[0] + more)
    struct.pack_into("<Q", data, 48, size * times)
    tiled = os.path.join(OUT, "tiled-perf.data")
    with open(tiled, "wb") as file:
        file.write(data[:offset] + data[offset:offset + size] * times + data[offset + size:])
    return tiled, times * script.stdout.count(b"mhp:")


def bench_replay(table):
    """Resident memory when replaying a generated recording of 65,536 blocks."""
    path = generate("generated.ndjson", REPLAY_BLOCKS)
    run = measured([os.path.join(ROOT, "build", "mhptop"), "replay", "-b", path])
    table.add(f"resident, replay of {REPLAY_BLOCKS:,} blocks",
              "not measured" if not run else f"{run[1] / 1024:.1f} MiB", "≤ 24 MiB",
              bool(run) and run[1] <= RESIDENT_KIB)


def bench_check(table):
    """Checking a million events compared with printing as many, all on this machine and in one run."""
    mhptop, dat = os.path.join(ROOT, "build", "mhptop"), os.path.join(OUT, "generated.dat")
    recording = generate("million.ndjson", MILLION_BLOCKS)
    subprocess.run([os.path.join(ROOT, "tests", "rules", "trace_dat.py"), "fill",
                    os.path.join(ROOT, "tests", "rules", "trace-cmd-v6.dat.xz"), recording, dat], check=True)
    binary = os.path.join(OUT, "million.mhp")
    with open(binary, "wb") as file:
        subprocess.run([os.path.join(ROOT, "build", "tests", "as_binary"), recording], stdout=file, check=True)
    with open(recording, "rb") as lines:
        events = sum(1 for _ in lines) - 2
    rates = {}
    perf_data = os.path.join(OUT, "patched-perf", "perf.data")
    perf, perf_events = tiled_perf_data(perf_data, events) if os.path.exists(perf_data) else ("", 1)
    for name, command, count in (("check, recording", [mhptop, "check", recording], events),
                                 ("check, binary recording", [mhptop, "check", binary], events),
                                 ("check, trace.dat", [mhptop, "check", dat], events),
                                 ("trace-cmd report", ["trace-cmd", "report", dat], events),
                                 ("perf script", ["perf", "script", "-i", perf], perf_events)):
        runs = [run for run in (measured(command) for _ in range(3)) if run]
        seconds = min((run[0] for run in runs), default=None)
        rates[name] = seconds and count / seconds
        ours = name.startswith("check")
        table.add(f"{name}, {count:,} events",
                  "not measured" if not seconds else f"{seconds:.2f} s of CPU, {rates[name]:,.0f} per second",
                  "≥ 500,000 per second" if ours else "fewer per second than check",
                  bool(seconds) and (rates[name] >= 5e5 if ours else
                                     rates[name] < min(rate for check, rate in rates.items() if check.startswith("check"))))


def bench_check_memory(table):
    mhptop = os.path.join(ROOT, "build", "mhptop")
    for lives in (1, 10):
        recording = generate("lives.ndjson", 8192, "remove", lives)
        run = measured([mhptop, "check", recording])
        table.add(f"resident, check of 8,192 blocks, {lives} {'life' if lives == 1 else 'lives'} each",
                  "not measured" if not run else f"{run[1] / 1024:.1f} MiB", "≤ 32 MiB",
                  bool(run) and run[1] <= 32 * 1024)


def dashboard_run(frames, chosen, *prefix):
    """What so many frames of the dashboard, on a terminal of 200x60, write to standard error; None if they failed."""
    settings = os.path.join(OUT, "dashboard")
    with open(settings, "w", encoding="utf-8") as file:
        file.write(chosen)
    keeper, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
    frame = os.path.join(ROOT, "build", "tests", "frame")
    run = subprocess.Popen([*prefix, frame, str(FRAME_BLOCKS), str(frames), settings],
                           stdin=terminal, stdout=terminal, stderr=subprocess.PIPE, start_new_session=True,
                           env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
    os.close(terminal)
    try:
        while os.read(keeper, 65536):
            pass
    except OSError:
        pass  # the terminal's last user has closed it
    os.close(keeper)
    said = run.communicate()[1].decode()
    return said if not run.returncode else None


def dashboard_cpu(frames, chosen):
    """The CPU time of the frames in µs; None if they failed."""
    said = dashboard_run(frames, chosen)
    return None if said is None else int(said.split()[-1])


def frame_instructions(chosen):
    """The instructions of one frame, which do not depend on what else the machine does, as text."""
    if not shutil.which("valgrind"):
        return "not counted, as valgrind is not installed"
    counts = []
    for frames in (10, 30):
        said = dashboard_run(frames, chosen, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
        counts += re.findall(r"Collected : (\d+)", said or "")
    return f"{(int(counts[1]) - int(counts[0])) // 20:,} instructions" if len(counts) == 2 else "not counted"


def bench_frame(table):
    """A frame of the dashboard that shows new events, in each view. Every one is made anew."""
    views = {view: f"view {view}\n" for view in ("blocks", "ranges", "nodes", "devices", "operations", "latency", "events")}
    views["blocks with forecasts"] = "view blocks\ncolumns id,state,node,zone,can_go,hosting,vmemmap_pages,present,managed,reason\n"
    for view, chosen in views.items():
        few, many = (min((cpu for cpu in (dashboard_cpu(frames, chosen) for _ in range(3)) if cpu is not None), default=None)
                     for frames in (10, 210))
        frame = None if few is None or many is None else (many - few) / 200 / 1000
        table.add(f"frame of {FRAME_BLOCKS:,} blocks, view of {view}",
                  "not measured" if frame is None else f"{frame:.2f} ms of CPU, {frame_instructions(chosen)}", "≤ 3 ms",
                  frame is not None and frame <= 3)


def main():
    os.makedirs(OUT, exist_ok=True)
    table = Table()
    bench_online(table)
    bench_attach(table)
    bench_life(table)
    for name, bench in (("replay", bench_replay), ("check", bench_check), ("memory", bench_check_memory),
                        ("frame", bench_frame)):
        if ONLY.fullmatch(name) or not ONLY.pattern:
            bench(table)
    table.print()
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
