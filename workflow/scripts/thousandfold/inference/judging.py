"""The contrasts table: all evidence on every registered contrast, and its verdict.

All findings of a study are one family: the deciding interval of each contrast has the level
1 - alpha / k, k being the number of distinct contrasts. Two findings about the same scenarios,
series, metric and estimand, whichever way round and by whatever margin, share one contrast.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from thousandfold.formatting import error_rate
from thousandfold.inference.contrasts import ContrastOfTwo
from thousandfold.inference.decisions import Decision, decide
from thousandfold.inference.designs import Design
from thousandfold.inference.estimates import (
    Estimate,
    PrecisionEstimate,
    moments,
    spread_ratio,
)
from thousandfold.inference.population.per_series import exploratory
from thousandfold.inference.population.questions import population_size
from thousandfold.inference.questions import FamilyKey, Question, asked_by, comparison_name
from thousandfold.inference.resampling import DESCRIPTIVE_ALPHA
from thousandfold.inference.samples import Samples
from thousandfold.inference.verdicts import Verdict, claim_verdict, margins_of_change
from thousandfold.names import listed
from thousandfold.study import Finding
from thousandfold.tables.rows import ContrastRow

TRIMMED_SHARE = 0.2
"""The share cut off at each end of a sample for its trimmed mean."""

RESTS_ON_NORMALITY = "rests on normality"
"""The flag of a verdict that no test without assumptions could reach with so few repeats."""

Identities = Mapping[tuple[str, frozenset[str]], bool]
"""Of (series, pair) that is the same by construction: whether a check confirmed it."""

Cells = dict[str, Any]
"""Some cells of a row, on the scale of its estimate."""


@dataclass(frozen=True)
class MissRate:
    """How often a deciding interval misses the truth in pools shaped like a contrast's samples."""

    n: int
    """Values of the samples that were drawn from them."""
    rate: float
    is_too_high: bool
    """Whether it is too far above the level, beyond Monte-Carlo error."""


MissRates = Mapping[tuple[str, str, str, str], MissRate]
"""By series, metric, estimand and comparison."""


@dataclass(frozen=True)
class Family:
    """What all contrasts of a study share."""

    design: Design
    alpha: float
    k: int
    higher_is_better: Mapping[str, bool]
    """By metric; those that are missing are better when lower."""
    identities: Identities = field(default_factory=dict)
    miss_rates: MissRates = field(default_factory=dict)

    @property
    def contrast_alpha(self) -> float:
        """The share of alpha that each contrast has (Bonferroni)."""
        return self.alpha / self.k

    def decide(self, question: Question) -> Decision:
        """The answer to one of its questions."""
        higher_is_better = self.higher_is_better.get(question.contrast.metric, False)
        return decide(question, self.contrast_alpha, higher_is_better=higher_is_better)


def family_size(questions: Iterable[Question]) -> int:
    """How many distinct contrasts share alpha; those between constants need none of it."""
    return max(1, len(_shared_keys(questions)))


def _shared_keys(questions: Iterable[Question]) -> set[FamilyKey]:
    return {question.key for question in questions if not question.is_exact}


def study_size(findings: Iterable[Finding], asked: Iterable[tuple[str, Question]]) -> int:
    """How many things share alpha: contrasts on single series, and what is claimed over series.

    `asked` are the questions of all findings, with their ids. Verdicts on single series are
    exploratory where the claim is over series, and need none of it.
    """
    registered = list(findings)
    over_series = {finding.id for finding in registered if finding.over is not None}
    own = _shared_keys(question for id_, question in asked if id_ not in over_series)
    return max(1, len(own) + population_size(registered))


def judge(
    samples: Mapping[str, Samples],
    margins: Mapping[str, float],
    findings: Iterable[Finding],
    alpha: float,
    design: Design,
    *,
    identities: Identities | None = None,
    miss_rates: MissRates | None = None,
    higher_is_better: Mapping[str, bool] | None = None,
) -> list[ContrastRow]:
    """The contrasts table: a row per series, finding and contrast.

    `samples` are by metric, `margins` by series.
    """
    registered = list(findings)
    return judge_asked(
        registered, asked_by(registered, samples, margins, design), alpha, design,
        identities=identities, miss_rates=miss_rates, higher_is_better=higher_is_better,
    )  # fmt: skip


