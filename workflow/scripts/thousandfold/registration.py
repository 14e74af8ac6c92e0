"""From the findings section to registered claims: what each compares, by which margin."""

from collections.abc import Iterator, Mapping
from typing import Any

from thousandfold.layers import Key
from thousandfold.metrics import METRICS, UNIT_OF_SERIES
from thousandfold.schema import BadKeyError, unknown_name
from thousandfold.study import Contrast, Finding, Trend

RATIO_METRICS = frozenset({"train_seconds"})
"""Metrics whose ratio is compared unless a finding says otherwise."""


def registered_findings(config: Mapping[str, Any]) -> Iterator[Finding]:
    """All findings of a config. Raises BadKeyError."""
    for id_, finding in config["findings"].items():
        contrasts = tuple(_contrasts(("findings", id_), finding, config))
        expect = "all_of" if "all_of" in finding else finding["expect"]
        yield Finding(id_, finding["claim"], finding["source"], expect, contrasts)


def _contrasts(
    key: Key, finding: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[Contrast]:
    """The contrasts of a finding, or of one comparison in its all_of."""
    if "all_of" in finding:
        for index, part in enumerate(finding["all_of"]):
            yield from _contrasts((*key, "all_of", index), part, config)
        return
    expect = finding["expect"]
    _check_fields(key, finding)
    metric = _metric(key, finding, config)
    if "trend" in finding:
        yield _trend(key, finding, metric, config)
        return
    a, b = finding["a"], finding.get("b")
    _check_name((*key, "a"), a, config)
    if expect == "precision":
        low, high = finding["between"]
        middle, margin = (low + high) / 2, (high - low) / 2
        yield Contrast(expect, a, None, margin, finding["mean_of"], middle, metric)
        return
    if isinstance(b, list) != (expect == "best_of"):
        wanted = "a list of scenarios" if expect == "best_of" else "one scenario"
        raise BadKeyError((*key, "b"), f"expect: {expect} takes {wanted}; change b or expect")
    others = b if isinstance(b, list) else [str(b)]
    for name in others:
        _check_name((*key, "b"), name, config)
    if a in others:
        raise BadKeyError((*key, "b"), f"compares {a!r} with itself; name another scenario")
    is_ratio = finding.get("ratio", metric in RATIO_METRICS) and expect != "more_stable"
    margin = _margin(key, finding, metric, is_ratio or expect == "more_stable", config)
    better = "greater" if config.get("table", {}).get("better") == "higher" else "less"
    for other in others:
        direction = better if expect == "best_of" else expect
        yield Contrast(direction, a, other, margin, metric=metric, is_ratio=is_ratio)


def _check_name(key: Key, name: str, config: Mapping[str, Any]) -> None:
    if name not in config["scenarios"]:
        raise BadKeyError(key, unknown_name(name, config["scenarios"]))


def _metric(key: Key, finding: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """The metric that a finding is about."""
    metric = finding.get("metric", config["study"]["metric"])
    if "table" not in config and metric not in METRICS:
        raise BadKeyError((*key, "metric"), unknown_name(metric, list(METRICS)))
    if metric == "train_seconds" and not config["study"]["interleave"] and "table" not in config:
        raise BadKeyError(
            (*key, "metric"),
            "times can be compared only where nothing else runs; set study.interleave: true",
        )
    return metric


def _margin(
    key: Key, finding: Mapping[str, Any], metric: str, is_ratio: bool, config: Mapping[str, Any]
) -> float | None:
    """A contrast's margin; None for that of the series."""
    settings = config["study"]
    if is_ratio:
        margin = float(finding.get("margin", settings["spread_margin"]))
        if margin <= 1:
            raise BadKeyError((*key, "margin"), "here it is a ratio; give one above 1")
        return margin
    if "margin" in finding:
        return float(finding["margin"])
    own, shared = METRICS.get(metric, metric), METRICS.get(settings["metric"], settings["metric"])
    if metric == settings["metric"] or (own is UNIT_OF_SERIES and shared is UNIT_OF_SERIES):
        return None
    raise BadKeyError(key, f"{metric} has other units than study.margin; add the key 'margin'")


def _trend(
    key: Key, finding: Mapping[str, Any], metric: str, config: Mapping[str, Any]
) -> Contrast:
    """The contrast of a trend."""
    pairs, over = finding["trend"]["pairs"], finding["trend"]["over"]
    for index, pair in enumerate(pairs):
        for end, name in enumerate(pair):
            _check_name((*key, "trend", "pairs", index, end), name, config)
    names = [name for pair in pairs for name in pair]
    if len(set(names)) < len(names):
        raise BadKeyError((*key, "trend", "pairs"), "names a scenario twice; name others")
    if len(over) != len(pairs):
        problem = f"has {len(over)} values for {len(pairs)} pairs; give one for each"
        raise BadKeyError((*key, "trend", "over"), problem)
    if len(set(over)) < 2:
        raise BadKeyError((*key, "trend", "over"), "is constant; give values that differ")
    if "margin" not in finding:
        raise BadKeyError(key, "a trend needs the key 'margin', a difference per unit of over")
    ends = ([pair[end] for pair in pairs] for end in (0, 1))
    a, b = (", ".join(names) for names in ends)
    trend = Trend(tuple((pair[0], pair[1]) for pair in pairs), tuple(map(float, over)))
    return Contrast(finding["expect"], a, b, float(finding["margin"]), metric=metric, trend=trend)


def _check_fields(key: Key, finding: Mapping[str, Any]) -> None:
    """A claim of precision is about one scenario and a range; all others compare with b."""
    expect = finding["expect"]
    of_precision, of_others = ["mean_of", "between"], ["b", "margin", "ratio", "trend"]
    is_precision = expect == "precision"
    needed = of_precision if is_precision else [] if "trend" in finding else ["b"]
    for name in needed:
        if name not in finding:
            raise BadKeyError(key, f"expect: {expect} needs the key {name!r}; add it")
    for name in of_others if is_precision else of_precision:
        if name in finding:
            raise BadKeyError((*key, name), f"expect: {expect} has no use for it; remove it")
    if "trend" in finding and expect in ("more_stable", "best_of"):
        raise BadKeyError(
            (*key, "expect"), f"{expect} says nothing of a trend; take less or greater"
        )
    if is_precision and finding["between"][0] >= finding["between"][1]:
        low, high = finding["between"]
        raise BadKeyError((*key, "between"), f"{low} is not below {high}; give the lower one first")
