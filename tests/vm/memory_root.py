# SPDX-License-Identifier: GPL-2.0-only
"""Print the files that a Python test needs to run, one absolute path a line (memory-root.sh copies them).

    memory_root.py SCRIPT

SCRIPT is loaded as for a run, but its test does not start. What the test needs then are the modules that this process
has loaded, the files of this project that they have read (such as kernel/base), and the programs that SCRIPT has in
PROGRAMS: their names, found in PATH or build/.
"""
import encodings.ascii  # noqa: F401  Codecs are loaded when a file is opened.
import encodings.latin_1  # noqa: F401
import os
import runpy
import shutil
import sys
import sysconfig

import lib_guest


def modules():
    """The source or library files of all modules."""
    return {module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)}


def watch_reads(folder):
    """The files below a folder that are opened from now on: a set that grows."""
    found = set()

    def audit(event, args):
        path = event == "open" and isinstance(args[0], str) and os.path.realpath(args[0])
        if path and path.startswith(folder + os.sep) and os.path.isfile(path):
            found.add(path)
    sys.addaudithook(audit)
    return found


def programs(names):
    """The paths of programs of this project or of the system."""
    path = os.path.join(os.environ["MHP_ROOT"], "build") + os.pathsep + os.environ["PATH"]
    return {shutil.which(name, path=path) or sys.exit(f"memory_root.py: there is no {name}") for name in names}


def main(script):
    lib_guest.run = lambda test: None
    read = watch_reads(os.path.realpath(os.environ["MHP_ROOT"]))
    names = runpy.run_path(script, run_name="__main__").get("PROGRAMS", ())
    stdlib = sysconfig.get_path("stdlib")
    found = modules() | read | programs(names) | {sys.executable, os.path.realpath(sys.executable), script,
                                           os.path.join(stdlib, "os.py")}
    print("\n".join(sorted(os.path.abspath(path) for path in found)))


main(os.path.abspath(sys.argv[1]))
