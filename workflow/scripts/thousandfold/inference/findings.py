"""From repeats and registered findings to rows of evidence, and from those to claims.

All findings of a study are one family: the deciding interval of each contrast has the level
1 - alpha / k, k being the number of distinct contrasts. Two findings about the same pair, series
and estimand, whichever way round, share one contrast.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from thousandfold.inference.contrasts import (
    Estimate,
    absolute_deviations,
    mean_difference,
    spread_ratio,
)
from thousandfold.inference.ranks import mann_whitney, rank_direction
from thousandfold.inference.resampling import MeanDraws, draw_means
from thousandfold.inference.sensitivity import (
    disagreements,
    diverged_rate_interval,
    margins,
    sensitivity,
)
from thousandfold.inference.verdicts import Verdict, claim_verdict, difference_verdict, worst
from thousandfold.study import Contrast, Finding

MOST_DIVERGED = 0.01
"""Above this share of diverged repeats a mean over the others decides nothing."""

Samples = Mapping[tuple[str, str], np.ndarray]
"""RMSE of every repeat by (series, scenario); NaN where it diverged."""


def samples_of(repeats: pd.DataFrame) -> dict[tuple[str, str], np.ndarray]:
    """The RMSEs of the repeats table by series and scenario, in repeat order."""
    ordered = repeats.sort_values("repeat", kind="stable")
    return {
        (str(series), str(scenario)): group["rmse"].to_numpy(float)
        for (series, scenario), group in ordered.groupby(["series", "scenario"], sort=False)
    }


@dataclass(frozen=True)
class Pair:
    """Two samples without their diverged repeats."""

    a: np.ndarray
    b: np.ndarray
    diverged_a: int
    diverged_b: int

    @classmethod
    def of(cls, a: np.ndarray, b: np.ndarray) -> "Pair":
        """The pair of two samples that hold NaN where a repeat diverged."""
        finite_a, finite_b = a[np.isfinite(a)], b[np.isfinite(b)]
        return cls(finite_a, finite_b, len(a) - len(finite_a), len(b) - len(finite_b))

    @property
    def too_small(self) -> bool:
        """Whether there is too little to compare."""
        return min(len(self.a), len(self.b)) < 2

    @property
    def divergence_matters(self) -> bool:
        """Whether diverged repeats are many, or would turn the comparison round if ranked worst."""
        if not self.diverged_a + self.diverged_b:
            return False
        rates = (
            self.diverged_a / (self.diverged_a + len(self.a)),
            self.diverged_b / (self.diverged_b + len(self.b)),
        )
        with_failures = [
            np.append(x, np.full(failures, np.inf))
            for x, failures in [(self.a, self.diverged_a), (self.b, self.diverged_b)]
        ]
        return max(rates) > MOST_DIVERGED or rank_direction(self.a, self.b) != rank_direction(
            *with_failures
        )


def _holm(p_values: Mapping[Any, float]) -> dict[Any, float]:
    """Holm's adjustment over the contrasts that have a p; NaN for the others."""
    known = {key: p for key, p in p_values.items() if not math.isnan(p)}
    adjusted = multipletests(list(known.values()), method="holm")[1] if known else []
    return dict.fromkeys(p_values, math.nan) | dict(zip(known, adjusted, strict=True))


def _family_key(series: str, contrast: Contrast) -> tuple[Any, ...]:
    """The same for both ways round of a contrast."""
    return series, frozenset((contrast.a, contrast.b)), contrast.estimand


def _evidence(
    series: str, id_: str, contrast: Contrast, samples: Samples, alpha: float, k: int
) -> dict[str, Any]:
    """One contrast's row, all but what depends on the other contrasts."""
    pair = Pair.of(samples[series, contrast.a], samples[series, contrast.b])
    is_spread = contrast.estimand == "spread"
    margin = math.log(contrast.margin) if is_spread else contrast.margin
    row: dict[str, Any] = {
        "series": series, "id": id_, "scenario_a": contrast.a, "scenario_b": contrast.b,
        "expect": contrast.expect, "estimand": contrast.estimand, "margin": margin,
        "n_a": len(pair.a), "n_b": len(pair.b),
        "n_diverged_a": pair.diverged_a, "n_diverged_b": pair.diverged_b,
        "interval_level": 1 - alpha / k, "k": k,
    }  # fmt: skip
    if pair.too_small:
        return row | {
            "flags": "fewer than 2 finite repeats",
            "difference_verdict": "inconclusive",
            "verdict": str(Verdict.UNDECIDED),
        }
    estimate = contrast_estimate(contrast, pair)
    low, high = estimate.interval(alpha / k)
    verdict = claim_verdict(contrast.expect, low, high, margin)
    flags = []
    if estimate.standard_error == 0:
        flags.append("no variation")
    if pair.divergence_matters:
        flags.append("diverged repeats could change the answer")
        verdict = worst([verdict, Verdict.UNDECIDED])
    return row | _tests(pair, is_spread) | {
        "mean_a": pair.a.mean(), "mean_b": pair.b.mean(),
        "estimate_a": estimate.estimate_a, "estimate_b": estimate.estimate_b,
        "difference": estimate.difference, "ci_low": low, "ci_high": high,
        **_family_p_values(estimate, margin, k),
        "flags": "; ".join(flags),
        "difference_verdict": str(difference_verdict(low, high, margin)),
        "verdict": str(verdict),
    }  # fmt: skip