def judge_asked(
    findings: Sequence[Finding],
    asked: Sequence[tuple[str, Question]],
    alpha: float,
    design: Design,
    *,
    identities: Identities | None = None,
    miss_rates: MissRates | None = None,
    higher_is_better: Mapping[str, bool] | None = None,
) -> list[ContrastRow]:
    """The contrasts table from questions that are there already, with their findings' ids."""
    over_series = {finding.id for finding in findings if finding.over is not None}
    family = Family(
        design,
        alpha,
        study_size(findings, asked),
        higher_is_better or {},
        identities or {},
        miss_rates or {},
    )
    by_itself = replace(family, k=1, miss_rates={})
    families = [by_itself if id_ in over_series else family for id_, _ in asked]
    decided = [
        (question, own.decide(question)) for (_, question), own in zip(asked, families, strict=True)
    ]
    told = _with_exploratory(decided, [own is by_itself for own in families], alpha)
    rows = [
        _row(id_, question, own, decision, p)
        for (id_, question), own, (decision, p) in zip(asked, families, told, strict=True)
    ]
    keys = [question.key for _, question in asked]
    for test in design.TESTS:
        # Both ways round of a contrast have one p and count once.
        p_values = [getattr(row, f"{test}_p") for row in rows]
        adjusted = _holm(dict(zip(keys, p_values, strict=True)))
        cells: list[Cells] = [{f"{test}_p_holm": adjusted[key]} for key in keys]
        rows = [replace(row, **cell) for row, cell in zip(rows, cells, strict=True)]
    return rows


def _with_exploratory(
    decided: Sequence[tuple[Question, Decision]], is_exploratory: Sequence[bool], alpha: float
) -> list[tuple[Decision, float]]:
    """The decisions with their exploratory p; those that are not exploratory have none."""
    found = [(decision, math.nan) for _, decision in decided]
    places = [place for place, is_one in enumerate(is_exploratory) if is_one]
    told = exploratory([decided[place] for place in places], alpha)
    for place, own in zip(places, told, strict=True):
        found[place] = own
    return found


def _holm(p_values: Mapping[Any, float]) -> dict[Any, float]:
    """Holm's adjustment over the contrasts that have a p; NaN for the others."""
    known = {key: p for key, p in p_values.items() if not math.isnan(p)}
    adjusted = multipletests(list(known.values()), method="holm")[1] if known else []
    return dict.fromkeys(p_values, math.nan) | dict(zip(known, adjusted, strict=True))


def _row(
    id_: str, question: Question, family: Family, decision: Decision, exploratory_p: float
) -> ContrastRow:
    """One contrast's row: its evidence, its flags and its verdict."""
    flags = [
        *_identity_flags(question, family.identities),
        *(["values that are not above 0 have no ratio and are left out"] * question.has_lost),
        *(["both are deterministic, so nothing is inferred"] * question.is_exact),
        *(
            f"{sample.scenario} is declared deterministic, but its repeats differ"
            for sample in question.samples
            if sample.is_deterministic and sample.varies
        ),
    ]
    row = {
        **_asked(id_, question, family),
        **_divergence(question),
        **_estimated(question),
        "difference": decision.difference,
        "ci_low": decision.low,
        "ci_high": decision.high,
        "difference_verdict": str(decision.difference_verdict),
        "verdict": str(decision.verdict),
        "undecided_because": decision.undecided_because,
        "n_to_resolve": decision.n_to_resolve,
        "exploratory_p": exploratory_p,
    }
    estimate = question.estimate
    if isinstance(estimate, Estimate) and estimate.is_known and not question.is_exact:
        row |= _p_values(question, estimate, decision, family)
        row |= _views(question, estimate, family)
        flags += _disagreements(row, question, family.alpha)
    if decision.verdict != Verdict.UNDECIDED and not question.is_exact:
        flags += _trust_flags(question, family)
    return ContrastRow(**question.contrast.in_natural_units(row), flags=listed(flags, ";"))


def _asked(id_: str, question: Question, family: Family) -> Cells:
    """What is claimed, and about which scenarios."""
    contrast, sizes = question.contrast, question.sizes
    row: Cells = {
        "series": question.series, "id": id_, **contrast.names(),
        "metric": contrast.metric, "expect": contrast.expect, "estimand": contrast.estimand,
        **contrast.own_columns(), "comparison": comparison_name(question.key),
        "margin": question.natural_margin,
        "interval_level": 1 - family.contrast_alpha, "k": family.k,
        "n_a": min(sizes[::2]), "n_b": min(sizes[1::2], default=None),
    }  # fmt: skip
    if len(question.samples) <= 2:
        for end, values in zip("ab", question.compared, strict=False):
            row[f"mean_{end}"] = values.mean() if len(values) else math.nan
    return row


def _divergence(question: Question) -> Cells:
    """How many repeats diverged, and Newcombe's interval of the rates' difference."""
    samples = question.samples
    row: Cells = {
        "n_diverged_a": sum(sample.n_diverged for sample in samples[::2]),
        "n_diverged_b": sum(sample.n_diverged for sample in samples[1::2])
        if len(samples) > 1
        else None,
    }
    if len(samples) == 2 and all(len(sample.values) for sample in samples):
        a, b = samples
        low, high = confint_proportions_2indep(
            a.n_diverged, len(a.values), b.n_diverged, len(b.values), compare="diff",
            method="newcomb", alpha=DESCRIPTIVE_ALPHA,
        )  # fmt: skip
        row |= {"diverged_rate_difference_low": low, "diverged_rate_difference_high": high}
    return row


def _identity_flags(question: Question, identities: Identities) -> list[str]:
    holds = identities.get((question.series, frozenset(question.contrast.scenarios)))
    if holds is None:
        return []
    return [f"identical by construction, {'checked' if holds else 'but the check failed'}"]


