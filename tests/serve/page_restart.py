#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What an open page shows when mhptop serve is started anew, cannot be reached, sends an old state, or has much to say at once. KTAP.

    page_restart.py MHPTOP
"""
import http.client
import http.server
import json
import os
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
# pylint: disable=wrong-import-position
from lib_browser import Browser
from lib_host import LONG, done, eq
from lib_page import DESK, PHONE
from served import Server, last_frame, operations_of

RECORDINGS = os.path.join(HERE, "..")
# What the page says of its machine, its operations and its memory blocks.
SHOWN = """({about: element("about").textContent, host: element("host").textContent, cell: element("map").getAttribute("aria-label"),
	operations: [...element("operations").rows].map(row => row.cells[1].textContent + " " + row.cells[2].textContent + " " + row.cells[3].textContent),
	slices: document.querySelectorAll("#line .slice").length, earlier: element("earlier").hidden, runs: element("runs").rows.length})"""


def ask(server, path):
    connection = http.client.HTTPConnection(*server.address, timeout=LONG)
    connection.request("GET", path)
    return connection.getresponse().read().decode()


class Front(http.server.BaseHTTPRequestHandler):
    """Where the browser finds mhptop: it passes requests to the server of the moment, or answers as a proxy without one does."""
    server_of, state_of, rename, ids, states = None, None, None, [], []

    def do_GET(self):  # pylint: disable=invalid-name
        path = self.path
        server = Front.state_of if path == "/state" and Front.state_of else Front.server_of
        if path == "/state":
            Front.states.append(time.monotonic())
        if server == "drop":
            self.close_connection = True
            return
        if server == "502" or path == "/favicon.ico":
            self.send_error(502 if server == "502" else 404)
            return
        if path == "/events":
            Front.ids.append(self.headers.get("Last-Event-ID"))
        try:
            connection = http.client.HTTPConnection(*server.address, timeout=LONG)
            connection.request("GET", path, headers={key: text for key, text in self.headers.items() if key in ("Last-Event-ID", "Accept")})
            answer = connection.getresponse()
            body = answer.read()
        except OSError:
            self.close_connection = True
            return
        if path == "/events" and Front.rename:
            own = json.loads(ask(server, "/state"))["instance"]
            body = body.replace(own.encode(), Front.rename.encode())
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


def start(tool, path):
    server = Server(tool)
    server.read(path, last_frame(tool, path))
    return server


def stop(server):
    server.process.terminate()
    server.process.wait()


def fresh(tool, path, url):
    """What a page shows that was opened now, of a recording."""
    server = start(tool, path)
    Front.server_of = server
    with Browser() as browser:
        browser.open(url)
        browser.until("document.body.dataset.ready")
        shown = browser.value(SHOWN)
    stop(server)
    return shown


def settles(browser, wanted):
    """What the page shows when it is as wanted, or after the longest wait; and all that it showed on the way."""
    end, seen = time.monotonic() + LONG, []
    while True:
        shown = browser.value(SHOWN)
        if not seen or seen[-1] != shown:
            seen.append(shown)
        if shown == wanted or time.monotonic() > end:
            return shown, seen
        time.sleep(0.02)


def check_restart(tool, url, name, old, new, between):
    """The page goes from one run of mhptop to another, and is never of both."""
    wanted = [fresh(tool, path, url) for path in (old, new)]
    eq(f"{name}: the runs differ", True, wanted[0] != wanted[1])
    first = start(tool, old)
    Front.server_of = first
    with Browser() as browser:
        browser.open(url)
        browser.until("document.body.dataset.ready")
        eq(f"{name}: the first run", wanted[0], settles(browser, wanted[0])[0])
        stop(first)
        if between:
            Front.server_of = between
            eq(f"{name}: the page says that it may be old", True, browser.until('element("connection").textContent.startsWith("Not connected")'))
            eq(f"{name}:   and shows what it had", wanted[0], browser.value(SHOWN))
        second = start(tool, new)
        Front.ids.clear()
        Front.server_of = second
        shown, seen = settles(browser, wanted[1])
        eq(f"{name}: the second run", wanted[1], shown)
        eq(f"{name}:   it was never a mixture of both", [], [one for one in seen if one not in wanted])
        eq(f"{name}:   the browser said what it had", between != "502", Front.ids[0] is not None)
        browser.until('element("connection").textContent === "Connected."')
        eq(f"{name}:   it is connected", "Connected.", browser.value('element("connection").textContent'))
        stop(second)


def check_halves(tool, url, old, new):
    """A state of one run and events of another are not shown together."""
    wanted, first, second = fresh(tool, old, url), start(tool, old), start(tool, new)
    Front.server_of = first
    with Browser() as browser:
        browser.open(url)
        browser.until("document.body.dataset.ready")
        Front.state_of = second
        browser.value("reload()")
        eq("a state of another run: the page does not show it", wanted, browser.value(SHOWN))
        Front.state_of = None
    stop(first)
    stop(second)


def check_return(tool, url, path):
    """After an answer that was no success, the same run gives all of its operations again."""
    wanted, server = fresh(tool, path, url), start(tool, path)
    Front.server_of = server
    with Browser() as browser:
        browser.open(url)
        browser.until("document.body.dataset.ready")
        Front.server_of = "502"
        browser.until('element("connection").textContent.startsWith("Not connected")')
        Front.ids.clear()
        Front.server_of = server
        eq("the same run again: the browser has forgotten what it had", None, (browser.until('element("connection").textContent === "Connected."'), Front.ids[0])[1])
        browser.value("reload()")
        eq("  no operation is there twice", wanted, browser.value(SHOWN))
    stop(server)


def begin(tool, path):
    """A server that has read a recording but for its last 20 lines, and these"""
    with open(path, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    server = Server(tool)
    server.feed.write(b"".join(lines[:-20]))
    server.listening()
    Front.server_of = server
    return server, b"".join(lines[-20:])


def check_old_state(tool, url, path):
    """The server may send a state that it made before the last event; the page asks until it has the present one."""
    server, last = begin(tool, path)
    with Browser() as browser:
        browser.open(url)
        browser.until("document.body.dataset.ready")
        frame = last_frame(tool, path)
        # The next request for the state gets one of now.
        browser.value("""fetch("state").then(answer => answer.text()).then(old => {
            const real = fetch;
            window.old = 1;
            window.fetch = (...from) => {
                window.fetch = real;
                window.old = 0;
                return Promise.resolve(new Response(old));
            };
        })""")
        server.feed.write(last)
        server.feed.close()
        eq("an old state: the page got it", True, browser.until("window.old === 0"))
        wanted = f"{frame['events']['seen']} events,"
        eq("  and shows the present one soon", True, bool(browser.until(f'element("about").textContent.includes("{wanted}")')))
    stop(server)


def check_new_state(tool, url, path):
    """Records come after /events has ended and before the state is read: the page does not show the old operations for a second."""
    server, last = begin(tool, path)
    whole = start(tool, path)
    # Both are one run of mhptop to the page, at two times.
    Front.rename, Front.state_of = json.loads(ask(whole, "/state"))["instance"], whole
    Front.ids.clear()
    with Browser() as browser:
        browser.open(url)
        browser.until("document.body.dataset.ready")
        end = time.monotonic() + LONG
        while len(Front.ids) < 6 and time.monotonic() < end:
            time.sleep(0.05)
        eq("a state with more records: /events is asked at once, not when the browser does", [None, None], Front.ids[:2])
        eq("  but not again and again, if there are always more", True, all(Front.ids[2:6]))
        server.feed.write(last)
        with open(path, encoding="utf-8") as file:
            wanted = len(operations_of([json.loads(line) for line in file]))
        eq("  all operations are shown in the end", True, browser.until(f'element("operations").rows.length === {wanted}'))
    Front.rename = Front.state_of = None
    stop(server)
    stop(whole)


def check_no_state(tool, url, path, failure):
    """While the state cannot be read, the page says so, and that it is old; then it shows the state, though no event comes."""
    server, last = begin(tool, path)
    with Browser() as browser:
        browser.open(url)
        browser.until("document.body.dataset.ready")
        Front.state_of = failure
        Front.states.clear()
        server.feed.write(last)
        server.feed.close()
        said = browser.until('/^Cannot read the state: .* What is shown is from [0-9:]{8}[.]$/.test(element("connection").textContent)')
        eq(f"{failure} for the state: the page says that it is old", True, said)
        eq("  in the colour of what is wrong", True, browser.value('element("connection").classList.contains("bad")'))
        end = time.monotonic() + LONG
        while len(Front.states) < 4 and time.monotonic() < end:
            time.sleep(0.1)
        waits = [later - one for one, later in zip(Front.states, Front.states[1:4])]
        eq("  it asks again by itself, twice as long after each failure", [], [(want, wait) for want, wait in zip((1, 2, 4), waits) if wait < 0.9 * want])
        eq("    and soon", True, len(Front.states) >= 4)
        Front.state_of = None
        wanted = last_frame(tool, path)["events"]["seen"]
        eq("  and shows the present one at last", True, browser.until(f'element("about").textContent.includes("{wanted} events,")'))
        eq("  it is connected", True, browser.until('element("connection").textContent === "Connected."')
           and not browser.value('element("connection").classList.contains("bad")'))
    stop(server)


def burst(number):
    """The lines of a recording of a memory block that goes online and offline so many times, and its totals"""
    lines = [json.dumps({"schema": 3, "type": "mhptop", "kernel": "6.12.0", "host": "burst", "source": "events", "page_bytes": 4096,
                         "block_bytes": 134217728, "wall_ns": 1700000000000000000, "mono_ns": 0})]
    for nth in range(number):
        kind = ("online", "offline")[nth % 2]
        for step in "begin", "end":
            line = {"seq": len(lines), "ns": 1000 * len(lines), "cpu": 0, "pid": 1, "comm": "sh", "event": f"mhp_{kind}_{step}", "start_pfn": 0x108000,
                    "nr_pages": 32768, "vmemmap_pages": 0, "nid": 0, "zone": "Movable", **({"ret": 0} if step == "end" else {})}
            lines.append(json.dumps(line))
    return [(line + "\n").encode() for line in lines]


def check_burst(tool, url):
    """Of many operations that end at once, the page shows the last 1,024, and says how many it leaves out."""
    lines = burst(1500)
    server = Server(tool)
    server.feed.write(b"".join(lines[:21]))
    server.listening()
    Front.server_of = server
    with Browser() as browser:
        browser.open(url)
        browser.until("document.body.dataset.ready")
        eq("a few operations: all of them are shown", True, browser.until('element("operations").rows.length === 10 && element("earlier").hidden'))
        server.feed.write(b"".join(lines[21:]))
        rows = '[...document.querySelectorAll("#operations tr, #older tr")]'
        eq("1,490 more at once: the page has the last ones", True, browser.until(f"{rows}.length === 1024"))
        eq("  and says how many it does not have", "476 earlier operations are not shown.", browser.until('element("earlier").textContent'))
        eq("  the newest one is the first, the 477th the last", ["offline", "online"],
           browser.value(f"[0, 1023].map(nth => {rows}[nth].cells[1].textContent)"))
        eq("  all of them are on the time line", 1024, browser.value('document.querySelectorAll("#line .slice").length'))
        check_reach(browser)
    stop(server)


def check_reach(browser):
    """Zones and ranges come soon after many operations, of which the latest are visible and the others can be opened."""
    for (width, height), most in (PHONE, 6), (DESK, 3):
        browser.window(width, height, mobile=(width, height) == PHONE)
        for closed in "before the others are opened", "after they were closed":
            tops = browser.value('["h-zones", "h-ranges"].map(id => element(id).getBoundingClientRect().top + scrollY)')
            eq(f"  {width} pixels, {closed}: zones and ranges begin within {most} screens", [], [top for top in tops if top > most * height])
            visible = """[...document.querySelectorAll("#operations tr, #older tr")].filter(row => row.checkVisibility()).length"""
            summary = 'element("rest-title")'
            eq("    the latest twenty operations are visible", [20, "1004 more operations"], browser.value(f"[{visible}, {summary}.textContent]"))
            browser.value(f"{summary}.focus()")
            browser.key("Enter")
            eq("    Enter opens the others", 1024, browser.until(f"{visible} > 20 && {visible}"))
            browser.key("Enter")
            eq("    and closes them", 20, browser.until(f"{visible} < 1024 && {visible}"))


def main():
    tool = sys.argv[1]
    failures, range_, hosted = (os.path.join(RECORDINGS, "golden", f"{name}.ndjson") for name in ("failures", "range", "hosted"))
    with tempfile.TemporaryDirectory() as folder, http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front) as front:
        threading.Thread(target=front.serve_forever, daemon=True).start()
        url = "http://127.0.0.1:%d/" % front.server_port
        # The same numbers of records and operations, so that only the name of the run differs.
        twin = os.path.join(folder, "twin.ndjson")
        with open(failures, encoding="utf-8") as source, open(twin, "w", encoding="utf-8") as out:
            header = json.loads(source.readline())
            out.write(json.dumps({**header, "host": "twin"}) + "\n" + source.read().replace('"zone":"Movable"', '"zone":"Normal"'))
        check_restart(tool, url, "fewer operations", failures, hosted, None)
        check_restart(tool, url, "more operations, after a while", hosted, failures, "drop")
        check_restart(tool, url, "a proxy that says so", range_, failures, "502")
        check_restart(tool, url, "as many events", failures, twin, None)
        check_halves(tool, url, failures, hosted)
        check_return(tool, url, failures)
        check_old_state(tool, url, failures)
        check_new_state(tool, url, failures)
        check_no_state(tool, url, failures, "502")
        check_no_state(tool, url, failures, "drop")
        check_burst(tool, url)
        front.shutdown()
    done()


main()
