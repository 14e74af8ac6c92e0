"""The findings table: all evidence on every registered contrast, and what the interval says of it.

All findings of a study are one family: the deciding interval of each contrast has the level
1 - alpha / k, k being the number of distinct contrasts. Two findings about the same pair, series
and estimand, whichever way round, share one contrast.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from thousandfold.inference.contrasts import (
    Estimate,
    absolute_deviations,
    slope_weights,
    spread_ratio,
)
from thousandfold.inference.designs import Design
from thousandfold.inference.resampling import DESCRIPTIVE_ALPHA, sd_interval
from thousandfold.inference.samples import Sample, Samples, divergence_matters, rng_of_pair
from thousandfold.inference.verdicts import (
    DifferenceVerdict,
    Verdict,
    claim_verdict,
    difference_verdict,
    range_verdict,
    worst,
)
from thousandfold.study import Contrast, Finding

TRIMMED_SHARE = 0.2
"""The share cut off at each end of a sample for its trimmed mean."""

Identities = Mapping[tuple[str, frozenset[str]], bool]
"""Of (series, pair) that is the same by construction: whether a check confirmed it."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Family:
    """What all contrasts of a study share."""

    samples: Mapping[str, Samples]
    """By metric."""
    margins: Mapping[str, float]
    """By series, of the contrasts that have none of their own."""
    design: Design
    identities: Identities
    alpha: float
    k: int
    higher_is_better: Mapping[str, bool]
    """By metric; what is not there is better when lower."""

    @property
    def contrast_alpha(self) -> float:
        """The share of alpha that each contrast has (Bonferroni)."""
        return self.alpha / self.k


def judge(
    samples: Mapping[str, Samples],
    margins: Mapping[str, float],
    findings: Iterable[Finding],
    alpha: float,
    design: Design,
    identities: Identities,
    columns: list[str],
    *,
    higher_is_better: Mapping[str, bool] = MappingProxyType({}),
) -> pd.DataFrame:
    """The findings table: one row per series, finding and contrast.

    `samples` are by metric, `margins` by series; `higher_is_better` is by metric, and what is not
    there is better when lower.
    """
    findings = list(findings)
    contrasts = [(s, f.id, c) for s in margins for f in findings for c in f.contrasts]
    keys = [_key(series_, contrast) for series_, _, contrast in contrasts]
    family = Family(samples, margins, design, identities, alpha, len(set(keys)), higher_is_better)
    rows = [_row(*names_and_contrast, family) for names_and_contrast in contrasts]
    table = pd.DataFrame(rows, columns=columns)
    for test in design.TESTS:
        # Both ways round of a contrast have one p and count once.
        adjusted = _holm(dict(zip(keys, table[f"{test}_p"].astype(float), strict=True)))
        table[f"{test}_p_holm"] = [adjusted[key] for key in keys]
    return table


def _key(series: str, contrast: Contrast) -> tuple[str, str, frozenset[str], str]:
    """What makes two contrasts the same comparison."""
    return series, contrast.metric, frozenset(contrast.scenarios), contrast.estimand


def _holm(p_values: Mapping[Any, float]) -> dict[Any, float]:
    """Holm's adjustment over the contrasts that have a p; NaN for the others."""
    known = {key: p for key, p in p_values.items() if not math.isnan(p)}
    adjusted = multipletests(list(known.values()), method="holm")[1] if known else []
    return dict.fromkeys(p_values, math.nan) | dict(zip(known, adjusted, strict=True))


def _row(series: str, id_: str, contrast: Contrast, family: Family) -> Row:
    """One contrast's row: its evidence, its flags and its verdict."""
    samples = [family.samples[contrast.metric][series, name] for name in contrast.scenarios]
    margin = family.margins[series] if contrast.margin is None else contrast.margin
    flags: list[str] = []
    if contrast.is_ratio:
        samples, flags = _logarithms(samples)
    row: Row = {
        "series": series, "id": id_, "scenario_a": contrast.a, "scenario_b": contrast.b,
        "metric": contrast.metric, "expect": contrast.expect, "estimand": contrast.estimand,
        "mean_of": contrast.mean_of,
        "margin": math.log(margin) if contrast.estimand in ("spread", "ratio") else margin,
        "interval_level": 1 - family.contrast_alpha, "k": family.k,
        **_divergence(samples),
    }  # fmt: skip
    flags += _identity_flags(series, contrast, family.identities)
    evidence = {"precision": _precision, "trend": _trend}.get(contrast.estimand, _comparison)
    found = evidence(contrast, samples, row["margin"], family)
    if found is None:
        flags.append("fewer than 2 finite repeats")
        found = {"difference_verdict": "inconclusive", "verdict": Verdict.UNDECIDED}
    else:
        flags += found.pop("flags")
        better_when_higher = family.higher_is_better.get(contrast.metric, False)
        if divergence_matters(*samples, higher_is_better=better_when_higher):
            flags.append("diverged repeats could change the answer")
            found["verdict"] = worst([found["verdict"], Verdict.UNDECIDED])
            found["claim_p"] = 1.0
    row |= found
    row["verdict"] = str(row["verdict"])
    return row | {"flags": "; ".join(flags)}


