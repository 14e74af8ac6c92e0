"""How precisely a mean is known: descriptive statistics, and the standard error against n."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from thousandfold.inference.draws import parts, picks_of
from thousandfold.inference.estimates import deviation
from thousandfold.inference.resampling import FEWEST_DRAWS, mean_interval
from thousandfold.inference.samples import Sample, Samples
from thousandfold.inference.tables import table_of

SUMMARY_LEVEL = 0.95

RESAMPLES = 1000
"""Samples drawn with replacement for each resampled standard error."""


def half_width(standard_error: Any, n: int) -> Any:
    """Half the width of the t interval of a mean of n values, from its standard error."""
    return stats.t.isf((1 - SUMMARY_LEVEL) / 2, n - 1) * standard_error


def describe(sample: Sample) -> dict[str, float]:
    """The summary table's statistics of one scenario's repeats.

    Repeats that do not vary tell nothing of luck, so that their mean has no interval; unless they
    are the same by declaration, when it is the mean itself.
    """
    finite = sample.finite
    n = len(finite)
    row: dict[str, float] = {"n": n, "n_diverged": sample.n_diverged}
    if n == 0:
        return row
    mean = float(sample.moments.mean)
    row |= {"mean": mean, "min": finite.min(), "max": finite.max()}
    row |= dict(zip(("q25", "median", "q75"), np.quantile(finite, [0.25, 0.5, 0.75]), strict=True))
    if n >= 2:
        std = float(sample.moments.deviation)
        row |= {"std": std, "standard_error": std / math.sqrt(n)}
    if sample.varies:
        reach = half_width(row["standard_error"], n)
        row |= {"ci_low": mean - reach, "ci_high": mean + reach}
    elif sample.is_constant:
        row |= {"ci_low": mean, "ci_high": mean}
    return row


def summarise(
    samples: Samples, metric: str, baselines: Mapping[str, Mapping[str, float]], columns: list[str]
) -> pd.DataFrame:
    """A metric's rows of the summary table: one per series and scenario.

    With the errors of the series' baselines.
    """
    rows = []
    for (series, scenario), sample in samples.items():
        row = {"series": series, "scenario": scenario, "metric": metric, **describe(sample)}
        # Of the autoregressions the table has the first; the baselines table has all.
        row |= {k: value for k, value in baselines.get(series, {}).items() if k in columns}
        if sample.varies:
            draws = sample.resampled(FEWEST_DRAWS)
            interval = mean_interval(sample.finite, draws, 1 - SUMMARY_LEVEL)
            row["bca_low"], row["bca_high"] = interval
        rows.append(row)
    return table_of(rows, columns)


def compare_with_baselines(
    samples: Samples, baselines: Mapping[str, Mapping[str, float]], columns: list[str]
) -> pd.DataFrame:
    """The baselines table: one row per series, scenario and baseline."""
    rows = [
        {
            "series": series,
            "scenario": scenario,
            "baseline": name,
            **against_baseline(sample, baseline),
        }
        for (series, scenario), sample in samples.items()
        for name, baseline in baselines.get(series, {}).items()
    ]
    return table_of(rows, columns)


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


BETTER, WORSE, UNDECIDED = "better", "worse", "undecided"
"""What a scenario is than a baseline, by the interval of their difference."""


def against_baseline(sample: Sample, baseline: float) -> dict[str, Any]:
    """A scenario's mean minus a baseline's error, with its one-sample t interval."""
    row = describe(sample)
    if "ci_low" not in row:
        difference = row.get("mean", math.nan) - baseline
        return {
            "baseline_value": baseline, "n": row["n"], "difference": difference,
            "result": UNDECIDED,
        }  # fmt: skip
    low, high = row["ci_low"] - baseline, row["ci_high"] - baseline
    result = BETTER if high < 0 else WORSE if low > 0 else UNDECIDED
    return {
        "baseline_value": baseline, "n": row["n"], "difference": row["mean"] - baseline,
        "ci_low": low, "ci_high": high, "result": result,
    }  # fmt: skip


def sample_sizes(n: int) -> np.ndarray:
    """Sample sizes from 2 to n: each up to 30, then about thirty to each power of ten."""
    if n < 2:
        return np.array([], int)
    last = max(n, 30)
    spaced = np.geomspace(30, last, num=round(30 * np.log10(last / 30)) + 2)
    sizes = np.unique(np.concatenate([np.arange(2, 31), spaced.round().astype(int)]))
    return np.append(sizes[sizes < n], n)


def standard_errors(sample: Sample) -> pd.DataFrame:
    """Running, resampled and theoretical standard errors of a scenario's mean against n.

    The running ones take the first n finite repeats. The resampled one is the standard deviation
    of the means of RESAMPLES samples of n, drawn with replacement from all finite repeats.
    """
    finite, rng = sample.finite, sample.rng("standard error")
    sizes = sample_sizes(len(finite))
    if not sizes.size:
        return pd.DataFrame(columns=["n"])
    means = np.cumsum(finite)[sizes - 1] / sizes
    deviations = [finite[:n].std(ddof=1) for n in sizes]
    resampled_means = np.vstack(
        [
            np.cumsum(finite[picks_of(len(finite), rows, rng)], axis=1)[:, sizes - 1] / sizes
            for rows in parts(RESAMPLES, len(finite))
        ]
    )
    return pd.DataFrame(
        {
            "n": sizes,
            "running_mean": means,
            "running_standard_error": deviations / np.sqrt(sizes),
            "resampled_standard_error": resampled_means.std(axis=0, ddof=1),
            "theory_standard_error": finite.std(ddof=1) / np.sqrt(sizes),
        }
    )


def standard_error_table(samples: Samples, columns: list[str]) -> pd.DataFrame:
    """The standard_error table of all scenarios."""
    tables = [
        standard_errors(sample).assign(series=series, scenario=scenario)
        for (series, scenario), sample in samples.items()
    ]
    return pd.concat(tables, ignore_index=True).reindex(columns=columns)


def required_repeats_table(
    samples: Samples, margins: Mapping[str, float], columns: list[str]
) -> pd.DataFrame:
    """The required_repeats table: one row per series, scenario and target; margins by series."""
    rows = [
        {
            "series": series,
            "scenario": scenario,
            **required_repeats(sample, share * margins[series]),
        }
        for (series, scenario), sample in samples.items()
        if sample.varies
        for share in TARGETS
    ]
    return table_of(rows, columns)
