#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Open the page of mhptop report in Chromium: it shows what the other forms of the report say, on a desk, on a phone, in the dark
and on paper, and asks for nothing else. KTAP.

    browser.py MHPTOP RECORDING...
"""
import html.parser
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
from lib_browser import Browser  # noqa: E402
from lib_colour import parse  # noqa: E402
from lib_host import done, eq  # noqa: E402
from lib_page import BACKGROUND, DESK, PAPER, PHONE, SMALLEST, check_apart, check_texts, check_wide  # noqa: E402

SECONDS = 600
WORDS = {"in_progress": "in progress", "unseen": "end not seen", "ok": "ok"}


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


# The colours of the legends: of the map, of the operations, of their phases
LEGENDS = """[...document.querySelectorAll("p")].map(one => Object.fromEntries([...one.querySelectorAll("i")].map(mark =>
	[mark.nextSibling.textContent.trim(), getComputedStyle(mark).backgroundColor]))).filter(one => Object.keys(one).length)"""
# What the pictures have: their size, how large a unit of their height is, and their paths by class
PICTURES = """[...document.querySelectorAll(".pic")].map(one => {
	const wide = one.querySelector(".wide"), names = one.querySelector(".names"), box = wide.getBoundingClientRect();
	return {label: wide.getAttribute("aria-label"), width: box.width, unit: wide.getScreenCTM().d,
		names: [...names.querySelectorAll("text")].every(text => text.getBBox().x >= 0 && text.getBBox().y >= -1 &&
			text.getBBox().width > 0 && text.getBBox().x + text.getBBox().width <= names.clientWidth &&
			text.getBBox().y + text.getBBox().height <= names.clientHeight + 4),
		drawn: [...wide.querySelectorAll("path")].filter(path => path.getBoundingClientRect().width > 0).length,
		times: [...one.querySelectorAll(".axis small")].filter(small => small.checkVisibility()).map(small =>
			[small.textContent, small.getBoundingClientRect().left - box.left, small.getBoundingClientRect().right - box.left])};
})"""


def check_times(name, pictures):
    """The times of an axis are in order, evenly spread, and not over each other."""
    for picture in pictures:
        times = picture["times"]
        values = [float(text) for text, _, _ in times]
        step = (values[-1] - values[0]) / (len(values) - 1)
        eq(f"{name}: {picture['label']}: the times of the axis", True, len(values) in (3, 5) and step > 0 and
           all(abs(value - values[0] - nth * step) < 2e-6 for nth, value in enumerate(values)))
        eq("  they stand at their place", [], [text for nth, (text, left, right) in enumerate(times)
                                               if not left - 2 <= nth * picture["width"] / (len(times) - 1) <= right + 2])
        eq("  none is over another one", [], [one[0] for one, other in zip(times, times[1:]) if one[2] > other[1]])


def check_bars(browser, name, answer):
    """By the times of the axis, the bars of the operations begin when these did."""
    bars = browser.value("""[...document.querySelectorAll(".pic")].filter(one => one.querySelector(".wide").ariaLabel === "operations over time").map(one =>
        [[...one.querySelectorAll(".good, .bad")].flatMap(path => [...path.getAttribute("d").matchAll(/M([0-9.]+) /g)].map(found => Number(found[1]))),
            [...one.querySelectorAll("small")].map(small => Number(small.textContent))])[0]""")
    places, times = bars
    span = times[-1] - times[0]
    begins = sorted((one["begin_ns"] or one["end_ns"]) / 1e9 for one in answer["operations"])
    wrong = [(begin, times[0] + place / 800 * span) for begin, place in zip(begins, sorted(places))
             if abs(begin - times[0] - place / 800 * span) > 0.1 / 800 * span + 2e-6]
    eq(f"{name}: bars begin when their operations did", (len(begins), []), (len(places), wrong))


def check_looks(browser, name, size, dark, media):
    check_texts(browser, name, 8 * 96 / 72 if media else SMALLEST)
    if size == PHONE:
        eq(f"{name}: nobody has to move the page sideways", True, browser.value("document.documentElement.scrollWidth <= innerWidth"))
        for part in "h1", "p", ".pic", ".hist", "#operations", "#removals":
            check_wide(browser, f"{name}: {part}", part)
        titles = browser.value("""[...document.querySelectorAll("#operations tr")].slice(0, 2).map(row => [...row.children].map(cell =>
            cell.tagName === "TH" ? `"${cell.textContent}: "` : getComputedStyle(cell, "::before").content))""")
        eq(f"{name}: each value of a card has the title of its column", titles[0], titles[-1])
    else:
        check_wide(browser, name)
    pictures = browser.value(PICTURES)
    eq(f"{name}: pictures are drawn as wide as there is room, and names are whole", [], [one for one in pictures if not (
        one["width"] > size[0] / 2 and abs(one["unit"] - 1) < 0.01 and one["names"] and one["drawn"] > 1)])
    check_times(name, pictures)
    ground = browser.value(BACKGROUND)
    eq(f"{name}: {'dark' if dark else 'light'}", dark, sum(parse(ground)) < 384)
    for colours in browser.value(LEGENDS):
        check_apart(f"{name}: {', '.join(colours)[:40]}", {**colours, "nothing": ground})


def check(browser, tool, recording, folder):
    name = os.path.splitext(os.path.basename(recording))[0]
    page = os.path.join(folder, f"{name}.html")
    report(tool, recording, "-o", page)
    answer = json.loads(report(tool, recording, "--json"))
    browser.open(f"file://{page}")
    shown = Tables(browser.value("document.documentElement.outerHTML"))
    eq(f"{name}: no script", False, "script" in shown.tags)
    eq(f"{name}: it asks for nothing else", [f"file://{page}"], [params["request"]["url"] for method, params in browser.events
                                                                  if method == "Network.requestWillBeSent"])
    eq(f"{name}: operations", [[one["kind"], one["memory"] + (f" {one['zone']}" if one["zone"] else ""),
                                WORDS.get(one["result"], f"failed: {one['reason'] or 'reason unknown'}")]
                               for one in answer["operations"]][:1000],
       [[row[1], row[2], row[3].split(" (")[0]] for row in shown.rows.get("operations", [])])
    check_bars(browser, name, answer)
    for where, size, dark, media in (("desk", DESK, False, ""), ("desk, dark", DESK, True, ""), ("phone", PHONE, False, ""),
                                     ("phone, dark", PHONE, True, ""), ("print", PAPER, True, "print")):
        browser.window(*size, dark=dark, mobile=size == PHONE, media=media)
        check_looks(browser, f"{name}, {where}", size, dark and not media, media)
    eq(f"{name}: it can be printed", b"%PDF-", browser.print()[:5])


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="mhp-browser.") as folder, Browser() as browser:
        for recording in sys.argv[2:]:
            check(browser, sys.argv[1], os.path.realpath(recording), folder)
    done()


if __name__ == "__main__":
    main()
