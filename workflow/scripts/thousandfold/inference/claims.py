"""The claims table: each claim's verdict, and one sentence made of the row that decides it."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from thousandfold.inference.estimates import ratio_of
from thousandfold.inference.tables import table_of
from thousandfold.inference.verdicts import Verdict, conjunction_verdict, rank
from thousandfold.metrics import metric_name
from thousandfold.names import listed, texts_of
from thousandfold.study import Finding

UnitOf = Callable[[str, str], str]
"""(series, metric) -> unit."""

Record = Mapping[Any, Any]


def claims(
    table: pd.DataFrame, findings: Iterable[Finding], unit_of: UnitOf, columns: list[str]
) -> pd.DataFrame:
    """The claims table: one row per series and finding, from the findings table alone."""
    by_id = {finding.id: finding for finding in findings}
    rows = []
    for (series, id_), evidence in table.groupby(["series", "id"], sort=False):
        finding, records = by_id[str(id_)], evidence.to_dict("records")
        verdict = conjunction_verdict(Verdict(record["verdict"]) for record in records)
        weakest = _weakest(records)
        because = weakest["undecided_because"] if verdict == Verdict.UNDECIDED else None
        rows.append(
            {
                "series": series,
                "id": id_,
                "claim": finding.claim,
                "source": finding.source,
                "expect": finding.expect,
                "verdict": str(verdict),
                "undecided_because": because,
                "flags": listed(_flags(records, weakest, verdict), ";"),
                "sentence": _claim_sentence(records, weakest, verdict, unit_of),
            }
        )
    return table_of(rows, columns)


def _weakest(records: list[dict[Any, Any]]) -> dict[Any, Any]:
    """The comparison that a claim fails by, or that supports it least.

    Of those with the worst verdict, the one with the largest p of its claim; where p values are
    alike, the one that supports it by the fewest standard errors.
    """

    def strength(record: Record) -> tuple[int, float, float]:
        p = record["claim_p"]
        return rank(Verdict(record["verdict"])), -(1.0 if math.isnan(p) else p), _distance(record)

    return min(records, key=strength)


def _distance(record: Record) -> float:
    """By how many standard errors an estimate lies where its claim says, margin and all."""
    difference, margin, error = (record[x] for x in ("difference", "margin", "standard_error"))
    beyond = {
        "less": -margin - difference, "more_stable": -margin - difference,
        "greater": difference - margin, "different": abs(difference) - margin,
    }.get(record["expect"], margin - abs(difference))  # fmt: skip
    return math.inf if math.isnan(beyond / error) else beyond / error


def _flags(records: list[dict[Any, Any]], weakest: Record, verdict: Verdict) -> list[str]:
    """The flags of the comparisons that a verdict rests on: of all if it holds, else of one."""
    found = [record["flags"] for record in (records if _holds(verdict) else [weakest])]
    return list(dict.fromkeys(flag for flags in found if flags for flag in texts_of(flags, ";")))


def _holds(verdict: Verdict) -> bool:
    return rank(verdict) > rank(Verdict.UNDECIDED)


def _claim_sentence(
    records: list[dict[Any, Any]], weakest: Record, verdict: Verdict, unit_of: UnitOf
) -> str:
    """The verdict with the numbers that decide it."""
    sentence = contrast_sentence(weakest, unit_of)
    if len(records) == 1:
        return sentence
    holding = sum(_holds(Verdict(record["verdict"])) for record in records)
    fails = rank(verdict) < rank(Verdict.UNDECIDED)
    what = "The claim fails by this one" if fails else "The weakest"
    return f"{holding} of {len(records)} comparisons hold. {what}: {sentence}"


def contrast_sentence(record: Record, unit_of: UnitOf) -> str:
    """One contrast in words; every number and the verdict come from its row."""
    because, flags = record["undecided_because"], record["flags"]
    reasons = [text for text in (because, flags) if isinstance(text, str) and text]
    if math.isnan(record["difference"]):
        names = [record["scenario_a"], record["scenario_b"]]
        about = " against ".join(name for name in names if isinstance(name, str) and name)
        return f"{about}: {'; '.join(reasons)}, so nothing can be said."
    tell = {
        "mean": _mean_difference, "ratio": _ratio, "spread": _spread_ratio, "trend": _trend,
        "precision": _standard_error,
    }  # fmt: skip
    what = tell[record["estimand"]](record, unit_of(record["series"], record["metric"]))
    note = f" ({'; '.join(reasons)})" if reasons else ""
    return f"{what[0].upper()}{what[1:]}: {record['difference_verdict']}{note}."


def _interval(record: Record, number: Callable[[float], str]) -> str:
    """The deciding interval in words."""
    low, high = record["ci_low"], record["ci_high"]
    if math.isnan(low):
        return "no interval"
    if low == high:
        return "exactly"
    return f"{100 * record['interval_level']:.2f} % interval {number(low)} to {number(high)}"


def _number(value: float, sign: str = "") -> str:
    """Two decimals, or what a small number takes to be told from 0."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size >= 1e6:
        return f"{value:{sign}.3g}"
    return f"{value:{sign}.2f}" if round(size, 2) >= 1 or value == 0 else f"{value:{sign}.2g}"