def _logarithms(samples: list[Sample]) -> tuple[list[Sample], list[str]]:
    """The samples' logarithms, and a flag if some have none."""
    flags = []
    if any((sample.finite <= 0).any() for sample in samples):
        flags.append("values that are not above 0 have no ratio and count as diverged")
    with np.errstate(divide="ignore", invalid="ignore"):
        return [replace(sample, values=np.log(sample.values)) for sample in samples], flags


def _identity_flags(series: str, contrast: Contrast, identities: Identities) -> list[str]:
    holds = identities.get((series, frozenset(contrast.scenarios)))
    if holds is None:
        return []
    return [f"identical by construction, {'checked' if holds else 'but the check failed'}"]


def _divergence(samples: list[Sample]) -> Row:
    """How many repeats there are, and Newcombe's interval of the rates' difference."""
    row: Row = {}
    for end, sample in zip("ab", samples, strict=False):
        row |= {f"n_{end}": len(sample.finite), f"n_diverged_{end}": sample.n_diverged}
    if len(samples) == 2:
        a, b = samples
        low, high = confint_proportions_2indep(
            a.n_diverged, len(a.values), b.n_diverged, len(b.values), compare="diff",
            method="newcomb", alpha=DESCRIPTIVE_ALPHA,
        )  # fmt: skip
        row |= {"diverged_rate_difference_low": low, "diverged_rate_difference_high": high}
    return row


def _precision(
    contrast: Contrast, samples: list[Sample], margin: float, family: Family
) -> Row | None:
    """Whether the standard error of a mean lies in the claimed range; None of too few repeats."""
    (sample,) = samples
    if len(sample.finite) < 2 or contrast.mean_of is None:
        return None
    root = math.sqrt(contrast.mean_of)
    error = float(sample.finite.std(ddof=1)) / root
    ends = sd_interval(sample.finite, sample.draws, family.contrast_alpha)
    low, high = (end / root - contrast.middle for end in ends)
    return {
        "mean_a": sample.finite.mean(), "estimate_a": error,
        "difference": error - contrast.middle, "ci_low": low, "ci_high": high,
        "difference_verdict": str(range_verdict(low, high, margin)),
        "verdict": claim_verdict(contrast.expect, low, high, margin),
        "flags": [],
    }  # fmt: skip


def _trend(contrast: Contrast, samples: list[Sample], margin: float, family: Family) -> Row | None:
    """The slope of the pairs' differences; None of too few repeats."""
    assert contrast.trend is not None
    slope = slope_weights(contrast.trend.over)
    weights = [float(sign * weight) for weight in slope for sign in (1, -1)]
    estimate = family.design.trend(samples, weights)
    if estimate is None:
        return None
    low, high = estimate.interval(family.contrast_alpha)
    said = difference_verdict(low, high, margin)
    test, error = family.design.TESTS[0], estimate.standard_error
    return {
        "n_a": min(len(sample.finite) for sample in samples[::2]),
        "n_b": min(len(sample.finite) for sample in samples[1::2]),
        "n_diverged_a": sum(sample.n_diverged for sample in samples[::2]),
        "n_diverged_b": sum(sample.n_diverged for sample in samples[1::2]),
        "estimate_a": estimate.estimate_a, "estimate_b": estimate.estimate_b,
        "difference": estimate.difference, "ci_low": low, "ci_high": high,
        f"{test}_t": estimate.difference / error if error else math.nan,
        f"{test}_df": estimate.df if error else math.nan,
        f"{test}_p": estimate.p_difference(),
        **family_p_values(estimate, margin, family.k),
        **_margins(estimate, (low, high), family.contrast_alpha, margin, said),
        "claim_p": estimate.p_claim(contrast.expect, margin),
        "difference_verdict": str(said),
        "verdict": claim_verdict(contrast.expect, low, high, margin),
        "flags": [] if error else ["no variation"],
    }  # fmt: skip


