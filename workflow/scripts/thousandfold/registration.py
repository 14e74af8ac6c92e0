"""From the findings section to registered claims: what each compares, by which margin."""

from collections.abc import Iterator, Mapping
from typing import Any

from thousandfold.layers import Key
from thousandfold.metrics import UNIT_OF_SERIES, Metric
from thousandfold.names import listed
from thousandfold.schema import BadKeyError, unknown_name
from thousandfold.study import Contrast, Finding, Trend

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
    expect = finding["expect"]
    _check_fields(key, finding)
    metric = _metric(key, finding, config, metrics)
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
    is_ratio = expect != "more_stable" and finding.get("ratio", _is_ratio_unasked(metric, config))
    if is_ratio or expect == "more_stable":
        margin = _ratio_margin(key, finding, config)
    else:
        margin = _margin(key, finding, metric, config, metrics)
    better = "greater" if metrics[metric].higher_is_better else "less"
    for other in others:
        direction = better if expect == "best_of" else expect
        yield Contrast(direction, a, other, margin, metric=metric, is_ratio=is_ratio)


def _check_name(key: Key, name: str, config: Mapping[str, Any]) -> None:
    if name not in config["scenarios"]:
        raise BadKeyError(key, unknown_name(name, config["scenarios"]))


def _metric(
    key: Key, finding: Mapping[str, Any], config: Mapping[str, Any], metrics: Metrics
) -> str:
    """The metric that a finding is about."""
    metric = finding.get("metric", config["study"]["metric"])
    if metric not in metrics:
        raise BadKeyError((*key, "metric"), unknown_name(metric, metrics))
    if metric == "train_seconds" and not config["study"]["interleave"] and "table" not in config:
        raise BadKeyError(
            (*key, "metric"),
            "times can be compared only where nothing else runs; set study.interleave: true",
        )
    return metric


def _is_ratio_unasked(metric: str, config: Mapping[str, Any]) -> bool:
    """Whether a ratio is compared where a finding says nothing of it.

    Times are, beside another metric that study.margin is about.
    """
    about_times = "table" in config or config["study"]["metric"] == "train_seconds"
    return metric == "train_seconds" and not about_times


def _ratio_margin(key: Key, finding: Mapping[str, Any], config: Mapping[str, Any]) -> float:
    margin = float(finding.get("margin", config["study"]["spread_margin"]))
    if margin > 1:
        return margin
    mend = "here it is a ratio; give one above 1"
    if "ratio" not in finding and finding["expect"] != "more_stable":
        mend += ", or ratio: false with a margin in seconds"
    raise BadKeyError((*key, "margin"), mend)


def _margin(
    key: Key,
    finding: Mapping[str, Any],
    metric: str,
    config: Mapping[str, Any],
    metrics: Metrics,
) -> float | None:
    """The margin of a difference; None for that of the series."""
    if "margin" in finding:
        return float(finding["margin"])
    studied = config["study"]["metric"]
    in_one_unit = metrics[metric].unit is UNIT_OF_SERIES and metrics[studied].unit is UNIT_OF_SERIES
    if metric == studied or in_one_unit:
        return None
    raise BadKeyError(
        key, f"study.margin is of {studied}, not of {metric}; add the key 'margin', in its units"
    )


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
    a, b = (listed(pair[end] for pair in pairs) for end in (0, 1))
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
