#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What mhptop serve gives the page for a browser: its state, its events, its files, and to whom. KTAP.

    state.py MHPTOP RECORDING...
"""
import http.client
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
from lib_host import done, eq
from served import LONG, Server, last_frame, operations_of

HERE = os.path.dirname(os.path.realpath(__file__))
RUN = "state", "node", "zone", "hosting"
KEPT = 1024  # operations
# Nobody but root may know which pages and tasks there are.
SECRET = re.compile(r"comm|pid|blocker|_by$|failed_pfn|free_pfn|refs")


def ask(server, path, **headers):
    connection = http.client.HTTPConnection(*server.address, timeout=LONG)
    connection.request("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()


def blocks_of(runs):
    return [(run["id"] + nth, *(run[key] for key in RUN), run["failed"]) for run in runs for nth in range(run["count"])]


def members(value):
    """The names of all members of a JSON value."""
    if isinstance(value, dict):
        return set(value) | set().union(set(), *map(members, value.values()))
    return set().union(set(), *map(members, value)) if isinstance(value, list) else set()


def events_of(text):
    """Lists of (id, event, data) of server-sent events."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line)
        if "data" in fields:
            found.append((fields.get("id"), fields["event"], fields["data"] if fields["event"] == "instance" else json.loads(fields["data"])))
    return found


def open_of(lines, frame):
    """Operations of a recording that began and did not end, the reason why they fail, if that is known, and how long they have taken"""
    return [[kind, begin["start_pfn"] * 4096, begin["nr_pages"] * 4096, begin["ns"], frame["ns"] - begin["ns"], reason]
            for kind, begin, end, reason in operations_of(lines) if not end]


def check_state(name, server, frame, lines):
    status, headers, text = ask(server, "/state")
    state = json.loads(text)
    eq(f"{name}: /state is JSON", (200, "application/json"), (status, headers["Content-Type"]))
    eq(f"{name}:   it names this run of mhptop", True, bool(re.fullmatch("[0-9a-f]{16}", state["instance"])))
    same = [key for key in frame if key not in ("blocks", "ranges", "violations", "violated", "ns", "time", "attention")]
    eq(f"{name}:   it has what a frame has", {key: frame[key] for key in same}, {key: state.get(key) for key in same})
    eq(f"{name}:   the runs are the memory blocks", [(block["id"], *(block[key] for key in RUN), bool(block["offline_failures"]))
                                                    for block in frame["blocks"]], blocks_of(state["runs"]))
    eq(f"{name}:   no two neighbours could be one run", [], [run["id"] for before, run in zip(state["runs"], state["runs"][1:])
                                                            if before["id"] + before["count"] == run["id"] and before["failed"] == run["failed"]
                                                            and all(before[key] == run[key] for key in RUN)])
    eq(f"{name}:   the ranges are those of the frame", [{key: entry[key] for key in shown} for shown, entry in zip(state["ranges"], frame["ranges"])],
       state["ranges"])
    eq(f"{name}:   as many", len(frame["ranges"]), len(state["ranges"]))
    eq(f"{name}:   operations in progress", open_of(lines, frame),
       [[one[key] for key in ("operation", "start", "bytes", "ns", "duration", "reason")] for one in state["in_progress"]]
       if state["in_progress"] is not None else None)
    eq(f"{name}:   no member is about pages or tasks", [], sorted(key for key in members(state) if SECRET.search(key)))


