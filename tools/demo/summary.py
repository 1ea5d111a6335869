#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sum up the demo of a DIMM.

    summary.py ONLINE OFFLINE END VERDICT START BYTES

ONLINE and OFFLINE are frames of `mhptop --json` while all blocks of the DIMM
were in that state, END is that of its recording as a whole, VERDICT is what
`mhptop check` printed; START is the DIMM's physical address.
"""
import json
import sys


def load(path):
    with open(path, encoding="utf-8") as frame:
        return json.load(frame)


def blocks_of(frame, start, size):
    first, last = start // frame["page_bytes"], (start + size - 1) // frame["page_bytes"]
    return [block for block in frame["blocks"] if first <= block["start_pfn"] <= last]


def sum_of(blocks, key):
    return sum(block[key] or 0 for block in blocks)


def state_row(frame, state, start, size):
    blocks = blocks_of(frame, start, size)
    reached = sum(block["state"] == state for block in blocks)
    return (f"{reached} of {len(blocks)} memory blocks: {sum_of(blocks, 'present')} pages present, "
            f"{sum_of(blocks, 'managed')} managed")


def hosting_row(frame, start, size):
    blocks = blocks_of(frame, start, size)
    hosts = ", ".join(sorted({block["hosting"] for block in blocks})) or "no memory blocks"
    pages = sum_of(blocks, "vmemmap_pages")
    return f"{hosts}: the memmap takes {pages} pages ({pages * frame['page_bytes'] >> 20} MiB)"


def removed_row(frame, start, size):
    ranges = [one for one in frame["ranges"] if one["removed"] and one["base_pfn"] * frame["page_bytes"] == start
              and one["nr_pages"] * frame["page_bytes"] == size]
    return f"{'' if ranges else 'not '}{start:#x}-{start + size - 1:#x}"


def verdict_row(path):
    with open(path, encoding="utf-8") as verdict:
        lines = [line.strip("# \n") for line in verdict if line.startswith("# ")]
    return lines[-1] if lines else "no verdict"


def main():
    online, offline, end = (load(path) for path in sys.argv[1:4])
    start, size = int(sys.argv[5], 0), int(sys.argv[6], 0)
    for name, row in (("hosting", hosting_row(online, start, size)),
                      ("online", state_row(online, "online", start, size)),
                      ("offline", state_row(offline, "offline", start, size)),
                      ("removed", removed_row(end, start, size)),
                      ("check", verdict_row(sys.argv[4]))):
        print(f"{name:9} {row}")


if __name__ == "__main__":
    main()
