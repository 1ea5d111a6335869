#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Let Chrome's own reader of traces, that of its developer tools, read what mhptop export --perfetto writes. KTAP.

    chrome.py MHPTOP RECORDING...

It must find the names of all groups and tracks, and on each track the slices that are in the file, each as long as there. It does
not read counters, instants other than its own, and slices without an end.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# pylint: disable=wrong-import-position
from lib_browser import Browser
from lib_host import done, eq
from perfetto import slices

TOOLS = "devtools://devtools/bundled/"
READ = """import("%smodels/trace/trace.js").then(async trace => {
	const model = trace.TraceModel.Model.createWithAllHandlers();
	await model.parse(%s, {});
	const {Meta: meta, Renderer: renderer} = model.parsedTrace(0).data;
	return {groups: [...meta.processNames].map(([pid, event]) => [pid, event.args.name]),
		tracks: [...meta.threadsInProcess].flatMap(([pid, threads]) => [...threads].map(([tid, event]) => [pid, tid, event.args.name])),
		slices: [...renderer.processes].flatMap(([pid, one]) => [...one.threads].flatMap(([tid, thread]) =>
			thread.entries.filter(entry => entry.cat === "operation").map(entry => [pid, tid, entry.name, entry.ts, entry.dur, entry.args.start_pfn])))};
})"""


def wanted(events):
    """The same, of the file itself"""
    named = [event for event in events if event["ph"] == "M"]
    return {"groups": sorted([event["pid"], event["args"]["name"]] for event in named if event["name"] == "process_name"),
            "tracks": sorted([event["pid"], event["tid"], event["args"]["name"]] for event in named if event["name"] == "thread_name"),
            "slices": sorted([begin["pid"], begin["tid"], begin["name"], begin["ts"], round(end["ts"] - begin["ts"], 3), begin["args"]["start_pfn"]]
                             for begin, end in slices(events)[0])}


def main():
    tool, *recordings = sys.argv[1:]
    with Browser() as browser:
        browser.call("Page.navigate", url=f"{TOOLS}devtools_app.html")
        browser.until(f'document.readyState === "complete" && location.href.startsWith("{TOOLS}")')
        for path in recordings:
            name = os.path.basename(path)
            text = subprocess.run([tool, "export", "--perfetto", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
            events = json.loads(text)["traceEvents"]
            want, got = wanted(events), browser.value(READ % (TOOLS, json.dumps(events)))
            eq(f"{name}: there are slices", True, len(want["slices"]) > 1)
            eq(f"{name}: Chrome finds the groups", want["groups"], sorted(got["groups"]))
            # It does not keep the names of tracks without slices.
            shown = {tuple(one[:2]) for one in want["slices"]}
            eq(f"{name}:   and the tracks", [one for one in want["tracks"] if tuple(one[:2]) in shown],
               sorted(one for one in got["tracks"] if tuple(one[:2]) in shown))
            eq(f"{name}:   and the slices", want["slices"], sorted([*one[:4], round(one[4], 3), one[5]] for one in got["slices"]))
    done()


main()
