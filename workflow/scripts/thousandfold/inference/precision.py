"""How precisely a mean is known: descriptive statistics, and the standard error against n."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats

from thousandfold.baselines import AUTOREGRESSION, DRIFT, PERSISTENCE
from thousandfold.inference.draws import parts, picks_of
from thousandfold.inference.estimates import deviation
from thousandfold.inference.resampling import FEWEST_DRAWS, mean_interval
from thousandfold.inference.samples import Sample, Samples
from thousandfold.tables.rows import (
    RequiredRepeatsRow,
    StandardErrorRow,
    SummaryRow,
)

SUMMARY_LEVEL = 0.95

RESAMPLES = 1000
"""Samples drawn with replacement for each resampled standard error."""


def half_width(standard_error: Any, n: int, level: float = SUMMARY_LEVEL) -> Any:
    """Half the width of the t interval of a mean of n values, from its standard error."""
    return stats.t.isf((1 - level) / 2, n - 1) * standard_error


def reach_of_mean(sample: Sample, level: float) -> float:
    """Half the width of the t interval of a scenario's mean; NaN if there is none.

    Repeats that do not vary tell nothing of luck, so that their mean has no interval; unless they
    are the same by declaration, when it is the mean itself.
    """
    if sample.varies:
        n = len(sample.finite)
        return float(half_width(sample.moments.deviation / math.sqrt(n), n, level))
    return 0.0 if sample.is_constant else math.nan


def describe(sample: Sample) -> dict[str, Any]:
    """The summary table's statistics of one scenario's repeats, NaN where there are too few."""
    finite = sample.finite
    n = len(finite)
    mean = float(sample.moments.mean) if n else math.nan
    std = float(sample.moments.deviation) if n >= 2 else math.nan
    standard_error = std / math.sqrt(max(1, n))
    reach = reach_of_mean(sample, SUMMARY_LEVEL)
    lowest, q25, median, q75, largest = (
        np.quantile(finite, [0, 0.25, 0.5, 0.75, 1]) if n else [math.nan] * 5
    )
    return {
        "n": n, "n_diverged": sample.n_diverged,
        "mean": mean, "std": std, "standard_error": standard_error,
        "ci_low": mean - reach, "ci_high": mean + reach,
        "min": lowest, "q25": q25, "median": median, "q75": q75, "max": largest,
    }  # fmt: skip


SUMMARY_BASELINES = (PERSISTENCE, DRIFT, f"{AUTOREGRESSION}1")
"""Those in the summary table: of the autoregressions the first. The baselines table has all."""


def summarise(
    samples: Samples, metric: str, baselines: Mapping[str, Mapping[str, float]]
) -> list[SummaryRow]:
    """A metric's rows of the summary table: one per series and scenario.

    With the errors of the series' baselines.
    """
    rows = []
    for (series, scenario), sample in samples.items():
        of_series = baselines.get(series, {})
        compared: dict[str, Any] = {
            name: of_series.get(name, math.nan) for name in SUMMARY_BASELINES
        }
        bca_low, bca_high = math.nan, math.nan
        if sample.varies:
            draws = sample.resampled(FEWEST_DRAWS)
            bca_low, bca_high = mean_interval(sample.finite, draws, 1 - SUMMARY_LEVEL)
        rows.append(
            SummaryRow(
                series=series,
                scenario=scenario,
                metric=metric,
                **describe(sample),
                **compared,
                bca_low=bca_low,
                bca_high=bca_high,
            )
        )
    return rows


TARGETS = (1.0, 0.6, 0.2, 0.1)
"""Standard errors to reach, as shares of the margin."""


def required_repeats(sample: Sample, target: float) -> dict[str, float]:
    """How many repeats give a standard error of `target`: (s / target)^2, rounded up.

    The interval is that of the standard deviation, carried over, and empty where there is none;
    a first crossing of the running standard error would be biased.
    """
    found = deviation(sample.finite)
    low, high = found.interval(1 - SUMMARY_LEVEL)
    sds = {"n": found.value, "n_low": low, "n_high": high}
    return {"target": target} | {name: _repeats_for(sd, target) for name, sd in sds.items()}


def _repeats_for(sd: float, target: float) -> float:
    """(s / target)^2, rounded up, at least 2; infinite where no float holds it."""
    ratio = float(sd) / target if target else math.inf
    n = ratio * ratio
    return max(2, math.ceil(n)) if math.isfinite(n) else n


def sample_sizes(n: int) -> np.ndarray:
    """Sample sizes from 2 to n: each up to 30, then about thirty to each power of ten."""
    if n < 2:
        return np.array([], int)
    last = max(n, 30)
    spaced = np.geomspace(30, last, num=round(30 * np.log10(last / 30)) + 2)
    sizes = np.unique(np.concatenate([np.arange(2, 31), spaced.round().astype(int)]))
    return np.append(sizes[sizes < n], n)


def standard_errors(sample: Sample) -> list[StandardErrorRow]:
    """Running, resampled and theoretical standard errors of a scenario's mean against n.

    The running ones take the first n finite repeats. The resampled one is the standard deviation
    of the means of RESAMPLES samples of n, drawn with replacement from all finite repeats.
    """
    finite, rng = sample.finite, sample.rng("standard error")
    sizes = sample_sizes(len(finite))
    if not sizes.size:
        return []
    means = np.cumsum(finite)[sizes - 1] / sizes
    deviations = [finite[:n].std(ddof=1) for n in sizes]
    resampled_means = np.vstack(
        [
            np.cumsum(finite[picks_of(len(finite), rows, rng)], axis=1)[:, sizes - 1] / sizes
            for rows in parts(RESAMPLES, len(finite))
        ]
    )
    resampled = resampled_means.std(axis=0, ddof=1)
    std = finite.std(ddof=1)
    return [
        StandardErrorRow(
            series=sample.series, scenario=sample.scenario, n=n, running_mean=means[i],
            running_standard_error=deviations[i] / np.sqrt(n),
            resampled_standard_error=resampled[i], theory_standard_error=std / np.sqrt(n),
        )
        for i, n in enumerate(sizes)
    ]  # fmt: skip


def standard_error_table(samples: Samples) -> list[StandardErrorRow]:
    """The standard_error table of all scenarios."""
    return [row for sample in samples.values() for row in standard_errors(sample)]


def required_repeats_table(
    samples: Samples, margins: Mapping[str, float]
) -> list[RequiredRepeatsRow]:
    """The required_repeats table: one row per series, scenario and target; margins by series."""
    return [
        RequiredRepeatsRow(
            series=series, scenario=scenario, **required_repeats(sample, share * margins[series])
        )
        for (series, scenario), sample in samples.items()
        if sample.varies
        for share in TARGETS
    ]
