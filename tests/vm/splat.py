#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Find kernel splats in a console log.

A log that is missing, empty, or lacks the line that every guest of this harness
writes when it starts is an error, not a clean log.

    splat.py [--allow REGEX]... [--any-log] LOG...     exit 0 clean, 1 not
"""
import argparse
import collections
import re
import sys

# The guest's init writes these to the kernel log at the level of a WARN():
# if they reach the console, a WARN() would have reached it too.
START_MARK = "mhp-guest: start"
END_MARK = "mhp-guest: end"
PROVOKED = "provoked-splats"    # a file in the results folder

PATTERNS = [
    r"\bBUG:",
    r"kernel BUG at",
    r"\bWARNING:",
    r"\bKASAN:",
    r"\bKFENCE:",
    r"\bUBSAN:",
    r"\bOops\b",
    r"Kernel panic",
    r"[Gg]eneral protection fault",
    r"[Uu]nable to handle",
    r"\bdouble fault\b",
    r"\binvalid opcode\b",
    # lockdep
    r"possible circular locking",
    r"INFO: possible",
    r"INFO: trying to register",
    r"inconsistent lock state",
    r"inconsistent \{.*\} usage",
    r"suspicious RCU usage",
    r"bad unlock balance",
    r"held lock freed",
    r"lock held when returning to user space",
    r"turning off the locking correctness validator",
    # stalls
    r"scheduling while atomic",
    r"soft lockup",
    r"hard LOCKUP",
    r"INFO: rcu_\w+ .*(detected|stall)",
    r"rcu_\w+ kthread (starved|timer wakeup)",
    r"INFO: task .* blocked for more than",
    r"kmemleak: \d+ new suspected",
    # a crash in user space
    r"\]: segfault at ",
]

# Lines that match a pattern but do not report a fault in the kernel's memory management.
HARMLESS = [
    r"Spectre V2 ?: WARNING: Unprivileged eBPF",
]

_SPLAT = re.compile("|".join(f"(?:{p})" for p in PATTERNS))
_HARMLESS = re.compile("|".join(f"(?:{p})" for p in HARMLESS))
_STAMP = re.compile(r"^\s*(<\d+>)?\[\s*\d+\.\d+\](\[\s*[CT]\d+\])?\s*")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc|[\x00-\x08\x0b-\x1f]")


class LogError(Exception):
    """The log cannot be used as evidence."""


def clean(line):
    """A console line without terminal escapes, carriage returns and timestamp."""
    return _STAMP.sub("", _ESCAPE.sub("", line)).rstrip()


def read_log(path):
    try:
        with open(path, "r", encoding="utf-8", errors="replace", newline="\n") as log:
            text = log.read()
    except OSError as err:
        raise LogError(f"cannot read the console log {path}: {err.strerror}; "
                       "without it a run cannot pass") from err
    if not text.strip():
        raise LogError(f"the console log {path} is empty: the kernel wrote nothing; "
                       "check that it supports the console on its command line (ttyS0)")
    return text.split("\n")


def compile_allowed(regexes):
    try:
        return [re.compile(r) for r in regexes]
    except re.error as err:
        raise LogError(f"invalid regular expression {err.pattern!r} in --allow-splat: {err}") from err


def read_provoked(path):
    """The lines that the script in the guest provoked and checked (lib_splat.py); none if there is no such file."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as err:
        raise LogError(f"cannot read the provoked splats in {path}: {err}") from err


def scan(lines, allowed=(), provoked=()):
    """The splats in these lines: (forbidden, expected), each in order and without duplicates.

    Expected are those that match `allowed`, and each line of `provoked` as often as it is there.
    """
    found, expected, left = {}, {}, collections.Counter(provoked)
    for raw in lines:
        line = clean(raw)
        if not _SPLAT.search(line) or _HARMLESS.search(line):
            continue
        hit = left[line] > 0 or any(a.search(line) for a in allowed)
        left[line] -= 1
        (expected if hit else found)[line] = None
    return list(found), list(expected)


def scan_console(path, allowed=(), marks=(START_MARK,), provoked=()):
    """scan() a console log, which must also contain the given marks."""
    lines = read_log(path)
    for mark in marks:
        if not any(mark in line for line in lines):
            raise LogError(f"the console log {path} has no line {mark!r}: "
                           "it is incomplete, so it proves nothing")
    return scan(lines, allowed, provoked)


def main(argv=None):
    parser = argparse.ArgumentParser(description="Find kernel splats in a console log.")
    parser.add_argument("--allow", metavar="REGEX", action="append", default=[],
                        help="a splat that is expected (may be repeated)")
    parser.add_argument("--any-log", action="store_true",
                        help="accept logs that do not come from a guest of this harness")
    parser.add_argument("log", nargs="+")
    args = parser.parse_args(argv)
    marks = () if args.any_log else (START_MARK,)
    bad = False
    for path in args.log:
        try:
            found, _ = scan_console(path, compile_allowed(args.allow), marks)
        except LogError as err:
            print(f"splat.py: {err}", file=sys.stderr)
            bad = True
            continue
        for line in found:
            print(f"{path}: {line}")
            bad = True
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
