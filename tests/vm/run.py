#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boot a kernel in QEMU, run one script in it and report the result.

The guest sees this machine's root file system, read-only, and runs the script at
its path on the host. Scripts use guest-lib.sh or lib_guest.py. The run passes
(exit 0) if the script exits 0, its KTAP results are complete, no test failed, and
the console shows no splat. Otherwise it fails (exit 1) with one line that says why.

The results folder contains results.tap, output.log (the script's output),
console.log, dmesg.log, qemu.log, status (key=value), and everything that the
script writes to $RESULTS.
"""
import argparse
import os
import subprocess
import sys

import accel
import base
import machine
import splat
from common import HarnessError, Stopped, catch_signals, parse_size, time_factor
from folder import open_results, write_environment
from ktap import Results
from session import Session

KERNELS = {"patched": "", "vanilla": "-vanilla", "debug": "-debug"}
STOCK = "stock:"            # followed by a series of Debian's kernels, see stock.sh
STOCK_SECONDS = 1800        # to download and unpack one
TIME_LIMIT, INTERACTIVE_LIMIT, BOOT_LIMIT = 300, 24 * 3600, 90
MEMORY_ROOT_FACTOR = 4      # the script starts only when all that it needs was copied
DEBUG_FACTOR = 4            # KASAN and lockdep take at least this much longer
LAST_LINES = 15


def seconds(text):
    """The argparse type of a time limit."""
    value = float(text)
    if value <= 0:
        raise ValueError(text)
    return value


def parse_args(argv):
    parser = argparse.ArgumentParser(
        usage="run.py [options] SCRIPT [ARGS...]", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    add = parser.add_argument
    add("--kernel", default="patched", metavar="K",
        help="patched (default), vanilla, debug, stock:SERIES (the newest kernel of a series that Debian "
             "ships, such as stock:6.12), or the path of a bzImage")
    add("--base", default=base.chosen(), type=base.version, metavar="V",
        help=f"the version of Linux (default BASE in the environment, or {base.DEFAULT})")
    add("--append", default="", metavar="PARAMS", help="additional kernel parameters")
    add("--mem", default="1G", help="RAM at boot (default 1G)")
    add("--maxmem", default="64G", help="maximum RAM including DIMMs, below 700G (default 64G)")
    add("--slots", type=int, default=8, help="DIMM slots (default 8)")
    add("--smp", type=int, default=2, help="CPUs (default 2)")
    add("--numa", type=int, default=1, metavar="N",
        help="NUMA nodes (default 1); node 0 has all of the RAM at boot")
    add("--vmem", action="append", default=[], metavar="SIZE[,NODE]",
        help="add a virtio-mem device (vmem0, vmem1, ...), empty at first (may be repeated)")
    add("--nvdimm", action="append", default=[], metavar="SIZE",
        help="add an NVDIMM with labels (/dev/nmem0, ...), SIZE of which can be used (may be repeated)")
    add("--dimm", action="append", default=[], metavar="SIZE",
        help="plug a DIMM (dimm0, dimm1, ...) before the guest boots (may be repeated)")
    add("--balloon", action="store_true", help="add a virtio-balloon device; QMP's balloon sets its size")
    add("--drive", metavar="SIZE", help="add an empty virtio-blk disk, /dev/vda")
    add("--memory-root", action="store_true",
        help="run SCRIPT, in Python, from a root in memory and without 9p, so that the guest can hibernate; "
             "the results come when it has ended")
    add("--icount", action="store_true",
        help="use one CPU whose clock counts instructions (for benchmarks)")
    add("--time-limit", type=seconds, metavar="SEC",
        help=f"time limit in seconds (default {TIME_LIMIT}), multiplied by {DEBUG_FACTOR} for the debug kernel")
    add("--results", metavar="DIR", help="results folder (default build/vm/SCRIPT.KERNEL, for other bases build/vm/BASE/SCRIPT.KERNEL)")
    add("--env", action="append", default=[], metavar="NAME=VALUE",
        help="set an environment variable of the script (may be repeated)")
    add("--allow-splat", action="append", default=[], metavar="REGEX",
        help="do not fail on splats that match REGEX (may be repeated)")
    add("--no-plan", action="store_true",
        help="do not require KTAP results: the exit status alone decides")
    add("--interactive", action="store_true",
        help="connect the script to this terminal (Ctrl-] ends it); implies --no-plan")
    add("--verbose", action="store_true", help="show the script's output at the end")
    add("script")
    add("args", nargs=argparse.REMAINDER)
    return parser.parse_args(argv)


def stock_kernel(series):
    """The folder of Debian's kernel of this series, downloaded if it is not in the cache."""
    command = [os.path.join(machine.HERE, "stock.sh"), series]
    try:
        ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               stdin=subprocess.DEVNULL, timeout=STOCK_SECONDS, check=False, text=True)
    except subprocess.TimeoutExpired as err:
        raise HarnessError(f"cannot boot stock:{series}: it was not downloaded within {STOCK_SECONDS} s") from err
    if ended.returncode:
        raise HarnessError(f"cannot boot stock:{series}: {(ended.stderr.strip().splitlines() or ['stock.sh failed'])[-1]}")
    return ended.stdout.strip()


