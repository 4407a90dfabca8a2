"""Validates an evidence.json from standard input against the published JSON Schema.

That the schema can fail is shown by members that are taken away or made up.
"""

import copy
import json
import pathlib
import sys

import jsonschema

SCHEMA = json.loads(
    (pathlib.Path(__file__).parents[2] / "docs" / "evidence.schema.json").read_text()
)


def main():
    evidence = json.load(sys.stdin)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(evidence)
    for member in SCHEMA["required"]:
        broken = copy.deepcopy(evidence)
        del broken[member]
        assert list(validator.iter_errors(broken)), f"{member} is not needed"
    broken = copy.deepcopy(evidence)
    broken["timeline"][0]["wat"] = "x"
    assert list(validator.iter_errors(broken)), "any member is taken"
    print(f"evidence of a {evidence['about']}: as the schema has it")


main()
