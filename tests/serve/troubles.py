#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""mhptop serve when its pipe ends, its file cannot be written, or descriptors run out: it goes on where it can, and says so. KTAP.

    troubles.py MHPTOP RECORDING FOLDER
"""
import json
import os
import resource
import select
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
from lib_host import done, eq
from served import LONG, Server, until

# What requests may have, as in docs/serve.md
BYTES, PARTS = 8192, 250
TICK = 1 / os.sysconf("SC_CLK_TCK")


def said(server):
    """The next line on standard error, None if there is none for a long time"""
    ready, _, _ = select.select([server.process.stderr], [], [], LONG)
    return server.process.stderr.readline().decode().rstrip("\n") if ready else None


def begun(tool, text, *options):
    server = Server(tool, *options)
    server.feed.write(text)
    server.listening()
    return server


ENDED = "mhptop: the pipe has ended: what is served does not change any more"


def state_has_ended(server):
    return json.loads(server.get("/state"))["pipe_ended"]


def pipe_ends(tool, text):
    """It is seen at once: a machine of which nothing is heard looks like one on which nothing happens."""
    for name, sent, first in (("a recorder that ended", text, None), ("a connection that broke", text.splitlines(True)[0], "totals")):
        server = begun(tool, sent)
        eq(f"{name}: before, the pipe has not ended", (0.0, False), (server.value("mhptop_source_ended"), state_has_ended(server)))
        server.feed.close()
        if first:
            line = said(server)
            eq("  what is missing is said at once", True, first in line)
        eq("  so is that it has ended", ENDED, said(server))
        eq("  and the metrics have it", 1.0, until("the end", lambda server=server: server.value("mhptop_source_ended")))
        eq("  and the state of the page", True, until("the end in the state", lambda server=server: state_has_ended(server)))
        eq("  nothing is said twice", (0, ""), server.stop())


def file_ends(tool, path):
    """A recording in a file is not followed: that it ends is no trouble, and has no metric."""
    process = subprocess.Popen([tool, "serve", "--listen", "127.0.0.1:0", path], stderr=subprocess.PIPE)
    lines = [process.stderr.readline().decode().rstrip("\n") for _ in range(2)]
    eq("a file: it is said that it ends", "mhptop: the recording has ended: what is served does not change any more", lines[1])
    process.terminate()
    eq("  nothing else", (b"", 0), (process.stderr.read(), process.wait()))


def contents(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def file_fails(tool, text, folder):
    """The folder of the metrics goes away for a while."""
    place, away = os.path.join(folder, "there"), os.path.join(folder, "away")
    path = os.path.join(place, "mhptop.prom")
    os.mkdir(place)
    server = begun(tool, text, "--textfile", path)
    until("the file", lambda: os.path.exists(path))
    os.rename(place, away)
    eq("a file that cannot be written any more: it is said", f"mhptop: cannot write {path}: No such file or directory, mhptop tries again", said(server))
    # Whatever else is said would be read in place of the next message.
    time.sleep(17)
    eq("  requests are answered meanwhile", True, "mhptop_info" in server.get())
    os.rename(away, place)
    os.unlink(path)
    eq("  it works again: it is said, and nothing was said in between", f"mhptop: writing {path} works again", said(server))
    eq("  and the file is there", True, os.path.exists(path))
    server.feed.close()
    eq("  the pipe ends", ENDED, said(server))
    begin = time.monotonic()
    until("the end in the file", lambda: "\nmhptop_source_ended 1\n" in contents(path))
    eq("  which the file has at once", True, time.monotonic() - begin < 10)
    os.unlink(path)
    server.get()
    eq("  it is written no more, whoever asks for metrics", (False, (0, "")), (os.path.exists(path), server.stop()))


def ticks(server):
    """Of the processor that it has taken so far"""
    with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def limit(server, number):
    """How many descriptors it may have from now on"""
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (number, resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)[1]))


def sleeps(server, name):
    before = ticks(server)
    time.sleep(4)
    used = (ticks(server) - before) * TICK
    eq(f"{name}: it sleeps most of the time", True, used < 0.3)
    print(f"# {used:.2f} s of 4 s on the processor")


def few_descriptors(tool, text):
    """More clients than descriptors, which are silent: the loop sleeps, and whoever comes next is answered."""
    server = begun(tool, text)
    server.get()
    limit(server, server.descriptors() + 20)
    clients = [socket.create_connection(server.address, timeout=LONG) for _ in range(60)]
    time.sleep(1)
    sleeps(server, "few descriptors and many clients")
    for _ in range(3):  # on a busy machine, the others' ten seconds may be over first
        clients += [socket.create_connection(server.address, timeout=LONG) for _ in range(60)]
        begin = time.monotonic()
        answered = server.get()
        took = time.monotonic() - begin
        if took < 5:
            break
    eq("  who comes next is answered", True, "mhptop_info" in answered)
    eq("  without waiting for the others' ten seconds to be over", True, took < 5)
    for client in clients:
        client.close()
    # None at all is left for clients.
    limit(server, 5)  # poll() wants more than three
    with socket.create_connection(server.address, timeout=LONG) as client:
        time.sleep(0.5)
        sleeps(server, "no descriptor for a client")
        limit(server, server.descriptors() + 20)
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        eq("  the client is answered when there is one", b"HTTP/1.1 200 OK", client.recv(15))
    eq("  nothing was said", (0, ""), server.stop())


def answer(server, line, *headers):
    """The code of an answer, None: the connection is closed without one"""
    text = b""
    with socket.create_connection(server.address, timeout=LONG) as client:
        try:
            client.sendall("\r\n".join((line, "Host: 127.0.0.1", *headers, "", "")).encode())
            while part := client.recv(65536):
                text += part
        except ConnectionError:
            pass
    return int(text[9:12]) if text else None


def sizes(tool, text):
    """What a request may have, to the byte"""
    server, line = begun(tool, text), "GET /metrics HTTP/1.1"
    room = BYTES - len(f"{line}\r\nHost: 127.0.0.1\r\nX: \r\n\r\n")
    eq("a request of 8 KiB is answered, a larger one is not", (200, 431), (answer(server, line, "X: " + "a" * room), answer(server, line, "X: " + "a" * (room + 1))))
    long = "GET /metrics?" + "a" * (BYTES - len("GET /metrics? HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
    eq("  whether the line or a header is long", (200, 431), (answer(server, long + " HTTP/1.1"), answer(server, long + "a HTTP/1.1")))
    for name, many in (("arguments", lambda number: (f"GET /metrics?{'a=1&' * number} HTTP/1.1",)), ("cookies", lambda number: (line, "Cookie: " + "a=b;" * number)),
                       ("headers", lambda number: (line, *["X: y"] * number))):
        eq(f"a request with {PARTS} {name} is answered", 200, answer(server, *many(PARTS)))
        # What each of them takes differs: with libmicrohttpd 1.0, there is room for as many cookies.
        eq("  one with 1,000 is answered or refused, or its connection closed", True, answer(server, *many(1000)) in (200, 414, 431, None))
    eq("  all the others are answered", 200, answer(server, line))
    eq("  nothing was said", (0, ""), server.stop())


def main():
    tool, path, folder = sys.argv[1:]
    with open(path, "rb") as file:
        text = file.read()
    pipe_ends(tool, text)
    file_ends(tool, path)
    file_fails(tool, text, folder)
    few_descriptors(tool, text)
    sizes(tool, text)
    done()


main()