def find_kernel(name, version):
    """The path of the bzImage that --kernel and --base select; its folder may have an initrd as well."""
    path, cure = name, "give the path of a bzImage, or patched, vanilla, debug or stock:SERIES"
    if name.startswith(STOCK):
        path = stock_kernel(name[len(STOCK):])
    if name in KERNELS:
        path = os.path.join(machine.ROOT, "build", "kernel", version + KERNELS[name])
        cure = f"build it with 'kernel/build.sh --base {version} {name}'"
    if os.path.isdir(path):
        path = os.path.join(path, "bzImage")
    if not os.path.isfile(path):
        raise HarnessError(f"cannot boot the {name} kernel: {path} does not exist; {cure}")
    return os.path.realpath(path)


def make_config(args, kernel, folder, accelerator):
    for name in ("mem", "maxmem"):
        parse_size(getattr(args, name))
    initrd = os.path.join(os.path.dirname(kernel), "initrd")
    drive = ""
    if args.drive:
        drive = os.path.join(folder, "drive")
        with open(drive, "wb") as disk:
            disk.truncate(parse_size(args.drive))
    return machine.Config(
        kernel=kernel, initrd=initrd if os.path.exists(initrd) else "", share=folder,
        console=os.path.join(folder, "console.log"), drive=drive, append=args.append, mem=args.mem, maxmem=args.maxmem,
        slots=args.slots, smp=args.smp, numa=args.numa, vmem=tuple(args.vmem), dimm=tuple(args.dimm),
        nvdimm=tuple(args.nvdimm), balloon=args.balloon, icount=args.icount, accel=accelerator)