def _signed(value: float) -> str:
    return _number(value, "+")


def _quantity(value: float, unit: str) -> str:
    """A difference with its unit; of percentages it is not a percentage."""
    unit = "percentage points" if unit == "%" else unit
    return f"{_number(abs(value))} {unit}".rstrip()


def _mean_difference(record: Record, unit: str) -> str:
    difference = record["difference"]
    held = f"{_interval(record, _signed)}, margin {record['margin']:g}"
    names = f"the mean {_name(record)} of {record['scenario_a']}"
    if difference == 0:
        return f"{names} is the same as that of {record['scenario_b']} ({held})"
    direction = "lower" if difference < 0 else "higher"
    return (
        f"{names} is {_quantity(difference, unit)} {direction} than that of "
        f"{record['scenario_b']} (difference {_signed(difference)}, {held})"
    )


def _name(record: Record) -> str:
    """The metric in prose."""
    return metric_name(record["metric"])


def _ratio(record: Record, _: str) -> str:
    return _times(record, f"geometric mean {_name(record)}")


def _spread_ratio(record: Record, _: str) -> str:
    return _times(record, "spread")


def _times(record: Record, what: str) -> str:
    """How many times something of b's is that of a."""
    return (
        f"the {what} of {record['scenario_a']} is {_as_ratio(record['difference'])} times that of "
        f"{record['scenario_b']} ({_interval(record, _as_ratio)}, margin "
        f"{_as_ratio(record['margin'])} times)"
    )


def _as_ratio(logarithm: float) -> str:
    """A ratio from its logarithm."""
    ratio = ratio_of(logarithm)
    return "∞" if math.isinf(ratio) else f"{ratio:.3g}"


def _trend(record: Record, unit: str) -> str:
    slope = f"{_signed(record['difference'])} {'percentage points' if unit == '%' else unit}"
    return (
        f"the difference in mean {_name(record)} between {record['scenario_a']} and "
        f"{record['scenario_b']} changes by {slope.rstrip()} per unit "
        f"({_interval(record, _signed)}, margin {record['margin']:g})"
    )


def _standard_error(record: Record, unit: str) -> str:
    error, margin = record["estimate_a"], record["margin"]
    middle = error - record["difference"]

    def from_zero(value: float) -> str:
        return _number(value + middle)

    return (
        f"the mean of {record['mean_of']:.0f} repeats of {record['scenario_a']} has a standard "
        f"error of {_quantity(error, unit)} ({_interval(record, from_zero)}, claimed "
        f"{middle - margin:g} to {middle + margin:g})"
    )
