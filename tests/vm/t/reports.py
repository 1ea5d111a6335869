#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Situations that people reported: what mhptop answers about each, word by word.

    reports.py SITUATION...     in a guest with two nodes, of which node 1 has no memory; the situations are below

Each is brought about as users do it, with chmem, signals and the driver's own files. Then list, plan offline, explain, report
and doctor --now are asked, what they advise is done, and the memory must go.
"""
import collections
import ctypes
import json
import mmap
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_fill as fill
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
import lib_pin as pin
import lib_range
from lib_answer import Holder, Offline, Page, can_go_soon, plan

TIME = r"[0-9.]+(?:ns|us|ms|s|m)"
ME = "reports.py"
NODE = 1
PROCESSES = 64
MANY, WENT = 512, 8
REPORTS, TRIES = 5, 10             # the kernel reports tries 1, 2, 4, 8, 16 and so on
TEXT = "/dev/shm/text"
GIB = 1 << 30
DRIVER = "/sys/bus/virtio/drivers/virtio_mem"
PARAMETERS = "/sys/module/memory_hotplug/parameters"


def matches(title, text, *regexes):
    """Some line of the text matches each regex as a whole."""
    lines = [line.strip() for line in text.splitlines()]
    wrong = [f"no line is {regex}" for regex in regexes if not any(re.fullmatch(regex, line) for line in lines)]
    if not guest.ok(title, wrong):
        guest.note(text)


def now():
    """The findings of doctor --now, as text."""
    ended = subprocess.run([ledger.MHPTOP, "doctor", "--now"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                           text=True, timeout=ledger.START_SECONDS)
    if ended.returncode not in (0, 3, 5):
        raise RuntimeError(f"doctor --now: exit {ended.returncode}: {ended.stderr.strip()[-300:]}")
    return ended.stdout


def report(recorder):
    """The report of a recording that has ended."""
    recorder.process.send_signal(signal.SIGINT)
    recorder.process.wait(ledger.SECONDS)
    return ledger.run("report", "--time", "mono", recorder.path)


def device_of(number):
    return os.path.basename(os.path.realpath(f"{oracle.MEMORY}/memory{number}/firmware_node"))


def dimm(name, blocks, node=0):
    start = guest.dimm_plug(name, blocks * oracle.BLOCK_BYTES, node)
    return list(oracle.blocks_of(start, blocks * oracle.BLOCK_BYTES))


def take_tables(node=NODE):
    with pin.bound(node):
        return {}, fill.PageTables(256)


def partial():
    """All blocks of a DIMM go offline but one, of which the kernel has pages: EBUSY."""
    numbers = dimm("d0", 8, NODE)
    kept = numbers[3]
    oracle.blocks_set(numbers[:3] + numbers[4:], "online_movable")
    oracle.blocks_set([kept], "online_kernel")
    holder = Holder(take_tables)
    device = device_of(kept)
    answer = plan(device)
    guest.eq("partial: plan offline of the DIMM says which block cannot go",
             ("no", {kept: "no"}), (answer["answer"], {block["id"]: block["answer"] for block in answer["blocks"]
                                                       if block["answer"] != "yes"}))
    matches("partial: plan offline, the sum", subprocess.run(
        [ledger.MHPTOP, "plan", "offline", device], stdout=subprocess.PIPE, check=False, text=True).stdout,
            rf"{device}: no: 7 of 8 memory blocks can go offline, 1 cannot(; together: .*)?")
    recorder = ledger.Recorder("partial")
    chmem = subprocess.run(["chmem", "-d", "-b", f"{numbers[0]}-{numbers[-1]}"], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, check=False, text=True)
    guest.note(chmem.stdout)
    guest.eq("partial: chmem takes a part of it offline", (True, ["offline"] * 3 + ["online"] + ["offline"] * 4),
             (chmem.returncode != 0, [oracle.block(number).state for number in numbers]))
    listed = json.loads(ledger.run("list", "--json"))
    guest.eq("partial: list", [("offline", 3, None), ("online", 1, "no"), ("offline", 4, None)], [
        (row["state"], row["last_block"] - row["first_block"] + 1, row["offline"]) for row in listed["ranges"]
        if row["device"] == device])
    page = Page(f"memory{kept}", recorder.path)
    page.says("partial: explain says why the one stayed",
              why=rf"offline failed after {TIME}: isolation, stage isolate_range, pass 0",
              device=device, do=".*ZONE_MOVABLE next time.*")
    text = report(recorder)
    matches("partial: report, one failure and its page", text,
            rf"[0-9.]+ offline memory{kept} from Normal  failed: isolation \(Device or resource busy\).*"
            "pages in the way: 1 report, pass 0",
            r"offline +8 +1 +0 .*", rf"0x[0-9a-f]+ +memory{kept} +\w+ +isolate_range .*")
    matches("partial: doctor --now", now(), rf"not_online: memory{numbers[0]} to memory{numbers[-1]} \(7 blocks of {device}\) were .*",
            r"do: Bring the memory online .*")
    holder.close()
    went = can_go_soon(kept)
    guest.ok("partial: the process that has the page tables is ended, and plan offline says yes", [] if went else [
        plan(f"memory{kept}")["blocks"]])
    guest.eq("partial: and the block goes", None, oracle.block_offline_tried(kept))


def many():
    """512 memory blocks, of which eight go offline and the next one refuses, where libdaxctl's loop stops: 504 stay online."""
    numbers = dimm("many", MANY, NODE)
    kept = numbers[WENT]
    oracle.blocks_set(numbers[:WENT] + numbers[WENT + 1:], "online_movable")
    oracle.blocks_set([kept], "online_kernel")
    holder = Holder(take_tables)
    recorder = ledger.Recorder("many")
    refused = next(number for number in numbers if oracle.block_set(number, "offline"))
    states = collections.Counter(oracle.block(number).state for number in numbers)
    guest.eq(f"many: {WENT} blocks go offline, the next one refuses, {MANY - WENT} stay online",
             (kept, {"offline": WENT, "online": MANY - WENT}), (refused, dict(states)))
    span = f"{numbers[0] * oracle.BLOCK_BYTES:#x}-{(numbers[-1] + 1) * oracle.BLOCK_BYTES - 1:#x}"
    page = Page(span, recorder.path)
    guest.eq("many: explain of the range counts them", f"{span}  64 GiB, {MANY} memory blocks: {WENT} offline, {MANY - WENT} online",
             page.head)
    page.says("many: and says which block refused, and what to do",
              why=rf"offline of memory{kept} failed: isolation \(Device or resource busy\), page 0x[0-9a-f]+: \w+, pass 0",
              do=".*ZONE_MOVABLE next time.*")
    holder.close()
    went = can_go_soon(kept)
    guest.ok("many: the process that has the page tables is ended, and plan offline says yes", [] if went else [
        plan(f"memory{kept}")["blocks"]])
    guest.eq("many: and the block goes", None, oracle.block_offline_tried(kept))
    guest.dimm_unplug("many", ledger.SECONDS)
    guest.eq("many: and the DIMM", [], [number for number in numbers if oracle.block(number)])
    text = report(recorder)
    matches("many: report", text, rf"[0-9.]+ +memory at {numbers[0] * oracle.BLOCK_BYTES:#x}: {MANY - WENT - 1} of "
            rf"{MANY - WENT - 1} memory blocks went offline, and the range was removed")


