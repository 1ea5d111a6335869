#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check the page of a report: well-formed, by itself, and the same as the other forms of the report.

    page.py PAGE.html REPORT.json REPORT.text
"""
import json
import re
import sys
import xml.etree.ElementTree

NS = "{http://www.w3.org/1999/xhtml}"
ALLOWED = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "b", "i", "br", "div", "table", "tr", "th", "td",
           "small", "bdi", "code", "svg", "path", "text"}
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "id", "viewBox", "width", "height",
              "preserveAspectRatio", "role", "aria-label", "x", "y", "d"}
WORDS = {"in_progress": "in progress", "unseen": "end not seen", "ok": "ok"}


def rows(page, table):
    """The rows of a table without its head, as lists of texts."""
    found = [one for one in page.iter(f"{NS}table") if one.get("id") == table]
    return [["".join(cell.itertext()) for cell in row] for row in found[0]][1:] if found else []


def plain(comm):
    """A name as the tool prints it: bytes that are no characters come as U+0080 to U+00FF in JSON."""
    return "".join("?" if ord(char) < 32 or 127 <= ord(char) < 160 else char for char in comm)


def check_operations(page, report):
    got = rows(page, "operations")
    assert len(got) == min(len(report["operations"]), 1000)
    if len(report["operations"]) > 1000:
        return
    for row, one in zip(got, report["operations"]):
        assert row[1] == one["kind"]
        assert row[2] == one["memory"] + (f" {one['zone']}" if one["zone"] else ""), (row, one)
        assert row[3].startswith(WORDS.get(one["result"], f"failed: {one['reason'] or 'reason unknown'} (")), (row, one)
        assert (row[4] == "?") == (one["ns"] is None)
        names = [part.rsplit(" ", 1) for part in row[5].split(", ") if part]
        assert [name.replace(" ", "_") for name, _ in names] == (list(one["phases"]) if one["begin_ns"] else []), (row, one)
        assert [value == "?" for _, value in names] == [one["phases"][name.replace(" ", "_")] is None for name, _ in names]
        assert row[6] == f"{plain(one['comm'])} ({one['pid']})" + (f", {one['way']}" if one["way"] else ""), (row, one)


def check_map(page, report):
    """At its right edge, the map shows the states of the end; up to 96 blocks have a row of their own."""
    picture = next(one for one in page.iter(f"{NS}svg") if one.get("aria-label", "").startswith("states"))
    numbers = sorted({block for _, block, _ in report["states"]})
    labels = [one.text for one in page.iter(f"{NS}text") if (one.text or "").startswith("memory")]
    assert (labels[0] if labels else None) in (None, f"memory{numbers[0]}" if numbers else None) or "–" in labels[0]
    if len(numbers) > 96 or report["several"]:
        return
    wanted = {block["id"]: block["state"] for block in report["end"]["blocks"]}
    height = int(picture.get("viewBox").split()[3]) // max(1, len(numbers))
    assert height >= 10
    assert len(labels) == ((len(numbers) + 1) // 2 if len(numbers) > 48 else len(numbers))
    got = {}
    for path in picture.iter(f"{NS}path"):
        for x, y, width in re.findall(r"M([\d.]+) (\d+)h([\d.]+)v", path.get("d")):
            if path.get("class") != "cut" and float(x) + float(width) > 799:
                got[numbers[int(y) // height]] = path.get("class")
    states = {"on": ["online"], "off": ["offline"], "go": ["going_online", "going_offline"], None: ["removed"]}
    for block, state in wanted.items():
        assert state in states[got.get(block)], (block, state, got.get(block))


def check_distributions(page, report):
    """A row for each bucket from the first to the last with operations; the longest bar fills its picture."""
    tables = [one for one in page.iter(f"{NS}table") if one.get("class") == "hist"]
    timed = [one for one in report["times"].values() if sum(one["buckets"])]
    assert len(tables) == len(timed), (len(tables), len(timed))
    for table, one in zip(tables, timed):
        used = [nth for nth, count in enumerate(one["buckets"]) if count]
        wanted = one["buckets"][used[0]:used[-1] + 1]
        lines = [["".join(cell.itertext()) for cell in row] for row in table]
        assert [int(line[1]) for line in lines] == wanted, (lines, wanted)
        bars = [float(re.match(r"M0 0h([\d.]+)v", path.get("d"))[1]) for path in table.iter(f"{NS}path")]
        assert all(abs(bar - count * 100 / max(wanted)) < 0.06 for bar, count in zip(bars, wanted)), (bars, wanted)


def check_axes(page):
    """Both pictures have the same five times, in their order."""
    axes = [[small.text for small in one] for one in page.iter(f"{NS}div") if one.get("class") == "axis"]
    assert len(axes) == 2 and axes[0] == axes[1] and len(axes[0]) == 5, axes


def check_rest(page, report, text):
    times = [line.split() for line in text.split("\nTimes\n")[1].split("\n\n")[0].splitlines()[1:]]
    assert rows(page, "times") == times, (rows(page, "times"), times)
    assert [[int(row[0], 0), int(row[1][6:])] for row in rows(page, "pages")] == \
        [[one["pfn"], one["block"]] for one in report["pages"]]
    assert [[row[0], row[1], int(row[2])] for row in rows(page, "retries")] == \
        [[one["kind"], one["memory"], one["tries"]] for one in report["retries"]]
    assert [row[1] for row in rows(page, "removals")] == [one["text"] for one in report["removals"]]
    assert [" ".join(row) for row in rows(page, "removals")] == text.split("\nEjects and removals")[1].splitlines()[1:]
    assert [[int(row[0]), row[1], int(row[2]), int(row[3])] for row in rows(page, "zones")] == \
        [[one["node"], one["zone"], one["present"], one["managed"]] for one in report["end"]["zones"]]
    assert [[int(row[0]), row[1]] for row in rows(page, "blocks")] == \
        [[one["id"], one["state"]] for one in report["end"]["blocks"]][:256]
    assert len(rows(page, "ranges")) == min(len(report["end"]["ranges"]), 256)
    violations = next(one for one in page.iter(f"{NS}div") if one.get("id") == "violations")
    heads = [one.text for one in violations.iter(f"{NS}h3")]
    assert heads == [f"{one['rule']}, memory{one['block']}" for one in report["violations"]]
    said = " ".join("".join(violations.itertext()).split())
    for one in report["violations"]:
        assert " ".join(f"Expected {one['expected']}; found {one['found']}.".split()) in said, (one, said)
        for event in filter(None, (one["before"], one["then"])):
            assert " ".join(f"{event['event']}: {event['fields']}".split()) in said or not event["fields"], (event, said)
            assert all(site in said for site in event["sites"]), (event, said)


def main():
    with open(sys.argv[1], "rb") as file:
        source = file.read()
    with open(sys.argv[2], encoding="utf-8") as file:
        report = json.load(file)
    with open(sys.argv[3], encoding="utf-8") as file:
        text = file.read()
    report["several"] = len({one["part"] for one in report["operations"]}) > 1
    assert source.startswith(b"<!DOCTYPE html>\n")
    page = xml.etree.ElementTree.fromstring(source.decode("utf-8"))
    for element in page.iter():
        assert element.tag.removeprefix(NS) in ALLOWED, element.tag
        assert not set(element.keys()) - ATTRIBUTES, element.attrib
    assert b"url(" not in source and b"@import" not in source
    assert b"prefers-color-scheme:dark" in source
    check_operations(page, report)
    check_map(page, report)
    check_axes(page)
    check_distributions(page, report)
    check_rest(page, report, text)
    print(f"{len(source)} bytes, {len(rows(page, 'operations'))} operations")


if __name__ == "__main__":
    main()
