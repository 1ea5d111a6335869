# SPDX-License-Identifier: GPL-2.0-only
"""The results folder of a run, which the guest can write to, and the environment it reads from there.

A folder that this harness did not create is never emptied; a folder in use is refused.
"""
import fcntl
import os
import re
import shlex
import shutil

import base
import machine
from common import HarnessError

MARK = ".made-by-run.py"
AT_FIRST = (MARK, "results.tap", "output.log", "console.log")


def default_path(args):
    """SCRIPT.KERNEL in the folder of the base's results."""
    label = "kernel" if "/" in args.kernel else args.kernel
    name = os.path.splitext(os.path.basename(args.script))[0]
    return os.path.join(machine.ROOT, base.results(args.base), f"{name}.{label}")


def _claim(path):
    """Create the folder and lock it for the life of this process."""
    try:
        os.makedirs(path, exist_ok=True)
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as err:
        raise HarnessError(f"the results folder {path} is in use by another run; "
                           "wait for it or choose another folder with --results") from err
    except OSError as err:
        raise HarnessError(f"cannot use the results folder {path}: {err.strerror}; "
                           "choose another folder with --results") from err
    return lock


def open_results(args):
    """The results folder, empty and locked for this run; returns (path, lock)."""
    path = os.path.realpath(args.results or default_path(args))
    lock = _claim(path)
    there = os.listdir(path)
    if there and MARK not in there:
        raise HarnessError(f"the results folder {path} contains files that run.py did not create; "
                           "choose an empty folder with --results")
    for entry in there:
        full = os.path.join(path, entry)
        if os.path.isdir(full) and not os.path.islink(full):
            shutil.rmtree(full)
        else:
            os.unlink(full)
    for entry in AT_FIRST:
        with open(os.path.join(path, entry), "w", encoding="utf-8"):
            pass
    return path, lock


def write_environment(args, path, more):
    """Write what guest-init reads: the script to run, its arguments and its environment."""
    pairs = dict(more)
    for text in args.env:
        name, equals, value = text.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise HarnessError(f"--env {text!r} is not NAME=VALUE")
        pairs[name] = value
    pairs.update(
        MHP_ROOT=machine.ROOT, MHP_SCRIPT=os.path.abspath(args.script),
        MHP_KERNEL=args.kernel, BASE=args.base, MHP_ICOUNT="1" if args.icount else "",
        MHP_MEMORY_ROOT="1" if args.memory_root else "",
        MHP_INTERACTIVE="1" if args.interactive else "")
    with open(os.path.join(path, ".env"), "w", encoding="utf-8") as env:
        for name, value in pairs.items():
            env.write(f"export {name}={shlex.quote(value)}\n")
        env.write(f"MHP_ARGS=({shlex.join(args.args)})\n")
