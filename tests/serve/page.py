#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Open the page of mhptop serve in Chromium: what it shows must be what a frame of the same recording says. KTAP.

    page.py MHPTOP RECORDING...
"""
import html.parser
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
from lib_host import done, eq
from served import LONG, Secrets, Server, last_frame

BROWSER = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")


class Page(html.parser.HTMLParser):
    """The texts of a page: cells of tables by the id of their body, and of other elements by their id."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.texts, self.stack, self.ready = {}, {}, [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ready |= "data-ready" in attrs
        if tag in ("meta", "link", "br", "wbr", "input"):
            return
        self.stack.append((tag, attrs.get("id")))
        if tag == "tr" and self.table():
            self.rows.setdefault(self.table(), []).append([])
        if tag == "td" and self.table():
            self.rows[self.table()][-1].append("")

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def table(self):
        return next((name for tag, name in reversed(self.stack) if tag == "tbody"), None)

    def handle_data(self, data):
        if self.table() and any(tag == "td" for tag, _ in self.stack):
            self.rows[self.table()][-1][-1] += data
        for _, name in self.stack:
            if name:
                self.texts[name] = self.texts.get(name, "") + data


def size(pages, page_bytes):
    """As the page prints a number of pages."""
    if pages is None:
        return "?"
    value, unit = pages * page_bytes, 0
    while abs(value) >= 1024 and unit < 5:
        value, unit = value / 1024, unit + 1
    # JavaScript rounds halves up, Python to even.
    text = f"{value:.1f}" if unit and value < 100 else str(int(value + 0.5))
    return f"{text} {['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'][unit]}"


def expected_runs(frame):
    """Number and state of consecutive memory blocks, from the blocks themselves."""
    runs, last = [], None
    for block in frame["blocks"]:
        key = [block[name] for name in ("state", "node", "zone", "hosting")] + [bool(block["offline_failures"])]
        if last and last["key"] == key and last["id"] + last["count"] == block["id"]:
            last["count"] += 1
            continue
        last = {"id": block["id"], "count": 1, "key": key}
        runs.append(last)
    return runs


def check_page(name, page, frame, lines):
    page_bytes = frame["page_bytes"]
    eq(f"{name}: the page is complete", True, page.ready)
    eq(f"{name}: zones", [[str(zone["node"]), zone["zone"], *(size(zone[key], page_bytes) for key in ("present", "managed", "vmemmap_pages")),
                           str(zone["blocks_online"])] for zone in frame["zones"]], page.rows.get("zones", []))
    runs = expected_runs(frame)
    eq(f"{name}: runs of memory blocks", [[str(run["count"]), run["key"][0]] for run in runs],
       [[row[1], row[2].split(",")[0]] for row in page.rows.get("runs", [])])
    eq(f"{name}: ranges", [f"{entry['base_pfn'] * page_bytes:#x}-{(entry['base_pfn'] + entry['nr_pages']) * page_bytes - 1:#x}"
                           for entry in frame["ranges"]], [row[0] for row in page.rows.get("ranges", [])])
    ends = [line for line in lines if line.get("event", "").endswith("_end") and "ret" in line
            and line["event"].split("_")[1] in ("add", "online", "offline", "remove")]
    eq(f"{name}: operations, the newest first", [[end["event"].split("_")[1], "ok" if not end["ret"] else "failed"] for end in ends[::-1]][:64],
       [[row[1], row[3].split(":")[0]] for row in page.rows.get("operations", [])][:64])
    for key in "present", "managed", "self_hosted", "buddy_hosted":
        eq(f"{name}: {key} is there", True, size(frame["sums"][key], page_bytes) in page.texts["sums"])
    eq(f"{name}: the header names kernel and events", True, f"Linux {frame['kernel']}" in page.texts["about"]
       and f"{frame['events']['seen']} events, {frame['events']['lost']} lost" in page.texts["about"])


def check_doubts(name, page, state):
    """Nothing is only said to be nothing if it is known."""
    attention, lost = state["attention"], state["events"]["lost"]
    items = page.texts["attention"]
    eq(f"{name}: what is unknown of what needs attention", ", ".join(attention["unknown"]),
       (re.findall(r"Unknown: ([a-z_, ]*)\.$", items) or [""])[0])
    eq(f"{name}: nothing needs attention", not attention["found"] and not attention["unknown"] and not state["violated"], items == "Nothing.")
    eq(f"{name}: lost events, at the sums", f"{lost} events were lost: these sums may lack what they said." if lost else "",
       page.texts.get("lost", ""))


def browse(url, folder, *options):
    command = [*BROWSER, f"--user-data-dir={folder}", "--virtual-time-budget=5000", *options, "--dump-dom", url]
    return Page(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=LONG, check=True, text=True).stdout)


def check_recording(tool, path, name, shared=None):
    """With secrets, the browser has the token as the password of the user mhptop, as if somebody had typed it."""
    frame, server = last_frame(tool, path), Server(tool, shared=shared)
    text = server.read(path, frame)
    where = "%s:%d/" % server.address
    with tempfile.TemporaryDirectory() as folder:
        page = browse(f"https://mhptop:{shared.token}@{where}" if shared else f"http://{where}", folder, "--ignore-certificate-errors")
    check_page(name, page, frame, [json.loads(line) for line in text.splitlines()])
    check_doubts(name, page, json.loads(server.get("/state")))
    if shared:
        with tempfile.TemporaryDirectory() as folder:
            page = browse(f"https://mhptop:{shared.token[1:]}@{where}", folder, "--ignore-certificate-errors")
        eq(f"{name}, the wrong one: the page stays empty", (False, {}, {}), (page.ready, page.rows, page.texts))
    server.process.terminate()
    server.process.wait()


def main():
    tool, *recordings = sys.argv[1:]
    for path in recordings:
        check_recording(tool, path, os.path.basename(path))
    with tempfile.TemporaryDirectory() as folder:
        check_recording(tool, recordings[0], "with TLS and a token", Secrets(folder))
    done()


main()
