# SPDX-License-Identifier: GPL-2.0-only
"""NVDIMMs, their namespaces and dax devices, by ndctl and daxctl."""
import json
import os
import subprocess

import lib_guest as guest
import lib_oracle as oracle
from lib_module import load_modules

DAX = "/sys/bus/dax/devices"
KMEM = "/sys/bus/dax/drivers/kmem"
DEVICE_DAX = "/sys/bus/dax/drivers/device_dax"
STOCK_MODULES = ("nfit", "nd_pmem", "dax_pmem", "device_dax", "kmem")
MODULES = ("kernel/drivers/dax/kmem.ko", "kernel/drivers/dax/device_dax.ko")


def tool(*words):
    """Run ndctl or daxctl: its exit status, what it printed as JSON, and its messages."""
    ended = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, text=True)
    try:
        printed = json.loads(ended.stdout)
    except ValueError:
        printed = []
    return ended.returncode, printed if isinstance(printed, list) else [printed], ended.stderr.strip()


def works(*words):
    """The differences from success."""
    code, _, messages = tool(*words)
    return [] if not code else [f"{' '.join(words)}: exit {code}: {messages[-200:]}"]


def pretend_modules():
    """daxctl asks libkmod for the drivers before it binds them, although they are built in or loaded."""
    folder = f"/lib/modules/{os.uname().release}"
    place = "/lib/modules"
    if not os.path.isdir(place):        # the root is read-only: put a copy of /lib in its place, made of links
        place = os.path.realpath("/lib")
    names = os.listdir(place) if place != "/lib/modules" else []
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
    for name in names:
        os.symlink(f"{os.environ['MHP_RUN']}/host{place}/{name}", f"{place}/{name}")
    os.makedirs(folder)
    for name in ("modules.builtin", "modules.order"):
        with open(f"{folder}/{name}", "w", encoding="ascii") as file:
            file.write("".join(f"{module}\n" for module in MODULES) * (name == "modules.builtin"))
    subprocess.run(["depmod"], check=True)


def new_namespace(size=None, host="mem", align="2M"):
    """A namespace in mode devdax, as ndctl describes it; its memmap as a device is in RAM or, with host="dev", on it."""
    words = ["ndctl", "create-namespace", "-m", "devdax", "-M", host, "-a", align, "-f"]
    code, printed, messages = tool(*words, *(["-s", str(size)] if size else []))
    if code:
        raise RuntimeError(f"ndctl create-namespace: exit {code}: {messages}")
    return printed[0]


def bind_kmem(device):
    """Give a device to kmem through sysfs, so that its memory is added."""
    oracle.write(f"{DEVICE_DAX}/unbind", device)
    for name in "new_id", "bind":       # the first may bind it already
        try:
            oracle.write(f"{KMEM}/{name}", device)
        except OSError as err:
            guest.note(f"{name}: {err.strerror}")


def create_namespace(size=None):
    """Returns the name of its dax device."""
    return new_namespace(size)["daxregion"]["devices"][0]["chardev"]


def whole_blocks(device):
    """The memory blocks that fit into the device's memory, which is what kmem adds."""
    start = int(oracle.read(f"{DAX}/{device}/resource"), 16)
    end = start + oracle.number_of(f"{DAX}/{device}/size")
    return list(range(-(-start // oracle.BLOCK_BYTES), end // oracle.BLOCK_BYTES))


def must_work(*words):
    wrong = works(*words)
    if wrong:
        raise RuntimeError(wrong[0])


def prepare():
    """Labels, so that the NVDIMM can have several namespaces, and what daxctl needs. Returns what is wrong."""
    load_modules(*STOCK_MODULES)
    pretend_modules()
    return (works("ndctl", "disable-region", "all") + works("ndctl", "init-labels", "-f", "all")
            + works("ndctl", "enable-region", "all"))
