"""Reads measurements from standard input as Prometheus would, and checks what the format asks for.

Usage: metrics_check.py NAME...   each name is a family that must have values.
"""

import math
import sys

from prometheus_client.parser import text_string_to_metric_families


def check_histogram(family):
    """Buckets are cumulative, end at +Inf, and agree with the count."""
    series = {}
    for sample in family.samples:
        labels = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
        parts = series.setdefault(labels, {"buckets": []})
        if sample.name.endswith("_bucket"):
            parts["buckets"].append((float(sample.labels["le"]), sample.value))
        else:
            parts[sample.name.rsplit("_", 1)[1]] = sample.value
    for labels, parts in series.items():
        bounds = [bound for bound, _ in parts["buckets"]]
        counts = [count for _, count in parts["buckets"]]
        assert bounds == sorted(set(bounds)) and math.isinf(bounds[-1]), (family.name, bounds)
        assert counts == sorted(counts), (family.name, labels, counts)
        assert counts[-1] == parts["count"] and parts["sum"] >= 0, (family.name, labels)


def main():
    text = sys.stdin.read()
    families = list(text_string_to_metric_families(text))
    names = [family.name for family in families]
    assert len(names) == len(set(names)), "a family comes twice"
    announced = sum(line.startswith("# TYPE ") for line in text.splitlines())
    assert announced == len(families) > 10, (announced, len(families))
    seen = set()
    for family in families:
        assert family.name.startswith("heed_") and family.documentation, family.name
        assert family.type in ("gauge", "counter", "histogram"), family
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in seen, f"twice: {key}"
            seen.add(key)
            assert "mail.example" not in str(sample.labels), sample
        if family.type == "histogram":
            check_histogram(family)
    for name in sys.argv[1:]:
        assert any(family.name == name and family.samples for family in families), name
    print(f"metrics: {len(families)} families, {len(seen)} values read")


main()
