#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Without the mhp events, or without the privileges to read them, mhptop takes the next best source and says why.

    without.py             on the vanilla kernel: no events; on the patched one: no privileges

Without the events there are probes. Without BTF, ftrace or privileges, or with lockdown, there is sysfs. A user who has
the two capabilities needs no more.

It must not just fail: frames show what sysfs provides, marked as such and nothing else; a command
that is impossible exits 4, and one line names the missing event system or capability.
"""
import collections
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
import lib_guest as guest
import lib_ledger as ledger
import lib_oracle as oracle
from lib_trace import EVENTS

UNSUPPORTED = 4
SECURITY = "/sys/kernel/security"
BTF = "/sys/kernel/btf"
SOURCES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../docs/sources.md")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def tracer(caps):
    """The same user with these capabilities, as `setcap` or a unit gives them."""
    return *NOBODY, "--inh-caps", f"-all,{caps}", "--ambient-caps", f"-all,{caps}"


def mhptop(*args, how=()):
    """(status, stdout, stderr) of mhptop, run with the command prefix `how`."""
    ended = subprocess.run([*how, ledger.MHPTOP, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, timeout=ledger.START_SECONDS, check=False, text=True)
    return ended.returncode, ended.stdout, ended.stderr


def without(*caps):
    """Root without these capabilities, and without CAP_SYS_ADMIN, which implies each of them."""
    return "setpriv", "--bounding-set", ",".join("-" + cap for cap in ("sys_admin", *caps))


def wrong_names(what, text, *patterns):
    """The text must match all patterns, in any order."""
    return [f"{what}: expected {pattern!r} in it, got {text.strip()!r}" for pattern in patterns
            if not re.search(pattern, text)]


def refuses(title, how, *patterns, source=()):
    """record and doctor exit 4 and report the reason."""
    status, out, err = mhptop("record", *source, how=how)
    guest.ok(f"{title}: record exits {UNSUPPORTED} and names what is missing in one line",
             guest.differs("exit", UNSUPPORTED, status) + guest.differs("stdout", "", out)
             + guest.differs("stderr", 1, len(err.splitlines()), "lines")
             + wrong_names("stderr", err, *patterns))
    if source:
        return
    status, out, _ = mhptop("doctor", how=how)
    missing = "\n".join(line for line in out.splitlines() if line.startswith("missing:"))
    guest.ok(f"{title}: doctor exits {UNSUPPORTED} and names what is missing",
             guest.differs("exit", UNSUPPORTED, status) + wrong_names("doctor", missing, *patterns))


def wrong_sysfs_frame(frame):
    """A frame must have what sysfs and zoneinfo report, and null for everything else."""
    wrong = guest.differs("source", "sysfs", frame["source"])
    wrong += guest.differs("blocks", oracle.block_ids(), sorted(block["id"] for block in frame["blocks"]))
    online = collections.Counter()
    for block in frame["blocks"]:
        there = oracle.block(block["id"])
        zone = there.zones[0] if there.state == "online" and len(there.zones) == 1 else "none"
        online[block["node"], zone] += 1
        want = dict.fromkeys(block, None)
        want.update(id=block["id"], start_pfn=block["id"] * oracle.BLOCK_PAGES, nr_pages=oracle.BLOCK_PAGES,
                    state=there.state, node=there.node, zone=zone, known="sysfs")
        wrong += guest.differs(f"memory{block['id']}", want, block)
    zones = {key: zone for key, zone in oracle.zones().items() if zone.present}
    wrong += guest.differs("zones", sorted(zones), sorted((zone["node"], zone["zone"]) for zone in frame["zones"]))
    for zone in frame["zones"]:
        key = zone["node"], zone["zone"]
        want = dict.fromkeys(zone, None)
        want.update(node=key[0], zone=key[1], present=zones[key].present, managed=zones[key].managed,
                    blocks_online=online[key])
        wrong += guest.differs(f"node {key[0]} {key[1]}", want, zone)
    states = [oracle.block(number).state for number in oracle.block_ids()]
    return wrong + guest.differs("sums", {
        "present": sum(zone.present for zone in zones.values()), "managed": sum(zone.managed for zone in zones.values()),
        "self_hosted": None, "buddy_hosted": None, "blocks": len(states), "blocks_online": states.count("online"),
        "blocks_offline": states.count("offline"), "failures": None}, frame["sums"])


def falls_back(title, how, *patterns):
    """Frames are shown nevertheless, and report their source."""
    status, out, err = mhptop("--json", "-n", "1", how=how)
    guest.ok(f"{title}: frames show what sysfs reports and nothing else",
             guest.differs("exit", 0, status) + (wrong_sysfs_frame(json.loads(out)) if out else ["no frame"]))
    guest.ok(f"{title}: frames report what is missing",
             wrong_names("stderr", err, *patterns)
             + (wrong_names("notice", json.loads(out).get("notice", ""), *patterns) if out else []))
    status, out, _ = mhptop("-b", "-n", "1", how=how)
    guest.ok(f"{title}: plain text reports what is missing", guest.differs("exit", 0, status)
             + wrong_names("text", out, "source sysfs", *patterns))


def follows_sysfs():
    """Polling shows a DIMM that is plugged and unplugged, and its block going online and offline."""
    path = "/tmp/frames"
    with open(path, "w", encoding="utf-8") as out:
        process = subprocess.Popen([ledger.MHPTOP, "--source", "sysfs", "--json", "-d", "0.2"], stdout=out,
                                   stderr=subprocess.DEVNULL)

    def state_of(number):
        lines = oracle.read(path).split("\n")[:-1]
        states = {block["id"]: block["state"] for block in json.loads(lines[-1])["blocks"]} if lines else {}
        return states.get(number)
    number = guest.dimm_plug("d0", "128M") // oracle.BLOCK_BYTES
    wrong = []
    for want, action in (("offline", None), ("online", "online_movable"), ("offline", "offline")):
        if action:
            oracle.block_set(number, action)
        guest.wait_for(20, lambda want=want: state_of(number) == want)
        wrong += guest.differs(f"memory{number}", want, state_of(number))
    guest.dimm_unplug("d0")
    guest.wait_for(20, lambda: state_of(number) in (None, "removed"))
    wrong += [] if state_of(number) in (None, "removed") else [f"memory{number} is still listed"]
    process.terminate()
    guest.ok("--source sysfs: polling follows the life of a DIMM", wrong
             + guest.differs("exit", 0, process.wait(ledger.SECONDS)))


def needs_attention(title):
    """doctor --now from sysfs alone: each exit code of the manual page, and what was not looked at."""
    oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
    number = guest.dimm_plug("d8", "128M") // oracle.BLOCK_BYTES
    skipped = r"(?m)^not looked for: memmap_left: "

    def expect(what, status, *patterns, how=()):
        got, out, _ = mhptop("doctor", "--now", how=how)
        guest.ok(f"{title}: doctor --now, {what}", guest.differs("exit", status, got) + wrong_names("stdout", out, *patterns))
        got, out, _ = mhptop("doctor", "--now", "--json", how=how)
        guest.eq("  and as JSON", status, got)
        return json.loads(out)["unknown"] if out else None
    expect("memory is offline", 3, rf"(?m)^not_online: memory{number} ", skipped)
    guest.eq("online", None, oracle.block_set(number, "online_movable"))
    guest.eq("  unknown", [], expect("nothing needs attention", 0, r"(?m)\Anothing needs attention$", skipped))
    guest.eq("  unknown", ["kernel_zone", "virtio_mem_below", "virtio_mem_above", "driver_gone"], expect(
        "a user sees no addresses", 5, r"(?m)\Afound nothing that needs attention$", r"(?m)^unknown: kernel_zone, .*driver_gone$",
        r"(?m)^  do: Run it as root: ", skipped, how=NOBODY))
    guest.eq("offline", None, oracle.block_set(number, "offline"))
    guest.dimm_unplug("d8")


def has_probes():
    """The next best source is chosen without a word, and doctor tells what each event is made of."""
    status, out, err = mhptop("--json", "-n", "1")
    guest.ok("without events: the source is probes", guest.differs("exit", 0, status) + guest.differs("stderr", "", err)
             + guest.differs("source", "probes", json.loads(out)["source"] if out else "no frame"))
    status, out, _ = mhptop("doctor")
    guest.ok("without events: doctor names the source of each event", guest.differs("exit", 0, status) + wrong_names(
        "doctor", out, r"(?m)^ok: mhp_online_end: probes in memory_subsys_online$",
        r"(?m)^note: mhp_vmemmap_ref: unknown: .* boot a kernel with the mhp events$", r"(?m)^ok: source: probes$"))
    refuses("without events, --source events", (), r"no mhp events", source=("--source", "events"))


def few_privileges():
    """CAP_BPF and CAP_PERFMON are enough, and the rest is given up."""
    status, out, _ = mhptop("--json", "-n", "1", how=("setpriv", "--bounding-set", "-all,+bpf,+perfmon"))
    guest.ok("with CAP_BPF and CAP_PERFMON only: the source is probes", guest.differs("exit", 0, status)
             + guest.differs("source", "probes", json.loads(out)["source"] if out else "no frame"))
    process = subprocess.Popen([ledger.MHPTOP, "record", "-o", "/tmp/caps"], stdin=subprocess.DEVNULL)

    def caps():
        return int(re.search(r"CapPrm:\s+(\w+)", oracle.read(f"/proc/{process.pid}/status")).group(1), 16)
    needed = 1 << 39 | 1 << 38 | 1 << 34          # CAP_BPF, CAP_PERFMON, CAP_SYSLOG
    guest.wait_for(ledger.START_SECONDS, lambda: caps() == needed)
    wrong = guest.differs("capabilities", hex(needed), hex(caps()))
    process.terminate()
    guest.ok("a recorder keeps only the capabilities that it needs",
             wrong + guest.differs("exit", 0, process.wait(ledger.SECONDS)))


def user_records(title, how, tool, source, *patterns):
    """A user who is not root: record works, and a block that goes online is in it. Returns the recording."""
    # While another one detaches its programs, the kernel may skip ours, which then count events as lost.
    guest.wait_for(ledger.START_SECONDS, lambda: not running())
    path, number = f"/tmp/user.{os.getpid()}", guest.dimm_plug("d9", "128M") // oracle.BLOCK_BYTES
    process = subprocess.Popen([*how, tool, "record", "-o", path], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    began = guest.wait_for(ledger.START_SECONDS, lambda: process.poll() is not None
                           or (os.path.exists(path) and os.path.getsize(path)))
    wrong = guest.differs("ends at once", None, process.poll()) + ([] if began else ["no header"])
    wrong += guest.differs("online", None, oracle.block_set(number, "online_movable"))
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=ledger.SECONDS)[1]
    lines = [json.loads(line) for line in oracle.read(path).splitlines()] if os.path.exists(path) else [{}]
    os.remove(path)
    wrong += guest.differs("exit", 0, process.returncode) + ([err] if process.returncode else []) + guest.differs(
        "source", source, lines[0].get("source"))
    ends = [line for line in lines if line.get("event") == "mhp_online_end" and "seq" in line]
    wrong += guest.differs("onlines", [(number * oracle.BLOCK_PAGES, "Movable", 0)],
                           [(end["start_pfn"], end["zone"], end["ret"]) for end in ends])
    guest.ok(f"{title} records by {source}", wrong + wrong_names("stderr", err, *patterns))
    guest.eq("and the block goes offline again", None, oracle.block_set(number, "offline"))
    guest.dimm_unplug("d9")
    return lines


def user_with_capabilities(caps, source, *patterns):
    """These capabilities only"""
    user_records(f"a user with {caps}", tracer(caps), ledger.MHPTOP, source, *patterns)


def recipe():
    """The commands that docs/sources.md has for a group of users, as a script"""
    blocks = re.findall(r"(?:^    .*\n)+", oracle.read(SOURCES), re.M)
    return next(block for block in blocks if "setcap" in block).replace("USER", "nobody")


def own_etc():
    """An /etc that can be written to, without what only root of the host may read, or the group of the recipe"""
    subprocess.run(["cp", "-a", "/etc", "/tmp/etc"], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["mount", "--bind", "/tmp/etc", "/etc"], check=True)
    for path in "/etc/group", "/etc/gshadow":
        if os.path.exists(path):
            subprocess.run(["sed", "-i", "/^tracing:/d", path], check=True)


def snapshot(lines):
    """What was there when a recorder began, without what a DIMM that comes and goes changes meanwhile"""
    changes = "ns", "seq", "cpu", "pid", "comm", "managed", "free", "accounted", "unaccounted"
    return [{key: value is None if key in changes else value for key, value in line.items()}
            for line in lines if str(line.get("event")).startswith("mhp_snapshot_")]


def user_with_recipe():
    """A user, before and after root has done what docs/sources.md says; files have the capabilities."""
    own_etc()
    tool = "/usr/local/bin/mhptop"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", os.path.dirname(tool)], check=True)
    shutil.copy(shutil.which(ledger.MHPTOP), tool)
    member = "setpriv", "--reuid=65534", "--regid=65534", "--init-groups"
    ended = subprocess.run([*member, tool, "record"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, text=True)
    guest.ok("before the recipe, its user cannot record", guest.differs("exit", UNSUPPORTED, ended.returncode)
             + wrong_names("stderr", ended.stderr, "CAP_BPF"))
    ended = subprocess.run(["sh", "-ec", recipe()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True,
                           env={"PATH": f"{os.path.dirname(tool)}:/usr/sbin:/usr/bin:/sbin:/bin"})
    guest.ok("the recipe is done", guest.differs("exit", 0, ended.returncode) + ended.stdout.splitlines())
    got = snapshot(user_records("after the recipe, a user of the group", member, tool, "probes", r"\A\Z"))
    want = snapshot(user_records("root", (), tool, "probes", r"\A\Z"))
    guest.ok("  the snapshot is the one that root gets", guest.differs("snapshot", want, got) + ([] if want else ["no snapshot"]))
    ended = subprocess.run([*member, tool, "doctor"], stdout=subprocess.PIPE, check=False, text=True)
    guest.ok("  doctor finds tracefs, and nothing missing", guest.differs("exit", 0, ended.returncode)
             + wrong_names("stdout", ended.stdout, r"(?m)^ok: tracefs: /sys/kernel/tracing"))
    guest.ok("  other users cannot run it", guest.differs("exit", 126, subprocess.run(
        [*NOBODY, "env", tool, "doctor"], stderr=subprocess.DEVNULL, check=False).returncode))
    # The process that detaches the programs of a recorder keeps its file busy.
    guest.wait_for(ledger.START_SECONDS, lambda: not running())
    subprocess.run(["umount", os.path.dirname(tool)], check=True)
    subprocess.run(["umount", "/etc"], check=True)


def without_btf():
    """A kernel built without BTF has no such file; an empty one is of no more use."""
    empty = f"/tmp/empty.{os.getpid()}"
    with open(empty, "w", encoding="ascii"):
        pass
    for what, mount, target in (("without BTF", ("-t", "tmpfs", "none"), BTF),
                                ("with an empty BTF", ("--bind", empty), f"{BTF}/vmlinux")):
        subprocess.run(["mount", *mount, target], check=True)
        falls_back(what, (), r"btf/vmlinux: .*CONFIG_DEBUG_INFO_BTF")
        refuses(what, (), r"CONFIG_DEBUG_INFO_BTF")
        if target == BTF:
            needs_attention(what)
        subprocess.run(["umount", target], check=True)


def running():
    """Whether a process of mhptop is there; one detaches the programs after the others have ended."""
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            if oracle.read(path).strip() == "mhptop":
                return True
        except (FileNotFoundError, ProcessLookupError):
            pass
    return False


def without_ftrace():
    guest.wait_for(ledger.START_SECONDS, lambda: not running())
    oracle.write("/proc/sys/kernel/ftrace_enabled", 0)
    falls_back("without ftrace", (), r"no mhp events, and its functions cannot be probed: ftrace is off")
    refuses("without ftrace", (), r"cannot be probed")
    oracle.write("/proc/sys/kernel/ftrace_enabled", 1)


def locked_down():
    """The last test, as there is no way back."""
    subprocess.run(["mount", "-t", "securityfs", "securityfs", SECURITY], check=True)
    oracle.write(f"{SECURITY}/lockdown", "confidentiality")
    falls_back("with lockdown", (), r"lockdown=confidentiality forbids")
    refuses("with lockdown", (), r"lockdown=confidentiality")


def other_form(event, field):
    """Arguments have no names: an event that has another field in this kernel must not be read as if it had ours."""
    _, out, _ = mhptop("doctor")
    # tracefs may be mounted twice; this is where mhptop looks.
    events = re.search(r"^ok: tracefs: (\S+)$", out, re.M)[1]
    path, other = f"{events}/mhp/{event}/format", "/tmp/format"
    with open(other, "w", encoding="utf-8") as file:
        file.write(oracle.read(path).replace(f" {field};", f" other_{field};"))
    subprocess.run(["mount", "--bind", other, path], check=True)
    _, out, err = mhptop("doctor")
    subprocess.run(["umount", path], check=True)
    guest.ok(f"{event} with a field in place of {field} is unknown, as if the kernel lacked it",
             wrong_names("stderr", err, rf"lacks 1 mhp events \(e\.g\. {event}\)")
             + wrong_names("stdout", out, rf"{event}: unknown"))


def main():
    if not os.path.isdir(EVENTS):
        guest.ok("this is a kernel without the events", [] if os.environ["MHP_KERNEL"] in ("vanilla", "stock:6.12")
                 else [f"it is {os.environ['MHP_KERNEL']}"])
        # Kernels of distributions bring added memory online by themselves.
        oracle.write(f"{oracle.MEMORY}/auto_online_blocks", "offline")
        has_probes()
        follows_sysfs()
        few_privileges()
        user_with_capabilities("+bpf,+perfmon", "probes", "kernel addresses are hidden")
        # The file systems of this project's kernels do not keep capabilities.
        if os.environ["MHP_KERNEL"] != "vanilla":
            user_with_recipe()
        without_ftrace()
        without_btf()
        falls_back("user nobody", NOBODY, "CAP_BPF")
        falls_back("root without CAP_PERFMON", without("perfmon"), "CAP_PERFMON")
        refuses("root without CAP_PERFMON", without("perfmon"), "CAP_PERFMON")
        if os.path.isdir(SECURITY):
            locked_down()
        elif os.environ["MHP_KERNEL"] != "vanilla":
            guest.ok("the kernel can be locked down", [f"{SECURITY} does not exist"])
        return
    falls_back("user nobody", NOBODY, "CAP_BPF")
    refuses("user nobody", NOBODY, "CAP_BPF")
    refuses("root without CAP_BPF", without("bpf"), "CAP_BPF")
    refuses("root without CAP_PERFMON", without("perfmon"), "CAP_PERFMON")
    without_btf()
    other_form("mhp_notify", "step")
    # docs/sources.md has this recipe.
    subprocess.run(["mount", "-o", "remount,gid=65534,mode=750", "/sys/kernel/tracing"], check=True)
    user_with_capabilities("+bpf,+perfmon,+syslog", "events", r"\A\Z")
    status, out, err = mhptop("doctor")
    guest.ok("with all privileges doctor reports nothing missing", guest.differs("exit", 0, status)
             + guest.differs("stderr", "", err)
             + [line for line in out.splitlines() if line.startswith("missing:")])


guest.run(main)