def contrast_estimate(contrast: Contrast, pair: Pair) -> Estimate:
    """The contrast's estimand, estimated from its two samples."""
    return (spread_ratio if contrast.estimand == "spread" else mean_difference)(pair.a, pair.b)


def _tests(pair: Pair, is_spread: bool) -> dict[str, float]:
    """The field's usual tests, which decide nothing; for spreads, of the absolute deviations."""
    a, b = pair.a, pair.b
    if is_spread:
        a, b = absolute_deviations(a), absolute_deviations(b)
    welch = mean_difference(a, b)
    error = welch.standard_error
    u, mann_whitney_p = mann_whitney(a, b)
    return {
        "welch_t": welch.difference / error if error else math.nan,
        "welch_df": welch.df if error else math.nan,
        "welch_p": welch.p_difference(),
        "mannwhitney_u": u,
        "mannwhitney_p": mann_whitney_p,
    }


def _family_p_values(estimate: Estimate, margin: float, k: int) -> dict[str, float]:
    """The p values that decide, against alpha, exactly as the interval does."""
    tost_p = estimate.p_equivalence(margin)
    return {
        "tost_p": tost_p,
        "difference_p_family": min(1.0, k * estimate.p_difference()),
        "equivalence_p_family": min(1.0, 2 * k * tost_p),
        "minimal_effect_p_family": min(1.0, 2 * k * estimate.p_minimal_effect(margin)),
    }


def _rows(
    contrasts: list[tuple[str, str, Contrast]],
    samples: Samples,
    alpha: float,
    columns: list[str],
) -> pd.DataFrame:
    """The evidence on (series, id, contrast) triples as one family."""
    keys = [_family_key(series, contrast) for series, _, contrast in contrasts]
    k = len(set(keys))
    rows = [_evidence(series, id_, c, samples, alpha, k) for series, id_, c in contrasts]
    table = pd.DataFrame(rows, columns=columns)
    for test in ("welch", "mannwhitney"):
        # Both ways round of a contrast have one p and count once.
        adjusted = _holm(dict(zip(keys, table[f"{test}_p"].astype(float), strict=True)))
        table[f"{test}_p_holm"] = [adjusted[key] for key in keys]
    return table


def judge(
    samples: Samples,
    series: Iterable[str],
    findings: Iterable[Finding],
    alpha: float,
    seed_of: Callable[[str, str, str], int],
    identities: Mapping[tuple[str, frozenset[str]], bool],
    columns: list[str],
) -> pd.DataFrame:
    """The findings table: one row per series, finding and contrast.

    `seed_of(series, scenario, purpose)` seeds what is resampled. `identities` tells of each
    series and pair that is the same by construction whether a check confirmed it.
    """
    findings = list(findings)
    contrasts = [(s, f.id, c) for s in series for f in findings for c in f.contrasts]
    table = _rows(contrasts, samples, alpha, columns)
    draws = _draw_all(contrasts, samples, seed_of)
    more = [
        _other_views(row, series_, contrast, samples, draws, alpha, seed_of)
        for row, (series_, _, contrast) in zip(table.to_dict("records"), contrasts, strict=True)
    ]
    for row, (series_, _, contrast) in zip(more, contrasts, strict=True):
        holds = identities.get((series_, frozenset((contrast.a, contrast.b))))
        if holds is not None:
            told = "checked" if holds else "but the check failed"
            row["flags"] = "; ".join(
                filter(None, [f"identical by construction, {told}", row["flags"]])
            )
    return table.assign(**pd.DataFrame(more, index=table.index)).reindex(columns=columns)