def fault_forever(page, pause):
    """In a child: gives the text page back and faults it in again, until it is killed."""
    while True:
        page.madvise(mmap.MADV_DONTNEED)
        assert page[0] == 1
        if pause:
            time.sleep(pause)


def take_text(number, take=lambda address: None):
    """A page of a file in the memory block, and what take(its address) returns."""
    with open(TEXT, "wb+") as file:
        file.truncate(8 << 20)
        area = mmap.mmap(file.fileno(), 8 << 20)
    start = ctypes.addressof(ctypes.c_char.from_buffer(area))
    for offset in range(0, len(area), oracle.PAGE):
        area[offset] = 1
        if oracle.block_of(pin.pfn_of(start + offset)) == number:
            return {"pfn": pin.pfn_of(start + offset), "offset": offset}, area, take(start + offset)
    raise RuntimeError(f"no page of {TEXT} is in memory{number}")


class Readers:
    """Processes that keep faulting in one page of the file."""

    def __init__(self, offset, pause=0):
        self.children = []
        with open(TEXT, "rb") as file:
            self.inode = os.fstat(file.fileno()).st_ino
            for _ in range(PROCESSES):
                child = os.fork()
                if not child:
                    try:
                        os.nice(10)         # the offline has to make progress, too
                        fault_forever(mmap.mmap(file.fileno(), oracle.PAGE, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC,
                                                offset=offset), pause)
                    finally:
                        os._exit(1)  # pylint: disable=protected-access
                self.children.append(child)

    def close(self):
        for child in self.children:
            os.kill(child, signal.SIGKILL)
        for child in self.children:
            os.waitpid(child, 0)


USED = "This page of a file is in use: find who reads or pins that file, or interrupt the offline."


