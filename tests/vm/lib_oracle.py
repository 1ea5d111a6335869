# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel and QEMU report by other means than the events: /proc/zoneinfo, /proc/meminfo,
sysfs, QMP.

Only readers, and the few writes to sysfs that tests need. Counts are in pages of 4 KiB unless
the name says otherwise.
"""
import collections
import errno
import os
import re
import subprocess

import lib_guest as guest

MEMORY = "/sys/devices/system/memory"
PAGE = 4096
PAGE_KB = 4
STRUCT_PAGE = 64
# The clock of a guest on a busy host may run many times too fast; the host's own time limit ends a run that hangs.
HANG_SECONDS = 18000
TRY_SECONDS = 60

Zone = collections.namedtuple("Zone", "start spanned present managed")
Block = collections.namedtuple("Block", "state zones node")
Device = collections.namedtuple("Device", "name addr size node kind")

EHWPOISON = 133
errno_names = {**errno.errorcode, EHWPOISON: "EHWPOISON"}

_ZONE = re.compile(r"^Node (\d+), zone +(\w+)\n(.*?)(?=^Node |\Z)", re.M | re.S)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def number_of(path):
    return int(read(path), 0)


def write(path, text):
    """Write once. (A Python file object would try again when it is closed.)"""
    file = os.open(path, os.O_WRONLY)
    try:
        os.write(file, str(text).encode())
    finally:
        os.close(file)


def slabs_shrink():
    """Free the objects of slabs that can be reclaimed, and the slabs that are empty then."""
    write("/proc/sys/vm/drop_caches", 2)
    for cache in os.listdir("/sys/kernel/slab"):
        write(f"/sys/kernel/slab/{cache}/shrink", 1)


BLOCK_BYTES = int(read(f"{MEMORY}/block_size_bytes"), 16)
BLOCK_PAGES = BLOCK_BYTES // PAGE
SECTION_PAGES = (128 << 20) // PAGE                      # of x86-64
BLOCK_VMEMMAP = BLOCK_PAGES * STRUCT_PAGE // PAGE       # pages that describe a block


def zones():
    """{(node, zone): Zone} of all zones, including empty ones."""
    found = {}
    for node, zone, text in _ZONE.findall(read("/proc/zoneinfo")):
        def value(key, text=text):
            match = re.search(rf"^\s+{key}:?\s+(\d+)$", text, re.M)
            return int(match.group(1)) if match else 0
        found[int(node), zone] = Zone(value("start_pfn"), value("spanned"), value("present"),
                                      value("managed"))
    return found


def free_kb():
    """Free memory including the per-CPU lists, which MemFree leaves out: huge pages that hosted a
    memmap can stay there, 16 MiB and more of them."""
    pages = re.findall(r"^\s+(?:pages free|count:)\s+(\d+)$", read("/proc/zoneinfo"), re.M)
    return sum(int(count) for count in pages) * PAGE_KB


def meminfo():
    """{key: kB}"""
    return {line.split(":")[0]: int(line.split()[1]) for line in read("/proc/meminfo").splitlines()}


def node_memory(node, *keys):
    """Bytes, as the node's meminfo adds them up. MemFree leaves out the per-CPU lists."""
    text = read(f"/sys/devices/system/node/node{node}/meminfo")
    return sum(int(re.search(rf" {re.escape(key)}: +(\d+) kB", text)[1]) for key in keys) * 1024


def block_ids():
    return sorted(int(name[6:]) for name in os.listdir(MEMORY) if re.fullmatch(r"memory\d+", name))


def block(number):
    """State, valid zones (one if it is online) and node of a block; None if there is no such block.

    On an unpatched 6.12, a block that is being added has no node yet, and reading its valid_zones then is an oops.
    """
    path = f"{MEMORY}/memory{number}"
    try:
        nodes = [int(name[4:]) for name in os.listdir(path) if re.fullmatch(r"node\d+", name)]
        if not nodes:
            return None
        return Block(read(f"{path}/state").strip(), read(f"{path}/valid_zones").split(), nodes[0])
    except OSError as err:
        # A file that is open while the block is removed fails with ENODEV.
        if err.errno not in (errno.ENOENT, errno.ENODEV):
            raise
        return None


def nodes_with_memory():
    """N_MEMORY, the nodes that allocations may come from, as sysfs lists them."""
    return read("/sys/devices/system/node/has_memory").strip()


def block_of(pfn):
    return pfn // BLOCK_PAGES


def blocks_of(addr, size):
    """The numbers of all blocks in this range, whether they exist or not."""
    return range(addr // BLOCK_BYTES, (addr + size) // BLOCK_BYTES)


def block_set(number, state, seconds=HANG_SECONDS):
    """Write to a block's state; None or the errno it failed with. guest.TimeLimit if it takes longer."""
    try:
        with guest.limit(seconds, f"memory{number}: {state}"):
            write(f"{MEMORY}/memory{number}/state", state)
    except OSError as err:
        return err.errno
    return None


def blocks_set(numbers, state):
    for number in numbers:
        code = block_set(number, state)
        if code:
            raise RuntimeError(f"memory{number}: {state}: {errno_name(code)}")


def block_offline_tried(number):
    """Try to take a block of a kernel zone offline; None or the errno, EINTR if a signal had to end it.

    page_is_unmovable() takes a page that is just being allocated (its reference count is still 0) for a free one. If the
    kernel keeps the page, offline_pages() tries until a signal comes.
    """
    try:
        return block_set(number, "offline", TRY_SECONDS)
    except guest.TimeLimit:
        return errno.EINTR


def errno_name(code):
    return errno_names.get(code, str(code)) if code else "success"


def dumped_pfns(why):
    """The pages that the kernel log dumped for this reason, in order."""
    log = subprocess.run(["dmesg"], stdout=subprocess.PIPE, check=True, text=True).stdout
    found, pfn = [], None
    for line in log.splitlines():
        match = re.search(r" page: refcount:.* pfn:(0x[0-9a-f]+)", line)
        pfn = int(match.group(1), 16) if match else pfn
        if line.endswith(f"page dumped because: {why}"):
            found.append(pfn)
    return found


def everything():
    """Everything that must be unchanged after all added memory has been removed."""
    memory = meminfo()
    return {"zoneinfo": zones(), "blocks": block_ids(), "MemTotal": memory["MemTotal"],
            "nodes with memory": nodes_with_memory(),
            "direct mapping": sum(kb for key, kb in memory.items() if key.startswith("DirectMap")),
            "iomem": read("/proc/iomem")}


def devices():
    """The devices that QMP's query-memory-devices lists."""
    found = []
    for line in guest.host("memory-devices").splitlines():
        name, addr, size, node, kind = line.split()
        found.append(Device(name, int(addr, 16), int(size), int(node), kind))
    return found


def plugged_bytes():
    return int(guest.host("memory-size").split()[1])


def memmap_mode():
    """N, Y, force or range: the value of memmap_on_memory at boot."""
    return read("/sys/module/memory_hotplug/parameters/memmap_on_memory").strip()


def notifier_error(action, code):
    """Make the memory notifier veto MEM_GOING_ONLINE or MEM_GOING_OFFLINE; 0 stops that."""
    write(f"/sys/kernel/debug/notifier-error-inject/memory/actions/{action}/error", code)
