# SPDX-License-Identifier: MIT
"""Checks lines of JSON against a schema, strictly: what the schema does not
name is an error too, so that it is never behind the program.

    validate.py SCHEMA FILE...

Each FILE holds JSON objects, one behind the other.
"""
import json
import sys

import jsonschema


def closed(schema):
    """SCHEMA with every object that names members taking no others."""
    if isinstance(schema, list):
        return [closed(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: closed(value) for key, value in schema.items()}
    if isinstance(strict.get("properties"), dict):
        strict.setdefault("additionalProperties", False)
    return strict


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(closed(schema))
    decoder = json.JSONDecoder()
    objects = wrong = 0
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            text = file.read().strip()
        at = 0
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            while at < len(text) and text[at].isspace():
                at += 1
            objects += 1
            for error in validator.iter_errors(value):
                wrong += 1
                where = "/".join(str(step) for step in error.absolute_path)
                print(f"{path}: {where}: {error.message[:200]}")
    print(objects, "objects")
    sys.exit(1 if wrong or not objects else 0)


main()