def mapped_by(page):
    """How many processes map the file, as the page of explain says."""
    lines = page.lines.get("whose") or [""]
    return lines[0].count(TEXT) + int((page.first("whose", r" and (\d+) more$") or [0])[0])


def text_reference():
    """Processes that map one page of a program's text, to which somebody has a reference: here a pipe."""
    number, = dimm("d1", 1)
    oracle.blocks_set([number], "online_movable")
    holder = Holder(lambda: take_text(number, lambda address: pin.Pin().hold(address)))
    readers = Readers(holder.told["offset"], 1)
    offline = Offline(number)
    guest.ok("text reference: the offline runs", offline.runs())
    page = Page(f"memory{number}")
    page.says("text reference: explain names the file, and that many map it",
              left="1 page: 1 file", task=rf"sh \({offline.shell.pid}\), in .*offline_pages",
              whose=rf"pfn {holder.told['pfn']:#x}: file text \(inode {readers.inode} of tmpfs\), mapped by {ME} .*{TEXT}.*", do=USED)
    # How many map it at that moment is a matter of chance: the kernel unmaps it each time it tries to migrate it.
    mapped = mapped_by(page)
    guest.ok(f"text reference: {mapped} of the processes", [] if 2 <= mapped <= PROCESSES + 1 else [mapped])
    matches("text reference: doctor --now", now(), rf"offline_retries: memory{number}: .*: for at least {TIME}.*",
            r"do: Find out what holds the page \(mhptop explain\), or interrupt the task that takes the memory offline\.")
    readers.close()
    holder.close()
    guest.eq("text reference: without its readers, the offline ends", 0, offline.ends())
    os.unlink(TEXT)


def blockers_of(path, pfn):
    """How often a recording reports the page."""
    return len(re.findall(rf'"event":"mhp_offline_blocker".*"pfn":{pfn},', oracle.read(path)))


def keep_faulting(number, recorder):
    """Offlines a memory block while processes fault. Returns what holds the page, the readers, and the offline; None if it ended.

    A try of the kernel fails if one of the processes is in the middle of a fault, where it has a reference to the page. That it
    is so in each of 2^n tries is a matter of chance.
    """
    oracle.blocks_set([number], "online_movable")
    holder = Holder(lambda: take_text(number))
    readers = Readers(holder.told["offset"])
    offline = Offline(number)
    guest.wait_for(ledger.START_SECONDS, lambda: offline.shell.poll() is not None
                   or blockers_of(recorder.path, holder.told["pfn"]) >= REPORTS)
    if offline.shell.poll() is None:
        return holder, readers, offline
    readers.close()
    holder.close()
    os.unlink(TEXT)
    return None


def text_faults():
    """Processes that keep faulting in one page of a program's text, so that the offline does not end."""
    number, = dimm("d1", 1)
    recorder = ledger.Recorder("text_faults")
    tries = next(((count, what) for count in range(1, TRIES + 1) for what in [keep_faulting(number, recorder)] if what), None)
    if not guest.ok("text faults: the offline does not end", [] if tries else [f"it ended each of {TRIES} times"]):
        return
    guest.note(f"try {tries[0]}")
    holder, readers, offline = tries[1]
    pages = [Page(f"memory{number}", recorder.path)]

    def names_some():
        pages.append(Page(f"memory{number}", recorder.path))
        return mapped_by(pages[-1]) >= 2
    guest.ok("text faults: explain names some of the processes", [] if mapped_by(pages[0]) >= 2 or guest.wait_for(
        ledger.START_SECONDS, names_some) else [pages[-1].text])
    guest.ok(f"text faults: {mapped_by(pages[-1])} of them", [] if mapped_by(pages[-1]) <= PROCESSES + 1 else ["too many"])
    pages[-1].says(
        "text faults: the file, the page each time, and what to do",
        why=rf"offline has not ended, after {TIME}, stage migrate, pass \d+(; failure \d+ in a row)?",
        page=[rf"pfn {holder.told['pfn']:#x}: file, order 0, references \d+, mappings \d+, not migrated",
              r"reported \d+ times, (the same page each time|not always the same page)"],
        left="1 page: 1 file", task=rf"sh \({offline.shell.pid}\), in .*offline_pages",
        whose=rf"pfn {holder.told['pfn']:#x}: file text \(inode {readers.inode} of tmpfs\), mapped by {ME} .*{TEXT}.*", do=USED)
    readers.close()
    holder.close()
    guest.eq("text faults: without its readers, the offline ends", 0, offline.ends())
    os.unlink(TEXT)