def _draw_all(
    contrasts: list[tuple[str, str, Contrast]],
    samples: Samples,
    seed_of: Callable[[str, str, str], int],
) -> dict[tuple[str, str], MeanDraws]:
    """Bootstrap draws of every scenario that a contrast is about, each drawn once."""
    keys = {(series, name) for series, _, c in contrasts for name in (c.a, c.b)}
    finite = {key: samples[key][np.isfinite(samples[key])] for key in sorted(keys)}
    return {
        key: draw_means(values, np.random.default_rng(seed_of(*key, "bootstrap")))
        for key, values in finite.items()
        if len(values) >= 2
    }


def _other_views(
    row: Mapping[Any, Any],
    series: str,
    contrast: Contrast,
    samples: Samples,
    draws: Mapping[tuple[str, str], MeanDraws],
    alpha: float,
    seed_of: Callable[[str, str, str], int],
) -> dict[str, Any]:
    """The columns of a findings row that decide nothing, and its flags."""
    pair = Pair.of(samples[series, contrast.a], samples[series, contrast.b])
    rate_low, rate_high = diverged_rate_interval(
        (pair.diverged_a, pair.diverged_b),
        (len(pair.a) + pair.diverged_a, len(pair.b) + pair.diverged_b),
    )
    rates = {"diverged_rate_difference_low": rate_low, "diverged_rate_difference_high": rate_high}
    if pair.too_small:
        return rates | {"flags": row["flags"]}
    # Both ways round of a contrast permute alike.
    first, second = sorted((contrast.a, contrast.b))
    rng = np.random.default_rng(seed_of(series, first, f"permutation against {second}"))
    family_alpha = 1 - row["interval_level"]
    pair_draws = draws[series, contrast.a], draws[series, contrast.b]
    views = sensitivity(pair.a, pair.b, pair_draws, rng, family_alpha)
    estimate = contrast_estimate(contrast, pair)
    views |= margins(estimate, family_alpha, row["margin"], row["difference_verdict"])
    flags = [row["flags"]] if row["flags"] else []
    if contrast.estimand == "mean":
        flags += disagreements({**row, **views}, alpha, row["verdict"])
    else:
        views |= {"bootstrap_t_low": math.nan, "bootstrap_t_high": math.nan}
    return rates | views | {"flags": "; ".join(flags)}


def compare_all_pairs(
    samples: Samples, alpha: float, margin: float, columns: list[str]
) -> pd.DataFrame:
    """The comparisons table: every pair of scenarios, explored as a family of its own."""
    pairs = [
        (series, f"{a}-{b}", Contrast("different", a, b, margin))
        for (series, a), (other_series, b) in combinations(samples, 2)
        if series == other_series
    ]
    table = _rows(pairs, samples, alpha, columns)
    return table.assign(expect="", verdict=table["difference_verdict"])


def claims(
    table: pd.DataFrame, findings: Iterable[Finding], units: Mapping[str, str], columns: list[str]
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
                "sentence": _claim_sentence(evidence, verdict, units[str(series)]),
            }
        )
    return pd.DataFrame(rows, columns=columns)


def _claim_sentence(evidence: pd.DataFrame, verdict: Verdict, unit: str) -> str:
    """The verdict with the numbers that decide it."""
    records = evidence.to_dict("records")
    if len(records) == 1:
        return contrast_sentence(records[0], unit)
    deciding = next(record for record in records if record["verdict"] == verdict)
    holding = sum(str(record["verdict"]).startswith("supported") for record in records)
    weakest = contrast_sentence(deciding, unit)
    return f"{holding} of {len(records)} comparisons hold. The weakest: {weakest}"


def contrast_sentence(record: Mapping[Any, Any], unit: str) -> str:
    """One contrast in words; every number and the verdict come from its row."""
    a, b = record["scenario_a"], record["scenario_b"]
    if math.isnan(record["difference"]):
        return f"{a} against {b}: {record['flags']}, so nothing can be said."
    level = f"{100 * record['interval_level']:.2f} %"
    low, high, d, margin = (record[key] for key in ("ci_low", "ci_high", "difference", "margin"))
    if record["estimand"] == "spread":
        what = (
            f"the spread of {a} is {math.exp(d):.3g} times that of {b} ({level} interval "
            f"{math.exp(low):.3g} to {math.exp(high):.3g}, margin {math.exp(margin):.3g} times)"
        )
    else:
        direction = "lower" if d < 0 else "higher"
        what = (
            f"the mean RMSE of {a} is {abs(d):.2f} {unit} {direction} than that of {b} "
            f"(difference {d:+.2f}, {level} interval {low:+.2f} to {high:+.2f}, margin {margin:g})"
        )
    flags = f" ({record['flags']})" if record["flags"] else ""
    return f"{what[0].upper()}{what[1:]}: {record['difference_verdict']}{flags}."
