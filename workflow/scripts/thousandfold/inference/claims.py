"""The claims table: each claim's verdict, and one sentence made of the row that decides it."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from thousandfold.inference.verdicts import Verdict, worst
from thousandfold.metrics import metric_name
from thousandfold.study import Finding

UnitOf = Callable[[str, str], str]
"""(series, metric) -> unit."""


def claims(
    table: pd.DataFrame, findings: Iterable[Finding], unit_of: UnitOf, columns: list[str]
) -> pd.DataFrame:
    """The claims table: one row per series and finding, from the findings table alone."""
    by_id = {finding.id: finding for finding in findings}
    rows = []
    for (series, id_), evidence in table.groupby(["series", "id"], sort=False):
        finding = by_id[str(id_)]
        verdict = worst(Verdict(v) for v in evidence["verdict"])
        rows.append(
            {
                "series": series,
                "id": id_,
                "claim": finding.claim,
                "source": finding.source,
                "expect": finding.expect,
                "verdict": str(verdict),
                "sentence": _claim_sentence(evidence, verdict, unit_of),
            }
        )
    return pd.DataFrame(rows, columns=columns)


def _claim_sentence(evidence: pd.DataFrame, verdict: Verdict, unit_of: UnitOf) -> str:
    """The verdict with the numbers that decide it."""
    records = evidence.to_dict("records")
    if len(records) == 1:
        return contrast_sentence(records[0], unit_of)
    deciding = next(record for record in records if record["verdict"] == verdict)
    holding = sum(str(record["verdict"]).startswith("supported") for record in records)
    weakest = contrast_sentence(deciding, unit_of)
    return f"{holding} of {len(records)} comparisons hold. The weakest: {weakest}"


def contrast_sentence(record: Mapping[Any, Any], unit_of: UnitOf) -> str:
    """One contrast in words; every number and the verdict come from its row."""
    if math.isnan(record["difference"]):
        names = [record["scenario_a"], record["scenario_b"]]
        about = " against ".join(name for name in names if isinstance(name, str) and name)
        return f"{about}: {record['flags']}, so nothing can be said."
    tell = {
        "mean": _mean_difference, "ratio": _ratio, "spread": _spread_ratio, "trend": _trend,
        "precision": _standard_error,
    }  # fmt: skip
    what = tell[record["estimand"]](record, unit_of(record["series"], record["metric"]))
    flags = f" ({record['flags']})" if record["flags"] else ""
    return f"{what[0].upper()}{what[1:]}: {record['difference_verdict']}{flags}."


def _level(record: Mapping[Any, Any]) -> str:
    return f"{100 * record['interval_level']:.2f} %"


def _mean_difference(record: Mapping[Any, Any], unit: str) -> str:
    d, low, high = (record[key] for key in ("difference", "ci_low", "ci_high"))
    direction = "lower" if d < 0 else "higher"
    return (
        f"the mean {_name(record)} of {record['scenario_a']} is {_number(abs(d))} {unit} "
        f"{direction} than that of {record['scenario_b']} (difference {_number(d, '+')}, "
        f"{_level(record)} interval {_number(low, '+')} to {_number(high, '+')}, margin "
        f"{record['margin']:g})"
    )


def _name(record: Mapping[Any, Any]) -> str:
    """The metric in prose."""
    return metric_name(record["metric"])


def _number(value: float, sign: str = "") -> str:
    """Two decimals, or what a small number takes to be told from 0."""
    return f"{value:{sign}.2f}" if abs(value) >= 1 or value == 0 else f"{value:{sign}.2g}"


def _ratio(record: Mapping[Any, Any], _: str) -> str:
    return _times(record, f"geometric mean {_name(record)}")


def _spread_ratio(record: Mapping[Any, Any], _: str) -> str:
    return _times(record, "spread")


def _times(record: Mapping[Any, Any], what: str) -> str:
    """How many times something of b's is that of a."""
    ratio, low, high, margin = (
        math.exp(record[key]) for key in ("difference", "ci_low", "ci_high", "margin")
    )
    return (
        f"the {what} of {record['scenario_a']} is {ratio:.3g} times that of "
        f"{record['scenario_b']} ({_level(record)} interval {low:.3g} to {high:.3g}, margin "
        f"{margin:.3g} times)"
    )


def _trend(record: Mapping[Any, Any], unit: str) -> str:
    slope, low, high = (_number(record[key], "+") for key in ("difference", "ci_low", "ci_high"))
    return (
        f"the difference in mean {_name(record)} between {record['scenario_a']} and "
        f"{record['scenario_b']} changes by {slope} {unit} per unit ({_level(record)} interval "
        f"{low} to {high}, margin {record['margin']:g})"
    )


def _standard_error(record: Mapping[Any, Any], unit: str) -> str:
    error, margin = record["estimate_a"], record["margin"]
    middle = error - record["difference"]
    return (
        f"the mean of {record['mean_of']:.0f} repeats of {record['scenario_a']} has a standard "
        f"error of {error:.2f} {unit} ({_level(record)} interval {record['ci_low'] + middle:.2f} "
        f"to {record['ci_high'] + middle:.2f}, claimed {middle - margin:g} to {middle + margin:g})"
    )