def _estimated(question: Question) -> Cells:
    """What the contrast is computed from, as far as there are enough repeats."""
    estimate = question.estimate
    if isinstance(estimate, PrecisionEstimate):
        return {"estimate_a": estimate.value}
    if estimate is None:
        return {}
    return {
        "estimate_a": estimate.estimate_a, "estimate_b": estimate.estimate_b,
        "standard_error": estimate.standard_error,
    }  # fmt: skip


def _p_values(question: Question, estimate: Estimate, decision: Decision, family: Family) -> Cells:
    """The p values that decide as the interval does, and the margins that would change the answer.

    Where diverged repeats could change it, the claim has no support.
    """
    expect, margin = question.contrast.expect, question.margin
    equivalent_above, exceeded_below = margins_of_change(decision.low, decision.high)
    row = {
        "claim_p": estimate.p_claim(expect, margin),
        **family_p_values(estimate, expect, margin, family.k),
        "margin_equivalent_above": equivalent_above,
        "margin_exceeded_below": exceeded_below,
    }
    return row | ({"claim_p": 1.0, "claim_p_family": 1.0} if decision.is_overruled else {})


def family_p_values(estimate: Estimate, expect: str, margin: float, k: int) -> dict[str, float]:
    """The p values that decide, against alpha, exactly as the interval at 1 - alpha / k does."""
    tost_p = estimate.p_equivalence(margin)
    # That of a difference either way is of two sides already.
    sides = 1 if expect == "different" else 2
    return {
        "tost_p": tost_p,
        "claim_p_family": min(1.0, sides * k * estimate.p_claim(expect, margin)),
        "difference_p_family": min(1.0, k * estimate.p_difference()),
        "equivalence_p_family": min(1.0, 2 * k * tost_p),
        "minimal_effect_p_family": min(1.0, 2 * k * estimate.p_minimal_effect(margin)),
    }


def _views(question: Question, estimate: Estimate, family: Family) -> Cells:
    """The usual tests, and all other views of a comparison of two samples."""
    design, contrast = family.design, question.contrast
    if not isinstance(contrast, ContrastOfTwo):
        test = design.TESTS[0]
        return {
            f"{test}_t": estimate.difference / estimate.standard_error,
            f"{test}_df": estimate.df, f"{test}_p": estimate.p_difference(),
        }  # fmt: skip
    a, b = question.samples
    x, y = question.compared
    row: Cells = {**_usual_tests(design, *contrast.tested(x, y)), **_descriptions(x, y)}
    if min(len(x), len(y)) >= 2:
        row |= design.other_views(a, b, a.rng_with(b, "permutation"), family.contrast_alpha)
    if not contrast.is_of_means:
        row |= {"bootstrap_t_low": math.nan, "bootstrap_t_high": math.nan}
    return row


def _usual_tests(design: Design, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """The usual tests; without variation in either, no t."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return design.usual_tests(x, y)


def _descriptions(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Other measures of the same two samples."""
    trimmed = [float(stats.trim_mean(values, TRIMMED_SHARE)) for values in (x, y)]
    row = {
        "median_difference": float(np.median(x) - np.median(y)),
        "trimmed_mean_difference": trimmed[0] - trimmed[1],
    }
    deviation_x, deviation_y = moments(x).deviation, moments(y).deviation
    if deviation_x > 0 and deviation_y > 0:
        row["spread_ratio"] = math.exp(spread_ratio(x, y).difference)
        row["sd_ratio"] = deviation_x / deviation_y
    return row


def _trust_flags(question: Question, family: Family) -> list[str]:
    """What a verdict rests on that the samples themselves cannot show."""
    flags = []
    if question.smallest_permutation_p() > family.contrast_alpha:
        flags.append(RESTS_ON_NORMALITY)
    missed = family.miss_rates.get((*question.key[:3], comparison_name(question.key)))
    if missed is not None and missed.is_too_high:
        flags.append(
            f"on samples of {missed.n:,} like these the interval misses "
            f"{error_rate(missed.rate)}, not {error_rate(family.contrast_alpha)}"
        )
    return flags


def _disagreements(row: Cells, question: Question, alpha: float) -> list[str]:
    """Flags for a comparison of two means whose other views disagree."""
    if not (isinstance(question.contrast, ContrastOfTwo) and question.contrast.is_of_means):
        return []
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
    if "bootstrap_t_low" in row:
        ends = row["bootstrap_t_low"], row["bootstrap_t_high"]
        bootstrapped = claim_verdict(question.contrast.expect, *ends, question.margin)
        ends = row["ci_low"], row["ci_high"]
        told = claim_verdict(question.contrast.expect, *ends, question.margin)
        if bootstrapped != told:
            flags.append(f"bootstrap-t would say: {bootstrapped}")
    if row.get("probability_a_less_b") in (0.0, 1.0):
        flags.append("samples do not overlap")
    return flags
