"""Comparisons outside the family of claims: exploratory pairs, and twins to check the study."""

import math
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from statsmodels.stats.multitest import multipletests

from thousandfold.inference.designs import Design
from thousandfold.inference.estimates import SAME
from thousandfold.inference.samples import Sample, Samples
from thousandfold.study import ScenarioPair
from thousandfold.tables.rows import ComparisonRow, TwinRow


def _compare(a: Sample, b: Sample, design: Design, alpha: float) -> ComparisonRow:
    """The difference of means with its interval, and the usual tests; NaN with too few repeats."""
    x, y = design.values(a, b)
    row = ComparisonRow(
        series=a.series, scenario_a=a.scenario, scenario_b=b.scenario, n_a=len(x), n_b=len(y),
        mean_a=math.nan, mean_b=math.nan, difference=math.nan, ci_low=math.nan, ci_high=math.nan,
        interval_level=1 - alpha,
    )  # fmt: skip
    estimate = design.contrast((a, b), (1, -1))
    if estimate is None:
        return row
    low, high = estimate.interval(alpha)
    with np.errstate(divide="ignore", invalid="ignore"):
        tests: dict[str, Any] = design.usual_tests(x, y)
    return replace(
        row, **tests, mean_a=estimate.estimate_a, mean_b=estimate.estimate_b,
        difference=estimate.difference, ci_low=low, ci_high=high,
    )  # fmt: skip


def compare_pairs(
    samples: Samples,
    design: Design,
    alpha: float,
    pairs: Iterable[tuple[str, str]] | None = None,
) -> list[ComparisonRow]:
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
    for test in design.TESTS:
        adjusted = _benjamini_hochberg([getattr(row, f"{test}_p") for row in rows])
        cells: list[dict[str, Any]] = [{f"{test}_p_bh": p} for p in adjusted]
        rows = [replace(row, **cell) for row, cell in zip(rows, cells, strict=True)]
    return rows


def _benjamini_hochberg(p_values: list[float]) -> np.ndarray:
    """The adjusted p values of those that are known; NaN for the others."""
    adjusted = np.array(p_values)
    known = np.isfinite(adjusted)
    if known.any():
        adjusted[known] = multipletests(adjusted[known], method="fdr_bh")[1]
    return adjusted


def check_twins(
    samples: Samples,
    series: Iterable[str],
    twins: Iterable[ScenarioPair],
    design: Design,
    alpha: float,
) -> list[TwinRow]:
    """The twins table: scenarios that differ only in their random numbers; all share alpha."""
    pairs = [(s, pair) for s in series for pair in twins]
    rows = []
    for name, pair in pairs:
        a, b = samples[name, pair.a], samples[name, pair.b]
        compared = _compare(a, b, design, alpha / len(pairs))
        shared = {column: getattr(compared, column) for column in _OF_TWINS}
        rows.append(TwinRow(id=pair.id, **shared, differs=_differs(compared)))
    return rows


_OF_TWINS = [column for column in ComparisonRow.columns if column in TwinRow.columns]


def _differs(compared: ComparisonRow) -> bool | None:
    """Whether two scenarios differ; None if that cannot be known.

    Two samples that do not vary are the same, or leave the question open.
    """
    if math.isnan(compared.ci_low):
        largest = max(abs(compared.mean_a), abs(compared.mean_b))
        return False if abs(compared.difference) <= SAME * largest else None
    return bool(compared.ci_low > 0 or compared.ci_high < 0)
