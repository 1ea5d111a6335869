#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Two Prometheus servers scrape machines and record sums; a third one collects the sums as docs/fleet.md says. Nothing collides.

    federation.py MHPTOP RULES DOCUMENT DASHBOARD FOLDER
"""
import json
import os
import re
import sys
import textwrap

from prometheus import Prometheus, shown, sums_of
from served import Server, until

GOLDEN = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../golden")
FAST = "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
# Neither has external_labels, so that their sums have the same labels.
CONFIG = FAST + """
rule_files: [%(rules)s]
scrape_configs:
  - job_name: mhptop
    static_configs: [{targets: ["%(target)s"]}]
"""


def recipe(document, servers):
    """The configuration of the document, with these servers in the place of its own."""
    with open(document, encoding="utf-8") as file:
        blocks = re.findall(r"(?:^    .*\n)+", file.read(), re.M)
    text = textwrap.dedent(next(block for block in blocks if "/federate" in block))
    named = re.findall(r'"([\w-]+:9090)"', text)
    assert len(named) == len(servers), named
    for name, server in zip(named, servers):
        text = text.replace(f'"{name}"', f'"127.0.0.1:{server.port}"')
    return FAST + text


def halves(name):
    """A recording up to its first failure, and the rest"""
    with open(os.path.join(GOLDEN, f"{name}.ndjson"), "rb") as file:
        text = file.read()
    first = text.rindex(b"\n", 0, text.index(b'"mhp_offline_begin"')) + 1
    return text[:first], text[first:]


def start(folder, name, config):
    path = os.path.join(folder, name)
    os.mkdir(path)
    return Prometheus(path, config)


def agree(fleet, servers):
    """Each sum of the fleet's server is that of the others together."""
    counted = [name for name in sums_of(servers[0]) if re.search(":(sum|count)$", name)]
    assert len(counted) > 5, counted

    def blocks():
        return {sum(server.values("sum(job:mhptop_blocks:sum)")) for server in servers}
    until("two servers that have different sums", lambda: 0 not in blocks() and len(blocks()) == 2)
    for name in counted:
        def wanted(name=name):
            return sum(sum(server.values(f"sum({name})")) for server in servers)
        until(f"{name} of all machines", lambda name=name: wanted() in fleet.values(f"sum({name})"))
    # Each sum is there twice, and the label tells the servers apart.
    for name in sums_of(servers[0]):
        until(f"{name} of each server", lambda name=name: [] != fleet.values(f"count by (prometheus) ({name})"))
    found = fleet.ask("query", query="job:mhptop_machines:count")["result"]
    assert {one["metric"]["prometheus"] for one in found} == {f"127.0.0.1:{server.port}" for server in servers}, found
    for name in "duplicate_timestamp", "out_of_order", "out_of_bounds":
        wrong = fleet.page("/metrics", rf"^prometheus_target_scrapes_sample_{name}_total (\d+)$")
        assert wrong == ["0"], (name, wrong)


def main():
    tool, rules, document, dashboard, folder = sys.argv[1:]
    texts = [halves(name) for name in ("failures", "hosted")]
    machines = [Server(tool) for _ in texts]
    fleet_rules = os.path.join(os.path.abspath(folder), "fleet.yml")
    with open(rules, encoding="utf-8") as source, open(fleet_rules, "w", encoding="utf-8") as file:
        file.write(source.read().replace("interval: 1m", "interval: 1s"))
    started = []
    try:
        for nth, (machine, (begin, _)) in enumerate(zip(machines, texts)):
            machine.feed.write(begin)
            started.append(start(folder, f"server{nth}", CONFIG % {"rules": fleet_rules, "target": "%s:%d" % machine.listening()}))
        fleet = start(folder, "fleet", recipe(document, started))
        servers = list(started)
        started.append(fleet)
        for server in servers:
            until("a first scrape", lambda server=server: server.values("mhptop_events_total"))
        for machine, (_, rest) in zip(machines, texts):
            machine.feed.write(rest)
        agree(fleet, servers)
        with open(dashboard, encoding="utf-8") as file:
            shown(fleet, json.load(file), ["mhptop"])
        count = sum(fleet.values('count({__name__=~"job:mhptop_.*"})'))
        print(f"{count:.0f} sums of {len(servers)} servers")
    except BaseException:
        for server in started:
            print(server.messages())
        raise
    finally:
        for server in started:
            server.process.terminate()
        for server in started:
            server.process.wait()
    for machine in machines:
        assert machine.stop() == (0, "")


if __name__ == "__main__":
    main()
