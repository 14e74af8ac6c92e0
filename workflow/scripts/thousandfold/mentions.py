"""Which scenarios and metrics the findings of a config mention, before they are checked."""

from collections.abc import Mapping
from typing import Any

from thousandfold.config_files import Key


def named_scenarios(findings: Mapping[str, Any]) -> frozenset[str]:
    """The scenarios that findings are about."""
    names: set[str | None] = set()
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