class Run:
    """One run and its verdict."""

    def __init__(self, args):
        self.args = args
        self.ktap = Results()
        self.quiet = args.interactive
        self.reasons, self.notes = [], []
        self.folder = self.session = self.stopped = None
        self.accelerator = "none"

    def line(self, text):
        self.ktap.feed(text)
        if not self.quiet:
            self.emit(text)

    def note(self, text):
        if not self.quiet:
            self.emit(f"# {text}")

    def emit(self, text):
        """Print a line; if the reader has gone, end the run, but only once."""
        try:
            print(text, flush=True)
        except OSError as err:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise HarnessError(f"cannot write to stdout: {err.strerror}") from err

    def execute(self):
        args = self.args
        self.folder, self._lock = open_results(args)
        if not os.path.isfile(args.script):
            raise HarnessError(f"cannot run {args.script}: no such script")
        allowed = splat.compile_allowed(args.allow_splat)
        kernel = find_kernel(args.kernel, args.base)
        self.accelerator, why = ("tcg", "icount") if args.icount else accel.choose(kernel)
        limit = args.time_limit or (INTERACTIVE_LIMIT if args.interactive else TIME_LIMIT)
        boot = BOOT_LIMIT * (MEMORY_ROOT_FACTOR if args.memory_root else 1)
        factor = time_factor() * (DEBUG_FACTOR if args.kernel == "debug" else 1)
        self.session = Session(make_config(args, kernel, self.folder, self.accelerator),
                               (limit * factor, boot * factor), self.line, args.interactive)
        write_environment(args, self.folder, {**self.session.prepare(), "MHP_KERNEL_IMAGE": kernel})
        self.note(f"{args.script} on {kernel}, accelerator {self.accelerator} ({why})")
        if args.interactive:
            self.emit("Starting the guest; Ctrl-] ends it.")
        try:
            self.session.run()
        finally:
            if self.session.cfg.drive:
                os.unlink(self.session.cfg.drive)
        self.judge(allowed)

    def judge(self, allowed):
        """Collect everything that went wrong with the run, the root cause first."""
        session = self.session
        marks = [splat.START_MARK] if session.boot_seconds is not None else []
        if session.exit_code is not None and not session.faults:
            marks.append(splat.END_MARK)
        try:
            provoked = splat.read_provoked(os.path.join(self.folder, splat.PROVOKED))
            found, expected = splat.scan_console(session.cfg.console, allowed, marks, provoked)
            found += [line for line in self._dmesg(allowed, provoked) if line not in found]
            self.notes += [f"expected splat: {line}" for line in expected]
            if found:
                more = f" (and {len(found) - 1} more lines)" if len(found) > 1 else ""
                self.reasons.append(f"splat: {found[0]}{more}")
        except splat.LogError as err:
            self.reasons.append(str(err))
        self.reasons += session.faults
        if session.exit_code:
            self.reasons.append(f"the script exited with status {session.exit_code}")
        if self.args.no_plan or self.args.interactive:
            self.reasons += self.ktap.problems() if self.ktap.plan is not None else []
        else:
            self.reasons += self.ktap.problems()

    def _dmesg(self, allowed, provoked):
        path = os.path.join(self.folder, "dmesg.log")
        if not os.path.exists(path):
            return []
        return splat.scan(splat.read_log(path), allowed, provoked)[0]

    # -- reporting ----------------------------------------------------------------

    def _show_end_of(self, name):
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as log:
                lines = [splat.clean(line) for line in log]
        except OSError:
            return
        lines = [line for line in lines if line]
        if name == "output.log" and self.args.verbose:
            shown = lines
        else:
            shown = lines[-LAST_LINES:]
        for line in shown:
            self.emit(f"# {name}: {line}")

    def report(self):
        """Print the totals and one line with the reasons, write the status file; returns the exit status."""
        try:
            self._summary()
        except HarnessError as err:
            self.reasons.append(str(err))
        self._write_status()
        if self.reasons:
            name = os.path.basename(self.args.script)
            print(f"run.py: {name} on {self.args.kernel} failed: {'; '.join(self.reasons[:3])}",
                  file=sys.stderr)
        if self.stopped:
            return 128 + self.stopped
        return 1 if self.reasons else 0

    def _errors(self):
        """1 if the run failed for a reason that no test of the script reported."""
        return 1 if self.reasons and not self.ktap.failed else 0

    def _summary(self):
        failed = bool(self.reasons)
        died = bool(self.session and self.session.faults)
        if self.folder and (failed or self.args.verbose):
            self._show_end_of("output.log")
        if died or (self.session and failed and not self.ktap.failures):
            self._show_end_of("console.log")
        for note in self.notes:
            self.emit(f"# {note}")
        if self.args.interactive and not (self.ktap.count or self.reasons):
            return
        self.emit(self.ktap.totals(self._errors()))
        if self.session and self.session.boot_seconds is not None:
            self.emit(f"# booted in {self.session.boot_seconds:.1f} s, "
                      f"{self.session.seconds:.1f} s in total")

    def _write_status(self):
        if not self.folder:
            return
        session = self.session
        fields = {
            "result": "fail" if self.reasons else "pass",
            "reason": "; ".join(self.reasons), "script": self.args.script,
            "kernel": self.args.kernel, "accel": self.accelerator,
            "exit": "" if not session or session.exit_code is None else session.exit_code,
            "passed": self.ktap.passed, "failed": self.ktap.failed,
            "skipped": self.ktap.skipped, "errors": self._errors(),
            "boot_seconds": f"{session.boot_seconds:.2f}" if session and session.boot_seconds else "",
            "seconds": f"{session.seconds:.2f}" if session else ""}
        with open(os.path.join(self.folder, "status"), "w", encoding="utf-8") as status:
            for name, value in fields.items():
                status.write(f"{name}={value}\n")


def main(argv=None):
    args = parse_args(argv)
    catch_signals()
    run = Run(args)
    try:
        run.execute()
    except Stopped as err:
        run.stopped = err.signum
        run.reasons.append(str(err))
    except (HarnessError, splat.LogError) as err:
        run.reasons.append(str(err))
    except OSError as err:
        run.reasons.append(f"{err.filename or 'a file of the run'}: {err.strerror}")
    return run.report()


if __name__ == "__main__":
    sys.exit(main())
