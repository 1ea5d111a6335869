#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compare the output of build/tests/call_sites with binutils' addr2line and with the kernel's source.

    compare.py VMLINUX SITES TREE TRACEPOINTS

SITES is the output, TREE has the source files with call sites. Prints a line for each difference.
"""
import os
import re
import subprocess
import sys
from collections import defaultdict


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def addr2line(vmlinux, addresses):
    """Address -> [(function, file, line)], from the inside out; each line is where the previous function is called."""
    text = subprocess.run(["addr2line", "-a", "-i", "-f", "-e", vmlinux, *addresses],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    chains, chain = {}, None
    lines = iter(text.splitlines())
    for line in lines:
        if re.fullmatch(r"0x[0-9a-f]{16}", line):
            chain = chains.setdefault(int(line, 16), [])
            continue
        file, _, number = next(lines).split(" (")[0].rpartition(":")
        chain.append((line, os.path.normpath(file), int(number) if number.isdigit() else 0))
    return chains


def expected(event, chain):
    """Function, function it was inlined into, file and line of a call; None if it is not a call."""
    calls = [at for at, frame in enumerate(chain[:-1]) if frame[0] == f"trace_{event}"]
    if not calls:
        return None
    function, file, line = chain[calls[-1] + 1]
    within = chain[-1][0]
    return function, within if within != function else "", file, line


def is_same(want, got):
    """Paths start at the top of the tree; those of addr2line are absolute."""
    if not want or not got:
        return want == got
    return want[:2] == got[:2] and want[2].endswith("/" + got[2]) and want[3] == got[3]


def calls_in(tree):
    """Event -> {(file, line)} of all calls in the source."""
    calls = defaultdict(set)
    for folder, _, names in os.walk(tree):
        for name in names:
            if not name.endswith(".c"):
                continue
            path = os.path.join(folder, name)
            for number, line in enumerate(read(path).splitlines(), 1):
                for event in re.findall(r"\btrace_(mhp_\w+)\(", line):
                    if not event.endswith("_enabled"):
                        calls[event].add((os.path.relpath(path, tree), number))
    return calls


def main():
    vmlinux, sites, tree, header = sys.argv[1:]
    events = re.findall(r"^(?:TRACE_EVENT\(|DEFINE_EVENT\(\w+, )(\w+),", read(header), re.M)
    rows = [line.split("\t") for line in read(sites).splitlines()]
    chains = addr2line(vmlinux, [row[1] for row in rows])
    found = defaultdict(set)
    for event, address, *site in rows:
        want = expected(event, chains[int(address, 16)])
        got = (*site[:3], int(site[3])) if site else None
        if got:
            found[event].add(got[2:])
        if not is_same(want, got):
            print(f"{event} at {address}: addr2line says {want}, call_sites {got}")
    calls = calls_in(tree)
    for event in events:
        if not found[event]:
            print(f"{event}: no call found")
        for where in found[event] ^ calls[event]:
            print(f"{event}, {where[0]}:{where[1]}: " + (
                "no call in the source" if where in found[event] else "call not found"))


main()
