#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Load generators against mhptop serve, KTAP: slowhttptest holds connections with slow headers, slow bodies and slow reads, wrk
floods. Neither keeps others out or costs memory.

    load.py [--tls] MHPTOP RECORDING SECONDS

Meanwhile events come through a pipe, the next one when a scrape has shown the one before. slowhttptest asks every second, too, and
says whether it was answered. With --tls, all of it comes over TLS, and wrk and the scrapes send the token. Prints what it measured.
"""
import csv
import os
import re
import subprocess
import sys
import tempfile
import time

from served import GROWTH, LONG, Secrets, Server  # which finds lib_host
from lib_host import done, eq

ROOM = 256  # connections, as in serve/http.h
CLIENTS = 334  # of each slow kind
FLOOD = 64
ENOUGH = 20  # scrapes while all connections are taken
ROUND = 15  # seconds: longer than a connection may last

# How each kind is slow: once a second, a header; 16 bytes of a body; 16 bytes that it reads from a window of 16 to 64.
SLOW = {"headers": "-H -i 1 -x 16", "body": "-B -i 1 -x 16", "read": "-X -n 1 -w 16 -y 64 -z 16"}


def number(regex, text):
    found = re.search(regex, text, re.M)
    return int(found[1]) if found else 0


class Slow:
    """slowhttptest in rounds, as it does not connect again when the server has ended its connections."""

    def __init__(self, kind, url, folder):
        self.kind, self.url, self.prefix = kind, url, os.path.join(folder, kind)
        self.process = None
        self.asked = self.denied = self.ended = self.rounds = 0

    def begin(self, clients=CLIENTS, seconds=ROUND, *options):
        self.process = subprocess.Popen(["slowhttptest", *SLOW[self.kind].split(), "-c", str(clients), "-r", str(clients), "-l", str(seconds),
                                         "-p", str(LONG), "-u", self.url, "-g", "-o", self.prefix, "-v", "1", *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def end(self):
        """Returns why the round ended, in the words of slowhttptest."""
        words = re.sub("\x1b[^m]*m", "", self.process.communicate()[0])
        self.rounds += 1
        with open(self.prefix + ".csv", encoding="ascii") as file:
            rows = list(csv.DictReader(file))
        self.asked += len(rows)
        self.denied += sum(row["Service Available"] == "0" for row in rows)
        self.ended += max((int(row["Closed"]) for row in rows), default=0)
        return re.search("Exit status: *(.*)", words)[1]

    def step(self, more):
        """Begin a round if there is none and there should be; whether one runs."""
        if self.process and self.process.poll() is not None:
            self.end()
            self.process = None
        if not self.process and more:
            self.begin()
        return self.process is not None


def flood(server, url, seconds, folder):
    command = ["wrk", "-t", "1", "-c", str(FLOOD), "-d", str(seconds), "--timeout", str(LONG), "--latency"]
    for key, value in (server.shared.header() if server.shared else {}).items():
        command += ["-H", f"{key}: {value}"]
    with open(os.path.join(folder, "wrk"), "w+b") as out:
        return subprocess.Popen([*command, url], stdout=out, stderr=subprocess.STDOUT)


class Scraper:
    """One scrape after another; when one shows all events that came, the next event comes."""

    def __init__(self, server, lines):
        self.server, self.lines = server, lines
        self.made = self.shown = self.fed = self.most = 0
        self.took = []  # in seconds, while all connections were taken

    def step(self, more=True):
        if more and self.shown == self.fed < len(self.lines):
            self.server.feed.write(self.lines[self.fed])
            self.fed += 1
        begin = time.monotonic()
        text = self.server.get()
        took = time.monotonic() - begin
        self.made += 1
        self.shown = number(r"^mhptop_events_total ([0-9]+)$", text)
        descriptors = self.server.descriptors()
        self.most = max(self.most, descriptors)
        if descriptors >= ROOM:
            self.took.append(took)


def held(url, folder):
    """Where there is room for all of them, the clock ends them: a body has no time limit, as it is refused at once, and clients that
    read slowly notice too late. A header every ten seconds does not fill the room for a request before slowhttptest gives up."""
    slow = Slow("headers", url, folder)
    slow.begin(ROOM // 2, LONG, "-i", "10")
    eq("connections with slow headers are ended", "No open connections left", slow.end())


def attack(server, url, scraper, seconds, folder):
    """Returns the slow ones, and what wrk printed."""
    slow = [Slow(kind, url, folder) for kind in SLOW]
    wrk = flood(server, url, seconds, folder)
    end = time.monotonic() + seconds

    def more():
        now = time.monotonic()
        return now < end or (len(scraper.took) < ENOUGH and now < end + LONG)

    while any([one.step(more() or not one.rounds) for one in slow]) or wrk.poll() is None or more():
        scraper.step()
    while scraper.shown < scraper.fed and time.monotonic() < end + LONG:
        scraper.step(more=False)
    with open(os.path.join(folder, "wrk"), encoding="ascii") as file:
        return slow, file.read()


def quiet(server, descriptors):
    """Wait until all connections have ended."""
    end = time.monotonic() + LONG
    while server.descriptors() > descriptors and time.monotonic() < end:
        time.sleep(0.1)
    return server.descriptors()


def met(server, lines, seconds, folder):
    server.feed.write(lines[0])
    url = "{2}://{0}:{1}/metrics".format(*server.listening(), server.scheme())
    for _ in range(20):
        server.get()
    held(url, folder)
    before = server.status("VmRSS"), server.descriptors()
    scraper = Scraper(server, [line for line in lines[1:] if b'"event"' in line])
    slow, text = attack(server, url, scraper, seconds, folder)
    peak, took = server.status("VmHWM"), sorted(scraper.took)
    for one in slow:
        eq(f"slow {one.kind}: slowhttptest was answered each time that it asked", (True, 0), (one.asked > 1, one.denied))
        print(f"# {one.rounds * CLIENTS} connections in {one.rounds} rounds; it saw {one.ended} end, and asked {one.asked} times")
    print("# " + text.strip().replace("\n", "\n# "))
    requests = number(r"^ *([0-9]+) requests in ", text)
    eq("the flood of wrk was answered, without an error", (True, 0, 0, 0),
       (requests > 0, number(r"Non-2xx or 3xx responses: ([0-9]+)", text), number(r"connect ([0-9]+)", text), number(r"timeout ([0-9]+)", text)))
    eq("each event was shown", (True, scraper.fed), (scraper.fed > 10, scraper.shown))
    eq("all connections were taken meanwhile", True, len(took) >= ENOUGH)
    eq("  and never more than there may be", True, scraper.most - before[1] <= ROOM + 2)
    if not os.environ.get("MHP_SANITIZED"):
        eq("it cost no memory", True, peak - before[0] <= GROWTH)
    print(f"# {requests} requests of wrk; {scraper.made} scrapes, {len(took)} of them with all connections taken: half in "
          f"{took[len(took) // 2] * 1000:.1f} ms, the slowest in {took[-1] * 1000:.0f} ms; resident {before[0]} KiB before, {peak} KiB at most; "
          f"{scraper.most - before[1]} connections at most")
    eq("all connections have ended", True, quiet(server, before[1]) <= before[1])
    eq("it ends without a message", (0, ""), server.stop())


def main():
    tls = sys.argv[1] == "--tls"
    tool, recording, seconds = sys.argv[1 + tls:]
    with open(recording, "rb") as file:
        lines = file.read().splitlines(True)
    print("KTAP version 1")
    with tempfile.TemporaryDirectory() as folder:
        met(Server(tool, shared=Secrets(folder) if tls else None), lines, int(seconds), folder)
    done()


if __name__ == "__main__":
    main()
