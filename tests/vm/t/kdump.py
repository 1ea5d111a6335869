#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A crash dump has the memory of a block that is online, and the memmap that describes it.

    kdump.py range|Y                with --numa 2, crashkernel=256M

The script runs twice. The first time it fills the only online block of a DIMM with a pattern and crashes the kernel. The
crash kernel, which leaves the DIMM alone (acpi_no_memhotplug), starts the same script, which then compares /proc/vmcore
with what the first run wrote down. Only the second run reports results.
"""
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_oracle as oracle
from lib_pattern import (Pattern, STRUCT_MAPCOUNT, STRUCT_MAPPING, STRUCT_REFCOUNT, SelfHosted, content,
                         wrong_struct_page)
from lib_vmcore import Vmcore

NODE = 1
DIMM = {"range": ("9G", 70), "Y": ("1G", 5)}    # and the block of it that is online
CHUNK = 4096
FACTS = os.path.join(guest.RESULTS, "facts.json")
VMCORE = "/proc/vmcore"
SAMPLE = 8                          # of so many struct pages, one is compared


def crash_parameters():
    """The command line of the crash kernel: this one, without hotplug and with one CPU."""
    words = [word for word in oracle.read("/proc/cmdline").split()
             if not re.match(r"crashkernel=|memory_hotplug\.|BOOT_IMAGE=", word)]
    return " ".join(words + ["acpi_no_memhotplug", "nr_cpus=1", "reset_devices"])


def crash(mode):
    """Everything up to the crash. Returns only by an exception."""
    size, number = DIMM[mode]
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    addr = guest.dimm_plug("d0", size, NODE)
    memmap = SelfHosted(addr, int(size[:-1]) << 30, mode)
    online = memmap.blocks[number]
    code = oracle.block_set(online, "online_movable")
    if code:
        raise RuntimeError(f"memory{online} does not go online: {oracle.errno_name(code)}")
    made = [Pattern(NODE, CHUNK), Pattern(NODE, CHUNK, CHUNK, shared=True)]
    facts = {"mode": oracle.memmap_mode(), "addr": addr, "bytes": int(size[:-1]) << 30, "online": online,
             "patterns": [pattern.describe() for pattern in made]}
    with open(FACTS, "w", encoding="utf-8") as file:
        json.dump(facts, file)
        file.flush()
        os.fsync(file.fileno())
    # The ELF headers of the dump are made here, so the DIMM must be there.
    subprocess.run(["kexec", "-p", "-c", os.environ["MHP_KERNEL_IMAGE"], f"--command-line={crash_parameters()}"],
                   check=True)
    oracle.write("/proc/sys/kernel/sysrq", 1)
    oracle.write("/proc/sysrq-trigger", "c")
    time.sleep(60)
    raise RuntimeError("the kernel did not crash")


def wrong_content(dump, pattern):
    """Pages of a pattern whose content is not in the dump."""
    bad = [pfn for index, pfn in enumerate(pattern["pfns"])
           if dump.read(pfn * oracle.PAGE, oracle.PAGE) != content(pattern["start"] + index)]
    return [f"{len(bad)} of {len(pattern['pfns'])} pages differ, such as {bad[0]:#x}"] if bad else []


def wrong_memmap(dump, memmap, pattern):
    """Struct pages that do not describe the pages of a pattern."""
    wrong, mappings = [], set()
    for index, pfn in list(enumerate(pattern["pfns"]))[::SAMPLE]:
        raw = dump.read(memmap.place(pfn), oracle.STRUCT_PAGE)
        mappings.add(raw[STRUCT_MAPPING:STRUCT_MAPPING + 8])
        wrong += wrong_struct_page(pattern, index, raw)
    return wrong + ([] if len(mappings) == 1 else [f"{len(mappings)} mappings, expected one"])


def compare(mode):
    with open(FACTS, encoding="utf-8") as file:
        facts = json.load(file)
    guest.eq("memmap_on_memory of the kernel that crashed", mode, facts["mode"])
    guest.eq("the block was online in the kernel that crashed", {facts["online"]}, {
        oracle.block_of(pfn) for pattern in facts["patterns"] for pfn in pattern["pfns"]})
    numbers = oracle.blocks_of(facts["addr"], facts["bytes"])
    guest.eq("the crash kernel leaves the DIMM alone", [], [number for number in numbers if oracle.block(number)])
    dump, memmap = Vmcore(VMCORE), SelfHosted(facts["addr"], facts["bytes"], mode)
    info = dump.info()
    guest.eq("offsets of struct page in VMCOREINFO",
             [str(oracle.STRUCT_PAGE), str(STRUCT_MAPPING), str(STRUCT_MAPCOUNT), str(STRUCT_REFCOUNT)],
             [info.get(name) for name in ("SIZE(page)", "OFFSET(page.mapping)", "OFFSET(page._mapcount)",
                                          "OFFSET(page._refcount)")])
    missing = [pfn for pfn in sorted(memmap.pages([facts["online"]]))
               if not any(0 <= pfn * oracle.PAGE - load.physical < load.size for load in dump.loads)]
    guest.ok("the pages that hold memmap are in the dump", [f"{len(missing)} are missing"] if missing else [])
    for pattern in facts["patterns"]:
        kind = "tmpfs" if pattern["shared"] else "anonymous memory"
        guest.ok(f"{kind} of the online block is in the dump", wrong_content(dump, pattern))
        guest.ok(f"the memmap in the dump describes {kind}", wrong_memmap(dump, memmap, pattern))
    dump.close()


def main():
    if os.path.exists(VMCORE):
        compare(sys.argv[1])
    else:
        crash(sys.argv[1])


guest.run(main)
