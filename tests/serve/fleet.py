#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Print the queries of the dashboards for Grafana and of docs/fleet.md as recording rules, which promtool can check.

    fleet.py DOCUMENT DASHBOARD...

Exits with 1, after one line each, if a dashboard is not as Grafana needs it: unique numbers, and no panel over another one.
"""
import json
import re
import sys


def queries(dashboard):
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield re.sub(r"\$__(range|rate_interval)", "1h", re.sub(r"\$(instance|job)", ".*", target["expr"]))


def questions(document):
    """Only the tables of questions have queries."""
    yield from re.findall(r"^\|.*\| `(.*)` \|$", document, re.M)


def wrong_panels(panels):
    numbers = [panel["id"] for panel in panels]
    if len(set(numbers)) != len(numbers):
        yield "panels have the same number"
    taken = {}
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            yield f"{panel['title']}: beyond the right edge"
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                if (x, y) in taken:
                    yield f"{panel['title']}: over {taken[x, y]}"
                    return
                taken[x, y] = panel["title"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        found = list(questions(file.read()))
    wrong = []
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            dashboard = json.load(file)
        wrong += [f"{path}: {text}" for text in wrong_panels(dashboard["panels"])]
        found += queries(dashboard)
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(found, 1)]
    print(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))  # YAML as well
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
