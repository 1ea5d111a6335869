#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""`mhptop doctor --now` finds what needs attention, and nothing else: each kind is brought about, then put right.

    attention.py MODE      in a guest with two nodes, memory_hotplug.memmap_on_memory=MODE and, on node 1, which has
                           no other memory, a virtio-mem device vmem0 of 4 GiB

What is expected follows from what the test did, from sysfs, /proc/meminfo and QMP.
"""
import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
import lib_pin as pin
import lib_range

MODE = sys.argv[1] if len(sys.argv) > 1 else "none given"
DRIVER = "/sys/bus/virtio/drivers/virtio_mem"
GIB = 1 << 30
MADV_HWPOISON = 100
FAR = 2048              # a memory block above all others
REMOVE_SECTION = 3      # of the test module's file "fail"
STAYS = {}              # what is found from then on


def now():
    """What the doctor finds: {id: [finding]}, and its exit status must agree."""
    ended = subprocess.run([ledger.MHPTOP, "doctor", "--now", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           check=False, text=True, timeout=ledger.START_SECONDS)
    if ended.returncode not in (0, 3, 5):
        raise RuntimeError(f"doctor --now: exit {ended.returncode}: {ended.stderr.strip()[-300:]}")
    answer = json.loads(ended.stdout)
    status = 3 if answer["findings"] else 5 if answer["unknown"] else 0
    wrong = guest.differs("exit status", status, ended.returncode)
    wrong += guest.differs("found", len(answer["findings"]), answer["found"])
    wrong += [f"{finding['id']}: no advice" for finding in answer["findings"] if len(finding["do"]) < 20]
    found = {}
    for finding in answer["findings"]:
        found.setdefault(finding["id"], []).append(finding)
    return found, answer["unknown"], wrong


def expect(name, wanted, may=()):
    """wanted: {id: [(what, regex of the text)]}. Everything that is found must be wanted, or stay; what may be unknown is in may."""
    wanted = {**STAYS, **wanted}
    found, not_known, wrong = now()
    wrong += guest.differs("ids", sorted(wanted), sorted(found))
    wrong += guest.differs("unknown", [], sorted(set(not_known) - set(may)))
    for key, pairs in wanted.items():
        wrong += guest.differs(key, [what for what, _ in pairs], [finding["what"] for finding in found.get(key, [])])
        for (_, regex), finding in zip(pairs, found.get(key, [])):
            if not re.search(regex, finding["text"]):
                wrong.append(f"{key}: expected {regex}, got {finding['text']}")
    guest.ok(name, wrong)


def blocks_of_vmem():
    device = {device.name: device for device in oracle.devices()}["vmem0"]
    return [number for number in oracle.blocks_of(device.addr, 4 * GIB) if oracle.block(number)]


def resize(size, blocks):
    """Returns the memory blocks, once there are so many."""
    guest.host("vmem-resize", "vmem0", size)
    if not guest.wait_for(60, lambda: len(blocks_of_vmem()) == blocks):
        raise RuntimeError(f"vmem0 of {size} bytes: expected {blocks} memory blocks, got {len(blocks_of_vmem())}")
    return blocks_of_vmem()


def dimm():
    """A DIMM that is not online, that is in two zones, and that is as it should be."""
    start = guest.dimm_plug("d0", 4 * oracle.BLOCK_BYTES, 0)
    numbers = list(oracle.blocks_of(start, 4 * oracle.BLOCK_BYTES))
    device = os.path.basename(os.path.realpath(f"{oracle.MEMORY}/memory{numbers[0]}/firmware_node"))
    expect("a DIMM that is offline", {"not_online": [
        (f"memory{numbers[0]} to memory{numbers[3]}",
         rf" \(4 blocks of {device}\) were offline when mhptop started; auto_online_blocks is offline$")]})
    oracle.blocks_set(numbers, "online_movable")
    expect("a DIMM as it should be", {})
    oracle.block_set(numbers[3], "offline")
    expect("a block of it is offline", {"not_online": [(f"memory{numbers[3]}", f"^memory{numbers[3]} of {device} was ")]})
    # It stays like this: the kernel allocates from it, so that it cannot go offline any more.
    oracle.blocks_set(numbers[3:], "online_kernel")
    STAYS["kernel_zone"] = [(device, "3 of 4 memory blocks Movable, 1 in a kernel zone$")]
    expect("a block of it is in a kernel zone", {})


def memmap_wanted(virtio, blocks):
    """virtio-mem never asks for a memmap on memory."""
    if MODE == "N":
        return {}
    return {"memmap_in_buddy": [(virtio, f"{blocks} memory blocks?; the driver, virtio-mem, never asks for it$")]}


def smaller(virtio):
    """While 1 GiB is offline, the driver adds no more."""
    numbers = resize(4 * GIB, GIB // oracle.BLOCK_BYTES)
    expect("virtio-mem, smaller than requested", {
        "not_online": [(f"memory{numbers[0]} to memory{numbers[-1]}", rf" of {virtio}\) were ")],
        "virtio_mem_below": [(virtio, ": 1 GiB of 4 GiB$")],
        **memmap_wanted(virtio, len(numbers))})


def larger(virtio):
    """A page that is pinned keeps the driver from unplugging what is around it."""
    numbers = resize(4 * oracle.BLOCK_BYTES, 4)
    oracle.blocks_set(numbers, "online_movable")
    expect("virtio-mem, as large as requested", memmap_wanted(virtio, 4))
    with pin.bound(1):
        held = [pin.AnonPage(numbers)]
        pins = [pin.Pin().hold(page.address) for page in held]
    block = oracle.block_of(held[0].pfn)
    retries(virtio, block, numbers)
    guest.host("vmem-resize", "vmem0", 0)
    guest.wait_for(60, lambda: len(blocks_of_vmem()) == 1)
    expect("virtio-mem, larger than requested", {
        "virtio_mem_above": [(virtio, ": [0-9.]+ MiB instead of 0 B$")], **memmap_wanted(virtio, 1)})
    pins[0].close()


def watched(view, block):
    """Whether a frame of a mhptop that was there before names the page."""
    for finding in view.next()["attention"]["findings"]:
        if finding["id"] == "offline_retries" and finding["what"] == f"memory{block}":
            return bool(re.search(r": for [0-9.]+s, the last page in the way at pfn 0x[0-9a-f]+, anon$", finding["text"]))
    return False


def retries(virtio, block, numbers):
    """An offline that cannot end, by a shell that can be interrupted."""
    view = ledger.View()
    with subprocess.Popen(["sh", "-c", f"echo offline >{oracle.MEMORY}/memory{block}/state"],
                          stderr=subprocess.DEVNULL) as shell:
        try:
            while_retrying(virtio, block, numbers, view)
        finally:
            shell.send_signal(signal.SIGINT)    # or leaving this block would wait for an offline that never ends
    view.process.send_signal(signal.SIGINT)
    view.process.wait()
    guest.ok("its block is online again", guest.differs("state", "online", oracle.block(block).state))


def while_retrying(virtio, block, numbers, view):
    guest.wait_for(30, lambda: oracle.block(block).state == "going-offline")
    expect("an offline that tries again and again", {
        "offline_retries": [(f"memory{block}", ": for at least [0-9.]+s")],
        **memmap_wanted(virtio, len(numbers))},
        may=("virtio_mem_above", "virtio_mem_below"))   # the failures fill the log, where the request was
    guest.ok("  a mhptop that was there before names the page", [] if guest.wait_for(
        ledger.START_SECONDS, lambda: watched(view, block)) else [view.next()["attention"]])


def memmap_left():
    """A removal that does not free the memmap of a section, seen by a mhptop that was there before, and not afterwards."""
    lib_range.load_module()
    view = ledger.View()
    where = FAR * oracle.BLOCK_BYTES, 2 * oracle.BLOCK_BYTES
    guest.eq("memory is added", None, lib_range.module_call("add", *(hex(number) for number in where), 0, 0))
    guest.eq("one call is to fail", None, lib_range.module_call("fail", REMOVE_SECTION, 1))
    guest.eq("memory is removed", None, lib_range.module_call("remove", *(hex(number) for number in where)))
    guest.eq("one call left its memmap", None, lib_range.module_call("fail", 0, 0))

    def found():
        return [finding for finding in view.next()["attention"]["findings"] if finding["id"] == "memmap_left"]
    left = guest.wait_for(ledger.START_SECONDS, found)
    pages = oracle.BLOCK_VMEMMAP
    guest.ok("memmap that was left is found", guest.differs("what", [f"{where[0]:#x}-{sum(where) - 1:#x}"], [
        finding["what"] for finding in left]) + [f"{finding}: expected {pages} pages" for finding in left
                                                 if not re.search(rf": {pages} pages\b", finding["text"])])
    guest.note(left)
    view.process.send_signal(signal.SIGINT)
    view.process.wait()


def poisoned(virtio):
    """A page of a process that ends with it."""
    numbers = resize(oracle.BLOCK_BYTES, 1)
    if oracle.block(numbers[0]).state != "online":
        oracle.blocks_set(numbers, "online_movable")
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        try:
            with pin.bound(1):
                page = pin.AnonPage(numbers)
            os.write(tell, str(oracle.block_of(page.pfn)).encode())
            page._maps[-1].madvise(MADV_HWPOISON)  # pylint: disable=protected-access
        finally:
            os._exit(0)  # pylint: disable=protected-access
    os.waitpid(child, 0)
    block = int(os.read(told, 32))
    guest.eq("the kernel counts one poisoned page", oracle.PAGE_KB, oracle.meminfo()["HardwareCorrupted"], "kB")
    expect("a poisoned page", {"poisoned": [(f"memory{block}", ": 1 page$")], **memmap_wanted(virtio, 1)})


def driver_gone(virtio):
    oracle.write(f"{DRIVER}/unbind", virtio)
    found, _, wrong = now()
    wrong += guest.differs("driver_gone", [virtio], [finding["what"] for finding in found.get("driver_gone", [])])
    guest.ok("a driver that was unbound", wrong)


def views(virtio):
    """Frames and text have the same findings."""
    frame = json.loads(ledger.run("--json", "-n", "1"))
    found, _, _ = now()
    guest.ok("a frame finds what the doctor finds", guest.differs(
        "ids", sorted(found), sorted({finding["id"] for finding in frame["attention"]["findings"]})))
    text = ledger.run("doctor", "--now", code=3)
    guest.note(text)
    guest.ok("the text has each id and what to do", [
        key for key in found if not re.search(rf"^{key}: .*\n  do: ", text, re.M)])
    guest.ok("  and names the device", [] if virtio in text else [text])


def main():
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    virtio = next(name for name in os.listdir(DRIVER) if name.startswith("virtio"))
    expect("nothing to begin with", {})
    dimm()
    smaller(virtio)
    larger(virtio)
    if not os.environ["MHP_KERNEL"].startswith("stock:"):       # for which there is no module
        memmap_left()
    poisoned(virtio)
    driver_gone(virtio)
    views(virtio)


guest.run(main)
