#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Validate what mhptop writes as JSON against the JSON Schemas in docs/schema.

    schema.py KIND FILE...      JSON values, one after the other; KIND is recording, frame, state or another name in docs/schema

Also fails if a file has a member that its schema does not know, at any depth. Prints how many values it validated. jsonschema is
Debian's, for the python3 of Debian.
"""
import json
import sys

import jsonschema

SCHEMA = 3


def load(what):
    with open(f"docs/schema/{what}-{SCHEMA}.json", encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def strict(value):
    """The same schema, in which an object has no members but those that are named."""
    if isinstance(value, list):
        return [strict(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {key: strict(one) for key, one in value.items()}
    if isinstance(value.get("properties"), dict) and "type" in value:
        made.setdefault("additionalProperties", False)
    return made


class Validator:
    """A single value. A member that is a value with a schema of its own, in a file beside it, is validated by that one."""

    def __init__(self, what):
        schema = strict(load(what))
        self.others = {}
        for name, member in schema["properties"].items():
            other = member.get("$ref", "").partition(f"-{SCHEMA}.json")
            if other[1]:
                self.others[name] = Validator(other[0])
                schema["properties"][name] = {"type": "object"}
        self.whole = jsonschema.Draft202012Validator(schema)

    def validate(self, value):
        self.whole.validate(value)
        for name, other in self.others.items():
            other.validate(value[name])


class Lines:
    """The lines of a recording: which part of it a line is follows from its keys."""

    def __init__(self):
        self.schema = load("recording")
        self.whole = jsonschema.Draft202012Validator(self.schema)
        parts = self.schema["$defs"]
        self.events = {rule["if"]["properties"]["event"]["const"]: set(rule["then"]["properties"]) for rule in parts["record"]["allOf"]}
        self.parts = {name: jsonschema.Draft202012Validator({**strict(parts[name]), "$defs": parts}) for name in ("header", "end")}

    def validate(self, value):
        self.whole.validate(value)
        if "event" not in value:
            self.parts["header" if "type" in value else "end"].validate(value)
            return
        known = self.events[value["event"]] | set(self.schema["$defs"]["record"]["properties"])
        assert set(value) <= known, set(value) - known


def values(path):
    with open(path, encoding="utf-8") as file:
        text = file.read().strip()
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        yield value
        while text[at:at + 1].isspace():
            at += 1


def main():
    what, *paths = sys.argv[1:]
    validator, count = Lines() if what == "recording" else Validator(what), 0
    for path in paths:
        for number, value in enumerate(values(path), 1):
            try:
                validator.validate(value)
            except (jsonschema.ValidationError, AssertionError, KeyError) as error:
                where = "/".join(map(str, getattr(error, "absolute_path", ())))
                sys.exit(f"{path}:{number}: {where and where + ': '}{getattr(error, 'message', None) or repr(error)}")
            count += 1
    assert count
    print(f"{count} values")


if __name__ == "__main__":
    main()
