"""What else can be said of a contrast: it decides nothing, but flags where it would differ.

Every column here has its line in workflow/schemas/tables.yaml.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from thousandfold.inference.contrasts import Estimate, spread_ratio
from thousandfold.inference.ranks import mann_whitney, relative_effect
from thousandfold.inference.resampling import (
    MeanDraws,
    bootstrap_t_interval,
    permutation_p,
    sd_ratio_interval,
)
from thousandfold.inference.verdicts import claim_verdict

TRIMMED_SHARE = 0.2
"""The share cut off at each end of a sample for its trimmed mean."""

DESCRIPTIVE_ALPHA = 0.05
"""Intervals that stand beside the deciding one are at 95 %, unadjusted."""


def sensitivity(
    a: np.ndarray,
    b: np.ndarray,
    draws: tuple[MeanDraws, MeanDraws],
    rng: np.random.Generator,
    alpha: float,
) -> dict[str, Any]:
    """Other views of the same two samples, each of at least 2 finite values.

    `draws` resample a and b; `alpha` is the deciding interval's, for the bootstrap-t interval.
    """
    effect = relative_effect(a, b)
    probability_low, probability_high = effect.interval(DESCRIPTIVE_ALPHA)
    t_low, t_high = bootstrap_t_interval(a, b, *draws, alpha)
    sd_low, sd_high = sd_ratio_interval(*draws, DESCRIPTIVE_ALPHA)
    sd_a, sd_b = a.std(ddof=1), b.std(ddof=1)
    return {
        "brunnermunzel_p": mann_whitney(a, b)[1] if effect.is_separated else effect.p_value,
        "probability_a_less_b": effect.probability,
        "probability_low": probability_low,
        "probability_high": probability_high,
        "bootstrap_t_low": t_low,
        "bootstrap_t_high": t_high,
        "permutation_p": permutation_p(a, b, rng),
        "median_difference": float(np.median(a) - np.median(b)),
        "trimmed_mean_difference": float(
            stats.trim_mean(a, TRIMMED_SHARE) - stats.trim_mean(b, TRIMMED_SHARE)
        ),
        "spread_ratio": math.exp(spread_ratio(a, b).difference),
        "sd_ratio": sd_a / sd_b if sd_b else math.nan,
        "sd_ratio_low": sd_low,
        "sd_ratio_high": sd_high,
        "brown_forsythe_p": _brown_forsythe_p(a, b),
    }


def _brown_forsythe_p(a: np.ndarray, b: np.ndarray) -> float:
    """Levene's test around the medians (Brown and Forsythe 1974); NaN without variation."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(stats.levene(a, b, center="median").pvalue)


def diverged_rate_interval(
    diverged: tuple[int, int], planned: tuple[int, int]
) -> tuple[float, float]:
    """Newcombe's 95 % interval of the difference of two rates of divergence."""
    low, high = confint_proportions_2indep(
        diverged[0], planned[0], diverged[1], planned[1], compare="diff", method="newcomb",
        alpha=DESCRIPTIVE_ALPHA,
    )  # fmt: skip
    return float(low), float(high)


def margins(estimate: Estimate, alpha: float, margin: float, verdict: str) -> dict[str, float]:
    """How the answer depends on the margin, and the n that would give one."""
    low, high = estimate.interval(alpha)
    unresolved = verdict == "inconclusive" and math.isfinite(estimate.unit_variance)
    return {
        "margin_equivalent_above": max(abs(low), abs(high)),
        "margin_exceeded_below": max(0.0, low, -high),
        "n_to_resolve": estimate.n_to_resolve(alpha, margin) if unresolved else math.nan,
    }


def disagreements(row: Mapping[str, Any], alpha: float, verdict: str) -> list[str]:
    """Flags for a contrast of means whose other views say something else.

    `alpha` is the family's, against which the row's `difference_p_family` is held.
    """
    flags = []
    direction = np.sign(row["difference"])
    views = {
        "median": row["median_difference"],
        "trimmed mean": row["trimmed_mean_difference"],
        "ranks": 0.5 - row["probability_a_less_b"],
    }
    if row["difference_p_family"] < alpha:
        others = [name for name, value in views.items() if np.sign(value) == -direction]
        if others:
            flags.append(f"direction differs by {', '.join(others)}")
    bootstrapped = claim_verdict(
        row["expect"], row["bootstrap_t_low"], row["bootstrap_t_high"], row["margin"]
    )
    if bootstrapped != verdict:
        flags.append(f"bootstrap-t would say: {bootstrapped}")
    if row["probability_a_less_b"] in (0.0, 1.0):
        flags.append("samples do not overlap")
    return flags
