# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of mhptop serve have in common: a server that reads a pipe, requests, and waiting."""
import atexit
import json
import os
import re
import secrets
import ssl
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
from lib_host import LONG

# KiB of memory that a crowd may cost: what the library keeps for 256 connections, as in serve/http.h, and the answers
GROWTH = 256 * 32 + 4096


def until(what, condition):
    """Wait for a condition, and return its value."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    sys.exit(f"{what}: did not happen in {LONG} s")


def operations_of(lines):
    """Those of a recording that ended and those in progress, the newest first, each as (kind, begin or None, end or None, reason)"""
    ended, begun, reasons, seq = [], {}, {}, None
    for line in lines:
        # What had begun when events were lost may have ended, and another one have begun, among them.
        if line.get("seq"):  # what the recorder adds has 0
            if seq is not None and line["seq"] != seq + 1:
                begun, reasons = {}, {}
            seq = line["seq"]
        kind, _, step = line.get("event", "")[4:].partition("_")
        if kind not in ("add", "online", "offline", "remove") or "seq" not in line:
            continue
        if step == "begin":
            begun[kind] = line
        elif step == "failed":
            reasons[kind] = line["reason"]
        elif step == "end":
            begin, reason = begun.pop(kind, None), reasons.pop(kind, None)
            ended.append((kind, begin, line, reason or (line["ret"] and line.get("reason")) or None))
    kinds = ("add", "online", "offline", "remove")
    return [(kind, begun[kind], None, reasons.get(kind)) for kind in kinds if kind in begun] + ended[::-1]


def last_frame(tool, path):
    """The last frame of a recording, as a view prints it."""
    return json.loads(subprocess.run([tool, "replay", "--json", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                     check=False).stdout)


def is_open(client):
    """Whether the server has not closed the connection of a client that it has not answered"""
    client.setblocking(False)
    try:
        return bool(client.recv(1))
    except BlockingIOError:
        return True
    except OSError:
        return False


class Secrets:
    """A certificate for this machine's address, its key, and a token, as files in a folder."""

    def __init__(self, folder):
        self.certificate, self.key, self.token_file = (os.path.join(folder, name) for name in ("cert.pem", "key.pem", "token"))
        self.options = ("--tls-cert", self.certificate, "--tls-key", self.key, "--token-file", self.token_file)
        self.token = None
        self.new_certificate()
        self.new_token(secrets.token_hex(32))

    def new_certificate(self, *kind):
        kind = kind or ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        subprocess.run(["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-keyout", self.key, "-out", self.certificate, "-days", "2",
                        "-subj", "/CN=mhptop", "-addext", "subjectAltName=IP:127.0.0.1"], stderr=subprocess.DEVNULL, check=True)

    def new_token(self, token):
        self.token = token
        with open(self.token_file, "w", encoding="ascii") as file:
            os.chmod(self.token_file, 0o600)
            file.write(token + "\n")

    def context(self):
        """That of a client who trusts this certificate and no other."""
        return ssl.create_default_context(cafile=self.certificate)

    def header(self):
        return {"Authorization": f"Bearer {self.token}"}


class Server:
    """mhptop serve, with a pipe that the test writes a recording to; to those who have its secrets, if there are any."""

    def __init__(self, tool, *options, shared=None):
        self.shared = shared
        options += shared.options if shared else ()
        # A caller may ignore SIGHUP, as nohup does, and mhptop would go on to do so.
        self.process = subprocess.Popen(["env", "--default-signal=HUP", tool, "serve", "--listen", "127.0.0.1:0", *options, "-"],
                                        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, bufsize=0)
        atexit.register(self.process.kill)  # a test that fails leaves no server behind
        self.feed = self.process.stdin
        self.address = None

    def read(self, path, frame):
        """Read a whole recording, until it is at its last frame; returns the recording."""
        with open(path, "rb") as file:
            text = file.read()
        self.feed.write(text)
        self.feed.close()
        self.listening()
        until("all events", lambda: json.loads(self.get("/state"))["self_check"] == frame["self_check"])
        return text

    def scheme(self):
        return "https" if self.shared else "http"

    def listening(self):
        """The host and port, once it listens: when the header of the recording has come."""
        line = self.process.stderr.readline().decode()
        found = re.fullmatch(rf"mhptop: serving {self.scheme()}://([0-9.]+):([0-9]+)/metrics\n", line)
        if not found:
            sys.exit(f"mhptop serve says {line!r}")
        self.address = found[1], int(found[2])
        return self.address

    def get(self, path="/metrics", **headers):
        host, port = self.address
        if self.shared:
            headers = {**self.shared.header(), **headers}
        request = urllib.request.Request(f"{self.scheme()}://{host}:{port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=LONG, context=self.shared and self.shared.context()) as answer:
            return answer.read().decode()

    def value(self, name, **labels):
        """The value of a series, None if there is none."""
        wanted = name + ("{" + ",".join(f'{key}="{text}"' for key, text in labels.items()) + "}" if labels else "")
        for line in self.get().splitlines():
            series, _, number = line.rpartition(" ")
            if series == wanted:
                return float(number)
        return None

    def status(self, key):
        """A number of /proc/PID/status."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(rf"^{key}:\s*([0-9]+)", file.read(), re.M)[1])

    def on_cpu(self):
        """How long its threads have run, in ns"""
        total = 0
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{task}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self):
        """End it with a signal, and return its exit code and the rest of its messages."""
        self.process.terminate()
        rest = self.process.stderr.read().decode()
        return self.process.wait(), rest
