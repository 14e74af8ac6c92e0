"""Comparisons outside the family of claims: exploratory pairs, and twins to check the study."""

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from thousandfold.inference.designs import Design
from thousandfold.inference.estimates import SAME
from thousandfold.inference.samples import Sample, Samples
from thousandfold.inference.tables import table_of
from thousandfold.study import ScenarioPair


def _compare(a: Sample, b: Sample, design: Design, alpha: float) -> dict[str, Any]:
    """The difference of means with its interval, and the usual tests; NaN with too few repeats."""
    x, y = design.values(a, b)
    row = {
        "series": a.series, "scenario_a": a.scenario, "scenario_b": b.scenario,
        "n_a": len(x), "n_b": len(y), "interval_level": 1 - alpha,
    }  # fmt: skip
    estimate = design.contrast((a, b), (1, -1))
    if estimate is None:
        return row
    low, high = estimate.interval(alpha)
    with np.errstate(divide="ignore", invalid="ignore"):
        tests = design.usual_tests(x, y)
    return row | tests | {
        "mean_a": estimate.estimate_a, "mean_b": estimate.estimate_b,
        "difference": estimate.difference, "ci_low": low, "ci_high": high,
    }  # fmt: skip


def compare_pairs(
    samples: Samples,
    design: Design,
    alpha: float,
    columns: list[str],
    pairs: Iterable[tuple[str, str]] | None = None,
) -> pd.DataFrame:
    """The comparisons table: every pair of scenarios, or these, with Benjamini and Hochberg's p.

    In either order of a pair, a is the scenario that comes first in the samples.
    """
    by_series: dict[str, list[Sample]] = {}
    for sample in samples.values():
        by_series.setdefault(sample.series, []).append(sample)
    wanted = None if pairs is None else set(map(frozenset, pairs))
    rows = [
        _compare(a, b, design, alpha)
        for alike in by_series.values()
        for a, b in combinations(alike, 2)
        if wanted is None or {a.scenario, b.scenario} in wanted
    ]
    table = table_of(rows, columns)
    for test in design.TESTS:
        known = table[f"{test}_p"].dropna().astype(float)
        if len(known):
            adjusted = multipletests(known, method="fdr_bh")[1]
            table[f"{test}_p_bh"] = pd.Series(adjusted, known.index)
    return table


def check_twins(
    samples: Samples,
    series: Iterable[str],
    twins: Iterable[ScenarioPair],
    design: Design,
    alpha: float,
    columns: list[str],
) -> pd.DataFrame:
    """The twins table: scenarios that differ only in their random numbers; all share alpha."""
    pairs = [(s, pair) for s in series for pair in twins]
    rows = []
    for name, pair in pairs:
        a, b = samples[name, pair.a], samples[name, pair.b]
        compared = _compare(a, b, design, alpha / len(pairs))
        shown = {column: value for column, value in compared.items() if column in columns}
        rows.append({"id": pair.id, **shown, "differs": _differs(compared)})
    return table_of(rows, columns)


def _differs(compared: dict[str, Any]) -> bool | None:
    """Whether two scenarios differ; None if that cannot be known.

    Two samples that do not vary are the same, or leave the question open.
    """
    if "difference" not in compared:
        return None
    low, high = compared["ci_low"], compared["ci_high"]
    if np.isnan(low):
        largest = max(abs(compared["mean_a"]), abs(compared["mean_b"]))
        return False if abs(compared["difference"]) <= SAME * largest else None
    return bool(low > 0 or high < 0)
