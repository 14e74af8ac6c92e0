"""Comparisons outside the family of claims: all pairs, explored; twins, to check the study."""

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import pandas as pd
from statsmodels.stats.multitest import multipletests

from thousandfold.inference.designs import Design
from thousandfold.inference.samples import Sample, Samples
from thousandfold.study import ScenarioPair


def _compare(a: Sample, b: Sample, design: Design, alpha: float) -> dict[str, Any]:
    """The difference of means with its interval, and the usual tests; NaN of too few repeats."""
    x, y = design.values(a, b)
    row = {
        "series": a.series, "scenario_a": a.scenario, "scenario_b": b.scenario,
        "n_a": len(x), "n_b": len(y), "interval_level": 1 - alpha,
    }  # fmt: skip
    if min(len(x), len(y)) < 2:
        return row
    estimate = design.mean_difference(x, y)
    low, high = estimate.interval(alpha)
    return row | design.usual_tests(x, y) | {
        "mean_a": estimate.estimate_a, "mean_b": estimate.estimate_b,
        "difference": estimate.difference, "ci_low": low, "ci_high": high,
    }  # fmt: skip


def compare_all_pairs(
    samples: Samples, design: Design, alpha: float, columns: list[str]
) -> pd.DataFrame:
    """The comparisons table: every pair of scenarios, with Benjamini and Hochberg's p over all."""
    rows = [
        _compare(a, b, design, alpha)
        for a, b in combinations(samples.values(), 2)
        if a.series == b.series
    ]
    table = pd.DataFrame(rows, columns=columns)
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
    """The twins table: scenarios that differ in their random numbers only, alpha shared by all."""
    pairs = [(s, pair) for s in series for pair in twins]
    rows = []
    for name, pair in pairs:
        a, b = samples[name, pair.a], samples[name, pair.b]
        row = {"id": pair.id} | _compare(a, b, design, alpha / len(pairs))
        if "difference" in row:
            row["differs"] = row["ci_low"] > 0 or row["ci_high"] < 0
        rows.append(row)
    return pd.DataFrame(rows, columns=columns)