def gigantic():
    """A page of 1 GiB in use, and no other one free."""
    start = guest.dimm_plug("gigantic", "2G")
    numbers = list(oracle.blocks_of(start, 2 * GIB))
    oracle.blocks_set(numbers, "online_kernel")
    held = fill.HugePages(1 << 20, 1, used=1)
    guest.eq("gigantic: there is a page of 1 GiB", 1, held.count)
    oracle.blocks_set(dimm("elsewhere", 2 * GIB // oracle.BLOCK_BYTES, NODE), "online_kernel")
    number = next(number for number in numbers if any(
        "huge page of 1 GiB" in reason["text"] for block in plan(f"memory{number}")["blocks"] for reason in block["reasons"]))
    answer = plan(f"memory{number}")["blocks"][0]
    guest.eq("gigantic: plan offline", ("no", ["1 huge page of 1 GiB must move, and 0 are free elsewhere"]),
             (answer["answer"], [reason["text"] for reason in answer["reasons"]]))
    first = number - number % 8
    recorder = ledger.Recorder("gigantic")
    offline = Offline(number)
    guest.ok("gigantic: the offline runs", offline.runs())
    guest.wait_for(ledger.SECONDS, lambda: "mhp_offline_blocker" in oracle.read(recorder.path))
    page = Page(f"memory{number}", recorder.path)
    guest.ok("gigantic: explain, the page and the blocks that it covers", [] if page.first("page", "hugetlb, order 18,")
             and page.first("page", f"it covers memory{first} to memory{first + 7}$") else [page.text])
    page.says("gigantic: explain, whose it is and what to do", left="32768 pages: 32768 hugetlb",
              whose=rf"pfn 0x[0-9a-f]+: hugetlb, mapped by {ME} \({os.getpid()}\) at 0x[0-9a-f]+.*",
              do=r"This huge page has nowhere to go: free one of its size on another node, or interrupt the offline\.")
    oracle.write(f"/sys/devices/system/node/node{NODE}/hugepages/hugepages-1048576kB/nr_hugepages", 1)
    guest.eq("gigantic: a page of 1 GiB on another node, and the offline ends", 0, offline.ends())
    held.close()


def vmem_blocks(blocks):
    addr = {device.name: device for device in oracle.devices()}["vmem0"].addr
    return [number for number in oracle.blocks_of(addr, blocks * oracle.BLOCK_BYTES) if oracle.block(number)]


def resize(blocks):
    guest.host("vmem-resize", "vmem0", blocks * oracle.BLOCK_BYTES)
    if not guest.wait_for(ledger.SECONDS, lambda: len(vmem_blocks(64)) == blocks):
        raise RuntimeError(f"vmem0: expected {blocks} memory blocks, got {len(vmem_blocks(64))}")
    return vmem_blocks(64)


def virtio_name():
    return next(name for name in os.listdir(DRIVER) if name.startswith("virtio"))


def qemu_plugged():
    return {device.name: device for device in oracle.devices()}["vmem0"].size


def settled_page(number):
    """The page about a memory block of a device that gave nothing back meanwhile."""
    while True:
        before = qemu_plugged()
        page = Page(f"memory{number}")
        if qemu_plugged() == before:
            return page


def virtio_tables():
    """virtio-mem that has page tables in it does not shrink."""
    number, = resize(1)
    if oracle.block(number).state != "online":
        oracle.blocks_set([number], "online_kernel")
    holder = Holder(lambda: take_tables(0))
    device = virtio_name()
    guest.host("vmem-resize", "vmem0", 0)
    told = rf"virtio_mem_above: {device}: .*[0-9.]+ \w+ instead of 0 B"
    guest.wait_for(ledger.SECONDS, lambda: re.search(told, now()))
    matches("virtio-mem: doctor --now", now(), told, r"do: See which pages stay \(mhptop plan offline\): .*")
    guest.eq("virtio-mem: plan offline of the device", ("no", True), (
        plan(device)["answer"], any(reason["kind"] == "pgtable" for block in plan(device)["blocks"]
                                    for reason in block["reasons"])))
    page = settled_page(number)
    page.says("virtio-mem: explain, the device, what it was asked for, and what it has according to QEMU",
              device=rf"{device}, requested 0 B, plugged {qemu_plugged() >> 20} MiB")
    guest.ok("virtio-mem: explain, page tables of the process", [] if page.first(
        "whose", rf"pgtable of {ME} \({holder.pid}\)$") else [page.text])
    holder.close()
    guest.ok("virtio-mem: without the process, no page table is in the way", [] if guest.wait_for(
        ledger.SECONDS, lambda: not any(reason["kind"] == "pgtable" for block in plan(device)["blocks"]
                                        for reason in block["reasons"])) else [plan(device)])


def auto_movable():
    """The policy auto-movable puts a part of one device into a kernel zone."""
    oracle.write(f"{PARAMETERS}/online_policy", "auto-movable")
    oracle.write(f"{PARAMETERS}/auto_movable_ratio", 30)
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "online")
    numbers = resize(6)
    guest.wait_for(ledger.SECONDS, lambda: all(oracle.block(number).state == "online" for number in numbers))
    zones = [oracle.block(number).zones[0] for number in numbers]
    movable = zones.count("Movable")
    device = virtio_name()
    guest.ok(f"auto-movable: the device is in two zones: {' '.join(zones)}", [] if 0 < movable < 6 else ["it is in one"])
    matches("auto-movable: doctor --now", now(),
            rf"kernel_zone: {device}: .*: {movable} of 6 memory blocks Movable, {6 - movable} in a kernel zone")
    listed = json.loads(ledger.run("list", "--json"))
    guest.eq("auto-movable: list has each zone of the device", zones, [
        row["zone"] for row in listed["ranges"] if row["device"] == device
        for _ in range(row["first_block"], row["last_block"] + 1)])
    settings = subprocess.run([ledger.MHPTOP, "doctor"], stdout=subprocess.PIPE, check=False, text=True).stdout
    guest.note("\n".join(line for line in settings.splitlines() if "auto" in line))
    matches("auto-movable: doctor lists the policy and its ratio", settings, r".*online_policy.*auto-movable.*",
            r".*auto_movable_ratio.*30.*")


def take_pinned(number):
    page = pin.PinnedPage([number])
    return {"pfn": page.pfn}, page


def kill_offline(name, write):
    """A process is killed while it takes a memory block of a DIMM offline, by write(number), a command of the shell.

    The block stays online, and whose the page was is told. Returns its number; nothing keeps it any more.
    """
    number, = dimm(name, 1)
    oracle.blocks_set([number], "online_movable")
    holder = Holder(lambda: take_pinned(number))
    recorder = ledger.Recorder(name)
    child = subprocess.Popen(["sh", "-c", write(number)], stderr=subprocess.DEVNULL)
    guest.wait_for(ledger.SECONDS, lambda: oracle.block(number).state == "going-offline")
    guest.wait_for(ledger.SECONDS, lambda: "mhp_offline_blocker" in oracle.read(recorder.path))
    child.kill()
    guest.eq("killed: the process ends", -signal.SIGKILL, child.wait(ledger.START_SECONDS))
    guest.eq("killed: the memory is still online", "online", oracle.block(number).state)
    Page(f"memory{number}", recorder.path).says(
        "killed: explain", why=rf"offline failed after {TIME}: signal, stage migrate, pass \d+",
        now=r"can it go offline: no; 1 page with unexplained references at pfn .*",
        whose=rf"pfn {holder.told['pfn']:#x}: anon, mapped by {ME} \({holder.pid}\) at 0x[0-9a-f]+.*",
        do="Something held the page until the offline was interrupted: end or restart the process .*")
    matches("killed: report", report(recorder), rf"[0-9.]+ offline memory{number} from Movable  failed: signal "
            r"\(Interrupted system call\)  .*  sh \(\d+\), .*  pages in the way: \d+ reports?, pass \d+")
    matches("killed: doctor --now finds nothing", now(), "nothing needs attention")
    holder.close()
    return number


def killed():
    """In offline_and_remove_memory()."""
    lib_range.load_module()

    def words(number):
        return f"{number * oracle.BLOCK_BYTES:#x} {oracle.BLOCK_BYTES:#x}"
    number = kill_offline("killed", lambda number: f"echo {words(number)} >{lib_range.MODULE}/offline_and_remove")
    guest.eq("killed: without the process that pinned the page, it goes", None, lib_range.module_call(
        "offline_and_remove", words(number)))


def killed_writer():
    """In a write to sysfs, where no test module can be loaded and drivers leave offline_and_remove_memory() to a kworker."""
    number = kill_offline("writer", lambda number: f"echo offline >{oracle.MEMORY}/memory{number}/state")
    guest.eq("killed: without the process that pinned the page, it goes", None, oracle.block_set(number, "offline"))


SITUATIONS = {situation.__name__: situation for situation in (
    partial, many, text_reference, text_faults, gigantic, virtio_tables, auto_movable, killed, killed_writer)}


def main():
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    for name in sys.argv[1:]:
        SITUATIONS[name]()


guest.run(main)
