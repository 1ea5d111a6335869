#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Open the page of mhptop report in Chromium: it shows what the other forms of the report say, on a wide and on a narrow screen,
and asks for nothing else. KTAP.

    browser.py MHPTOP RECORDING...
"""
import html.parser
import json
import os
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
from lib_host import done, eq  # noqa: E402  pylint: disable=wrong-import-position

SECONDS = 600
BROWSER = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
           "--host-resolver-rules=MAP * ~NOTFOUND")
WORDS = {"in_progress": "in progress", "unseen": "end not seen", "ok": "ok"}
EMPTY = "<!DOCTYPE html><title>empty</title>"


class Tables(html.parser.HTMLParser):
    """The cells of each table, without its head, and the tags that there are."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tags, self.table, self.cell = {}, set(), None, False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "table":
            self.table = dict(attrs).get("id", "")
            self.rows[self.table] = []
        elif tag == "tr" and self.table is not None:
            self.rows[self.table].append([])
        elif tag == "td":
            self.cell = True
            self.rows[self.table][-1].append("")

    def handle_endtag(self, tag):
        if tag == "table":
            self.rows[self.table] = [row for row in self.rows[self.table] if row]
            self.table = None
        elif tag == "td":
            self.cell = False

    def handle_data(self, data):
        if self.cell:
            self.rows[self.table][-1][-1] += data


def report(tool, recording, *options):
    return subprocess.run([tool, "report", *options, recording], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                          timeout=SECONDS).stdout


def browse(path, folder, *options):
    return subprocess.run([*BROWSER, f"--user-data-dir={folder}/browser", *options, f"file://{path}"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True, timeout=SECONDS).stdout.decode()


def photo(path, folder, width):
    """The width, and the bytes that the picture takes: an empty page takes few."""
    file = os.path.join(folder, "screen.png")
    browse(path, folder, f"--window-size={width},1400", f"--screenshot={file}")
    with open(file, "rb") as png:
        data = png.read()
    return struct.unpack(">I", data[16:20])[0], len(data)


def check(tool, recording, folder):
    name = os.path.splitext(os.path.basename(recording))[0]
    page, empty = os.path.join(folder, f"{name}.html"), os.path.join(folder, "empty.html")
    report(tool, recording, "-o", page)
    with open(empty, "w", encoding="ascii") as out:
        out.write(EMPTY)
    answer = json.loads(report(tool, recording, "--json"))
    shown = Tables(browse(page, folder, "--dump-dom"))
    eq(f"{name}: no script", False, "script" in shown.tags)
    eq(f"{name}: operations", [[one["kind"], one["memory"] + (f" {one['zone']}" if one["zone"] else ""),
                                WORDS.get(one["result"], f"failed: {one['reason'] or 'reason unknown'}")]
                               for one in answer["operations"]][:1000],
       [[row[1], row[2], row[3].split(" (")[0]] for row in shown.rows.get("operations", [])])
    for width in 390, 1280:
        wide, size = photo(page, folder, width)
        eq(f"{name}: it is drawn {width} pixels wide", (width, True), (wide, size > 4 * photo(empty, folder, width)[1]))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="mhp-browser.") as folder:
        for recording in sys.argv[2:]:
            check(sys.argv[1], os.path.realpath(recording), folder)
    done()


if __name__ == "__main__":
    main()
