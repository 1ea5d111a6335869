#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the recording rules and the dashboards of docs/fleet.md read, counted by a real Prometheus. It prints the rows of a table.

    fleet_cost.py MHPTOP MACHINES FOLDER

Copies of one machine, scraped every five minutes for an hour, are written into the database of a Prometheus, which is then asked
each query once. It counts the samples that it reads for that; they do not depend on how fast this machine is.
"""
import json
import os
import re
import subprocess
import sys

from fleet import queries
from prometheus import Prometheus
from served import until

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.join(HERE, "../..")
END = 1_700_000_000 // 7200 * 7200 + 7000  # inside of a block of the database
SCRAPES = [END - 300 * back for back in range(12, -1, -1)]


def series(tool, folder):
    """The lines of a machine's metrics without their values, and the values"""
    recording, path = os.path.join(folder, "machine.ndjson"), os.path.join(folder, "machine.prom")
    with open(recording, "wb") as out:
        subprocess.run([sys.executable, os.path.join(HERE, "machine.py"), "256", "1"], stdout=out, check=True)
    subprocess.run([tool, "serve", "--textfile", path, recording], check=True)
    with open(path, encoding="ascii") as file:
        return [line.rstrip("\n").rpartition(" ")[::2] for line in file if not line.startswith("#")]


def labelled(name, machine):
    """The name of a series with the labels that a scrape adds"""
    more = f'instance="machine{machine}:9464",job="mhptop"'
    return f"{name[:-1]},{more}}}" if name.endswith("}") else f"{name}{{{more}}}"


def fill(folder, one, machines):
    """The samples as OpenMetrics, each family without a type, and from them a database"""
    path = os.path.join(folder, "samples")
    with open(path, "w", encoding="ascii") as out:
        for name, value in one:
            for machine in range(machines):
                full = labelled(name, machine)
                out.writelines(f"{full} {value} {time}\n" for time in SCRAPES)
        out.write("# EOF\n")
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", path, os.path.join(folder, "tsdb")], stdout=subprocess.DEVNULL, check=True)
    os.unlink(path)


class Cost:
    """Samples that queries read, and series that they return"""

    def __init__(self, prometheus):
        self.prometheus = prometheus

    def of(self, query):
        answer = self.prometheus.ask("query", query=query, time=END, stats="all")
        return answer["stats"]["samples"]["totalQueryableSamples"], len(answer["result"])


def rules_of(path):
    """The expressions of recording rules by their names; each is on one line"""
    with open(path, encoding="utf-8") as file:
        return dict(re.findall(r"- record: (\S+)\n +expr: (.*)\n", file.read()))


def main():
    tool, machines, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    one = series(tool, folder)
    fill(folder, one, machines)
    prometheus = Prometheus(folder, "global: {scrape_interval: 1h}\n")
    try:
        cost = Cost(prometheus)
        until("the database", lambda: prometheus.ask("query", query="1"))
        assert cost.of("count(mhptop_info)")[0] == machines
        rules = rules_of(os.path.join(TOP, "tools/prometheus/mhptop.fleet.rules.yml"))
        costs = {name: cost.of(text) for name, text in rules.items()}
        sums = sum(number for _, number in costs.values())
        read = sum(number for number, _ in costs.values())
        dashboards = []
        for name in "mhptop", "mhptop-fleet":
            with open(os.path.join(TOP, f"tools/grafana/{name}.json"), encoding="utf-8") as file:
                dashboards.append(list(queries(json.load(file))))
        raw = sum(cost.of(query)[0] for query in dashboards[0])
        # There are no sums in this database: each selector of one reads at most all series that its rule returns.
        small = sum(costs[name][1] for query in dashboards[1] for name in re.findall(r"job:[\w:]+", query))
        assert costs and all(number for number, _ in costs.values()) and raw > small > 0, (costs, raw, small)
        print(f"{machines} machines, {len(one)} series each, scraped every five minutes:")
        print(f"rules: {read} samples, {read / machines:.0f} for each machine; {sums} sums")
        print(f"dashboard of machines, each panel at one time: {raw} samples, {raw / machines:.0f} for each machine")
        print(f"dashboard of sums, each panel at one time: {small} samples, however many machines there are")
    finally:
        prometheus.process.terminate()
        prometheus.process.wait()


if __name__ == "__main__":
    main()
