#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Validate recordings and frames against the JSON Schemas in docs/schema.

    schema.py recording|frame FILE...      one JSON value a line, or a single one

Also fails if a file has a member that its schema does not know. Prints how many values it validated. jsonschema is Debian's,
for the python3 of Debian.
"""
import json
import sys

import jsonschema

SCHEMA = 3


class Validator:
    """One validator for each part of a recording: which part a line is follows from its keys."""

    def __init__(self, what):
        with open(f"docs/schema/{what}-{SCHEMA}.json", encoding="utf-8") as file:
            self.schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(self.schema)
        self.whole = jsonschema.Draft202012Validator(self.schema)
        self.events = {}
        for rule in self.schema["$defs"].get("record", {}).get("allOf", []):
            name = rule["if"]["properties"]["event"]["const"]
            self.events[name] = set(rule["then"]["properties"])

    def validate(self, value):
        self.whole.validate(value)
        if "event" in value:
            known = self.events[value["event"]] | set(self.schema["$defs"]["record"]["properties"])
        elif "totals" in value:
            value, known = value["totals"], set(self.schema["$defs"]["end"]["properties"]["totals"]["properties"])
        elif "type" in value:
            known = set(self.schema["$defs"]["header"]["properties"])
        else:
            known = set(self.schema["properties"])
            for rows in ("zones", "blocks", "ranges", "violations"):
                columns = set(self.schema["properties"][rows]["items"]["properties"])
                for row in value[rows]:
                    assert set(row) == columns, set(row) ^ columns
        assert set(value) <= known, set(value) - known


def values(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.startswith("{\n"):
        return [json.loads(text)]
    return [json.loads(line) for line in text.splitlines()]


def main():
    validator, count = Validator(sys.argv[1]), 0
    for path in sys.argv[2:]:
        for number, value in enumerate(values(path), 1):
            try:
                validator.validate(value)
            except (jsonschema.ValidationError, AssertionError, KeyError) as error:
                sys.exit(f"{path}:{number}: {getattr(error, 'message', None) or repr(error)}")
            count += 1
    assert count
    print(f"{count} values")


if __name__ == "__main__":
    main()