def check_events(name, server, lines):
    ends = [line for line in lines if re.fullmatch(r"mhp_(add|online|offline|remove)_end", line.get("event", "")) and "seq" in line]
    status, headers, text = ask(server, "/events")
    found = events_of(text)
    eq(f"{name}: /events are server-sent events", (200, "text/event-stream"), (status, headers["Content-Type"]))
    shown = [(end["event"][4:-4], end["start_pfn"] * 4096, end["nr_pages"] * 4096, end["ns"], end["ret"]) for end in ends]
    eq(f"{name}:   the operations that ended", shown[-KEPT:],
       [tuple(data[key] for key in ("operation", "start", "bytes", "ns", "ret")) for _, event, data in found if event == "operation"])
    state = json.loads(ask(server, "/state")[2])
    eq(f"{name}:   they begin with the run of mhptop, and end with its records", [(None, "instance", state["instance"]), (None, "seen", state["records"])],
       [found[0], found[-1]])
    numbers = [f"{state['instance']}.{nth + 1}" for nth in range(len(ends))]
    last_but_two = f"{state['instance']}.{max(0, len(ends) - 2)}"
    eq(f"{name}:   they are numbered", numbers[-KEPT:], [number for number, event, _ in found if event == "operation"])
    eq(f"{name}:   a browser that has some gets the others", numbers[-2:],
       [number for number, event, _ in events_of(ask(server, "/events", Last_Event_ID=last_but_two)[2]) if event == "operation"])
    other = f"{int(state['instance'], 16) ^ 1:016x}"
    for last in f"{other}.{len(ends) - 2}", str(len(ends) - 2), f"{state['instance']}.99999", f"{state['instance']}.", f"{state['instance']}", "x", "":
        eq(f"{name}:   after {last.replace(state['instance'], 'ID').replace(other, 'OTHER')!r} it gets all", found,
           events_of(ask(server, "/events", Last_Event_ID=last)[2]))


def check_files(server):
    folder = os.path.join(HERE, "../../tools/mhptop/serve/page")
    for path, name, kind in (("/", "page.html", "text/html"), ("/page.css", "page.css", "text/css"), ("/page.js", "page.js", "text/javascript"),
                             ("/line.js", "line.js", "text/javascript")):
        status, headers, text = ask(server, path)
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            eq(f"{path} is {name}", (200, f"{kind}; charset=utf-8", file.read()), (status, headers["Content-Type"], text))
        eq("  nothing from elsewhere is loaded, and nothing may frame it", True,
           headers["Content-Security-Policy"].startswith("default-src 'none'") and "frame-ancestors 'none'" in headers["Content-Security-Policy"])
        eq("  it names no other machine", [], re.findall(r"(?<!xmlns=\")\bhttps?://(?!www\.w3\.org/2000/svg)[^\"' ]*", text))


def check_hosts(server):
    for host in "127.0.0.1", "127.0.0.1:9464", "localhost", "LocalHost:80", "localhost:80", "[::1]:9464", "[::1]", "192.0.2.7:9464":
        eq(f"a request for {host} is answered", (200, 200), tuple(ask(server, path, Host=host)[0] for path in ("/state", "/events")))
    for host in "", "evil.example", "evil.example:9464", "127.0.0.1.evil.example", "localhost.evil.example:80", "x" * 300:
        eq(f"a request for '{host[:30]}' is not", (403, 403), tuple(ask(server, path, Host=host)[0] for path in ("/state", "/events")))
    eq("Prometheus may ask for any name", 200, ask(server, "/metrics", Host="box.example")[0])


def check_formats(server):
    for accept, kind in (("application/openmetrics-text;q=0.5, text/plain;q=0.9", "text/plain"),
                         ("Application/OpenMetrics-Text; version=1.0.0, text/plain;q=0.9", "application/openmetrics-text")):
        eq(f"/metrics for a client that accepts {accept}", (200, kind),
           (lambda status, headers, _: (status, headers["Content-Type"].split(";")[0]))(*ask(server, "/metrics", Accept=accept)))


def main():
    tool, *recordings = sys.argv[1:]
    for path in recordings:
        frame, server = last_frame(tool, path), Server(tool)
        text = server.read(path, frame)
        lines = [json.loads(line) for line in text.splitlines()]
        check_state(os.path.basename(path), server, frame, lines)
        check_events(os.path.basename(path), server, lines)
        if path == recordings[0]:
            check_files(server)
            check_hosts(server)
            check_formats(server)
        server.process.terminate()
        server.process.wait()
    done()


main()