def _comparison(
    contrast: Contrast, samples: list[Sample], margin: float, family: Family
) -> Row | None:
    """All evidence on a difference of means or a ratio of spreads; None of too few repeats."""
    a, b = samples
    design, alpha = family.design, family.contrast_alpha
    x, y = design.values(a, b)
    if min(len(x), len(y)) < 2:
        return None
    is_spread = contrast.estimand == "spread"
    if is_spread:
        estimate = design.spread_ratio(x, y, rng_of_pair(a, b, "spread"))
        tested = absolute_deviations(x), absolute_deviations(y)
    else:
        estimate, tested = design.mean_difference(x, y), (x, y)
    low, high = estimate.interval(alpha)
    said = difference_verdict(low, high, margin)
    row = {
        "n_a": len(x), "n_b": len(y), "mean_a": x.mean(), "mean_b": y.mean(),
        "estimate_a": estimate.estimate_a, "estimate_b": estimate.estimate_b,
        "difference": estimate.difference, "ci_low": low, "ci_high": high,
        **design.usual_tests(*tested),
        **family_p_values(estimate, margin, family.k),
        **design.other_views(a, b, rng_of_pair(a, b, "permutation"), alpha),
        **_descriptions(x, y),
        **_margins(estimate, (low, high), alpha, margin, said),
        "claim_p": estimate.p_claim(contrast.expect, margin),
        "difference_verdict": str(said),
        "verdict": claim_verdict(contrast.expect, low, high, margin),
    }  # fmt: skip
    flags = [] if estimate.standard_error else ["no variation"]
    if is_spread:
        row |= {"bootstrap_t_low": math.nan, "bootstrap_t_high": math.nan}
    else:
        flags += _disagreements(row, contrast.expect, margin, family.alpha)
    return row | {"flags": flags}


def family_p_values(estimate: Estimate, margin: float, k: int) -> dict[str, float]:
    """The p values that decide, against alpha, exactly as the interval at 1 - alpha / k does."""
    tost_p = estimate.p_equivalence(margin)
    return {
        "tost_p": tost_p,
        "difference_p_family": min(1.0, k * estimate.p_difference()),
        "equivalence_p_family": min(1.0, 2 * k * tost_p),
        "minimal_effect_p_family": min(1.0, 2 * k * estimate.p_minimal_effect(margin)),
    }


def _descriptions(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """The same two samples by other measures."""
    sd_y = y.std(ddof=1)
    trimmed = [float(stats.trim_mean(values, TRIMMED_SHARE)) for values in (x, y)]
    return {
        "median_difference": float(np.median(x) - np.median(y)),
        "trimmed_mean_difference": trimmed[0] - trimmed[1],
        "spread_ratio": math.exp(spread_ratio(x, y).difference),
        "sd_ratio": x.std(ddof=1) / sd_y if sd_y else math.nan,
    }


def _margins(
    estimate: Estimate,
    interval: tuple[float, float],
    alpha: float,
    margin: float,
    said: DifferenceVerdict,
) -> dict[str, float]:
    """How the answer depends on the margin, and the n that would give one."""
    low, high = interval
    unresolved = said == DifferenceVerdict.INCONCLUSIVE and math.isfinite(estimate.unit_variance)
    return {
        "margin_equivalent_above": max(abs(low), abs(high)),
        "margin_exceeded_below": max(0.0, low, -high),
        "n_to_resolve": estimate.n_to_resolve(alpha, margin) if unresolved else math.nan,
    }


def _disagreements(row: Row, expect: str, margin: float, alpha: float) -> list[str]:
    """Flags for a contrast of means whose other views say something else."""
    flags = []
    if row["difference_p_family"] < alpha:
        views = {
            "median": row["median_difference"],
            "trimmed mean": row["trimmed_mean_difference"],
            "ranks": 0.5 - row.get("probability_a_less_b", math.nan),
        }
        direction = np.sign(row["difference"])
        others = [name for name, value in views.items() if np.sign(value) == -direction]
        if others:
            flags.append(f"direction differs by {', '.join(others)}")
    bootstrapped = claim_verdict(expect, row["bootstrap_t_low"], row["bootstrap_t_high"], margin)
    if bootstrapped != row["verdict"]:
        flags.append(f"bootstrap-t would say: {bootstrapped}")
    if row.get("probability_a_less_b") in (0.0, 1.0):
        flags.append("samples do not overlap")
    return flags
