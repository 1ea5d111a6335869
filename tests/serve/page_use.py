#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Use the page of mhptop serve in Chromium as people do: map and time line, keyboard, phone, dark mode, a large machine. KTAP.

    page_use.py MHPTOP
"""
import datetime
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
# pylint: disable=wrong-import-position
from lib_browser import Browser
from lib_colour import parse
from lib_host import done, eq
from lib_page import BACKGROUND, DESK, PHONE, check_apart, check_texts, check_wide
from served import Server, last_frame

RECORDINGS = os.path.join(HERE, "..")
WORDS = {"online": "online", "boot": "online since boot", "offline": "offline", "going": "going online or offline",
         "failed": "an offline failed", "removed": "removed"}
READY = "document.body.dataset.ready"


def recording(*parts):
    return os.path.join(RECORDINGS, *parts)


def made(path, *command):
    """A recording that a generator of the tests writes."""
    with open(path, "wb") as out:
        subprocess.run([sys.executable, *command], stdout=out, check=True)
    return path


class Shown:
    """A recording that is served, its last frame, and its operations that ended."""

    def __init__(self, tool, path):
        self.name, self.frame, self.server = os.path.basename(path), last_frame(tool, path), Server(tool)
        lines = [json.loads(line) for line in self.server.read(path, self.frame).splitlines()]
        self.header, self.begins, self.operations = lines[0], {}, []
        for line in lines:
            found = re.fullmatch(r"mhp_(add|online|offline|remove)_(begin|end)", line.get("event", ""))
            if not found or "seq" not in line:
                continue
            if found[2] == "begin":
                self.begins[found[1]] = line["ns"]
            else:
                self.operations.append((found[1], self.begins.pop(found[1], None), line))

    def url(self):
        return "http://%s:%d/" % self.server.address

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.process.terminate()
        self.server.process.wait()

    def open(self, browser, size=DESK, dark=False):
        browser.window(*size, dark=dark, mobile=size == PHONE)
        browser.open(self.url())
        eq(f"{self.name}: the page is complete", True, bool(browser.until(READY)))

    def names(self, line):
        size = self.frame["block_bytes"] // self.frame["page_bytes"]
        first, count = line["start_pfn"] // size, line["nr_pages"] // size
        return f"memory{first}" + (f"–{first + count - 1}" if count > 1 else "")


def kind_of(block):
    """How a memory block of a frame is drawn."""
    if block["state"].startswith("going"):
        return "going"
    if block["state"] == "online":
        return "failed" if block["offline_failures"] else "boot" if block["hosting"] == "boot" else "online"
    return block["state"]


# What the map shows at each place: the colour near the corner of the cell, and in its middle.
PIXELS = """(() => {
	const map = element("map"), size = Number(map.dataset.size), columns = Number(map.dataset.columns);
	const data = map.getContext("2d"), at = (x, y) => [...data.getImageData(x, y, 1, 1).data].slice(0, 3).join();
	const rows = Math.round(map.clientHeight / size), found = [];
	for (let nth = 0; nth < rows * columns; nth++)
		found.push([at(nth % columns * size + 1, Math.floor(nth / columns) * size + 1),
			at(nth % columns * size + size / 2 - 1, Math.floor(nth / columns) * size + size / 2 - 1)]);
	return found;
})()"""
LEGEND = """Object.fromEntries([...document.querySelectorAll("#legend span")].map(one =>
	[one.textContent, getComputedStyle(one.querySelector("rect")).fill]))"""


def check_map(browser, shown, where=""):
    """Each memory block has the colour that the legend has for its state, and a mark in it; nothing else is drawn."""
    blocks, legend = shown.frame["blocks"], {text: parse(colour) for text, colour in browser.value(LEGEND).items()}
    eq(f"{shown.name}{where}: the legend", sorted(WORDS.values()), sorted(legend))
    background, cells = parse(browser.value(BACKGROUND)), browser.value(PIXELS)
    wanted = []
    for block in blocks:
        kind = kind_of(block)
        colour = legend[WORDS[kind]]
        wanted.append((colour, colour if kind in ("online", "boot", "removed") else background))
    got = [tuple(tuple(int(part) for part in pixel.split(",")) for pixel in cell) for cell in cells]
    eq(f"{shown.name}{where}: the map", wanted, got[:len(blocks)])
    eq(f"{shown.name}{where}:   nothing comes after it", {"0,0,0"}, {pixel for cell in cells[len(blocks):] for pixel in cell} | {"0,0,0"})


def block_text(frame, block):
    start = block["id"] * frame["block_bytes"]
    shown = ["?" if block[key] is None else block[key] for key in ("node", "zone", "hosting")]
    return (f"memory{block['id']}, {start:#x}-{start + frame['block_bytes'] - 1:#x}: {block['state']}, node {shown[0]}, zone {shown[1]}, "
            f"memmap hosted by {shown[2]}") + (", an offline failed: mhptop explain says why" if block["offline_failures"] else "")


def check_pointer(browser, shown):
    """What the page says of the memory block that one points at."""
    box = browser.value('element("map").scrollIntoView(), (({x, y}) => [x, y])(element("map").getBoundingClientRect())')
    columns, size = (int(browser.value(f'element("map").dataset.{key}')) for key in ("columns", "size"))
    said = []
    for nth in range(len(shown.frame["blocks"])):
        browser.point(box[0] + nth % columns * size + size / 2, box[1] + nth // columns * size + size / 2)
        said.append(browser.value('element("cell").textContent'))
    eq(f"{shown.name}: what it says of each memory block", [block_text(shown.frame, block) for block in shown.frame["blocks"]], said)


LINE = """(() => {
	const box = one => { const {x, y, width, height} = one.getBBox(); return [x, y, width, height]; };
	const all = name => [...element("line").querySelectorAll(name)];
	return {width: element("line").clientWidth, height: element("line").clientHeight, unit: element("line").getScreenCTM().a,
		ticks: all("text.tick").map((one, nth) => [one.textContent, Number(all("path.tick")[nth].getAttribute("d").match(/^M([0-9.]+)/)[1]), box(one)]),
		names: all("text.name").map(one => [one.textContent, box(one)]),
		slices: all(".slice").map(one => ({number: Number(one.dataset.number), title: one.querySelector("title").textContent,
			box: box(one.querySelector("rect")), failed: one.classList.contains("failed"),
			label: one.querySelector("text") && one.querySelector("text").textContent, where: one.querySelector("text") && box(one.querySelector("text"))}))};
})()"""
UNITS = {"ns": 1e-3, "us": 1, "ms": 1e3, "s": 1e6}


def tick_time(text, first, wall):
    """The us that a tick stands for: since the first begin, or the first such time of the day after it."""
    found = re.fullmatch(r"\+([0-9.]+)(ns|us|ms|s)", text)
    if text == "0" or found:
        return first + (float(found[1]) * UNITS[found[2]] if found else 0)
    midnight = wall(first) // 86400e6 * 86400e6
    parts = [int(part) for part in text.split(":")] + [0]
    time = midnight + (parts[0] * 3600 + parts[1] * 60 + parts[2]) * 1e6 - wall(0)
    return time + (86400e6 if time < first else 0)


def overlap(one, other):
    return all(one[at] < other[at] + other[at + 2] - 0.5 and other[at] < one[at] + one[at + 2] - 0.5 for at in (0, 1))


def check_axis(name, line, operations, first, wall):
    """The ticks are a scale; by it, each slice begins and ends when its operation did."""
    times = [tick_time(text, first, wall) for text, _, _ in line["ticks"]]
    places = [x for _, x, _ in line["ticks"]]
    eq(f"{name}: there are ticks", True, len(times) > 1)
    scale = (places[-1] - places[0]) / (times[-1] - times[0])
    place = [places[0] + (time - times[0]) * scale for time in times]
    eq(f"{name}:   they are a scale", [], [(tick[0], want, got) for tick, want, got in zip(line["ticks"], place, places) if abs(want - got) > 1])
    wrong = []
    for slice_, (_, begin, end) in zip(line["slices"], operations[::-1]):
        to = places[0] + (end["ns"] / 1000 - times[0]) * scale
        width = max(3, (end["ns"] - begin) / 1000 * scale if begin else 0)
        at = min(places[0] + ((begin or end["ns"]) / 1000 - times[0]) * scale, line["width"] - 6 - width)
        if abs(slice_["box"][0] - at) > 1.5 or abs(slice_["box"][2] - width) > 1.5 or to > line["width"]:
            wrong.append((slice_, at, width))
    eq(f"{name}:   slices begin and end where it says", [], wrong)


def check_line(browser, shown, where, labels):
    """The time line has an axis, a slice for each operation, and labels that can be read."""
    name, operations = f"{shown.name}, {where}", shown.operations[-1024:]
    browser.until('element("operations").rows.length')
    line = browser.value(LINE)
    first = min(begin or end["ns"] for _, begin, end in operations) / 1000
    offset = (shown.header["wall_ns"] - shown.header["mono_ns"]) / 1000
    eq(f"{name}: operations of the time line, the newest first",
       [(shown.names(end), kind, bool(end["ret"])) for kind, _, end in operations[::-1]],
       [(re.match(r"\w+ of ([^,]*),", one["title"])[1], one["title"].split()[0], one["failed"]) for one in line["slices"]])
    check_axis(name, line, operations, first, lambda us: us + offset)
    lanes = {text: box for text, box in line["names"]}
    eq(f"{name}:   they are on the lane of their kind", [], [one["title"] for one in line["slices"] if not any(
        abs(box[1] + box[3] / 2 - one["box"][1] - one["box"][3] / 2) < 8 for text, box in lanes.items() if one["title"].startswith(f"{text} of"))])
    written = [one for one in line["slices"] if one["label"]]
    eq(f"{name}:   labels name their memory blocks", [],
       [one["label"] for one in written if one["label"].split(":")[0] not in one["title"].split(",")[0]])
    eq(f"{name}:   there are labels, also of what failed", True, len(written) >= labels and (any(one["failed"] for one in written) or
                                                                                             not any(one["failed"] for one in line["slices"])))
    texts = [(one["label"], one["where"]) for one in written] + [(text, box) for text, _, box in line["ticks"]] + line["names"]
    eq(f"{name}:   no text is over another one", [], [(a[0], b[0]) for a, b in itertools.combinations(texts, 2) if overlap(a[1], b[1])])
    eq(f"{name}:   all of them are inside", [], [text for text, (x, y, width, height) in texts
                                                 if x < -1 or y < -1 or x + width > line["width"] + 1 or y + height > line["height"] + 1])
    eq(f"{name}:   nothing is stretched", True, abs(line["unit"] - 1) < 0.01)
    begin, end = (datetime.datetime.fromtimestamp((us + offset) / 1e6, datetime.timezone.utc) for us in
                  (first, max(end["ns"] for _, _, end in operations) / 1000))
    said = browser.value('element("span").textContent')
    eq(f"{name}:   from when to when", True, said.startswith(f"From {begin:%Y-%m-%d %H:%M:%S}.") and f"{end:%H:%M:%S}." in said)


# Who has the focus, and whether that is seen.
FOCUS = """(() => {
	const one = document.activeElement, style = getComputedStyle(one);
	return [one.id || one.tagName, one.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
})()"""
CONTROLS = """[...document.querySelectorAll("[tabindex], a, button, input, select, summary")].filter(one => one.checkVisibility() && !one.closest("noscript"))
	.map(one => one.id || one.tagName)"""


def check_keyboard(browser, shown):
    shown.open(browser)
    visited = []
    for _ in range(20):
        browser.key("Tab")
        found = browser.value(FOCUS)
        if found[0] == "BODY" or found in visited:
            break
        visited.append(found)
    eq(f"{shown.name}: Tab reaches every control, one after the other", browser.value(CONTROLS), [name for name, _ in visited])
    eq("  and each shows that it has the focus", [], [name for name, seen in visited if not seen])
    browser.value('document.activeElement.blur(), element("map").focus()')
    blocks = shown.frame["blocks"]
    walk = [("ArrowRight", 0), ("ArrowRight", 1), ("ArrowLeft", 0), ("ArrowLeft", 0), ("End", len(blocks) - 1), ("ArrowRight", len(blocks) - 1),
            ("ArrowUp", max(0, len(blocks) - 1 - int(browser.value('element("map").dataset.columns')))), ("Home", 0)]
    said = []
    for key, _ in walk:
        browser.key(key)
        said.append(browser.value('element("cell").textContent'))
    eq("  the arrows, Home and End walk through the map", [block_text(shown.frame, blocks[nth]) for _, nth in walk], said)
    browser.key("Tab")
    eq("  Enter opens the table", [["SUMMARY", True], False, True],
       [browser.value(FOCUS), browser.value('document.querySelector("details").open'),
        browser.key("Enter") or browser.value('document.querySelector("details").open')])
    eq("  Space closes it", False, browser.key("Space") or browser.value('document.querySelector("details").open'))
    browser.key("Tab")
    count = len(shown.operations)
    walk = [("ArrowLeft", 0), ("ArrowLeft", 1), ("ArrowRight", 0), ("ArrowRight", 0), ("Home", count - 1), ("ArrowLeft", count - 1), ("End", 0)]
    titles, said, chosen = [one["title"] for one in browser.value(LINE)["slices"]], [], []
    for key, _ in walk:
        browser.key(key)
        said.append(browser.value('element("slice").textContent'))
        chosen.append(browser.value('[...document.querySelectorAll(".chosen title")].map(one => one.textContent)'))
    eq("  the arrows, Home and End walk through the time line", [titles[nth] for _, nth in walk], said)
    eq("    and the slice is marked", [[text] for text in said], chosen)
    browser.key("Tab", shift=True)
    eq("  Shift and Tab go back", ["SUMMARY", True], browser.value(FOCUS))


def check_cards(browser, name):
    """On a phone, each part of a card has its title before it, which the head of the table has where there is one."""
    wrong = browser.value("""[...document.querySelectorAll("td")].filter(one => getComputedStyle(one, "::before").content !==
        `"${one.closest("table").tHead.rows[0].cells[one.cellIndex].textContent}: "`).map(one => one.outerHTML)""")
    eq(f"{name}: cards have titles", [], wrong)


def check_looks(browser, shown):
    """Desk and phone, light and dark."""
    for size, dark in itertools.product((DESK, PHONE), (False, True)):
        name = f"{shown.name}, {'phone' if size == PHONE else 'desk'}, {'dark' if dark else 'light'}"
        shown.open(browser, size, dark)
        check_texts(browser, name)
        if size == PHONE:
            check_wide(browser, name)
            check_cards(browser, name)
        check_line(browser, shown, name.split(", ", 1)[1], 4)
        check_map(browser, shown, f", {name.split(', ', 1)[1]}")
        check_apart(name, {**browser.value(LEGEND), "nothing": browser.value(BACKGROUND)})
    browser.window(*DESK)
    check_map(browser, shown, ", light again")


def group_text(frame, blocks, cell):
    """What the page says of a group of memory blocks, computed from the memory blocks."""
    kinds = [kind_of(blocks[nth]) for nth in cell]
    if len({tuple(blocks[nth][key] for key in ("state", "node", "zone", "hosting")) for nth in cell}) == 1:
        return re.sub("^memory[0-9]+, (0x[0-9a-f]+)-[^:]*", f"memory{cell[0]} to memory{cell[-1]}, \\1-{(cell[-1] + 1) * frame['block_bytes'] - 1:#x}",
                      block_text(frame, blocks[cell[0]]))
    worst = max(kinds, key=["removed", "boot", "online", "offline", "going", "failed"].index)
    start = cell[0] * frame["block_bytes"]
    text = f"memory{cell[0]} to memory{cell[-1]}, {start:#x}-{start + len(cell) * frame['block_bytes'] - 1:#x}: "
    text += f"{kinds.count(worst)} of {len(kinds)} {WORDS[worst]}"
    return text + (f", the first is memory{cell[kinds.index(worst)]}" if kinds.count(worst) < len(kinds) else "")


def smooth(path, to):
    """The same machine with one node, so that most of its memory blocks are like their neighbours."""
    with open(path, encoding="utf-8") as source, open(to, "w", encoding="utf-8") as out:
        for line in source:
            record = json.loads(line)
            if record.get("event") == "mhp_snapshot_block" and record["state"] == "online":
                record.update(nid=0, zone="Normal", hosting="buddy", vmemmap_pages=0, altmap_base=0, altmap_alloc=0, altmap_free=0)
            out.write(json.dumps(record) + "\n")
    return to


def check_groups(browser, tool, path):
    """Each memory block is in one cell, which says what they are."""
    with Shown(tool, path) as shown:
        shown.open(browser)
        blocks = {block["id"]: block for block in shown.frame["blocks"]}
        groups = [list(range(first, first + count)) for first, count in browser.value("cells.map(one => [one.id, one.count])")]
        eq(f"{shown.name}: each memory block is in one cell", list(range(65536)), [nth for group in groups for nth in group])
        wanted = [group_text(shown.frame, blocks, group) for group in groups]
        eq(f"{shown.name}:   cells are of one kind, or of several", True, len({" of " in text for text in wanted}) == 2)
        wrong = [both for both in zip(wanted, browser.value("cells.map(cellText)")) if both[0] != both[1]]
        eq(f"{shown.name}:   what it says of each", [], wrong[:5])


def check_large(browser, tool, path):
    """65,536 memory blocks, each unlike the one before it: a cell is a group of them, and the page stays small."""
    with Shown(tool, path) as shown:
        blocks = {block["id"]: block for block in shown.frame["blocks"]}
        for size in DESK, PHONE:
            name = f"65,536 memory blocks, {size[0]} pixels"
            shown.open(browser, size)
            browser.value('element("map").focus()')
            cells = browser.value("cells.map(one => [one.id, one.count])")
            room = int(browser.value('element("map").dataset.columns')) * 64
            eq(f"{name}: the map is in groups", True, len(cells) <= room and len(cells) < 65536)
            eq(f"{name}:   each memory block is in one of them", list(range(65536)), [nth for first, count in cells for nth in range(first, first + count)])
            # Those that go online or offline are in few of them.
            groups = [list(range(first, first + count)) for first, count in cells]
            odd = [nth for nth, group in enumerate(groups) if len({kind_of(blocks[one]) for one in group}) > 1]
            said, wanted = [], []
            for nth in range(10):
                browser.key("ArrowRight" if nth else "Home")
                said.append(browser.value('element("cell").textContent'))
                wanted.append(group_text(shown.frame, blocks, groups[nth]))
            eq(f"{name}:   what it says of the first ones", wanted, said)
            eq(f"{name}:   some have memory blocks that differ", True, bool(set(odd) & set(range(10))))
            eq(f"{name}:   the table has the first thousand runs, and says so", [1000, "And 64536 more lines: /state has all of them."],
               browser.value('[element("runs").rows.length, element("more").textContent]'))
            browser.call("HeapProfiler.collectGarbage")
            numbers = {one["name"]: one["value"] for one in browser.call("Performance.getMetrics")["metrics"]}
            eq(f"{name}:   memory is bounded: {numbers['Nodes']:.0f} nodes, {numbers['JSHeapUsedSize'] / 1e6:.0f} MB", True,
               numbers["Nodes"] < 30000 and numbers["JSHeapUsedSize"] < 64e6)
            eq(f"{name}:   so is the time on the CPU: {numbers['TaskDuration']:.1f} s", True, numbers["TaskDuration"] < 8)
            eq(f"{name}:   it is no wider", True, browser.value("document.documentElement.scrollWidth <= innerWidth"))


def main():
    tool = sys.argv[1]
    os.environ["TZ"] = "UTC"
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        browser.call("Performance.enable", timeDomain="threadTicks")
        hours = made(os.path.join(folder, "hours.ndjson"), recording("rules", "edit.py"), recording("golden", "failures.ndjson"),
                     "wait:mhp_offline_begin:2:7000")
        machine = made(os.path.join(folder, "machine.ndjson"), os.path.join(HERE, "machine.py"), "256", "4")
        with Shown(tool, recording("golden", "failures.ndjson")) as shown:
            check_looks(browser, shown)
            check_pointer(browser, shown)
            check_keyboard(browser, shown)
        with Shown(tool, recording("rules", "eject-range.ndjson")) as shown:
            shown.open(browser)
            check_map(browser, shown)
            check_line(browser, shown, "desk", 6)
            shown.open(browser, PHONE)
            check_line(browser, shown, "phone", 4)
            check_wide(browser, f"{shown.name}, phone")
        with Shown(tool, hours) as shown:
            for size, where in (DESK, "desk"), (PHONE, "phone"):
                shown.open(browser, size)
                check_line(browser, shown, where, 3)
        with Shown(tool, machine) as shown:
            shown.open(browser)
            check_map(browser, shown)
            check_pointer(browser, shown)
        large = made(os.path.join(folder, "large.ndjson"), os.path.join(HERE, "machine.py"))
        check_large(browser, tool, large)
        check_groups(browser, tool, smooth(large, os.path.join(folder, "smooth.ndjson")))
    done()


main()
