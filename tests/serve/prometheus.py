#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Let a real Prometheus scrape mhptop serve while events come, ask it for the values, and see an alert fire.

    prometheus.py MHPTOP RECORDING RULES DASHBOARD FOLDER
"""
import json
import math
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

from fleet import queries
from served import LONG, Server, until

CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}, {fleet}]
scrape_configs:
  - job_name: mhptop
    static_configs: [{{targets: ["{target}"]}}]
"""
OWN = 5  # series of Prometheus itself for each target


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus:
    def __init__(self, folder, config):
        path = os.path.join(folder, "prometheus.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        self.port = free_port()
        self.log = open(os.path.join(folder, "prometheus.log"), "wb")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={folder}/tsdb",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log)

    def ask(self, path, **query):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=LONG) as answer:
                return json.load(answer)["data"]
        except (urllib.error.URLError, ConnectionError):
            if self.process.poll() is not None:
                sys.exit("prometheus ended")
            return None

    def page(self, path, pattern):
        """What a pattern finds on one of its own pages"""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=LONG) as answer:
            return re.findall(pattern, answer.read().decode(), re.M)

    def messages(self):
        """The last of them"""
        with open(self.log.name, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-5:])

    def values(self, query):
        data = self.ask("query", query=query)
        return [float(one["value"][1]) for one in data["result"]] if data else []

    def firing(self, name):
        data = self.ask("alerts") or {"alerts": []}
        return [one["labels"] for one in data["alerts"]
                if one["state"] == "firing" and one["labels"]["alertname"] == name]


def sums_of(prometheus):
    """The rules that record, by name. The order of their groups is that of the files' paths."""
    groups = prometheus.ask("rules", type="record")["groups"]
    return {rule["name"]: rule for group in groups for rule in group["rules"]}


def shown(prometheus, dashboard, values):
    """Each panel of a dashboard has a number to show, and what its second variable chooses can be chosen."""
    for query in queries(dashboard):
        until(f"a number for {query}", lambda query=query: any(math.isfinite(value) for value in prometheus.values(query)))
    variable = dashboard["templating"]["list"][1]
    name, label = re.fullmatch(r"label_values\(([\w:]+), (\w+)\)", variable["query"]).groups()
    chosen = prometheus.ask(f"label/{label}/values", **{"match[]": name})
    assert chosen == values, chosen


def run(server, prometheus, target, rest):
    """Read half of a recording, let it be scraped, read the rest: what fails then must raise the alert."""
    failed = 'sum(mhptop_operations_total{result="failed"})'
    until("a first scrape", lambda: prometheus.values(failed) == [0])
    assert prometheus.values("up") == [1]
    assert not prometheus.firing("MhptopOperationFailed")
    kinds = {one[0]["type"] for one in prometheus.ask("metadata").values()}
    assert kinds == {"counter", "gauge", "histogram", "info"}, kinds  # info: it asked for OpenMetrics
    server.feed.write(rest)
    wanted = len(re.findall(rb'"event":"mhp_[a-z]+_failed"', rest))
    assert wanted > 3
    until("the failures in Prometheus", lambda: prometheus.values(failed) == [wanted])
    until("the alert", lambda: prometheus.firing("MhptopOperationFailed"))
    labels = prometheus.firing("MhptopOperationFailed")
    assert {"offline", "online", "remove"} >= {one["operation"] for one in labels}, labels
    series = prometheus.values('count({__name__=~"mhptop_.*"})')[0]
    lines = [line for line in server.get().splitlines() if not line.startswith("#")]
    assert series == len(lines), (series, len(lines))
    # docs/fleet.md counts with what Prometheus itself adds to each target: up, and how the scrape went.
    own = prometheus.values(f'count({{instance="{target}",__name__!~"mhptop_.*|ALERTS.*"}})')[0]
    assert own == OWN, own
    # The sums over all machines are recorded; of one machine they are its own.
    assert len(sums_of(prometheus)) > 10
    for name in sums_of(prometheus):
        until(f"{name} without an error", lambda name=name: sums_of(prometheus)[name]["health"] == "ok")
    until("the sum of the failures", lambda: prometheus.values('sum(job:mhptop_blocks:sum)') == prometheus.values('sum(mhptop_blocks)'))
    quantile = prometheus.values("histogram_quantile(0.5, sum by (le) (mhptop_operation_duration_seconds_bucket))")
    assert len(quantile) == 1 and 0 < quantile[0] <= 0.001, quantile
    # The recorder goes: what follows is the same again and again.
    assert prometheus.values("mhptop_source_ended") == [0] and not prometheus.firing("MhptopSourceEnded")
    server.feed.close()
    until("the alert that the pipe has ended", lambda: prometheus.firing("MhptopSourceEnded"))
    print(f"{len(lines)} series, {wanted} failures, {len(labels)} alerts")


def main():
    tool, recording, rules, dashboard, folder = sys.argv[1:]
    with open(recording, "rb") as file:
        text = file.read()
    first = text.index(b'"mhp_offline_begin"')
    first = text.rindex(b"\n", 0, first) + 1
    assert b"_failed" not in text[:first]
    server = Server(tool)
    server.feed.write(text[:first])
    # Once a minute would be too slow here.
    fleet = os.path.join(os.path.abspath(folder), "fleet.yml")
    with open(os.path.join(os.path.dirname(rules), "mhptop.fleet.rules.yml"), encoding="utf-8") as source, open(fleet, "w", encoding="utf-8") as file:
        file.write(source.read().replace("interval: 1m", "interval: 1s"))
    target = "%s:%d" % server.listening()
    prometheus = Prometheus(folder, CONFIG.format(rules=os.path.abspath(rules), fleet=fleet, target=target))
    try:
        run(server, prometheus, target, text[first:])
        with open(dashboard, encoding="utf-8") as file:
            shown(prometheus, json.load(file), [target])
    except BaseException:
        print(prometheus.messages())
        raise
    finally:
        prometheus.process.terminate()
        prometheus.process.wait()
    code, rest = server.stop()
    assert (code, rest.count("\n")) == (0, 1) and "the pipe has ended" in rest, (code, rest)


if __name__ == "__main__":
    main()
