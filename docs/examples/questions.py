#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Ask a recording: what took longest, what failed and why, what does the memmap of added memory cost?

    PYTHONPATH=/usr/local/share/mhptop questions.py RECORDING
"""
import collections
import sys

import mhptop


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: questions.py RECORDING")
    hosted = collections.Counter()
    with mhptop.Recording(sys.argv[1]) as recording:
        records = []
        for record in recording:
            if record.event == "mhp_vmemmap_populate" and not record.ret:
                hosted[record.hosting] += record.vmemmap_pages
            records.append(record)
        done = [operation for operation in mhptop.operations(records) if operation.end]

        longest = max(done, key=lambda operation: operation.ns, default=None)
        if longest:
            print(f"longest: {longest.kind} of memory{recording.block_of(longest.start_pfn)} by {longest.begin.comm}, "
                  f"{longest.ns / 1e6:.3f} ms")
        for operation in done:
            if operation.failed:
                way = f", {operation.blockers[-1].kind} page {operation.blockers[-1].pfn:#x}" if operation.blockers else ""
                print(f"failed: {operation.kind} of memory{recording.block_of(operation.start_pfn)}: {operation.reason}{way}")
        for hosting, pages in sorted(hosted.items()):
            print(f"memmap hosted by {hosting}: {pages * recording.header.page_bytes >> 10} KiB")
        if any(totals is None or totals.lost for totals in recording.ends):
            print("events are missing from this recording")


if __name__ == "__main__":
    main()
