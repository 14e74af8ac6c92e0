"""How often tests and verdicts err when there is nothing to find, on the study's own repeats.

By the usual tests at .05: between disjoint random splits of one scenario (A/A), and between two
scenarios moved to a common mean, as A/A alone reassures falsely. By the deciding intervals, at
their own level and the study's own number of repeats: how often each word comes up for pools
shaped like a contrast's samples. Intervals are Monte-Carlo error, conditional on the pool.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from statsmodels.stats.proportion import proportion_confint

from thousandfold.inference.designs import Design
from thousandfold.inference.judging import MissRate, MissRates, family_size
from thousandfold.inference.questions import Question, comparison_name
from thousandfold.inference.replication import FEWEST_REPEATS
from thousandfold.inference.samples import Samples
from thousandfold.inference.verdicts import DifferenceVerdict, RangeVerdict
from thousandfold.tables.rows import CalibrationRow, ErrorRateRow

SIZES = (10, 30, 100)
DRAWS = 2000
LEVEL = 0.05

SAME_SCENARIO, EQUAL_MEANS = "same scenario", "equal means"
"""What the usual tests are tried on, where there is nothing to find."""

DECIDING = "deciding interval"
"""What stands in the place of a test's name for the interval that decides."""

FEWEST_TO_FLAG = 30
"""With fewer repeats the pool says too little about the tails, by which intervals miss."""

TIMES_TO_FLAG = 2
"""A claim is flagged if its interval misses more than this many times as often as allowed."""

MOST_RESAMPLED, RESAMPLED_VALUES = 10_000, 1_000_000_000
"""Repeats of the studies that are drawn, at most, and all their values; with more repeats an
interval misses no more often."""

MISSES = 200
"""How many of the studies drawn miss at the nominal level: enough to tell twice as many apart."""

MOST_DRAWS = 400_000
"""Studies drawn for a contrast, at most: as many as 100 contrasts at .05 ask for. Of more contrasts
fewer draws miss, and a rate has to be higher to be flagged."""

WORDS = {
    DifferenceVerdict.BEYOND_MARGIN: "share_beyond_margin",
    DifferenceVerdict.WITHIN_MARGIN: "share_within_margin",
    DifferenceVerdict.EQUIVALENT: "share_equivalent",
    DifferenceVerdict.SIZE_UNRESOLVED: "share_size_unresolved",
    DifferenceVerdict.INCONCLUSIVE: "share_inconclusive",
    RangeVerdict.OUTSIDE: "share_beyond_margin",
    RangeVerdict.INSIDE: "share_equivalent",
    RangeVerdict.INCONCLUSIVE: "share_inconclusive",
}
"""The column of each word; those about a claimed range stand where their like stand."""


def _rates(rejected: int, draws: int, level: float) -> dict[str, Any]:
    low, high = proportion_confint(rejected, draws, method="wilson")
    return {
        "draws": draws, "level": level, "rejection_rate": rejected / draws,
        "rate_low": low, "rate_high": high,
    }  # fmt: skip


def _by_test(xs: np.ndarray, ys: np.ndarray, design: Design) -> list[dict[str, Any]]:
    """Rejection rates of both tests over many pairs of samples, one per row."""
    p_values = (design.mean_difference(xs, ys).p_difference(), design.rank_test(xs, ys)[1])
    return [
        {"test": test, **_rates(int(np.sum(p < LEVEL)), len(p), LEVEL)}
        for test, p in zip(design.TESTS, p_values, strict=True)
    ]


