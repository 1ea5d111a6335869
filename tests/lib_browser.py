# SPDX-License-Identifier: GPL-2.0-only
"""Chromium for tests: pages are opened, looked at and used through its DevTools protocol, over a pair of pipes."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

from lib_host import LONG

COMMAND = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
           "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-pipe")
# What Input.dispatchKeyEvent wants to know of a key.
KEYS = {"Tab": 9, "Enter": 13, "Space": 32, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
TEXTS = {"Enter": "\r", "Space": " "}


class Browser:
    """One browser with one page. Names of other machines do not resolve."""

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="mhp-browser.")
        ours, theirs = os.pipe(), os.pipe()
        self._out, self._in = os.fdopen(ours[1], "wb", buffering=0), os.fdopen(theirs[0], "rb", buffering=0)
        # It reads from descriptor 3 and writes to 4.
        self._process = subprocess.Popen(["bash", "-c", f'exec 3<&{ours[0]} 4>&{theirs[1]}; exec "$@"', "_", *COMMAND,
                                          f"--user-data-dir={self._folder}", "about:blank"],
                                         pass_fds=(ours[0], theirs[1]), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
        os.close(ours[0])
        os.close(theirs[1])
        self._number, self._rest, self._session = 0, b"", None
        self.events = []  # that the page sent, as (method, params)
        pages = [one for one in self.call("Target.getTargets")["targetInfos"] if one["type"] == "page"]
        self._session = self.call("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)["sessionId"]
        for domain in "Page", "Runtime", "Network":
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._out.close()
        self._in.close()
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _receive(self):
        while b"\0" not in self._rest:
            if not select.select([self._in], [], [], LONG)[0]:
                raise TimeoutError(f"the browser has said nothing for {LONG} s")
            got = os.read(self._in.fileno(), 1 << 20)
            if not got:
                raise EOFError("the browser is gone")
            self._rest += got
        text, self._rest = self._rest.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        """A command of the protocol, and what it returns."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            if "method" in answer:
                self.events.append((answer["method"], answer["params"]))

    def value(self, expression):
        """The value of an expression of the page, which may be a promise."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, expression):
        """Wait until an expression is true, and return its value; a false one after the longest wait."""
        end = time.monotonic() + LONG
        while True:
            value = self.value(expression)
            if value or time.monotonic() > end:
                return value
            time.sleep(0.05)

    def open(self, url):
        """Open a page, and wait until it and its scripts are loaded."""
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.until(f'document.readyState === "complete" && location.href !== "about:blank" && {json.dumps(url)}.startsWith(location.origin)')

    def window(self, width, height, dark=False, mobile=False, media=""):
        """The size in CSS pixels of what is visible, the colours that the user prefers, and screen or print."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        # A frame later, the page has heard of it.
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    def key(self, name, shift=False):
        """Press and release a key."""
        key = {"key": " " if name == "Space" else name, "code": name, "windowsVirtualKeyCode": KEYS[name], "modifiers": 8 if shift else 0}
        if name in TEXTS:
            key["text"] = TEXTS[name]
        self.call("Input.dispatchKeyEvent", type="keyDown", **key)
        self.call("Input.dispatchKeyEvent", type="keyUp", **key)

    def point(self, x, y):
        """Move the mouse to a place of the visible part."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def screen(self, path, whole=True):
        """Write a picture of the page, or of what is visible of it."""
        with open(path, "wb") as out:
            out.write(base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]))

    def print(self):
        """The page as it is printed, PDF."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])
