# SPDX-License-Identifier: GPL-2.0-only
"""An account kept from the events alone, to be compared with the kernel's own numbers.

An Account adds up the events of lib_trace.py per memory block and per zone. Its compare_*()
return one line for each difference from the kernel's numbers (lib_oracle.py), and nothing if
all agree. It does not depend on mhptop; lib_ledger.py compares the two.
"""
import collections
import dataclasses

import lib_oracle as oracle
from lib_guest import differs


@dataclasses.dataclass
class Block:
    """The state of a memory block according to its events."""
    state: str = "gone"
    zone: str = "none"
    nid: int = -1
    hosting: str = "none"
    vmemmap_pages: int = 0      # pages it reserves to host its memmap
    populated: int = 0          # vmemmap pages, over all times it was added
    freed: int = 0
    alloc: int = 0              # the altmap's, as last reported
    in_zone: int = 0            # vmemmap pages that joined a zone
    present: int = 0
    managed: int = 0
    onlines: int = 0
    offlines: int = 0
    online_failures: int = 0
    offline_failures: int = 0
    blockers: int = 0


@dataclasses.dataclass
class Range:
    """A range that hosts its memmap as a whole, identified by the base of its altmap."""
    free: int = 0               # pages it reserves
    refs: int = 0
    alloc: int = 0              # the altmap's, as last reported
    zone: tuple = None          # (node, zone) of its memmap while that has users
    present: int = 0            # pages of its memmap
    freed: list = dataclasses.field(default_factory=list)   # sections in order, since refs dropped to 0


