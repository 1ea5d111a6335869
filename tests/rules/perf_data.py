#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Edits recordings of perf, for tests.

    perf_data.py lost FILE NTH N        N events are lost before the NTH sample
    perf_data.py lost-samples FILE N    perf counted N lost events when it ended
    perf_data.py cut FILE NTH           the file ends inside the NTH sample
    perf_data.py flush FILE NTH         the file ends after the NTH sample
    perf_data.py round FILE NTH         the same, behind the mark that perf leaves when it has emptied all buffers
    perf_data.py without FILE           no sample is left
    perf_data.py name FILE TEXT         TEXT is the name of the task of the first sample
    perf_data.py killed FILE            perf did not write the size of the data
    perf_data.py scope FILE EDIT...     perf was asked to record something else: tid:N (of the tasks), online:N (CPUs),
                                        period:N, flag:BIT (of the attributes), no-index, command:ARGUMENTS, or
                                        kind:NTH (an event was not recorded); without: as above
    perf_data.py opens FILE COMMAND...  prints whether COMMAND FILE opens a program that ran when FILE was recorded

FILE may be packed with xz. The result is printed, except by opens.
"""
import ctypes
import lzma
import os
import struct
import subprocess
import sys
import tempfile

LOST, COMM, SAMPLE, LOST_SAMPLES = 2, 3, 9, 13
ATTR, TRACING_DATA, FINISHED_ROUND, ID_INDEX, FEATURE = 64, 66, 68, 69, 80
NRCPUS, CMDLINE = 7, 11             # features
DUMMY = (1, 128, 9)                 # the begin of the attribute of an event that never comes
TASK_RECORDS = (3, 4, 7)            # comm, exit, fork: with the trailer that a lost record has, too
TRAILER = 32                        # pid and tid, time, CPU, ID
PIPE_HEADER = 16
FEATURES = 72                       # offset of the bits of features in the header


class Data:
    def __init__(self, path):
        with (lzma.open if path.endswith(".xz") else open)(path, "rb") as file:
            self.bytes = bytearray(file.read())
        self.is_pipe = struct.unpack_from("<Q", self.bytes, 8)[0] == PIPE_HEADER
        self.begin, self.end = PIPE_HEADER, len(self.bytes)
        if not self.is_pipe:
            self.begin, size = struct.unpack_from("<2Q", self.bytes, 40)
            self.end = self.begin + size
        self.records = []           # (type, offset, size)
        at = self.begin
        while at < self.end:
            kind, _, size = struct.unpack_from("<IHH", self.bytes, at)
            self.records.append((kind, at, size))
            if kind == TRACING_DATA:
                size += (struct.unpack_from("<I", self.bytes, at + 8)[0] + 7) & ~7
            at += size

    def attrs(self):
        """The offsets of the attributes, and of their IDs."""
        if self.is_pipe:
            return [(at + 8, at + 8 + struct.unpack_from("<I", self.bytes, at + 12)[0])
                    for kind, at, _ in self.records if kind == ATTR]
        each, begin, size = struct.unpack_from("<3Q", self.bytes, 16)
        return [(at, struct.unpack_from("<Q", self.bytes, at + each - 16)[0]) for at in range(begin, begin + size, each)]

    def feature(self, number):
        if self.is_pipe:
            return next(at + 16 for kind, at, _ in self.records
                        if kind == FEATURE and struct.unpack_from("<Q", self.bytes, at + 8)[0] == number)
        bits = int.from_bytes(self.bytes[FEATURES:FEATURES + 32], "little")
        nth = bin(bits & ((1 << number) - 1)).count("1")
        return struct.unpack_from("<Q", self.bytes, self.end + 16 * nth)[0]

    def sample(self, nth):
        return [record for record in self.records if record[0] == SAMPLE][nth - 1]

    def insert(self, at, new):
        """Insert a record; what follows the data of a file moves."""
        if not self.is_pipe:
            struct.pack_into("<Q", self.bytes, 48, self.end - self.begin + len(new))
            bits = sum(bin(byte).count("1") for byte in self.bytes[FEATURES:FEATURES + 32])
            for nth in range(bits):
                place = self.end + 16 * nth
                offset = struct.unpack_from("<Q", self.bytes, place)[0]
                struct.pack_into("<Q", self.bytes, place, offset + len(new))
        self.bytes[at:at] = new

    def trailer(self, sample):
        """Of a lost record: by the task, and on the CPU, of a sample."""
        task = next(record for record in self.records if record[0] in TASK_RECORDS and
                    struct.unpack_from("<Q", self.bytes, record[1] + record[2] - 8)[0])
        ids = self.bytes[task[1] + task[2] - 8:task[1] + task[2]]
        # ID, address of the code, pid and tid, time, …, CPU
        pids, time = struct.unpack_from("<2Q", self.bytes, sample[1] + 24)
        cpu = struct.unpack_from("<Q", self.bytes, sample[1] + 48)[0]
        return struct.pack("<3Q", pids, time - 1, cpu) + bytes(ids)


def lost(data, nth, number):
    sample = data.sample(int(nth))
    trailer = data.trailer(sample)
    data.insert(sample[1], struct.pack("<IHHQQ", LOST, 0, 24 + TRAILER, 0, int(number)) + trailer)


def lost_samples(data, number):
    data.insert(data.end, struct.pack("<IHHQ", LOST_SAMPLES, 0, 16 + TRAILER, int(number)) +
                data.trailer(data.sample(1)))


def cut(data, nth):
    _, at, size = data.sample(int(nth))
    del data.bytes[at + size - 16:]


def flush(data, nth):
    _, at, size = data.sample(int(nth))
    del data.bytes[at + size:]


def finish_round(data, nth):
    flush(data, nth)
    data.bytes += struct.pack("<IHH", FINISHED_ROUND, 0, 8)


def without(data):
    for kind, at, _ in data.records:
        if kind == SAMPLE:
            struct.pack_into("<I", data.bytes, at, FINISHED_ROUND)


def name(data, text):
    sample = data.sample(1)
    comm = text.encode() + b"\0"
    comm += bytes(-len(comm) % 8)
    pids = bytes(data.bytes[sample[1] + 24:sample[1] + 32])
    data.insert(sample[1], struct.pack("<IHH", COMM, 0, 16 + len(comm) + TRAILER) + pids + comm + data.trailer(sample))


def killed(data):
    struct.pack_into("<Q", data.bytes, 48, 0)


def index(data, edit, value):
    for kind, at, _ in data.records:
        if kind == ID_INDEX and edit == "no-index":
            struct.pack_into("<I", data.bytes, at, FINISHED_ROUND)
        elif kind == ID_INDEX:
            for nth in range(struct.unpack_from("<Q", data.bytes, at + 8)[0]):
                struct.pack_into("<q", data.bytes, at + 16 + 32 * nth + 24, int(value))


def attributes(data, edit, value):
    for at, _ in data.attrs():
        if edit == "period":
            struct.pack_into("<Q", data.bytes, at + 16, int(value))
        else:
            flags = struct.unpack_from("<Q", data.bytes, at + 40)[0]
            struct.pack_into("<Q", data.bytes, at + 40, flags | 1 << int(value))


def leave_out(data, _, value):
    at, ids = data.attrs()[int(value) - 1]
    struct.pack_into("<IIQ", data.bytes, at, *DUMMY)
    ids = data.bytes[ids:ids + 8], data.bytes[ids + 8:ids + 16]
    for kind, sample, _ in data.records:
        if kind == SAMPLE and data.bytes[sample + 8:sample + 16] in ids:
            struct.pack_into("<I", data.bytes, sample, FINISHED_ROUND)


def online(data, _, value):
    struct.pack_into("<I", data.bytes, data.feature(NRCPUS) + 4, int(value))


def command_line(data, _, value):
    """In place of one with as many arguments, or more."""
    at, words = data.feature(CMDLINE), value.split()
    assert len(words) <= struct.unpack_from("<I", data.bytes, at)[0]
    struct.pack_into("<I", data.bytes, at, len(words))
    for nth, word in enumerate(words):
        struct.pack_into("<I64s", data.bytes, at + 4 + 68 * nth, 64, word.encode())


def scope(data, *edits):
    for edit in edits:
        word, _, value = edit.partition(":")
        if word == "without":
            without(data)
            continue
        {"tid": index, "no-index": index, "period": attributes, "flag": attributes, "kind": leave_out, "online": online,
         "command": command_line}[word](data, word, value)


def opens(data, *command):
    """Put another file in place of a program, and watch it."""
    old = b"/usr/bin/python3.11"
    assert old in data.bytes
    libc = ctypes.CDLL(None, use_errno=True)
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="") as folder:
        path = folder + "/" + "x" * (len(old) - len(folder) - 1)
        with open(path, "w", encoding="ascii") as file:
            file.write("a program")
        name = folder + ".data"
        with open(name, "wb") as file:
            file.write(data.bytes.replace(old, path.encode()))
        watch = libc.inotify_init1(os.O_NONBLOCK)
        assert watch >= 0 and libc.inotify_add_watch(watch, path.encode(), 0x20) >= 0      # IN_OPEN
        try:
            subprocess.run([*command, name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        finally:
            os.unlink(name)
        try:
            print("opened" if os.read(watch, 4096) else "nothing")
        except BlockingIOError:
            print("not opened")


def main():
    edit, path, *args = sys.argv[1:]
    data = Data(path)
    {"lost": lost, "lost-samples": lost_samples, "cut": cut, "flush": flush, "round": finish_round,
     "without": without, "name": name, "killed": killed, "scope": scope,
     "opens": opens}[edit](data, *args)
    if edit != "opens":
        sys.stdout.buffer.write(data.bytes)


main()
