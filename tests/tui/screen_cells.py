#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turn a screen that tmux captured with its escape sequences (standard input) into a form that a person can read and
compare: the text, a line of "---", and for each row that has any the styles of its columns, counted from 0.

    screen_cells.py [--uncolored FILE]     with --uncolored print FILE, which has this form, without colours
"""
import re
import sys
import unicodedata

COLORS = "black red green yellow blue magenta cyan white".split()
ATTRIBUTES = {1: "bold", 2: "dim", 4: "underline", 7: "reverse"}
OFF = {22: ("bold", "dim"), 24: ("underline",), 27: ("reverse",)}


def apply(style, codes):
    """The style after a sequence of SGR codes"""
    for code in codes:
        if code == 0:
            style = {}
        elif code in ATTRIBUTES:
            style = {**style, ATTRIBUTES[code]: ATTRIBUTES[code]}
        elif code in OFF:
            style = {name: word for name, word in style.items() if name not in OFF[code]}
        elif 30 <= code <= 37:
            style = {**style, "color": COLORS[code - 30]}
        elif code == 39:
            style = {name: word for name, word in style.items() if name != "color"}
        elif code != 49:
            sys.exit(f"unknown SGR code {code}")
    return style


def captured(row, style):
    """The characters of a row, each with the words of its style, and the style at its end"""
    cells = []
    for part in re.split(r"(\x1b\[[0-9;]*m)", row):
        if part.startswith("\x1b["):
            style = apply(style, [int(code or 0) for code in part[2:-1].split(";")])
            continue
        for char in part:
            wide = unicodedata.east_asian_width(char) in "WF"
            cells += [(char, " ".join(sorted(style.values())))] + [("", "")] * wide
    return cells, style


def read_captured(text):
    style, rows = {}, []
    for row in text.split("\n")[:-1]:
        cells, style = captured(row, style)
        rows.append(cells)
    return rows


def read_uncolored(text):
    """The rows of a file that this program wrote, without colours"""
    lines, _, notes = text.partition("\n---\n")
    rows = [[[char, ""] for char in line.ljust(512)] for line in lines.split("\n")]
    for note in notes.splitlines():
        y, _, runs = note.partition(": ")
        for run in runs.split(", "):
            columns, *words = run.split(" ")
            first, last = map(int, columns.split("-"))
            for cell in rows[int(y)][first:last + 1]:
                cell[1] = " ".join(word for word in words if word not in COLORS)
    return rows


def runs_of(cells):
    """Columns with the same style. Of a space only a background and a line can be seen; any other belongs to any run."""
    runs = []
    for x, (char, words) in enumerate(cells):
        if not char or char == " " and "reverse" not in words and "underline" not in words:
            continue
        if runs and runs[-1][2] == words and all(cell[0] in ("", " ") for cell in cells[runs[-1][1] + 1:x]):
            runs[-1][1] = x
        else:
            runs.append([x, x, words])
    return [f"{first}-{last} {words}" for first, last, words in runs if words]


def main():
    if sys.argv[1:2] == ["--uncolored"]:
        with open(sys.argv[2], encoding="utf-8") as file:
            rows = read_uncolored(file.read())
    else:
        rows = read_captured(sys.stdin.buffer.read().decode())
    print("\n".join("".join(char for char, _ in cells).rstrip() for cells in rows))
    print("---")
    for y, cells in enumerate(rows):
        runs = runs_of(cells)
        if runs:
            print(f"{y}: " + ", ".join(runs))


if __name__ == "__main__":
    main()