class Account:
    """Sums of all events since the start; `begin` is {(node, zone): oracle.Zone} at that time."""

    def __init__(self, trace):
        self.trace = trace
        # A node without memory has no zones in /proc/zoneinfo yet.
        self.begin = collections.defaultdict(lambda: oracle.Zone(0, 0, 0, 0), oracle.zones())
        self.begin_kb = oracle.meminfo()["MemTotal"]
        self.boot = set(oracle.block_ids())     # only changes of these are known
        self.blocks = {}        # {number: Block} of all blocks that had an event
        self.ranges = {}        # {base pfn: Range}
        self.device = [0, 0]    # vmemmap pages of ZONE_DEVICE memory, populated and freed
        self.zones = {}         # {(node, zone): [present, managed]} changes
        self.after = {}         # {(node, zone, "present"|"managed"): last value reported}
        self.seen = 0
        self.wrong = []         # contradictions between events, reported by the next compare
        self.log = []           # all events

    def update(self):
        """Read and add up the new events; returns them."""
        events = self.trace.read()
        for event in events:
            self.seen += 1
            self._take(event.name[4:], event.fields)
        self.log += events
        return events

    def _block(self, pfn):
        return self.blocks.setdefault(oracle.block_of(pfn), Block())

    def _take(self, name, f):
        if f.get("hosting") == "device":
            self.device[name == "vmemmap_free"] += f["vmemmap_pages"]
        elif name == "vmemmap_populate":
            self._populate(f)
        elif name == "vmemmap_free":
            self._free(f)
        elif name == "vmemmap_ref":
            self._ref(f)
        elif name in ("vmemmap_online", "vmemmap_offline"):
            self._vmemmap_zone(f, name == "vmemmap_online")
        elif name in ("present", "managed"):
            self._change(name, f)
        elif name in ("online_end", "offline_end"):
            self._end(name, f)
        elif name == "offline_blocker":
            self._block(f["pfn"]).blockers += 1

    def _populate(self, f):
        block = self._block(f["start_pfn"])
        block.state, block.nid, block.hosting = "offline", f["nid"], f["hosting"]
        block.populated += f["vmemmap_pages"]
        # An altmap covers the first pages from its base, in one block or in several.
        end = f["altmap_base"] + f["altmap_free"]
        first = oracle.block_of(f["start_pfn"]) * oracle.BLOCK_PAGES
        block.vmemmap_pages = max(0, min(end - first, oracle.BLOCK_PAGES))
        block.alloc = f["altmap_alloc"]
        if f["hosting"] == "range":
            block.alloc = 0
            there = self.ranges[f["altmap_base"]]
            self.wrong += differs("altmap alloc after populate", there.alloc + f["vmemmap_pages"],
                                  f["altmap_alloc"], "pages")
            there.free, there.alloc = f["altmap_free"], f["altmap_alloc"]

    def _free(self, f):
        block = self._block(f["start_pfn"])
        block.state, block.vmemmap_pages = "gone", 0
        block.freed += f["vmemmap_pages"]
        block.alloc = f["altmap_alloc"]
        if f["hosting"] == "range":
            block.alloc = 0
            self._free_of_range(self.ranges[f["altmap_base"]], f)

    def _free_of_range(self, there, f):
        """The rule of teardown: nothing is freed while there are references, then sections in descending order."""
        where = f"free of pfn {f['start_pfn']:#x}"
        self.wrong += differs(f"{where}: references", 0, there.refs)
        self.wrong += differs(f"{where}: altmap alloc", there.alloc - f["vmemmap_pages"],
                              f["altmap_alloc"], "pages")
        if there.freed and f["start_pfn"] >= there.freed[-1]:
            self.wrong.append(f"{where}: expected a pfn below {there.freed[-1]:#x}")
        there.freed.append(f["start_pfn"])
        there.alloc = f["altmap_alloc"]

    def _ref(self, f):
        there = self.ranges.setdefault(f["altmap_base"], Range())
        hold = f["op"] == "hold"
        there.refs += 1 if hold else -1
        self.wrong += differs(f"references after {f['op']} of pfn {f['start_pfn']:#x}", there.refs, f["refs"])
        if hold:
            there.freed = []
        else:
            block = self._block(f["start_pfn"])
            block.state = "gone"

    def _range_at(self, pfn):
        """The range whose memmap begins there."""
        there = self.ranges.get(pfn)
        return there if there and there.refs else None

    def range_of(self, number):
        """The range with a memmap of its own that a block is part of, and its base; or (None, None)."""
        for base, there in self.ranges.items():
            if there.refs and base <= number * oracle.BLOCK_PAGES < base + there.free * oracle.PAGE // oracle.STRUCT_PAGE:
                return there, base
        return None, None

    def _vmemmap_zone(self, f, online):
        there = self._range_at(f["start_pfn"])
        where = f"memmap at pfn {f['start_pfn']:#x}"
        if not there:
            self._block(f["start_pfn"]).in_zone = f["vmemmap_pages"] if online else 0
            return
        self.wrong += differs(f"{where}, pages", there.free, f["vmemmap_pages"])
        self.wrong += differs(f"{where}, zone before", None if online else (f["nid"], f["zone"]), there.zone)
        there.zone = (f["nid"], f["zone"]) if online else None

    def _change(self, name, f):
        """A count of a zone changed: the old value plus the change must equal the new value."""
        key = f["nid"], f["zone"]
        index = ("present", "managed").index(name)
        before = self.after.get((*key, name), getattr(self.begin[key], name))
        self.wrong += differs(f"{name} after a change of {f['delta']:+} at pfn {f['start_pfn']:#x}",
                              before + f["delta"], f["after"], "pages")
        self.after[*key, name] = f["after"]
        self.zones.setdefault(key, [0, 0])[index] += f["delta"]
        account = (name == "present" and self._range_at(f["start_pfn"])) or self._block(f["start_pfn"])
        setattr(account, name, getattr(account, name) + f["delta"])

    def _end(self, name, f):
        block = self._block(f["start_pfn"])
        online = name == "online_end"
        if f["ret"]:
            block.online_failures += online
            block.offline_failures += not online
            return
        block.state, block.zone = ("online", f["zone"]) if online else ("offline", "none")
        block.nid = f["nid"]
        block.onlines += online
        block.offlines += not online

    # -- the oracles ------------------------------------------------------------------

    def compare_zoneinfo(self):
        wrong, now = self.wrong, oracle.zones()
        self.wrong = []
        for key, zone in now.items():
            change = self.zones.get(key, [0, 0])
            for index, name in enumerate(("present", "managed")):
                want = getattr(self.begin[key], name) + change[index]
                wrong += differs(f"zoneinfo, node {key[0]} {key[1]}, {name}", want,
                                 getattr(zone, name), "pages")
            wrong += self._compare_span(key, zone)
        return wrong

    def _compare_span(self, key, zone):
        """A zone that was empty spans from its first online page to its last.

        ZONE_DEVICE never shrinks, see remove_pfn_range_from_zone().
        """
        if self.begin[key].spanned or key[1] == "Device":
            return []
        spans = self._spans(key)
        want = max(end for _, end in spans) - min(start for start, _ in spans) if spans else 0
        return differs(f"zoneinfo, node {key[0]} {key[1]}, spanned", want, zone.spanned, "pages")

    def _spans(self, key):
        """The (start, end) pages that a zone has: those of its blocks, and memmaps of ranges.

        The rest of a section that is partly memmap is in the memmap's zone while its block is offline.
        """
        spans = []
        for number, block in self.blocks.items():
            own = 0 if block.hosting != "range" else block.vmemmap_pages
            if block.state == "online" and (block.nid, block.zone) == key and own < oracle.BLOCK_PAGES:
                spans.append((number * oracle.BLOCK_PAGES + own, (number + 1) * oracle.BLOCK_PAGES))
        for base, there in self.ranges.items():
            if there.refs and there.zone == key:
                end = base + there.free
                if self.blocks[oracle.block_of(end - 1)].state != "online":
                    end = -(-end // oracle.SECTION_PAGES) * oracle.SECTION_PAGES
                spans.append((base, end))
        return spans

    def compare_memtotal(self):
        managed = sum(change[1] for change in self.zones.values())
        return differs("meminfo, MemTotal", self.begin_kb + managed * oracle.PAGE_KB,
                       oracle.meminfo()["MemTotal"], "kB")

    def compare_block(self, number):
        """A block's account must be consistent and agree with sysfs."""
        block, there = self.blocks[number], oracle.block(number)
        name = f"memory{number}"
        healthy = block.state == "online"
        pages = oracle.BLOCK_PAGES if healthy else 0
        own = 0 if block.hosting == "range" else block.vmemmap_pages * healthy     # else they are the range's
        managed = pages - block.vmemmap_pages * healthy
        wrong = differs(f"{name}, present", managed + own, block.present, "pages")
        wrong += differs(f"{name}, managed", managed, block.managed, "pages")
        wrong += differs(f"{name}, vmemmap in a zone", own, block.in_zone, "pages")
        wrong += differs(f"{name}, in sysfs", block.state, there.state if there else "gone")
        if there:
            wrong += differs(f"{name}, node", block.nid, there.node)
        if there and healthy:
            wrong += differs(f"{name}, valid_zones", [block.zone], there.zones)
        if block.state == "gone" and not self._memmap_stays(number):
            wrong += differs(f"{name}, freed", block.populated, block.freed, "vmemmap pages")
            wrong += differs(f"{name}, altmap alloc", 0, block.alloc, "pages")
        return wrong

    def _memmap_stays(self, number):
        """Whether the block belongs to a range that still has references."""
        return self.range_of(number)[0] is not None

    def users(self, base):
        """The blocks that use the memmap at this base: those that are online and have other pages."""
        return [number for number, block in self.blocks.items() if block.state == "online"
                and block.vmemmap_pages < oracle.BLOCK_PAGES and self.range_of(number)[1] == base]

    def compare_ranges(self):
        """The memmap of a range is in the zone of one of its users, and present, exactly while it has some. A range
        without references has no memmap left, and freed it in descending section order."""
        wrong = []
        for base, there in self.ranges.items():
            name = f"range {base:#x}"
            users = self.users(base)
            zones = {(self.blocks[number].nid, self.blocks[number].zone) for number in users}
            wrong += differs(f"{name}, memmap present", there.free if users else 0, there.present, "pages")
            if there.zone not in (zones or {None}):
                wrong.append(f"{name}, memmap: expected the zone of one of {len(users)} users, got {there.zone}")
            if not there.refs:
                wrong += differs(f"{name}, altmap alloc", 0, there.alloc, "pages")
                wrong += differs(f"{name}, order", sorted(there.freed, reverse=True), there.freed)
        return wrong

    def compare_sysfs(self, numbers=None):
        wrong = []
        for number in sorted(set(self.blocks) - self.boot) if numbers is None else numbers:
            wrong += self.compare_block(number)
        return wrong

    def compare_qmp(self):
        """The bytes that QEMU has plugged equal those that the events added and did not free."""
        pages = sum(oracle.BLOCK_PAGES for number, block in self.blocks.items()
                    if number not in self.boot and block.state != "gone")
        listed = sum(device.size for device in oracle.devices() if device.kind == "dimm")
        wrong = differs("query-memory-devices", pages * oracle.PAGE, listed, "bytes")
        return wrong + differs("query-memory-size-summary", pages * oracle.PAGE,
                               oracle.plugged_bytes(), "bytes")

    def compare(self):
        """Compare everything except QMP, which is slower."""
        return (self.compare_zoneinfo() + self.compare_memtotal() + self.compare_sysfs() +
                self.compare_ranges())
