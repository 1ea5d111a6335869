#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Open the page of mhptop serve in Chromium: each cell of it must be what a frame of the same recording says. KTAP.

    page.py MHPTOP RECORDING...
"""
import datetime
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
from served import LONG, Secrets, Server, last_frame, operations_of

BROWSER = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")


class Page(html.parser.HTMLParser):
    """The texts of a page: cells of tables by the id of their body, items of lists by the id of the list, and others by their id."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.items, self.texts, self.stack, self.ready, self.slices = {}, {}, {}, [], False, 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ready |= "data-ready" in attrs
        self.slices += "slice" in (attrs.get("class") or "").split()
        if tag in ("meta", "link", "br", "wbr", "input"):
            return
        self.stack.append((tag, attrs.get("id")))
        if tag == "tr" and self.table():
            self.rows.setdefault(self.table(), []).append([])
        if tag == "td" and self.table():
            self.rows[self.table()][-1].append("")
        if tag in ("dt", "dd", "li"):
            self.items.setdefault(self.list(), []).append("")

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def table(self):
        return next((name for tag, name in reversed(self.stack) if tag == "tbody"), None)

    def list(self):
        return next((name for tag, name in reversed(self.stack) if tag in ("dl", "ul")), None)

    def handle_data(self, data):
        if any(tag in ("dt", "dd", "li") for tag, _ in self.stack):
            self.items[self.list()][-1] += data
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


def unknown(value):
    return "?" if value is None else str(value)


def took(ns):
    """As mhptop prints a time that passed: one decimal."""
    if ns is None:
        return "?"
    text = next((f"{ns / limit:.1f}{unit}" for limit, unit in ((10 ** 3, "us"), (10 ** 6, "ms")) if float(f"{ns / limit:.1f}") < 1000),
                f"{ns / 10 ** 9:.1f}s")
    return f"{ns}ns" if ns < 1000 else text


def operation_row(operation, frame, header):
    """The cells of an operation. Recordings of these tests are not of today, and a clock does not move in them."""
    kind, begin, end, reason = operation
    at = begin or end
    start, size = (at[key] * frame["page_bytes"] for key in ("start_pfn", "nr_pages"))
    first, count = start // frame["block_bytes"], size // frame["block_bytes"]
    where = f"memory{first}" + (f"–{first + count - 1}" if count > 1 else "") + f", {start:#x}-{start + size - 1:#x}"
    if not end:
        return ["in progress", kind, where, f"will fail: {reason}" if reason else "not known yet", f"{took(frame['ns'] - begin['ns'])} so far"]
    wall = None if header.get("wall_ns") is None else header["wall_ns"] + end["ns"] - header["mono_ns"]
    when = datetime.datetime.fromtimestamp(wall // 10 ** 9, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S") if wall else took(end["ns"])
    return [when, kind, where, f"failed: {reason or '?'} ({end['ret']})" if end["ret"] else "ok",
            took(end["ns"] - begin["ns"] if begin else None)]


def check_operations(name, page, frame, lines):
    found = operations_of(lines)
    eq(f"{name}: operations, those in progress first, then the newest", [operation_row(one, frame, lines[0]) for one in found],
       page.rows.get("operations", []) + page.rows.get("older", []))
    number = len(found)
    eq(f"{name}:   each is on the time line", number, page.slices)


def check_sums(name, page, frame):
    sums, pages = frame["sums"], ("present", "managed", "self_hosted", "buddy_hosted")
    titles = ("Present", "Managed", "Memmap in added memory", "Memmap in other memory", "Memory blocks", "Online", "Offline", "Failed operations")
    values = [size(sums[key], frame["page_bytes"]) for key in pages] + \
        [unknown(sums[key]) for key in ("blocks", "blocks_online", "blocks_offline", "failures")]
    eq(f"{name}: sums", [text for pair in zip(titles, values) for text in pair], page.items.get("sums"))


def check_page(name, page, frame, lines):
    page_bytes = frame["page_bytes"]
    eq(f"{name}: the page is complete", True, page.ready)
    eq(f"{name}: zones", [[str(zone["node"]), zone["zone"], *(size(zone[key], page_bytes) for key in ("present", "managed", "vmemmap_pages")),
                           str(zone["blocks_online"])] for zone in frame["zones"]], page.rows.get("zones", []))
    wanted = []
    for run in expected_runs(frame):
        state, node, zone, hosting, failed = run["key"]
        wanted.append([f"memory{run['id']}" + (f" to memory{run['id'] + run['count'] - 1}" if run["count"] > 1 else ""), str(run["count"]),
                       state + (", an offline failed" if failed else ""), unknown(node), unknown(zone), unknown(hosting)])
    eq(f"{name}: runs of memory blocks", wanted, page.rows.get("runs", []))
    eq(f"{name}: ranges", [[f"{entry['base_pfn'] * page_bytes:#x}-{(entry['base_pfn'] + entry['nr_pages']) * page_bytes - 1:#x}",
                            *(unknown(entry[key]) for key in ("node", "hosting", "why")), size(entry["vmemmap_pages"], page_bytes),
                            "removed" if entry["removed"] else entry["reason"] or "present"] for entry in frame["ranges"]],
       page.rows.get("ranges", []))
    notices = [frame["notice"]] if "notice" in frame else []
    eq(f"{name}: the notice", ". ".join([*notices, "The pipe that events came from has ended: nothing below changes any more."]),
       page.texts["notice"])
    check_operations(name, page, frame, lines)
    check_sums(name, page, frame)
    seen, lost = frame["events"]["seen"], frame["events"]["lost"]
    eq(f"{name}: the header", (frame["host"], f"Linux {frame['kernel']}, source {frame['source']}, memory blocks of {size(frame['block_bytes'], 1)}, "
                               f"{seen} event{'' if seen == 1 else 's'}, {lost} lost.", "Connected."),
       tuple(page.texts[key] for key in ("host", "about", "connection")))


def check_doubts(name, page, state):
    """Nothing is only said to be nothing if it is known."""
    attention, lost = state["attention"], state["events"]["lost"]
    items = page.texts["attention"]
    eq(f"{name}: what needs attention", [f"{one['text']}. {one['do']}" for one in attention["findings"]],
       [text for text in page.items["attention"] if not re.match("Unknown: |The kernel violated |Nothing|And [0-9]+ more", text)])
    eq(f"{name}: what is unknown of what needs attention", ", ".join(attention["unknown"]),
       (re.findall(r"Unknown: ([a-z_, ]*)\.$", items) or [""])[0])
    times = {0: [], 1: ["once"]}.get(state["violated"], [f"{state['violated']} times"])
    eq(f"{name}: how often rules were violated", times, re.findall("The kernel violated rules (.*?): record the events", items))
    eq(f"{name}: nothing needs attention", not attention["found"] and not attention["unknown"] and not state["violated"], items == "Nothing.")
    eq(f"{name}: lost events, at the sums", f"{lost} events were lost: these totals may be incomplete." if lost else "",
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
    os.environ["TZ"] = "UTC"
    for path in recordings:
        check_recording(tool, path, os.path.basename(path))
    with tempfile.TemporaryDirectory() as folder:
        check_recording(tool, recordings[0], "with TLS and a token", Secrets(folder))
    done()


main()
