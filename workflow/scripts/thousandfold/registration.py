"""From the findings section to registered claims: what each compares, and with which margin."""

from collections.abc import Iterator, Mapping
from typing import Any

from thousandfold.inference.contrasts import KINDS, Asked, Contrast
from thousandfold.layers import Key
from thousandfold.metrics import Metric
from thousandfold.study import Finding

Metrics = Mapping[str, Metric]


def named_scenarios(findings: Mapping[str, Any]) -> frozenset[str]:
    """The scenarios that findings are about."""
    names: set[str] = set()
    for finding in findings.values():
        for part in finding.get("all_of", [finding]):
            others = part.get("b") or []
            pairs = part.get("trend", {}).get("pairs", [])
            names |= {part.get("a"), *([others] if isinstance(others, str) else others)}
            names |= {name for pair in pairs for name in pair}
    return frozenset(name for name in names if name is not None)


def named_metrics(findings: Mapping[str, Any]) -> dict[Key, str]:
    """The metrics that findings name, by their keys."""
    parts: dict[Key, Mapping[str, Any]] = {}
    for id_, finding in findings.items():
        parts["findings", id_] = finding
        for index, part in enumerate(finding.get("all_of", ())):
            parts["findings", id_, "all_of", index] = part
    return {(*key, "metric"): part["metric"] for key, part in parts.items() if "metric" in part}


def registered_findings(config: Mapping[str, Any], metrics: Metrics) -> Iterator[Finding]:
    """All findings of a config, each about one of these metrics. Raises BadKeyError."""
    for id_, finding in config["findings"].items():
        contrasts = tuple(_contrasts(("findings", id_), finding, config, metrics))
        expect = "all_of" if "all_of" in finding else finding["expect"]
        yield Finding(id_, finding["claim"], finding["source"], expect, contrasts)


def _contrasts(
    key: Key, finding: Mapping[str, Any], config: Mapping[str, Any], metrics: Metrics
) -> Iterator[Contrast]:
    """The contrasts of a finding, or of one comparison in its all_of."""
    if "all_of" in finding:
        for index, part in enumerate(finding["all_of"]):
            yield from _contrasts((*key, "all_of", index), part, config, metrics)
        return
    asked = Asked(key, finding, config, metrics)
    kind = next(kind for kind in KINDS.values() if kind.is_asked(asked))
    yield from kind.from_config(asked)
