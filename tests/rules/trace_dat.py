#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Read and write trace-cmd files of version 6, with pages as the kernel's ring buffer fills them.

    trace_dat.py strip IN OUT           keep only what the mhp events need: no symbols, no other formats
    trace_dat.py fill IN RECORDING OUT [EDIT...]
                                        replace the events by those of a recording
    trace_dat.py damage IN OUT SEED     change one byte, or truncate the file
    trace_dat.py run SEED COUNT DIR FILE COMMAND...
                                        run a command on COUNT damaged copies; print what went wrong

An EDIT is lost:NTH:COUNT (COUNT events are missing before the NTH; 0: an unknown number),
stats:COUNT (COUNT events are missing at the end), without:EVENT (it was not to be recorded), field:EVENT:NAME (remove a field from an event's
format), rename:EVENT:NAME (as if a newer kernel had another event), word:FIELD:OLD/NEW (another word for a value),
buffer:NAME (another buffer has the same events) or clock:NAME.

trace-cmd-v6.dat.xz was recorded in a guest with `trace-cmd record --file-version 6 -e mhp` while a
DIMM of 256 MiB was added, brought online, taken offline and removed, and then stripped;
trace-cmd-v6-schema-2.dat.xz, too, on a kernel with the events' form before schema 3.
trace-cmd-v7.dat was made from that with `trace-cmd convert`: it has trace-cmd's default format,
which is compressed.
"""
import json
import lzma
import os
import random
import re
import resource
import struct
import subprocess
import sys

PAGE, PAGE_HEAD = 4096, 16
MISSED, STORED = 1 << 31, 1 << 30       # flags of a page's size
TIME_EXTEND, LONGEST = 30, 28           # a type instead of a length; the longest length, in words
CPUSTAT, BUFFER = 2, 3                  # options
CPU_SECONDS, SECONDS = 10, 300    # the second is for a process that waits for ever


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def string(self):
        return self.take(self.data.index(b"\0", self.at) + 1 - self.at)[:-1]

    def sized(self, size):
        return self.take(self.number(size))


def sized(data, size):
    return len(data).to_bytes(size, "little") + data


class File:
    """The parts of a trace.dat."""

    def __init__(self, data):
        read = Reader(data)
        self.magic = read.take(10) + read.string() + b"\0" + read.take(6)
        self.headers = [(read.string(), read.sized(8)) for _ in range(2)]
        self.ftrace = [read.sized(8) for _ in range(read.number(4))]
        self.systems = {}
        for _ in range(read.number(4)):
            name = read.string().decode()
            self.systems[name] = [read.sized(8).decode() for _ in range(read.number(4))]
        self.symbols, self.printk, self.comms = read.sized(4), read.sized(4), read.sized(8)
        cpus = read.number(4)
        assert read.take(10) == b"options  \0"
        self.options = []
        while option := read.number(2):
            self.options.append((option, read.sized(4)))
        assert read.take(10) == b"flyrecord\0"
        places = [(read.number(8), read.number(8)) for _ in range(cpus)]
        self.clock = read.sized(8)
        self.cpus = [data[at:at + size] for at, size in places]
        self.buffers = []

    def strip(self):
        self.ftrace, self.symbols, self.printk = [], b"", b""
        self.systems = {"mhp": self.systems["mhp"]}
        self.options = [option for option in self.options if option[0] != BUFFER]

    def places(self, at):
        """Where the data of each CPU are if they begin there, and the clock."""
        parts = []
        for pages in self.cpus:
            parts.append(struct.pack("<QQ", at, len(pages)))
            at += len(pages)
        return b"".join(parts) + sized(self.clock, 8)

    def bytes(self):
        """Offsets of buffers do not change sizes."""
        data = self.top([0] * len(self.buffers))
        begins = [len(data) + nth * (PAGE + sum(map(len, self.cpus))) for nth in range(len(self.buffers))]
        data = self.top(begins)
        for begin in begins:
            head = b"flyrecord\0" + self.places(begin + PAGE)
            data += head + bytes(PAGE - len(head)) + b"".join(self.cpus)
        return data

    def top(self, begins):
        options = self.options + [(BUFFER, struct.pack("<Q", begin) + name.encode() + b"\0")
                                  for begin, name in zip(begins, self.buffers)]
        parts = [self.magic, *(name + b"\0" + sized(data, 8) for name, data in self.headers)]
        parts += [struct.pack("<I", len(self.ftrace)), *(sized(event, 8) for event in self.ftrace)]
        parts.append(struct.pack("<I", len(self.systems)))
        for name, events in self.systems.items():
            parts.append(name.encode() + b"\0" + struct.pack("<I", len(events)))
            parts += [sized(event.encode(), 8) for event in events]
        parts += [sized(self.symbols, 4), sized(self.printk, 4), sized(self.comms, 8)]
        parts += [struct.pack("<I", len(self.cpus)), b"options  \0"]
        parts += [struct.pack("<H", option) + sized(data, 4) for option, data in options]
        parts.append(b"\0\0flyrecord\0")
        rest = len(self.cpus) * 16 + 8 + len(self.clock)
        at = (sum(map(len, parts)) + rest + PAGE - 1) // PAGE * PAGE
        begin = at
        parts.append(self.places(at))
        head = b"".join(parts)
        return head + bytes(begin - len(head)) + b"".join(self.cpus)


class Format:
    """How an event is laid out, and the numbers of its words."""

    def __init__(self, text):
        self.name = re.search(r"name: (\w+)", text).group(1)
        self.ident = int(re.search(r"ID: (\d+)", text).group(1))
        self.fields = [(name, int(offset), int(size)) for name, offset, size in re.findall(
            r"field:[^;]*?(\w+);\s*offset:(\d+);\s*size:(\d+);", text)]
        self.size = max(offset + size for _, offset, size in self.fields)
        self.words = {name: {word: int(value, 0) for value, word in re.findall(r'\{ *(\w+), *"([^"]*)" *\}', words)}
                      for name, words in re.findall(r"__print_symbolic\(REC->(\w+), ((?:\{[^}]*\}[, ]*)+)\)", text)}

    def pack(self, record):
        data = bytearray(self.size)
        common = {"common_type": self.ident, "common_pid": record["pid"]}
        for name, offset, size in self.fields:
            value = common.get(name, 0) if name.startswith("common_") else record.get(name, 0)
            if isinstance(value, str):
                value = self.words[name][value]
            data[offset:offset + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
        return bytes(data)


class Pages:
    """The ring buffer of one CPU."""

    def __init__(self):
        self.done, self.data, self.start, self.last, self.missed = [], b"", 0, 0, None

    def add(self, when, payload, missed=None):
        payload += bytes(-len(payload) % 4)
        words = len(payload) // 4
        head = struct.pack("<I", words) if words <= LONGEST else struct.pack("<II", 0, len(payload) + 4)
        if missed is not None or len(self.data) + len(head) + len(payload) + 16 > PAGE - PAGE_HEAD:
            self.flush()
            self.missed = missed
        if not self.data:
            self.start = self.last = when
        delta, self.last = when - self.last, when
        if delta >> 27:
            self.data += struct.pack("<II", delta % (1 << 27) << 5 | TIME_EXTEND, delta >> 27)
            delta = 0
        self.data += struct.pack("<I", int.from_bytes(head[:4], "little") | delta << 5) + head[4:] + payload

    def flush(self):
        if not self.data:
            return
        flags, tail = 0, b""
        if self.missed is not None:
            flags = MISSED | (STORED if self.missed else 0)
            tail = struct.pack("<Q", self.missed)
        page = struct.pack("<QQ", self.start, len(self.data) | flags) + self.data + tail
        self.done.append(page + bytes(PAGE - len(page)))
        self.data, self.missed = b"", None

    def bytes(self):
        self.flush()
        return b"".join(self.done)


def fill(file, path, edits):
    missed = {int(nth): int(count) for what, nth, count in (edit.split(":") for edit in edits
                                                            if edit.startswith("lost:"))}
    without = {edit[8:] for edit in edits if edit.startswith("without:")}
    file.systems["mhp"] = [event for event in file.systems["mhp"] if Format(event).name not in without]
    formats = {event.name: event for event in map(Format, file.systems["mhp"])}
    cpus, comms, nth = {}, {}, 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record.get("event") not in formats:
                continue
            nth += 1
            comms[record["pid"]] = record["comm"]
            cpus.setdefault(record["cpu"], Pages()).add(
                record["ns"], formats[record["event"]].pack(record), missed.get(nth))
    file.comms = "".join(f"{pid} {comm}\n" for pid, comm in comms.items()).encode()
    file.cpus = [cpus[cpu].bytes() if cpu in cpus else b"" for cpu in range(max(max(cpus) + 1, len(file.cpus)))]
    for edit in edits:
        what, *args = edit.split(":")
        if what == "stats":
            file.options = [option for option in file.options if option[0] != CPUSTAT]
            file.options.append((CPUSTAT, f"CPU: 0\noverrun: 0\ndropped events: {args[0]}\n\0".encode()))
        elif what == "clock":
            file.clock = f"[{args[0]}]\n".encode()
        elif what == "buffer":
            file.buffers.append(args[0])
        elif what == "rename":
            file.systems["mhp"] = [event.replace(f"name: {args[0]}\n", f"name: {args[1]}\n") for event in file.systems["mhp"]]
        elif what == "word":
            old, new = args[1].split("/")
            file.systems["mhp"] = [re.sub(rf"(__print_symbolic\(REC->{args[0]}, .*?\")({old})\"", rf'\1{new}"', event)
                                   for event in file.systems["mhp"]]
        elif what == "field":
            file.systems["mhp"] = [
                re.sub(rf"\b{args[1]};|(?<=REC->){args[1]}\b", lambda found: found[0].replace(args[1], "other"), event)
                if f"name: {args[0]}\n" in event else event for event in file.systems["mhp"]]


def damage(data, seed):
    chance = random.Random(seed)
    at = chance.randrange(10, len(data))        # keep the magic bytes
    if chance.random() < 0.25:
        return data[:at]
    return data[:at] + bytes([data[at] ^ chance.randrange(1, 256)]) + data[at + 1:]


def limit_cpu():
    """However busy the machine is, a process that hangs is one that uses the CPU for that long."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def run(seed, count, folder, path, *command):
    """Run a command on damaged files: it must not crash, hang, or print more than one line of errors, two if it is cut."""
    data, seen = load(path), {}
    for nth in range(int(seed), int(seed) + int(count)):
        name = os.path.join(folder, "damaged.dat")
        with open(name, "wb") as file:
            file.write(damage(data, nth))
        try:
            ended = subprocess.run([*command, name], capture_output=True, stdin=subprocess.DEVNULL,
                                   timeout=SECONDS, check=False, preexec_fn=limit_cpu)
        except subprocess.TimeoutExpired:
            print(f"seed {nth}: not done after {SECONDS} s")
            continue
        seen[ended.returncode] = seen.get(ended.returncode, 0) + 1
        if ended.returncode not in (0, 1, 3, 5, 6) or ended.stderr.count(b"\n") > 1 + (ended.returncode == 5):
            print(f"seed {nth}: exit {ended.returncode}: {ended.stderr.decode(errors='replace')[:300]}")
    print("exits:", *(f"{status}={number}" for status, number in sorted(seen.items())), file=sys.stderr)


def load(path):
    with (lzma.open if path.endswith(".xz") else open)(path, "rb") as file:
        return file.read()


def store(path, data):
    with (lzma.open if path.endswith(".xz") else open)(path, "wb") as file:
        file.write(data)


def main(what, *args):
    if what == "run":
        run(*args)
    elif what == "damage":
        store(args[1], damage(load(args[0]), int(args[2])))
    else:
        file = File(load(args[0]))
        if what == "strip":
            file.strip()
        else:
            fill(file, args[1], args[3:])
        store(args[1 if what == "strip" else 2], file.bytes())


main(*sys.argv[1:])
