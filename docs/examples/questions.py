#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Ask a recording: what took longest, what failed and why, what does the memmap of added memory cost?

    PYTHONPATH=/usr/local/share/mhptop questions.py RECORDING
"""
import collections
import sys

import mhptop


def memmap(recording):
    """Bytes of the memmap that was populated, by who hosts it."""
    hosted = collections.Counter()
    for record in recording:
        if record.event == "mhp_vmemmap_populate" and not record.ret:
            hosted[record.hosting] += record.vmemmap_pages * recording.header.page_bytes
    return hosted


def ask(path):
    """The answers, a line each."""
    answers, longest = [], None
    with mhptop.Recording(path) as recording:
        # operations() needs the recording, not a list of its records: if it is several that were joined, its header changes.
        for operation in mhptop.operations(recording):
            if not operation.end:
                continue
            name = f"{operation.kind} of memory{recording.block_of(operation.start_pfn)}"
            if not longest or operation.ns > longest[0]:
                longest = operation.ns, f"longest: {name} by {operation.begin.comm}, {operation.ns / 1e6:.3f} ms"
            if operation.failed:
                way = f", {operation.blockers[-1].kind} page {operation.blockers[-1].pfn:#x}" if operation.blockers else ""
                answers.append(f"failed: {name}: {operation.reason}{way}")
        if longest:
            answers.insert(0, longest[1])
        missing = any(totals is None or totals.lost for totals in recording.ends)
    # A recording is read once; this is another question.
    with mhptop.Recording(path) as recording:
        answers += [f"memmap hosted by {hosting}: {size >> 10} KiB" for hosting, size in sorted(memmap(recording).items())]
    return answers + ["events are missing from this recording"] * missing


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: questions.py RECORDING")
    try:
        print(*ask(sys.argv[1]), sep="\n")
    except mhptop.Error as error:
        sys.exit(f"questions.py: {error}")
    except OSError as error:
        sys.exit(f"questions.py: {error.filename or sys.argv[1]}: {error.strerror}")


if __name__ == "__main__":
    main()
