"""Reads a consent receipt from standard input and validates it against a JSON Schema.

Usage: receipts_check.py kantara|dpv

The first schema says, in words of ours, what the schema of the Kantara Initiative's Consent Receipt
Specification 1.1.0 asks for: the same members, required ones and types. It refuses more: members
that the specification does not know. The second says what ISO/IEC TS 27560 wants of a record and
the W3C's DPV guide calls it.
"""

import json
import sys

import jsonschema


def thing(required, **optional):
    """An object with these members and no others."""
    return {
        "type": "object",
        "properties": required | optional,
        "required": sorted(required),
        "additionalProperties": False,
    }


TEXT = {"type": "string", "minLength": 1}
FLAG = {"type": "boolean"}
TEXTS = {"type": "array", "items": TEXT}

PURPOSE = thing(
    {
        "consentType": TEXT,
        "purposeCategory": TEXTS,
        "piiCategory": TEXTS,
        "termination": TEXT,
        "thirdPartyDisclosure": FLAG,
    },
    purpose=TEXT,
    primaryPurpose=FLAG,
    thirdPartyName=TEXT,
) | {
    "if": {"properties": {"thirdPartyDisclosure": {"const": True}}},
    "then": {"required": ["thirdPartyName"]},
}
CONTROLLER = thing(
    {
        "piiController": TEXT,
        "contact": TEXT,
        "address": {"type": "object"},
        "email": TEXT,
        "phone": TEXT,
    },
    onBehalf=FLAG,
    piiControllerUrl=TEXT,
)
KANTARA = thing(
    {
        "version": {"const": "KI-CR-v1.1.0"},
        "jurisdiction": TEXT,
        "consentTimestamp": {"type": "integer", "minimum": 0},
        "collectionMethod": TEXT,
        "consentReceiptID": TEXT,
        "piiPrincipalId": TEXT,
        "piiControllers": {"type": "array", "items": CONTROLLER, "minItems": 1},
        "policyUrl": TEXT,
        "services": {
            "type": "array",
            "items": thing(
                {"service": TEXT, "purposes": {"type": "array", "items": PURPOSE, "minItems": 1}}
            ),
            "minItems": 1,
        },
        "sensitive": FLAG,
        "spiCat": TEXTS,
    },
    publicKey=TEXT,
    language=TEXT,
)


def check_dpv(receipt):
    """JSON-LD with a context, an id and a type, and no value that is empty."""
    assert receipt["@context"] and receipt["@id"] and receipt["@type"], sorted(receipt)

    def walk(value, path):
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, path + "/" + name)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, path)
        else:
            assert value not in ("", None), path

    walk(receipt, "")


def main():
    receipt = json.load(sys.stdin)
    if sys.argv[1] == "dpv":
        check_dpv(receipt)
    else:
        jsonschema.Draft202012Validator.check_schema(KANTARA)
        jsonschema.validate(receipt, KANTARA, jsonschema.Draft202012Validator)
        for member in KANTARA["required"]:
            broken = {name: value for name, value in receipt.items() if name != member}
            errors = jsonschema.Draft202012Validator(KANTARA).iter_errors(broken)
            assert any(True for _ in errors), f"{member} could be left out"
    print(f"receipts: {sys.argv[1]} is valid")


if __name__ == "__main__":
    main()
