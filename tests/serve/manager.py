#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A service manager as mhptop serve sees it: readiness, watchdog and sockets, KTAP.

    manager.py MHPTOP RECORDING

The protocols are those of sd_notify(3) and sd_listen_fds(3); systemd-socket-activate passes the sockets.
"""
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
from lib_host import LONG, done, eq
from served import Secrets


def start(*command, **settings):
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                            **settings)


ENDED = "mhptop: the recording has ended: what is served does not change any more\n"   # or the signal came first


def ended(process):
    """The exit code of a process and the rest of its standard error."""
    err = process.communicate(timeout=LONG)[1]
    return process.returncode, err.replace(ENDED, "")


def ends(process):
    process.send_signal(signal.SIGINT)
    return ended(process)


def readiness(tool, recording, folder):
    """The manager hears nothing before the header has come, READY=1 when metrics can be asked for, STOPPING=1 in the end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(LONG)
        manager.bind(os.path.join(folder, "notify"))
        begin = time.monotonic()
        process = start(tool, "serve", "--listen", "127.0.0.1:0", "-", env={**os.environ, "NOTIFY_SOCKET": manager.getsockname(),
                                                                          "WATCHDOG_USEC": "200000"})
        time.sleep(0.3)
        manager.setblocking(False)
        try:
            early = manager.recv(100)
        except BlockingIOError:
            early = None
        manager.settimeout(LONG)
        eq("nothing is reported before the header of the recording has come", None, early)
        with open(recording, encoding="utf-8") as lines:
            process.stdin.write(lines.readline())
        process.stdin.flush()
        eq("READY=1", b"READY=1", manager.recv(100))
        address = re.search(r"http://\S+", process.stderr.readline())[0]
        eq("  it answers from then on", 200, urllib.request.urlopen(address, timeout=LONG).status)
        heard = [manager.recv(100) for _ in range(3)]
        eq("WATCHDOG=1 comes though nothing happens", [b"WATCHDOG=1"] * 3, heard)
        for _ in range(30):  # each wakes the loop up
            urllib.request.urlopen(address, timeout=LONG).close()
            while select.select([manager], [], [], 0)[0]:
                heard.append(manager.recv(100))
        # At most every 100 ms, half of what the manager wants
        eq("  not more often than it must", True, len(heard) <= (time.monotonic() - begin) / 0.1)
        process.send_signal(signal.SIGINT)
        while (last := manager.recv(100)) == b"WATCHDOG=1":
            pass
        eq("STOPPING=1", b"STOPPING=1", last)
        process.communicate(timeout=LONG)
    process = start(tool, "serve", "--listen", "127.0.0.1:0", recording,
                    env={**os.environ, "NOTIFY_SOCKET": os.path.join(folder, "none")})
    eq("a manager that is not there costs one line", "mhptop: cannot notify the service manager\n",
       next(line for line in process.stderr if "serving" not in line))
    ends(process)


def activated(tool, recording, *addresses):
    """The first line on standard error of mhptop that systemd-socket-activate started, and an answer or the exit code."""
    listen = [word for address in addresses for word in ("-l", address)]
    process = start("systemd-socket-activate", *listen, tool, "serve", recording)
    line = process.stderr.readline()
    while not line.startswith("Listening on"):
        line = process.stderr.readline()
    asked = start(sys.executable, "-c", "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).status, file=sys.stderr)",
                  f"http://{addresses[0]}/metrics")
    said = next(line for line in process.stderr if line.startswith("mhptop: "))
    if "serving" in said:
        answer = asked.communicate(timeout=LONG)[1].strip()
        ends(process)
    else:
        answer = process.wait(LONG)
        asked.kill()
        asked.communicate()
    return re.sub(r"\d+(?=/metrics)|(?<=:)\d+(?=,)", "PORT", said.strip()), answer


def reachable(tool, recording, *options, passed=True):
    """The exit code and the standard error of mhptop on all addresses, by default with a socket of them, in a network where nobody
    else is."""
    process = start("unshare", "--map-root-user", "--net", sys.executable, "-c", """
import os, socket, sys
if sys.argv.pop(1) == "True":
    passed = socket.create_server(("0.0.0.0", 80))
    os.dup2(passed.fileno(), 3)
    os.set_inheritable(3, True)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], [sys.argv[1], "serve", *sys.argv[2:]])
""", str(passed), tool, *options, recording)
    line = process.stderr.readline()
    code, err = ends(process) if "serving" in line else ended(process)
    return code, line + err


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def sockets(tool, recording):
    for host in "127.0.0.1", "[::1]":
        eq(f"a socket of {host} is served on", (f"mhptop: serving http://{host}:PORT/metrics", "200"),
           activated(tool, recording, f"{host}:{free_port()}"))
    refused = 1, ("mhptop: cannot serve on 0.0.0.0:80, the socket that was passed: other machines can reach it, which needs --tls-cert, "
                  "--tls-key and --token-file\n")
    eq("a socket that others can reach is refused", refused, reachable(tool, recording))
    with tempfile.TemporaryDirectory() as folder:
        options = Secrets(folder).options
        eq("  also with TLS alone", refused, reachable(tool, recording, *options[:4]))
        eq("  also with a token alone", refused, reachable(tool, recording, *options[4:]))
        eq("  it is served on with both", (0, "mhptop: serving https://0.0.0.0:80/metrics\n"), reachable(tool, recording, *options))
        eq("  so is an address that mhptop opens itself", (0, "mhptop: serving https://0.0.0.0:81/metrics\n"),
           reachable(tool, recording, *options, "--listen", "0.0.0.0:81", passed=False))
    eq("two sockets are refused", ("mhptop: the service manager must pass one TCP socket", 1),
       activated(tool, recording, f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"))
    process = start(tool, "serve", "--listen", "127.0.0.1:0", recording, env={**os.environ, "LISTEN_FDS": "1", "LISTEN_PID": "1"})
    eq("a socket for another process is not taken", True, "serving http://127.0.0.1:" in process.stderr.readline())
    ends(process)


def main():
    tool, recording = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        readiness(tool, recording, folder)
    sockets(tool, recording)
    done()


main()
