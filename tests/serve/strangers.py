#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Strangers at the door of mhptop serve: slow clients, rubbish and half requests neither keep others out nor cost memory.

    strangers.py [--tls] MHPTOP RECORDING [SECONDS [CLIENTS]]

With --tls, half of a handshake takes the place of half a request, and a handshake that the client does not end that of an
answer that it does not read; scrapes send the token. Meanwhile events come through a pipe and each scrape must show them. Prints what it measured.
"""
import os
import random
import resource
import selectors
import socket
import ssl
import sys
import tempfile
import time

from served import GROWTH, LONG, Secrets, Server, is_open

ROOM = 256  # connections, as in serve/http.h


def tls_hello():
    """What a client sends first."""
    out = ssl.MemoryBIO()
    try:
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def words(tls):
    """What a client sends that begins and does not go on, and what one sends that does not read what comes."""
    if tls:
        hello = tls_hello()
        return hello[:len(hello) // 2], hello
    return b"GET /metrics HTTP/1.1\r\nHost: me\r\nX-Slow: ", b"GET /metrics HTTP/1.1\r\nHost: me\r\n\r\n"


class Crowd:
    """Clients that hold as many connections as they can, and send or read next to nothing."""

    def __init__(self, address, number, begin, whole):
        self.address, self.number, self.begin, self.whole = address, number, begin, whole
        self.random = random.Random(14)
        self.selector = selectors.DefaultSelector()
        self.made = self.ended = 0

    def connect(self):
        client = socket.socket()
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect_ex(self.address)
        self.selector.register(client, selectors.EVENT_WRITE, data=self.made)
        self.made += 1

    def drop(self, client):
        self.selector.unregister(client)
        client.close()
        self.ended += 1

    def send_first(self, client, kind):
        """A third sends half a request, a third rubbish, a third a request whose answer it does not read."""
        if kind % 3 == 0:
            client.send(self.begin)
        elif kind % 3 == 1:
            client.send(self.random.randbytes(self.random.randrange(1, 3000)))
        else:
            client.send(self.whole)
        self.selector.modify(client, selectors.EVENT_READ, data=kind)

    def step(self):
        """New clients take the place of those that the server has ended."""
        while len(self.selector.get_map()) < self.number:
            self.connect()
        for key, _ in self.selector.select(0.02)[:200]:
            try:
                if key.events & selectors.EVENT_WRITE:
                    self.send_first(key.fileobj, key.data)
                elif key.data % 3 != 2 or self.random.random() < 0.01:
                    if not key.fileobj.recv(1):
                        self.drop(key.fileobj)
            except OSError:
                self.drop(key.fileobj)
        for key in self.random.sample(list(self.selector.get_map().values()), min(10, self.number)):
            try:
                if key.data % 3 == 0 and key.events == selectors.EVENT_READ:
                    key.fileobj.send(b"x")
            except OSError:
                self.drop(key.fileobj)

    def go(self):
        for key in list(self.selector.get_map().values()):
            self.drop(key.fileobj)


# What a stranger sends, and how the answer begins; "" if there is none
REQUESTS = [
    (b"GET /metrics HTTP/1.1\r\nHost: me\r\n\r\n", "HTTP/1.1 200 "),
    (b"GET /metrics?x=1 HTTP/1.0\r\n\r\n", "HTTP/1.1 200 "),
    (b"HEAD /metrics HTTP/1.1\r\nHost: me\r\n\r\n", "HTTP/1.1 200 "),
    (b"POST /metrics HTTP/1.1\r\nHost: me\r\nContent-Length: 99999999999\r\n\r\n", "HTTP/1.1 405 "),
    (b"PUT /metrics HTTP/1.1\r\nHost: me\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n", "HTTP/1.1 405 "),
    (b"DELETE / HTTP/1.1\r\nHost: me\r\n\r\n", "HTTP/1.1 405 "),
    (b"OPTIONS * HTTP/1.1\r\nHost: me\r\n\r\n", "HTTP/1.1 405 "),
    (b"GET /../../etc/passwd HTTP/1.1\r\nHost: me\r\n\r\n", "HTTP/1.1 404 "),
    (b"GET /etc/passwd HTTP/1.1\r\nHost: me\r\n\r\n", "HTTP/1.1 404 "),
    (b"GET /metrics/ HTTP/1.1\r\nHost: me\r\n\r\n", "HTTP/1.1 404 "),
    (b"GET /metrics%00x HTTP/1.1\r\nHost: me\r\n\r\n", "HTTP/1.1 4"),
    (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: me\r\n\r\n", "HTTP/1.1 414 "),
    (b"GET / HTTP/1.1\r\nHost: me\r\nX: " + b"a" * 20000 + b"\r\n\r\n", "HTTP/1.1 431 "),
    (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n", "HTTP/1.1 431 "),
    (b"\0" * 100 + b"\r\n\r\n", ""),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", ""),
]


def manners(server):
    """Each request gets its answer, and the connection ends."""
    for request, wanted in REQUESTS:
        with socket.create_connection(server.address, timeout=LONG) as client:
            answer = b""
            try:
                client.sendall(request)
                while part := client.recv(65536):
                    answer += part
            except ConnectionError:
                pass  # the server does not read the rest of what it refused
        line = answer.decode("latin-1").partition("\r\n")[0]
        assert line.startswith(wanted) and b"root:" not in answer, (request[:60], line)
        assert wanted.startswith("HTTP/1.1 2") or len(answer) < 1000, answer[:80]


def full_house(server, begins):
    """More clients than there is room for send half a request and wait: whoever comes next is answered while they wait.

    Where the machine is so busy that their ten seconds are over before that, it shows nothing, and they come again.
    """
    for _ in range(3):
        clients = [socket.create_connection(server.address, timeout=LONG) for _ in range(ROOM + 200)]
        for client in clients:
            try:
                client.sendall(begins)
            except ConnectionError:
                pass  # it made room for another one
        begin = time.monotonic()
        server.get()
        took, waiting = time.monotonic() - begin, sum(is_open(client) for client in clients)
        for client in clients:
            client.close()
        if waiting > ROOM / 2:
            return
    raise AssertionError(f"the answer came after {took:.1f} s, when {waiting} strangers were left")


def attack(server, lines, seconds, crowd):
    """One more event before each scrape; returns how often, how long scrapes took while the house was full, and the most
    descriptors."""
    end = time.monotonic() + seconds
    scrapes, took, most = 0, [], 0
    while time.monotonic() < end or scrapes < 10 or crowd.ended < crowd.number:
        crowd.step()
        if scrapes < len(lines):
            server.feed.write(lines[scrapes])
        begin = time.monotonic()
        text = server.get()
        assert text.endswith("\n") and "mhptop_events_total" in text
        scrapes += 1
        if server.descriptors() >= ROOM:
            took.append(time.monotonic() - begin)
        most = max(most, server.descriptors())
    fed = min(scrapes, len(lines))
    while server.value("mhptop_events_total") != fed:  # the events did not wait for the crowd
        time.sleep(0.01)
    crowd.go()
    return scrapes, sorted(took), most


def met(server, lines, seconds, clients):
    """clients: how many, and what they send"""
    server.feed.write(lines[0])
    server.listening()
    if not server.shared:
        manners(server)
    full_house(server, clients[1])
    for _ in range(20):
        server.get()
    before = server.status("VmRSS"), server.descriptors()
    crowd = Crowd(server.address, *clients)
    scrapes, took, most = attack(server, [line for line in lines[1:] if b'"event"' in line], seconds, crowd)
    peak = server.status("VmHWM")
    print(f"{crowd.number} clients, {crowd.made} connections in {seconds} s: {scrapes} scrapes, "
          f"{len(took)} of them with the house full: half in {took[len(took) // 2] * 1000:.1f} ms, the slowest in "
          f"{took[-1] * 1000:.0f} ms; resident {before[0]} KiB before, {peak} KiB at most; {most - before[1]} connections at most")
    assert most - before[1] <= ROOM + 2, most
    if not os.environ.get("MHP_SANITIZED"):
        assert peak - before[0] <= GROWTH, (before, peak)
    # Nobody holds a connection for longer than ten seconds; those who left are gone.
    end = time.monotonic() + LONG
    while server.descriptors() > before[1]:
        assert time.monotonic() < end, server.descriptors()
        time.sleep(0.1)
    code, rest = server.stop()
    assert (code, rest) == (0, ""), (code, rest)


def main():
    tls = sys.argv[1] == "--tls"
    tool, recording, *rest = sys.argv[1 + tls:]
    seconds, number = (int(arg) for arg in rest + ["5", "1000"][len(rest):])
    begin, whole = words(tls)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit[1], number + 500), limit[1]))
    with open(recording, "rb") as file:
        lines = file.read().splitlines(True)
    with tempfile.TemporaryDirectory() as folder:
        met(Server(tool, shared=Secrets(folder) if tls else None), lines, seconds, (number, begin, whole))


if __name__ == "__main__":
    main()
