#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""`mhptop explain` of a running and of a failed offline, word by word, and its advice, tried.

    explain.py SCENARIO...     in a guest with two nodes, of which node 1 has no memory

For each reason that a guest can bring about, the page says why, at which stage, for how long, which page is in the way and
whose it is, and what to do. Then the test does that, and the offline works. Whose a page is must be what the test did, or what
/proc/kpageflags, /proc/slabinfo and /proc/kallsyms say.

`dashboard` compares the page of the dashboard about a memory block with that of explain, and `column` its column of forecasts
with mhptop list and with what an offline does.

On a stock kernel, where probes report the events, the answers are the same. The test module cannot be loaded there, so
`injected` stands for `notifier`. `kept_probes` has the source of such a kernel on the patched
one. `blind` is about what cannot be known without privileges, and that the page says so.
"""
import ctypes
import errno
import json
import mmap
import os
import re
import signal
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_fill as fill
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
import lib_pin as pin
import lib_range
from lib_answer import Holder, Offline, Page, elsewhere, pages_reported, recording
from lib_dashboard import Dashboard, cpu_seconds, privileges
from lib_offline import try_offline
from lib_sweep import STEPS
from lib_trace import EVENTS

TIME = r"[0-9.]+(?:ns|us|ms|s|m)"
ME = "explain.py"
STACK = r"(?:(?!bpf_trampoline)[\w.]+ < )*(?:\.\.\. < )?offline_pages"
KINDS = {7: "slab", 26: "pgtable", 12: "anon", 32: "reserved"}      # by bits of /proc/kpageflags
FILE = "/dev/shm/explained"
NODE = 1
SAME, CHANGES = "the same page each time", "not always the same page"
UNSEEN = "none was reported( since mhptop started)?; probes do not see the pages of every stage"
# On 6.1, no function that can be probed shows the pass and the error, and large folios have no count of their mappings.
OLD = os.uname().release.startswith("6.1.") and not os.path.isdir(EVENTS)
# From 6.15 on, without the series, the kernel takes a slab page for a free one.
RETRIES_SLAB = not os.path.isdir(EVENTS) and tuple(int(word) for word in os.uname().release.split(".")[:2]) >= (6, 15)
PASS = "pass unknown" if OLD else r"pass \d+"
MAPPINGS = r"(?:-?\d+|unknown)" if OLD else r"-?\d+"
NOT_MIGRATED = "not migrated, error unknown" if OLD else "not migrated"
BLIND = ("setpriv", "--bounding-set", "-sys_admin,-bpf,-perfmon")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
LARGE = 2 << 40                     # bytes of addresses, of which 1 TiB is looked through
RESERVED = 16                       # huge pages, so many that some are in the block


def dimm(name, blocks, state, node=0):
    """A DIMM whose memory blocks are online; returns their numbers."""
    start = guest.dimm_plug(name, blocks * oracle.BLOCK_BYTES, node)
    numbers = list(oracle.blocks_of(start, blocks * oracle.BLOCK_BYTES))
    for number in numbers:
        guest.eq(f"memory{number}: {state}", None, oracle.block_set(number, state))
    return numbers


def kind_now(pfn):
    """What /proc/kpageflags says of a page."""
    with open("/proc/kpageflags", "rb", buffering=0) as file:
        file.seek(pfn * 8)
        flags = struct.unpack("<Q", file.read(8))[0]
    return next((kind for bit, kind in KINDS.items() if flags >> bit & 1), "other")


def works(title, number):
    guest.eq(f"{title}: done as advised, the offline works", None, oracle.block_set(number, "offline"))


def take_pinned(number):
    page = pin.PinnedPage([number])
    return {"pfn": page.pfn, "address": page._page.address}, page  # pylint: disable=protected-access


def pinned():
    """A page that a process pins: the offline goes on until that process has ended."""
    number, = dimm("d0", 1, "online_movable")
    holder = Holder(lambda: take_pinned(number))
    whose = rf"pfn {holder.told['pfn']:#x}: anon, mapped by {ME} \({holder.pid}\) at {holder.told['address']:#x}"
    same = {"left": "1 page: 1 anon", "whose": whose,
            "do": r"Something holds this page: end or restart the process that pins it \(a device passed through, RDMA, "
                  r"io_uring, a pipe\), or interrupt the offline\."}
    offline = Offline(number)
    guest.ok("pinned: the offline runs", offline.runs())
    Page(f"memory{number}").says(
        "pinned, running: the task and its stack, the page that is left, whose it is, and what to do",
        why=rf"offline has not ended, after at least {TIME}(, stage migrate, {PASS})?",
        task=rf"sh \({offline.shell.pid}\), in {STACK}", **same)
    guest.eq("pinned: a signal ends it", True, offline.interrupt() != 0)
    with recording("pinned") as path:
        offline = Offline(number)
        # A page that fails in passes 1, 2 and 4 has been reported more than once.
        guest.wait_for(ledger.SECONDS, lambda: oracle.read(path).count("mhp_offline_blocker") > 2)
        before = pages_reported(path)
        page = Page(f"memory{number}", path)
        page.says(
            "pinned, running, recorded: also how long, which try, and whether it is the same page each try",
            why=rf"offline has not ended, after {TIME}, stage migrate, {PASS}",
            page=[rf"pfn {holder.told['pfn']:#x}: anon, order 0, references \d+, mappings \d+, {NOT_MIGRATED}",
                  rf"reported \d+ times, ({SAME}|{CHANGES})"], task=rf"sh \({offline.shell.pid}\), in {STACK}", **same)
        said = page.first("page", rf"reported \d+ times, ({SAME}|{CHANGES})$")
        # A page that somebody has just used may be in the way at first.
        guest.ok("pinned, running, recorded: it is, or is not, as the recording has it", [] if said == [SAME] and len(before) == 1
                 or said == [CHANGES] and len(pages_reported(path)) > 1 else said)
        offline.interrupt()
        Page(f"memory{number}", path).says(
            "pinned, failed: why, and whose the page still is",
            why=rf"offline failed after {TIME}: signal, stage migrate, {PASS}", whose=whose, device=r"PNP0C80:\w+",
            pages=r"(free \d+, )?memmap \d+, anon \d+(, \w+ \d+)*(; unevictable \d+)?; pinned 1",
            now=r"can it go offline: no; 1 page with unexplained references at pfn "
                rf"{holder.told['pfn']:#x}",
            do="Something held the page until the offline was interrupted: end or restart the process that pins it .*, then "
               r"try again\.")
    over(number, holder, whose)
    holder.close()
    works("pinned", number)


def over(number, holder, whose):
    """An offline goes on when its recording ends, and is over later."""
    with recording("over") as path:
        offline = Offline(number)
        guest.wait_for(ledger.SECONDS, lambda: "mhp_offline_blocker" in oracle.read(path))
    Page(f"memory{number}", path).says(
        "over, running: sysfs shows that it has not ended", why=rf"offline has not ended, after {TIME}, stage migrate, {PASS}",
        task=rf"sh \({offline.shell.pid}\), in {STACK}", left="1 page: 1 anon")
    offline.interrupt()
    page = Page(f"memory{number}", path)
    page.says(
        "over: neither a task nor pages that are there by now are shown",
        why=rf"offline took at least {TIME}, and its end was not seen, stage migrate, {PASS}", task=None, left=None,
        whose=whose, do="If it has not ended: something holds this page: .*")
    guest.ok("over: the page is the one that was reported", [] if page.first("page", rf"pfn {holder.told['pfn']:#x}: anon") else page.lines)
    guest.ok("over: the state is that of the end of the recording", [] if ", last seen going_offline," in page.head else [page.head])


def take_partly(number):
    page = pin.PartlyMapped()
    while oracle.block_of(page.pfn) != number:
        page = pin.PartlyMapped()
    return {"pfn": page.pfn, "address": page.address}, page


def partly():
    """A process that maps a part of a huge page is found, behind one that has more addresses than can be looked through."""
    number, = dimm("d8", 1, "online_movable")
    large = Holder(lambda: ({}, fill.Addresses(LARGE)))
    holder = Holder(lambda: take_partly(number))
    offline = Offline(number)
    guest.ok("partly: the offline runs", offline.runs())
    Page(f"memory{number}").says(
        "partly, running: the process is found", left="512 pages: 512 anon",
        whose=rf"pfn {holder.told['pfn']:#x}: anon, mapped by {ME} \({holder.pid}\) at {holder.told['address']:#x}; "
              "not all processes could be read")
    guest.eq("partly: a signal ends it", True, offline.interrupt() != 0)
    holder.close()
    large.close()
    works("partly", number)


def take_file(number):
    """A page of a file in the memory block, which a pipe holds; the file is mapped."""
    with open(FILE, "wb+") as file:
        file.truncate(8 << 20)
        area = mmap.mmap(file.fileno(), 8 << 20)
        inode = os.fstat(file.fileno()).st_ino
    start = ctypes.addressof(ctypes.c_char.from_buffer(area))
    for offset in range(0, len(area), oracle.PAGE):
        area[offset] = 1
        pfn = pin.pfn_of(start + offset)
        if oracle.block_of(pfn) == number:
            return {"pfn": pfn, "address": start + offset, "inode": inode}, area, pin.Pin().hold(start + offset)
    raise RuntimeError(f"no page of {FILE} is in memory{number}")


def file_page():
    """A page of a file: the file by name, and the process that maps it."""
    number, = dimm("d1", 1, "online_movable")
    holder = Holder(lambda: take_file(number))
    offline = Offline(number)
    guest.ok("file: the offline runs", offline.runs())
    told = holder.told
    Page(f"memory{number}").says(
        "file, running: the file and the process that maps it",
        left="1 page: 1 file",
        whose=rf"pfn {told['pfn']:#x}: file explained \(inode {told['inode']} of tmpfs\), mapped by {ME} \({holder.pid}\) at "
              rf"{told['address']:#x} {FILE}",
        do=r"This page of a file is in use: find who reads or pins that file, or interrupt the offline\.")
    guest.eq("file: interrupted as advised, the block stays", True, offline.interrupt() != 0)
    with recording("file") as path:
        offline = Offline(number)
        guest.wait_for(ledger.SECONDS, lambda: "mhp_offline_blocker" in oracle.read(path))
        guest.eq("file: a signal ends it again", True, offline.interrupt() != 0)
        Page(f"memory{number}", path).says(
            "file, failed: what to do", why=rf"offline failed after {TIME}: signal, stage migrate, {PASS}",
            do=r"A page of a file was in use until the offline was interrupted: find who reads or pins that file, then try again\.")
    offline = Offline(number)
    guest.ok("file: the offline runs again", offline.runs())
    holder.close()
    guest.eq("file: done as advised, the offline ends", 0, offline.ends())
    os.unlink(FILE)


def take_kernel_pages():
    with pin.bound(NODE):
        return {}, fill.PageTables(64)


def kernel_pages():
    """Slab pages and page tables in a kernel zone: whose each is. In ZONE_MOVABLE, as advised, the same keeps nothing."""
    number, = dimm("d2", 1, "online_kernel", NODE)
    with pin.bound(NODE):
        inodes = fill.Inodes(4000)
    holder = Holder(take_kernel_pages)
    page = Page(f"memory{number}")
    guest.ok("kernel pages, before: no, and because of which pages", [] if re.fullmatch(
        r"can it go offline: no; \d+ slab pages, the first at pfn 0x[0-9a-f]+; \d+ page tables, the first at pfn 0x[0-9a-f]+.*",
        page.lines["now"][0]) else page.lines["now"])
    cache = page.first("whose", r"^pfn 0x[0-9a-f]+: slab, cache (\S+)$")
    caches = [line.split()[0] for line in oracle.read("/proc/slabinfo").splitlines()[2:]]
    guest.ok("kernel pages: the slab page has a cache that the kernel has", [] if cache and cache[0] in caches else [cache])
    table = page.first("whose", r"^pfn 0x[0-9a-f]+: (pgtable.*)$")
    guest.eq("kernel pages: the page table is of the process that was told to have it",
             [f"pgtable of {ME} ({holder.pid})"], table)
    with recording("kernel_pages") as path:
        offline = Offline(number)
        ended = guest.wait_for(20 if RETRIES_SLAB else ledger.SECONDS, lambda: offline.shell.poll() is not None)
        if ended:
            failed_isolation(number, path)
    if not ended:
        retries_slab(number, offline)
    other, = dimm("d3", 1, "online_movable", NODE)
    works("kernel pages", other)
    holder.close()
    inodes.close()


def failed_isolation(number, path):
    page = Page(f"memory{number}", path)
    page.says("kernel pages, failed: why", why=rf"offline failed after {TIME}: isolation, stage isolate_range, pass 0")
    pfn, kind = page.first("page", rf"^pfn (0x[0-9a-f]+): (\w+), order \d+, references -?\d+, mappings {MAPPINGS}, .*$")
    guest.eq("kernel pages, failed: the page is what kpageflags says", kind_now(int(pfn, 16)), kind)
    guest.ok("kernel pages, failed: what to do", [] if page.first("do", "online it to ZONE_MOVABLE next time|ZONE_MOVABLE next")
             or kind == "reserved" else page.lines["do"])


def retries_slab(number, offline):
    """Since 6.15 a slab page of order 0 has no reference, so the kernel takes it for a free one, again and again."""
    page = Page(f"memory{number}")
    if not os.path.isdir(EVENTS):
        page.says("kernel pages, running: no page was reported, and the reason for that", page=UNSEEN)
    guest.ok("kernel pages, running: a slab page is left, and the advice is about it",
             [] if page.first("left", r"\d+ slab") and page.first("do", "takes this slab page for a free one")
             and page.first("whose", "slab, cache ") else [page.text])
    guest.eq("kernel pages: interrupted as advised, the block stays", True, offline.interrupt() != 0)


def failed(name, number, code, source=None, **says):
    """An offline that fails with this error, and the page about it."""
    with recording(name, source) as path:
        guest.eq(f"{name}: the offline fails", code, oracle.errno_name(oracle.block_set(number, "offline")))
        page = Page(f"memory{number}", path)
    page.says(f"{name}, failed: why and what to do", **says)
    return page


def huge():
    """Free huge pages that are reserved: more of them elsewhere let the block go."""
    number, = dimm("d4", 1, "online_movable")
    pages = pin.ReservedHugePages(RESERVED)
    failed("huge", number, "EBUSY", why=rf"offline failed after {TIME}: hugetlb" + r", stage dissolve, pass \d+" * (not OLD),
           page=UNSEEN if OLD else r"pfn 0x[0-9a-f]+: hugetlb, order 9, .*",
           do=rf"Its free huge pages are reserved: raise nr_hugepages{elsewhere()}, or end the process that reserved them\.")
    dimm("d5", 1, "online_movable", NODE)
    oracle.write(f"/sys/devices/system/node/node{NODE}/hugepages/hugepages-2048kB/nr_hugepages", RESERVED)
    works("huge", number)
    pages.close()


def take_huge(hugetlb):
    held = pin.ManyHugePages(1, hugetlb)
    held.pin(held.pfns[0])
    return {"pfn": held.pfns[0]}, held


def huge_pinned():
    """A huge page of hugetlb that a process pins: it has somewhere to go, and the advice says what keeps it."""
    dimm("d12", 1, "online_movable")
    holder = Holder(lambda: take_huge(True))
    pfn = holder.told["pfn"]
    number = oracle.block_of(pfn)
    guest.eq("huge pinned: the page is in memory that can go", "Movable", oracle.block(number).zones[0])
    offline = Offline(number)
    guest.ok("huge pinned: the offline runs", offline.runs())
    Page(f"memory{number}").says(
        "huge pinned, running: whose it is and what to do", left="512 pages: 512 hugetlb",
        whose=rf"pfn {pfn:#x}: hugetlb, mapped by {ME} \({holder.pid}\) at 0x[0-9a-f]+.*",
        do=r"Something holds this huge page: end or restart the process that pins it \(a device passed through, RDMA, io_uring, a "
           r"pipe\), or interrupt the offline\.")
    guest.eq("huge pinned: a signal ends it", True, offline.interrupt() != 0)
    with recording("huge_pinned") as path:
        offline = Offline(number)
        guest.wait_for(ledger.SECONDS, lambda: "mhp_offline_blocker" in oracle.read(path))
        offline.interrupt()
        Page(f"memory{number}", path).says(
            "huge pinned, failed: why and what to do", why=rf"offline failed after {TIME}: signal, stage migrate, {PASS}",
            now=rf"can it go offline: no; 1 huge page of 2 MiB with unexplained references at pfn {pfn:#x}",
            do=(r"A huge page had nowhere to go, or something pinned it, .*" if OLD else
                r"Something held a huge page until the offline was interrupted: end or restart the process that pins it .*"))
    holder.close()
    oracle.write("/proc/sys/vm/nr_hugepages", 0)
    works("huge pinned", number)


def huge_poisoned():
    """A huge page of hugetlb that is poisoned and pinned: the kernel neither migrates nor dissolves it."""
    dimm("d13", 1, "online_movable")
    pool = pin.HugePages(1)
    page = pin.PoisonedPinnedPage(hugetlb=True)
    number = oracle.block_of(page.pfn)
    failed("huge poisoned", number, "EBUSY", why=rf"offline failed after {TIME}: hugetlb" + r", stage dissolve, pass \d+" * (not OLD),
           now=rf"can it go offline: no; 1 poisoned huge page of 2 MiB in use at pfn {page.pfn:#x}",
           do=r"A huge page is poisoned and still in use, so the kernel keeps it: end the process that pins it; if nothing does, as with "
              r"a page of a file, the memory stays online until the machine reboots\.")
    page.close()
    pool.close()
    works("huge poisoned", number)


def cma():
    """A memory block of a CMA area."""
    found = re.search(r"cma: [Rr]eserved (\d+) MiB at (?:0x)?([0-9a-f]+)", subprocess.run(
        ["dmesg"], stdout=subprocess.PIPE, check=True, text=True).stdout)
    number = -(-int(found[2], 16) // oracle.BLOCK_BYTES)
    failed("cma", number, "EBUSY", why=rf"offline failed after {TIME}: isolation, stage isolate_range, pass 0",
           now=r"can it go offline: no; (?:.*; )?32768 pages of a CMA area, the first at pfn 0x[0-9a-f]+, which the kernel does not "
               r"isolate for an offline.*",
           do=r"It is memory of a CMA area, which the kernel never takes offline: leave it online, or boot with a smaller area or one "
              r"elsewhere \(cma=\)\.")
    guest.eq("cma: it is left online, as advised", "online", oracle.block(number).state)


def holes():
    number = max(number for number in oracle.block_ids() if number < 32)
    failed("holes", number, "EINVAL",
           why=rf"offline failed after {TIME}: holes", page="none was reported",
           now="can it go offline: no; it has holes, or firmware keeps a part of it",
           do=r"A part of it is not RAM, so it can never go offline: leave it online\.")
    guest.eq("holes: it is left online, as advised", "online", oracle.block(number).state)


def refused(name, number, function):
    """A driver refuses. At the first refusal nothing tells which of those that were asked it was."""
    failed(name, number, "EPERM", why=rf"offline failed after {TIME}: notifier", page="none was reported",
           refused=None, asked=rf"one of these refused: .*\b{function} \[\w+\].*",
           do="A driver refused, such as that of a device that owns the memory: take the memory away through that driver.")


def notifier():
    """A driver that refuses, and one that does not answer."""
    number, = dimm("d6", 1, "online_movable")
    lib_range.module_call("veto", STEPS["going_offline"], errno.EPERM)
    refused("notifier", number, "veto_notify")
    lib_range.module_call("veto", STEPS["going_offline"], 0)
    works("notifier", number)
    guest.eq("notifier: the block is online again", None, oracle.block_set(number, "online_movable"))
    lib_range.module_call("wait", STEPS["going_offline"], 1)
    offline = Offline(number)
    guest.ok("notifier: the offline runs", offline.runs())
    Page(f"memory{number}").says("notifier, running: the stack of the task shows where it is stuck",
                                 task=rf"sh \({offline.shell.pid}\), in veto_notify < {STACK}",
                                 do="A driver was asked whether the memory may change its state, and has not answered: "
                                    r"the innermost functions of the stack name it\.")
    lib_range.module_call("wait", STEPS["going_offline"], 0)
    guest.eq("notifier: the driver answers, and the offline ends", 0, offline.ends())
    online_waits(number)


def online_waits(number):
    """The same for an online, which is recorded: sysfs says that the block is offline until it has ended."""
    lib_range.module_call("wait", STEPS["going_online"], 1)
    with recording("online_waits") as path:
        with subprocess.Popen(["sh", "-c", f"echo online_movable >{oracle.MEMORY}/memory{number}/state"]) as shell:
            try:
                guest.wait_for(ledger.SECONDS, lambda: "mhp_online_begin" in oracle.read(path))
                Page(f"memory{number}", path).says(
                    "notifier, online: the stack of the task shows where it is stuck", why=f"online has not ended, after {TIME}",
                    task=rf"sh \({shell.pid}\), in veto_notify < .*online_pages.*",
                    do=r"A driver was asked whether the memory may change its state, and has not answered: the innermost functions "
                       r"of the stack name it\.")
            finally:
                lib_range.module_call("wait", STEPS["going_online"], 0)
            guest.eq("notifier: the driver answers, and the online ends", 0, shell.wait(ledger.SECONDS))


def injected():
    """The module of stock kernels that injects errors refuses, as a driver would."""
    number, = dimm("d8", 1, "online_movable")
    oracle.notifier_error("MEM_GOING_OFFLINE", -errno.EPERM)
    refused("injected", number, "notifier_err_inject_callback")
    oracle.notifier_error("MEM_GOING_OFFLINE", 0)
    works("injected", number)


def kept(name="kept", source=None, **says):
    """A page that a driver took, as a balloon does."""
    number, = dimm(name, 1, "online_movable")
    lib_range.module_call("hold", hex(number * oracle.BLOCK_BYTES), hex(oracle.BLOCK_BYTES), 0, 0)
    says = {"why": rf"offline failed after {TIME}: unmovable, stage \w+, pass \d+", **says}
    failed(name, number, "EBUSY", source, now="can it go offline: no; 1 offline page at pfn 0x[0-9a-f]+",
           whose="pfn 0x[0-9a-f]+: offline; the kernel does not record who holds it",
           do="A driver took this page and keeps it: give memory back first .*", **says)
    lib_range.module_call("hold", 0, 0)
    works(name, number)


def kept_probes():
    """The same with probes as the source. They see the page only if the kernel isolates another one before it."""
    kept("kept_probes", "probes", why=rf"offline failed after {TIME}: unmovable(, stage isolate_page, pass \d+)?",
         page=rf"pfn 0x[0-9a-f]+: offline, .*|{UNSEEN}")


def dashboard():
    """Enter on a memory block in the dashboard: the lines of explain, word by word, while an offline runs and when it failed."""
    number, = dimm("d10", 1, "online_movable")
    holder = Holder(lambda: take_pinned(number))
    with Dashboard() as live:
        apart = live.answering()
        guest.eq("dashboard: it has given up its privileges", 0, privileges(live.pid))
        guest.ok("dashboard: a process of its own keeps them",
                 [] if len(apart) == 1 and privileges(apart[0]) else [f"{apart}"])
        guest.eq("dashboard: it has no other child, not even one that has ended", apart, live.children())
        live.open_block(number)
        page = Page(f"memory{number}")
        live.says("dashboard, before: the device and the forecast, as explain has them",
                  {label: page.lines.get(label, []) for label in ("device", "now", "whose", "why", "do")})
        guest.ok("dashboard, before: the flags of the page, which change with every use",
                 [] if any({"anon", "swapbacked"} <= set(line.split(", ")) for line in live.lines().get("flags", []))
                 else live.screen())
        offline = Offline(number)
        guest.ok("dashboard: the offline runs", offline.runs())
        page = Page(f"memory{number}")
        live.says("dashboard, running: what is left, whose it is, and what to do, as explain has it",
                  {label: page.lines.get(label, []) for label in ("now", "left", "whose", "do")})
        guest.ok("dashboard, running: the task and its stack", [] if any(re.fullmatch(
            rf"sh \({offline.shell.pid}\), in {STACK}", line) for line in live.lines().get("task", [])) else live.screen())
        offline.interrupt()
        with recording("dashboard") as path:
            offline = Offline(number)
            guest.wait_for(ledger.SECONDS, lambda: "mhp_offline_blocker" in oracle.read(path))
            offline.interrupt()
            page = Page(f"memory{number}", path)
            page.says("dashboard: what explain says of the recording", why=rf"offline failed after {TIME}: signal, .*",
                      whose=rf"pfn {holder.told['pfn']:#x}: anon, mapped by {ME} \({holder.pid}\) at .*")
            # The dashboard has seen the try before, too.
            why = [rf"{page.lines['why'][0]}; failure 2 in a row"]
            pages = [line.replace(" times, ", " times in this try, ") for line in page.lines["page"]]
            live.says("dashboard, failed: why, the page, whose it is, and what to do, as explain has it",
                      {"why": why, "page": pages + ["the same page in both tries"],
                       **{label: page.lines.get(label, []) for label in ("device", "now", "whose", "do")}})
        os.kill(live.pid, signal.SIGKILL)
        guest.ok("dashboard: killed, it leaves no process behind", [] if guest.wait_for(
            ledger.SECONDS, lambda: not any(os.path.exists(f"/proc/{pid}") for pid in apart)) else [f"{apart}"])
    holder.close()
    works("dashboard", number)


def told(number):
    """What mhptop list says of a memory block, as the column shows it."""
    rows = json.loads(ledger.run("list", "--json", "--all"))["ranges"]
    return next(row["offline"] or "-" for row in rows if row["first_block"] == number)


def column():
    """The column of forecasts: what mhptop list says at that moment, and what an offline then does."""
    start = guest.dimm_plug("d11", 4 * oracle.BLOCK_BYTES, 0)
    kept, free, third, last = oracle.blocks_of(start, 4 * oracle.BLOCK_BYTES)
    guest.eq(f"memory{kept}: online_movable", None, oracle.block_set(kept, "online_movable"))
    holder = Holder(lambda: take_pinned(kept))
    for number in free, third:
        guest.eq(f"memory{number}: online_movable", None, oracle.block_set(number, "online_movable"))
    with Dashboard(columns="id,state,node,zone,can_go") as live:
        live.keys("1", "/", f"id>={kept} id<={last}", "Enter")

        def shows(title, **wanted):
            want = {number: word for number, word in zip((kept, free, third, last), wanted.values())}
            guest.wait_for(ledger.SECONDS, lambda: live.forecasts() == want)
            guest.eq(f"column: {title}", want, live.forecasts())

        shows("a block with a pinned page cannot go, others can, and one that is offline has no forecast",
              kept="no", free="yes", third="yes", last="-")
        guest.eq("column: the words are those of mhptop list", {number: told(number) for number in (kept, free, third, last)},
                 live.forecasts())
        guest.eq("column: the block that can go goes", "yes", try_offline(free)[0])
        guest.eq("column: the one that cannot does not", "no", try_offline(kept)[0])
        shows("without the block that went", kept="no", free="-", third="yes", last="-")
        guest.eq(f"memory{last}: online_movable", None, oracle.block_set(last, "online_movable"))
        shows("a block that came online is asked for", kept="no", free="-", third="yes", last="yes")
        holder.close()
        shows("the page is no longer pinned: a forecast is replaced after a while", kept="yes", free="-", third="yes", last="yes")
        guest.eq("column: and the block goes", "yes", try_offline(kept)[0])
        apart, = live.answering()
        before = cpu_seconds(apart)
        guest.wait_for(20, lambda: False)
        guest.note(f"forecasts of two blocks on the screen: {(cpu_seconds(apart) - before) * 1000:.0f} ms of CPU in about 20 s")


def blind():
    """Without the privileges that probes need, sysfs and the flags of pages are left."""
    number, = dimm("d9", 1, "online_movable")
    holder = Holder(lambda: take_pinned(number))
    offline = Offline(number)
    guest.ok("blind: the offline runs", offline.runs())
    Page(f"memory{number}", how=BLIND).says(
        "blind, running: what cannot be known is said",
        account="unknown: sysfs has no counts of pages", range="unknown: its add was not seen",
        who=r"added by \?; onlined by \?; offlined by \?",
        why=rf"offline has not ended, after at least {TIME}", page="unknown: this source does not report pages",
        task="unknown: only root can read the stacks of the kernel", left="1 page: 1 anon",
        whose=rf"pfn {holder.told['pfn']:#x}: anon, mapped by none of the processes that could be read",
        do="Something holds this page: end or restart the process that pins it .*")
    Page(f"memory{number}", how=NOBODY).says(
        "blind, running: nor may another user than root read the flags of pages",
        page="unknown: this source does not report pages", task=None, left=None,
        whose="unknown: /proc/kpageflags: Permission denied; run as root", do=None)
    holder.close()
    guest.eq("blind: the process is ended as advised, and the offline ends", 0, offline.ends())


SCENARIOS = {"pinned": pinned, "partly": partly, "file": file_page, "kernel_pages": kernel_pages, "huge": huge, "holes": holes,
             "huge_pinned": huge_pinned, "huge_poisoned": huge_poisoned, "cma": cma,
             "notifier": notifier, "injected": injected, "kept": kept, "kept_probes": kept_probes, "blind": blind,
             "dashboard": dashboard, "column": column}


def main():
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    if {"notifier", "kept", "kept_probes"} & set(sys.argv[1:]):
        lib_range.load_module()
    for name in sys.argv[1:]:
        SCENARIOS[name]()


guest.run(main)