def calibrate_same(
    values: np.ndarray, n: int, design: Design, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Rejection rates between disjoint halves of n each; none with fewer than 2 n values."""
    pairs = len(values) // (2 * n)
    if pairs == 0:
        return []
    # One permutation of the pool gives as many disjoint pairs as it has room for.
    permutations = -(-DRAWS // pairs)
    shuffled = rng.permuted(np.tile(values, (permutations, 1)), axis=1)[:, : pairs * 2 * n]
    halves = shuffled.reshape(-1, 2, n)[:DRAWS]
    return _by_test(halves[:, 0], halves[:, 1], design)


def calibrate_shapes(
    x: np.ndarray, y: np.ndarray, n: int, design: Design, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Rejection rates between samples of n of two scenarios whose means were made equal.

    None with fewer than n values: resampling cannot add information to a pool.
    """
    if min(len(x), len(y)) < n:
        return []
    xs, ys = design.draw((x - x.mean(), y - y.mean()), (DRAWS, n), rng)
    return _by_test(xs, ys, design)


def draws_of(alpha: float) -> int:
    """How many studies are drawn for a contrast with this share of alpha."""
    return min(MOST_DRAWS, math.ceil(MISSES / alpha))


def most_resampled(alpha: float) -> int:
    """The maximum number of repeats in a drawn study, for contrasts with this share of alpha."""
    return min(MOST_RESAMPLED, RESAMPLED_VALUES // draws_of(alpha))


def calibrate_verdicts(question: Question, alpha: float) -> dict[str, Any]:
    """How often each result occurs, and the interval misses, when there is nothing to find.

    Through the functions that decide, at the deciding level; `alpha` is that contrast's.
    """
    draws, margin = draws_of(alpha), question.margin
    counts = np.zeros(len(_ENDS), int)
    for estimate in question.resampled_nulls(draws, most_resampled(alpha)):
        where = estimate.classified(alpha, lambda low, high: _where(low, high, margin))
        counts += np.bincount(where, minlength=len(_ENDS))
    low, high = margin * _ENDS.T
    missed = int(counts[(low > 0) | (high < 0)].sum())
    columns = [WORDS[word] for word in question.contrast.interval_verdict(low, high, margin)]
    shares = {
        column: int(counts[[each == column for each in columns]].sum()) / draws
        for column in dict.fromkeys(WORDS.values())
    }
    return {**_rates(missed, draws, alpha), **shares}


_ENDS = np.array([(low, -high) for low in (-2, -0.5, 0.5, 2) for high in (-2, -0.5, 0.5, 2)])
"""An interval of each class, in margins: both ends in turn below, between and above -1, 0 and 1."""


def _where(low: np.ndarray, high: np.ndarray, margin: float) -> np.ndarray:
    """Between which of -margin, 0 and margin the ends of intervals lie, as positions in _ENDS.

    No more than that enters a verdict, and whether an interval misses.
    """
    bounds = (-margin, 0.0, margin)
    above = np.sum([low > bound for bound in bounds], axis=0, dtype=np.int8)
    below = np.sum([high < bound for bound in bounds], axis=0, dtype=np.int8)
    return np.asarray(4 * above + below)


def _calibrated(question: Question) -> bool:
    """Whether a question's own samples say anything about how its interval errs."""
    return (
        not question.is_exact
        and question.estimate is not None
        and bool(question.estimate.is_known)
        and min(question.sizes) >= FEWEST_REPEATS
    )


def _verdict_rows(questions: Iterable[Question], alpha: float) -> Iterator[CalibrationRow]:
    """A row for each distinct contrast."""
    distinct = {question.key: question for question in questions}
    k = family_size(distinct.values())
    for question in filter(_calibrated, distinct.values()):
        contrast = question.contrast
        yield CalibrationRow(
            series=question.series, null="nothing to find", **contrast.names(),
            metric=contrast.metric, estimand=contrast.estimand,
            comparison=comparison_name(question.key),
            n=min(*question.sizes, most_resampled(alpha / k)), test=DECIDING,
            **calibrate_verdicts(question, alpha / k),
        )  # fmt: skip


def calibration_table(
    samples: Samples,
    pairs: Iterable[tuple[str, str, str]],
    questions: Iterable[Question],
    alpha: float,
    design: Design,
) -> list[CalibrationRow]:
    """The calibration table: every scenario with itself, `pairs` of (series, a, b), verdicts."""
    rows: list[CalibrationRow] = []
    for (series, name), sample in samples.items():
        if len(sample.finite) < FEWEST_REPEATS:
            continue
        rng = sample.rng("calibration")
        names: dict[str, Any] = {
            "series": series, "null": SAME_SCENARIO, "scenario_a": name, "scenario_b": name,
        }  # fmt: skip
        for n in SIZES:
            rates = calibrate_same(sample.finite, n, design, rng)
            rows += [CalibrationRow(**names, n=n, **row) for row in rates]
    for series, *pair in pairs:
        a, b = (samples[series, name] for name in pair)
        x, y = design.values(a, b)
        if min(len(x), len(y)) < FEWEST_REPEATS:
            continue
        rng = a.rng_with(b, "calibration")
        names = {
            "series": series, "null": EQUAL_MEANS, "scenario_a": pair[0], "scenario_b": pair[1],
        }  # fmt: skip
        for n in SIZES:
            rates = calibrate_shapes(x, y, n, design, rng)
            rows += [CalibrationRow(**names, n=n, **row) for row in rates]
    return [*rows, *_verdict_rows(questions, alpha)]


def error_rates_table(calibration: Iterable[CalibrationRow]) -> list[ErrorRateRow]:
    """The error_rates table: a row for each series, null, test and, of the usual tests, size."""
    groups: dict[tuple[str, str, str, int | None], list[CalibrationRow]] = {}
    for row in calibration:
        n = None if row.test == DECIDING else row.n
        groups.setdefault((row.series, row.null, row.test, n), []).append(row)
    return [
        ErrorRateRow(
            series=series, null=null, test=test, n=n, pairs=len(rows), level=rows[0].level,
            lowest=min(row.rejection_rate for row in rows),
            highest=max(row.rejection_rate for row in rows),
        )
        for (series, null, test, n), rows in groups.items()
    ]  # fmt: skip


def miss_rates(calibration: Iterable[CalibrationRow]) -> MissRates:
    """What the calibration table says about each contrast's deciding interval."""
    return {
        (row.series, row.metric, row.estimand, row.comparison): MissRate(
            row.n,
            row.rejection_rate,
            row.n >= FEWEST_TO_FLAG and row.rate_low > TIMES_TO_FLAG * row.level,
        )
        for row in calibration
        if row.test == DECIDING
    }
