#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""perf, trace-cmd and bpftrace read the events exactly as the kernel prints them.

Each tool, called as in docs/events.md, observes one DIMM being added, onlined, offlined and
removed. Its output must equal the text of tracefs for every event, in order (so that enums are
words and no argument is misread), without complaints about a format. mhptop, which prints from its
own recording, must print the same as perf script. bpftrace prints no events: its counts must be
right, and it must know the enums by name. All this works because each events/mhp/*/format uses
only what every parser understands, which is tested too.
"""
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
from lib_trace import EVENTS, Trace, pick

TOOLS = ("perf", "trace-cmd", "bpftrace")
COMPLAINTS = re.compile(r"FAILED|[Ff]ailed to|PARSE|[Ee]rror|LOST|[Ll]ost [1-9]|unknown op|\[UNKNOWN")
# What may remain of the arguments of a print fmt without strings, numbers and the two functions.
HARMLESS = re.compile(r"^(REC->\w+|[\s,(){}])*$")
PERF_LINE = r"mhp:(mhp_\w+): (.*)$"
SECONDS = 600                       # attaching to all events takes long on a busy host
LOGGED = 10                         # events in the log of a frame
BPFTRACE = """
tracepoint:mhp:* { @seen[probe] = count(); }
tracepoint:mhp:mhp_online_end /args->zone == MHP_ZONE_MOVABLE && args->ret == 0/ {
	@movable = count();
}
tracepoint:mhp:mhp_vmemmap_populate /args->hosting == MHP_HOSTING_BLOCK/ {
	@hosted = sum(args->vmemmap_pages);
}
tracepoint:mhp:mhp_present { @present = sum(args->delta); }
"""


def life():
    """What the tools observe: two blocks, from add to remove."""
    numbers = oracle.blocks_of(guest.dimm_plug("d0", "256M"), 256 << 20)
    for state in "online_movable", "offline":
        for number in numbers:
            oracle.block_set(number, state)
    guest.dimm_unplug("d0")


def tool(*command):
    """Run a tool: (exit status, its stdout and stderr)."""
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           stdin=subprocess.DEVNULL, timeout=SECONDS, check=False)
    return ended.returncode, ended.stdout


LIFE = [sys.executable, os.path.realpath(__file__), "life"]


def wrong_output(status, *texts):
    wrong = guest.differs("exit", 0, status)
    for text in texts:
        wrong += [f"complaint: {line}" for line in text.splitlines() if COMPLAINTS.search(line)]
    return wrong


def wrong_lines(pattern, text, events):
    """Compare event and text of each line that a tool printed with the trace."""
    got = re.findall(pattern, text, re.M)
    want = [(event.name, event.text.strip()) for event in events]
    wrong = guest.differs("printed", len(want), len(got), "events")
    for index, (there, here) in enumerate(zip(want, got)):
        wrong += guest.differs(f"line {index + 1}", there, (here[0], here[1].strip()))
    if not any("zone=Movable" in line for _, line in got):
        wrong.append("zones by name: expected zone=Movable in some line, found none")
    return wrong


def checked(name, text, events):
    """`mhptop check` reads all of a tool's output and finds no violation."""
    path = os.path.join(guest.RESULTS, f"{name.replace(' ', '-')}.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    verdict = ledger.run("check", path).splitlines()[-1]
    guest.eq(f"{name}: mhptop check reads its output",
             f"# PASS: {len(events)} events, 0 lost, completeness unknown", verdict)


def perf_trace(trace):
    status, text = tool("perf", "trace", "-a", "--sort-events", "--libtraceevent_print", "-e", "mhp:*",
                        "--", *LIFE)
    guest.ok("perf trace: no complaints", wrong_output(status, text))
    guest.ok("perf trace: prints the same as tracefs",
             wrong_lines(r"mhp:(mhp_\w+)\((.*)\)$", text, trace.read()))


def mhptop_lines(path):
    """(event, text) of all events of a recording, from the logs of frames of ever longer parts of it."""
    header, *records = oracle.read(path).splitlines()
    records = [record for record in records if '"event":' in record]
    lines = []
    for begin in range(0, len(records), LOGGED):
        new = records[begin:begin + LOGGED]
        with open("/tmp/part", "w", encoding="utf-8") as file:
            file.write("\n".join([header, *records[:begin], *new]) + "\n")
        text = ledger.run("replay", "-b", "/tmp/part")
        # The log has the kernel's events only.
        logged = sum(json.loads(record)["event"] not in ledger.TOOL_EVENTS for record in new)
        lines += re.findall(PERF_LINE, text, re.M)[-logged:] if logged else []
    return lines


def end(recorder, what):
    recorder.process.terminate()
    guest.eq(f"{what}: exits 0", 0, recorder.process.wait(ledger.SECONDS))


def records(text):
    """The kernel's events of a recording, without what two recorders number and time differently."""
    found = [json.loads(line) for line in text.splitlines()]
    return [{key: value for key, value in record.items() if key not in ("seq", "ns")}
            for record in found if record.get("event", "") not in (*ledger.TOOL_EVENTS, "")]


def binary(recorder, ours):
    """A binary recording of the same events: as NDJSON, it is what the other recorder wrote, and every reader takes it."""
    end(recorder, "mhptop record, binary")
    path = recorder.path
    guest.eq("binary: only its owner may read it", "0o600", oct(os.stat(path).st_mode & 0o777))
    lines = ledger.run("export", "--ndjson", path)
    got, want = records(lines), records(oracle.read(ours))
    guest.ok(f"binary: the {len(want)} events that the other recorder wrote", guest.differs("events", len(want), len(got)) + [
        line for there, here in zip(want, got) for line in guest.differs("event", there, here)])
    with open("/tmp/converted", "w", encoding="utf-8") as file:
        file.write(lines)
    totals = json.loads(lines.splitlines()[-1])["totals"]
    guest.eq("binary: the ledgers are equal, and nothing was lost", ("equal", 0), (totals["self_check"], totals["lost"]))
    for command in (("check",), ("replay", "-b"), ("replay", "--json"), ("export", "--perfetto")):
        guest.eq(f"binary: mhptop {' '.join(command)} reads it like its lines", ledger.run(*command, "/tmp/converted"),
                 ledger.run(*command, path))
    guest.note(f"{os.path.getsize(path)} bytes, as NDJSON {len(lines)}")


def perf_record(trace):
    """perf record and mhptop record, in both forms, observe the same events."""
    data, recorder = "/tmp/perf.data", ledger.Recorder()
    other = ledger.Recorder("binary", form="mhp")
    status, log = tool("perf", "record", "-a", "-e", "mhp:*", "-o", data, "--", *LIFE)
    events = trace.read()
    script_status, text = tool("perf", "script", "-i", data)
    guest.ok("perf record and perf script: no complaints", wrong_output(status or script_status, log, text))
    guest.ok("perf script: prints the same as tracefs", wrong_lines(PERF_LINE, text, events))
    checked("perf script", text, events)
    guest.eq("perf.data: mhptop check reads it through perf",
             f"# PASS: {len(events)} events, 0 lost", ledger.run("check", data).splitlines()[-1])
    end(recorder, "mhptop record")
    binary(other, recorder.path)
    ours = mhptop_lines(recorder.path)
    guest.ok("mhptop: prints the same as perf script", guest.differs(
        "printed", len(events), len(ours), "events") + [
            line for there, here in zip(re.findall(PERF_LINE, text, re.M), ours)
            for line in guest.differs("line", there, here)])


def bpf_symbols():
    """The BPF programs in kallsyms."""
    return [line for line in oracle.read("/proc/kallsyms").splitlines() if line.endswith("[bpf]")]


def trace_cmd(trace):
    # The programs of a recorder that has ended are freed later; trace-cmd fails if kallsyms changes while it reads it.
    guest.ok("the programs of mhptop record are freed", [] if guest.wait_for(60, lambda: not bpf_symbols())
             else bpf_symbols())
    data = "/tmp/trace.dat"
    status, log = tool("trace-cmd", "record", "-e", "mhp", "-o", data, "--", *LIFE)
    events = trace.read()
    report_status, text = tool("trace-cmd", "report", "-i", data)
    guest.ok("trace-cmd: no complaints", wrong_output(status or report_status, text)
             + [f"trace-cmd record: {line}" for line in log.splitlines() if status or "FAILED" in line])
    guest.ok("trace-cmd report: prints the same as tracefs",
             wrong_lines(r": (mhp_\w+): +(.*)$", text, events))
    checked("trace-cmd report", text, events)
    dat(data, events, tool("trace-cmd", "report", "-t", "-i", data)[1])


def wrong_records(data, text):
    """Compare what mhptop reads from a trace.dat (task, CPU, time, each field) with trace-cmd's output."""
    as_text = os.path.join(os.environ["MHP_ROOT"], "build/tests/as_text")
    _, ours = tool(as_text, "trace-cmd", data)
    # Ask for nine digits and cut: trace-cmd rounds to six, as_text truncates.
    text = re.sub(r"(\.\d{6})\d{3}:", r"\1:", text)
    lines = [[line.split() for line in lines.splitlines() if "mhp_" in line] for lines in (text, ours)]
    return guest.differs("printed", len(lines[0]), len(lines[1]), "events") + [
        line for there, here in zip(*lines) for line in guest.differs("line", there, here)]


def dat(data, events, text):
    """`mhptop check` reads a trace.dat without trace-cmd; each number equals the trace's."""
    mhptop, path = shutil.which("mhptop"), os.environ["PATH"]
    os.environ["PATH"] = "/nowhere"
    try:
        ended = subprocess.run([mhptop, "check", data], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               stdin=subprocess.DEVNULL, timeout=SECONDS, check=False)
    finally:
        os.environ["PATH"] = path
    guest.ok("trace.dat: mhptop check reads it without trace-cmd", guest.differs(
        "verdict", (0, f"# PASS: {len(events)} events, 0 lost", ""),
        (ended.returncode, ended.stdout.splitlines()[-1:] and ended.stdout.splitlines()[-1], ended.stderr)))
    guest.ok("trace.dat: its records equal the output of trace-cmd report", wrong_records(data, text))


def bpftrace(trace):
    status, text = tool("bpftrace", "-e", BPFTRACE, "-c", " ".join(LIFE))
    events = trace.read()
    guest.ok("bpftrace: no complaints", wrong_output(status, text))
    want = {event.name: 0 for event in events}
    for event in events:
        want[event.name] += 1
    got = {name: int(count) for name, count in
           re.findall(r"^@seen\[tracepoint:mhp:(\w+)\]: (\d+)$", text, re.M)}
    guest.ok("bpftrace: counts each event", guest.differs("counts", want, got))
    values = dict(re.findall(r"^@(\w+): (-?\d+)$", text, re.M))
    populated = sum(event.fields["vmemmap_pages"] for event in pick(events, "vmemmap_populate"))
    guest.ok("bpftrace: knows enums by name and the signs of fields", guest.differs(
        "values", {"movable": "2", "hosted": str(populated), "present": "0"}, values))


def wrong_format(text):
    """Check that a format file uses only what perf, trace-cmd and bpftrace all support."""
    wrong, end = [], 0
    for declaration, offset, size in re.findall(r"field:(.*?);\toffset:(\d+);\tsize:(\d+);", text):
        if declaration.split()[-1].startswith("common_"):
            end = int(offset) + int(size)
            continue
        wrong += guest.differs(f"hole before {declaration!r}", 0, int(offset) - end, "bytes")
        wrong += [] if int(size) in (1, 2, 4, 8) else [f"size of {declaration!r}: {size} bytes"]
        wrong += [] if "[" not in declaration and "__data_loc" not in declaration \
            else [f"not a scalar: {declaration!r}"]
        end = int(offset) + int(size)
    match = re.search(r'^print fmt: "(.*?)"(.*)$', text, re.M)
    if not match:
        return wrong + ["no print fmt"]
    bare = re.sub(r'"[^"]*"', "", match.group(2))
    for pattern in (r"\b__print_(symbolic|flags)\(", r"\b(0x[0-9a-f]+|\d+)\b"):
        bare = re.sub(pattern, "", bare)
    if not HARMLESS.match(bare):
        wrong.append(f"print fmt: more than fields, numbers, __print_symbolic and __print_flags: {bare.strip()}")
    if re.search(r"%[-+ #0-9.]*[p*]", match.group(1)):
        wrong.append(f"print fmt: a pointer, or a width taken from an argument: {match.group(1)}")
    if re.search(r"\bMHP_\w+", match.group(2)):
        wrong.append(f"print fmt: an enum that is not resolved to its number: {match.group(2)}")
    return wrong


def formats():
    names = sorted(name for name in os.listdir(EVENTS) if name.startswith("mhp_"))
    header = oracle.read(os.path.join(os.environ["MHP_ROOT"], "tracepoints.h"))
    defined = re.findall(r"^(?:TRACE_EVENT\(|DEFINE_EVENT\(\w+, )(\w+),", header, re.M)
    guest.eq("the events are those of tracepoints.h", sorted(defined), names)
    for name in names:
        guest.ok(f"{name}: every parser supports its format",
                 wrong_format(oracle.read(f"{EVENTS}/{name}/format")))


def main():
    formats()
    trace = Trace()
    for check in perf_trace, perf_record, trace_cmd, bpftrace:
        check(trace)
    guest.ok("no event was lost", trace.lost())
    trace.close()


if sys.argv[1:] == ["life"]:
    life()
    sys.exit()
for command in TOOLS:
    if subprocess.run(["which", command], stdout=subprocess.DEVNULL, check=False).returncode:
        guest.bail(f"{command} is not installed; tools/setup.sh guest installs it")
guest.run(main)
