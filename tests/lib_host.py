# SPDX-License-Identifier: GPL-2.0-only
"""What tests in Python on the host share: results as KTAP, and the longest wait."""
import sys

LONG = 120  # seconds; only a machine that has come to a halt takes as long

_results = []


def eq(name, want, got):
    _results.append(want == got)
    print(f"{'ok' if want == got else 'not ok'} {len(_results)} {name}", flush=True)
    if want != got:
        print(f"# expected {want!r}, got {got!r}", flush=True)


def done():
    """Print the plan and exit."""
    print(f"1..{len(_results)}")
    sys.exit(not all(_results))
