#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Clients that ask for the state of a large machine, one after the other, and do not read it; then for the events.

    slow_readers.py MHPTOP

Each of them could hold a state of its own for ten seconds. What they hold together is bounded, others are answered meanwhile, and the
state is the present one again when they are gone. Prints what it measured.
"""
import json
import os
import socket
import subprocess
import sys
import time

from served import LONG, Server, until

HERE = os.path.dirname(os.path.realpath(__file__))
BLOCKS = 16384  # that have a line of their own each
FRESH = 0.3  # seconds: a little more than a state is used again
HELD = 9  # seconds: a little less than a connection may last
OLD, OWN = 8 << 20, 4 << 20  # as in serve/http.h
ROOM = 3 << 20  # of memory for everything else
OPERATIONS = 2000


def machine():
    """Its recording without totals, so that events may follow, and as many operations as are kept, and more"""
    lines = subprocess.run([sys.executable, os.path.join(HERE, "machine.py"), str(BLOCKS), "8"], stdout=subprocess.PIPE, check=True).stdout.splitlines(True)
    begin = lines.pop(-2)
    lines.pop()
    assert b"mhp_offline_begin" in begin
    return lines


def operations(first, number):
    made = []
    for nth in range(number):
        for step in "begin", "end":
            seq = 2 * (first + nth) + (step == "end") + 1
            made.append(json.dumps({"seq": seq, "ns": 2_000_000_000 + 1000 * seq, "cpu": 0, "pid": 1, "comm": "sh", "event": f"mhp_online_{step}",
                                    "start_pfn": 0, "nr_pages": 32768, "vmemmap_pages": 0, "nid": 0, "zone": "Normal",
                                    **({"ret": 0} if step == "end" else {})}) + "\n")
    return "".join(made).encode()


def ask(address, path, more=""):
    """A client that will read next to nothing"""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(LONG)
    client.connect(address)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}\r\n".encode())
    return client


def status(client):
    """The first line and the headers of the answer"""
    text = b""
    while b"\r\n\r\n" not in text and len(text) < 2000:
        part = client.recv(100)
        if not part:
            break
        text += part
    return text.decode()


def slow_states(server):
    """Returns the size of a state, how much memory came, and how many different states others got."""
    text = server.get("/state")
    before, end = server.status("VmRSS"), time.monotonic() + HELD
    clients, seen, fed = [], set(), OPERATIONS
    while time.monotonic() < end or not seen:
        clients.append(ask(server.address, "/state"))
        server.feed.write(operations(fed, 1))
        fed += 1
        if len(clients) % 8 == 0:  # others are answered
            seen.add(json.loads(server.get("/state"))["records"])
        time.sleep(FRESH)
    peak = server.status("VmHWM")
    for client in clients:
        client.close()
    until("the present state, when they are gone", lambda: json.loads(server.get("/state"))["events"]["seen"] == 2 * fed)
    return len(text), (peak - before) * 1024, len(clients), len(seen)


def slow_events(server):
    """Clients that have seen an event long ago get an answer of their own each, until that is too much."""
    instance = json.loads(server.get("/state"))["instance"]
    more = f"Last-Event-ID: {instance}.1\r\n"
    clients = [ask(server.address, "/events", more) for _ in range(100)]
    answers = [status(client) for client in clients]
    whole = sum(answer.startswith("HTTP/1.1 200 ") for answer in answers)
    refused = [answer for answer in answers if answer.startswith("HTTP/1.1 503 ")]
    assert whole and refused and whole + len(refused) == len(clients), (whole, len(refused))
    assert all("\r\nRetry-After: 1\r\n" in answer for answer in refused), refused[0]
    size = len(server.get("/events"))
    assert whole * size < 2 * OWN, (whole, size)
    # Who has seen none gets the same as the others who have seen none.
    for client in [ask(server.address, "/events") for _ in range(100)]:
        answer = status(client)
        assert answer.startswith("HTTP/1.1 200 "), answer
        client.close()
    for client in clients:
        client.close()
    until("an answer of one's own, when they are gone", lambda: status(ask(server.address, "/events", more)).startswith("HTTP/1.1 200 "))
    return whole, size


def main():
    server = Server(sys.argv[1])
    server.feed.write(b"".join(machine()) + operations(0, OPERATIONS))
    server.listening()
    until("all events", lambda: json.loads(server.get("/state"))["events"]["seen"] == 2 * OPERATIONS)
    size, grown, clients, seen = slow_states(server)
    assert size > 1 << 20, size  # or this test shows nothing
    if not os.environ.get("MHP_SANITIZED"):
        # The old ones, the one that made them too many, the newest one, and the next one while it is written, twice as it grows
        assert grown <= OLD + 5 * size + ROOM, (grown, clients, size)
    assert seen, seen
    whole, events = slow_events(server)
    code, rest = server.stop()
    assert (code, rest) == (0, ""), (code, rest)
    print(f"{clients} clients held states of {size} bytes: {grown} bytes of memory, and others got {seen} different states; {whole} of 100 "
          f"clients held answers of {events} bytes, the others got 503")


if __name__ == "__main__":
    main()
