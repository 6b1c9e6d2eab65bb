#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The Tidegate Authors
"""What /metrics and /status say, judged: metrics.py COMMAND ARGUMENT...

  schema SCHEMA STATUS        the JSON is as its schema has it
  openmetrics BODY            the reference parser reads it; every counter and histogram is sound
  grows BEFORE AFTER          no counter of the text format fell, and requests were counted
  same TEXT OPENMETRICS       both formats tell the same families
  scraped URL                 Prometheus has read both samples of a histogram, by OpenMetrics
  queries URL DASHBOARD       it answers every query of a dashboard
  asks URL QUERY              it answers one query with a number above zero
  rules URL                   it evaluates every rule without an error
"""
import json
import math
import re
import sys
import urllib.parse
import urllib.request


def api(url, path, **parameters):
    query = urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(f"{url}/api/v1/{path}?{query}", timeout=10) as answer:
        reply = json.load(answer)
    assert reply["status"] == "success", reply
    return reply["data"]


def schema(schema_file, status_file):
    import jsonschema
    with open(schema_file) as f:
        validator = jsonschema.Draft202012Validator(json.load(f))
    validator.check_schema(validator.schema)
    with open(status_file) as f:
        status = json.load(f)
    errors = [f"{'.'.join(map(str, e.absolute_path))}: {e.message}"
              for e in validator.iter_errors(status)]
    assert not errors, errors
    # It could say no: to a key that is not documented, and to one that is missing.
    for change in (lambda s: s.update(novel=1), lambda s: s["port"].update(novel=1),
                   lambda s: s["counters"].pop("rx_frames"), lambda s: s.pop("limits"),
                   lambda s: s.update(workers="1")):
        changed = json.loads(json.dumps(status))
        change(changed)
        assert not validator.is_valid(changed)


def openmetrics(body_file):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
    with open(body_file) as f:
        families = {family.name: family for family in text_string_to_metric_families(f.read())}
    assert families["tidegate_build"].type == "info"
    assert families["tidegate_rx_bytes"].unit == "bytes"
    for name in "handshake", "request":
        family = families[f"tidegate_{name}_duration_seconds"]
        assert family.type == "histogram" and family.unit == "seconds", family
    undocumented = [name for name, family in families.items() if not family.documentation]
    assert not undocumented, undocumented


def samples(file):
    with open(file) as f:
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in f if not line.startswith("#"))}


def is_count(name):
    return re.search(r"(_total|_bucket|_sum|_count)(\{|$)", name)


def grows(before_file, after_file):
    before, after = samples(before_file), samples(after_file)
    assert before.keys() == after.keys(), before.keys() ^ after.keys()
    fell = [name for name in before if is_count(name) and after[name] < before[name]]
    assert not fell, fell
    for name in ("tidegate_http_requests_total", "tidegate_rx_frames_total",
                 "tidegate_request_duration_seconds_count", "tidegate_established_total"):
        assert after[name] > before[name], name


def same(text_file, open_file):
    assert samples(text_file).keys() == samples(open_file).keys()


def scraped(url):
    (target,) = api(url, "targets")["activeTargets"]
    assert target["health"] == "up", target
    # Only OpenMetrics tells units.
    (unit,) = api(url, "targets/metadata", metric="tidegate_request_duration_seconds")
    assert unit["unit"] == "seconds" and unit["type"] == "histogram", unit
    series = api(url, "query", query="count_over_time(tidegate_uptime_seconds[1m])")["result"]
    assert float(series[0]["value"][1]) >= 4, series


def are_numbers(vector):
    return all(not math.isnan(float(sample["value"][1])) for sample in vector)


def expressions(dashboard):
    with open(dashboard) as f:
        panels = json.load(f)["panels"]
    for panel in panels:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def queries(url, dashboard):
    asked = 0
    for title, expression in expressions(dashboard):
        query = expression.replace("$__rate_interval", "1m").replace("$instance", ".*")
        assert "$" not in query, query
        vector = api(url, "query", query=query)["result"]
        # What compares may find nothing; all else has data, also where nothing happened.
        assert vector or query.endswith("> 0"), (title, query)
        assert are_numbers(vector), (title, query, vector)
        asked += 1
    assert asked > 20, asked


def asks(url, query):
    (sample,) = api(url, "query", query=query)["result"]
    assert float(sample["value"][1]) > 0, sample


def rules(url):
    groups = api(url, "rules")["groups"]
    seen = [rule for group in groups for rule in group["rules"]]
    bad = [(rule["name"], rule["health"], rule.get("lastError")) for rule in seen
           if rule["health"] != "ok"]
    assert seen and not bad, bad


if __name__ == "__main__":
    {f.__name__: f for f in (schema, openmetrics, grows, same, scraped, queries, asks,
                             rules)}[sys.argv[1]](*sys.argv[2:])
