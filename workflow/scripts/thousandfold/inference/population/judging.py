"""The population table: what each contrast of a claim over series comes to, and its verdict.

The series are taken for a sample of those that the claim is about. What decides is the median of
their effects (or, if registered, the mean), or the share of series on which the effect is as
claimed; all of these share alpha with each other and with the study's other contrasts.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thousandfold.formatting import agreeing, coverage, percent
from thousandfold.inference.contrasts.words import number
from thousandfold.inference.intervals import Interval
from thousandfold.inference.population.between import (
    FEWEST_REPEATS,
    between_series,
    has_known_variances,
)
from thousandfold.inference.population.clusters import clustered_mean, clustered_median
from thousandfold.inference.population.new_series import new_series_interval
from thousandfold.inference.population.questions import PopulationQuestion
from thousandfold.inference.population.shares import (
    Share,
    as_claimed,
    calibrated_share_of_series,
    share_interval,
    share_verdict,
)
from thousandfold.inference.population.typical import (
    fewest_series,
    mean_interval,
    mean_rests_on_extremes,
    median_interval,
    n_extreme,
    trimmed_mean_interval,
    typical_effect,
    typical_verdict,
)
from thousandfold.inference.resampling import DESCRIPTIVE_ALPHA
from thousandfold.inference.verdicts import (
    Verdict,
    conjunction_verdict,
    margins_of_change,
    rank,
)
from thousandfold.names import listed
from thousandfold.seeds import resampling_seed
from thousandfold.study import Finding
from thousandfold.tables.rows import (
    EffectRow,
    PopulationClaimRow,
    PopulationRow,
    contrast_key,
)

NO_TYPICAL_DIFFERENCE = "no typical difference that matters"
"""What "no difference that matters" is called of a typical effect: single series may differ."""


@dataclass(frozen=True)
class PopulationDecision:
    """The answer to a question over series."""

    interval: Interval | None
    """Of the typical effect; where some effects are unknown, it covers them whatever they are."""
    share: Share | None
    """Of series on which the effect is as claimed; None if it is known on none."""
    verdict: Verdict
    undecided_because: str | None


def decide_over_series(
    question: PopulationQuestion, alpha: float, seed: int = 0
) -> PopulationDecision:
    """The answer at level 1 - alpha, which is the part of alpha of this one claim."""
    interval = _typical_interval(question, alpha)
    share = _share(question, alpha, seed)
    over, expect = question.over, question.contrast.expect
    if over.on_at_least is not None and share is not None:
        verdict = share_verdict(share, over.on_at_least)
    else:
        verdict = typical_verdict(expect, interval, question.margin)
    because = None if verdict != Verdict.UNDECIDED else _why(question, interval, share, alpha)
    return PopulationDecision(interval, share, verdict, because)


def _typical_interval(question: PopulationQuestion, alpha: float) -> Interval | None:
    """The interval of the typical effect; the median's holds whatever unknown effects are."""
    if question.over.typical == "mean":
        return None if question.n_unknown else mean_interval(question.values, alpha)
    low, high = (median_interval(question.filled(end), alpha) for end in (-math.inf, math.inf))
    if low is None or high is None:
        return None
    return Interval(low.low, high.high, low.level)


def _share(question: PopulationQuestion, alpha: float, seed: int) -> Share | None:
    """The share of series as claimed; unknown ones count as neither, whichever is worse."""
    n, expect = len(question.effects), question.contrast.expect
    if not question.known:
        return None
    hits = int(as_claimed(question.values, expect, question.margin).sum())
    low = share_interval(hits, n, alpha).low
    high = share_interval(hits + question.n_unknown, n, alpha).high
    interval = Interval(low, high, 1 - alpha)
    if question.n_unknown or not has_known_variances(question.variances, question.n_repeats):
        return Share(n, hits, interval)
    purpose = f"calibrated share of {question.id}"
    rng = np.random.default_rng(resampling_seed(seed, "", question.comparison, purpose))
    found = calibrated_share_of_series(
        question.values, question.variances, expect, question.margin, alpha, rng
    )
    return Share(n, hits, interval, found.calibrated, found.calibrated_interval)


def _why(
    question: PopulationQuestion, interval: Interval | None, share: Share | None, alpha: float
) -> str:
    """Why a claim is undecided."""
    n, over = len(question.effects), question.over
    told, unknown = question.noun.counted(n), f"{question.n_unknown:,} of {n:,}"
    if over.on_at_least is not None:
        return _why_share(question, share, over.on_at_least)
    if interval is None:
        if question.n_unknown:
            return f"the effect on {unknown} {question.noun.many} is not known"
        if over.typical == "mean":
            return "the effects do not vary, or there is only one"
        are = "is" if n == 1 else "are"
        return f"{told} {are} too few; it takes {fewest_series(alpha)}"
    unknown = f", and the effect on {question.n_unknown} is not known" * bool(question.n_unknown)
    return f"the interval over {told} is too wide{unknown}"


def _why_share(question: PopulationQuestion, share: Share | None, on_at_least: float) -> str:
    """Why a claim about a share is undecided: the interval, or what contradicting it takes."""
    n, noun = len(question.effects), question.noun
    if share is None:
        return f"the effect is not known on any {noun.one}"
    if share.interval.high >= on_at_least:
        verb = "does" if n == 1 else "do"
        return f"{noun.counted(n)} {verb} not settle a share of {on_at_least:g}"
    if question.n_unknown:
        unknown = f"that on {question.n_unknown:,} of {n:,} is not known"
        return f"contradicting a share takes the effect on each {noun.one}, and {unknown}"
    if question.n_repeats.min() < FEWEST_REPEATS:
        return (
            f"contradicting a share takes {FEWEST_REPEATS} repeats of each scenario on each "
            f"{noun.one}"
        )
    if share.calibrated is None:
        return f"contradicting a share takes repeats that vary on each {noun.one}, and on several"
    return f"the share of true effects (calibrated) may still be {on_at_least:g}"


def judge_over_series(
    questions: Iterable[PopulationQuestion],
    alpha: float,
    k: Mapping[str, int],
    seed: int,
    clusters: Mapping[str, str] | None = None,
) -> list[PopulationRow]:
    """The population table: a row per contrast of each finding over series.

    `alpha` is the study's, which as many things share as `k` says of each claim. `clusters` are the
    groups that series come from, by series; without them series are taken as independent.
    """
    return [_row(question, alpha, k[question.id], seed, clusters) for question in questions]


def _row(
    question: PopulationQuestion,
    study_alpha: float,
    k: int,
    seed: int,
    clusters: Mapping[str, str] | None,
) -> PopulationRow:
    alpha = study_alpha / k
    contrast, decision = question.contrast, decide_over_series(question, alpha, seed)
    natural = contrast.natural
    row: dict[str, Any] = {
        "id": question.id, **contrast.names(), "comparison": question.comparison,
        "metric": contrast.metric, "expect": contrast.expect, "estimand": contrast.estimand,
        "margin": question.natural_margin,
        "n_series": len(question.effects), "n_unknown": question.n_unknown,
        "typical": question.over.typical, "on_at_least": question.over.on_at_least or math.nan,
        "k": k, "verdict": str(decision.verdict), "undecided_because": decision.undecided_because,
        **_ends("typical", decision.interval, natural),
        "typical_level": decision.interval.level if decision.interval else math.nan,
        **_share_cells(decision.share),
    }  # fmt: skip
    flags = []
    if question.known:
        row |= _typical_cells(question, alpha)
        row |= _spread_cells(question)
        if decision.interval is not None:
            above, below = margins_of_change(decision.interval.low, decision.interval.high)
            row |= {
                "margin_equivalent_above": natural(above), "margin_exceeded_below": natural(below)
            }  # fmt: skip
        if question.over.typical == "mean" and mean_rests_on_extremes(
            question.values, alpha, contrast.expect, question.margin
        ):
            dropped = n_extreme(len(question.known))
            which = "the most extreme" if dropped == 1 else f"the {dropped} most extreme"
            of = question.noun.counted(len(question.known))
            flags.append(f"without {which} of {of} the answer is another")
        if clusters is not None:
            row |= _cluster_cells(question, alpha, clusters)
    return PopulationRow(**row, flags=listed(flags, ";"))


def _ends(name: str, interval: Interval | None, natural: Any) -> dict[str, float]:
    """The ends of an interval, in natural units, as cells."""
    ends = (math.nan, math.nan) if interval is None else (interval.low, interval.high)
    low, high = (end if math.isnan(end) else natural(end) for end in ends)
    return {f"{name}_low": low, f"{name}_high": high}


def _typical_cells(question: PopulationQuestion, alpha: float) -> dict[str, float]:
    """The median, the mean and the trimmed mean of the known effects, in natural units."""
    natural, found = question.contrast.natural, typical_effect(question.values, alpha)
    new = new_series_interval(question.values)
    return {
        "median": natural(found.median), "mean": natural(found.mean),
        **_ends("mean", found.mean_interval, natural),
        "trimmed_mean": natural(found.trimmed_mean),
        **_ends("trimmed_mean", trimmed_mean_interval(question.values, alpha), natural),
        **_ends("new_series", new, natural),
        "new_series_level": new.level if new else math.nan,
        "share_below_margin": float(np.mean(question.values < -question.margin)),
        "share_above_margin": float(np.mean(question.values > question.margin)),
    }  # fmt: skip


def _share_cells(share: Share | None) -> dict[str, Any]:
    """The share of series as claimed."""
    if share is None:
        return {}
    return {
        "n_as_claimed": share.n_as_claimed,
        **_ends("share", share.interval, float),
        "calibrated_share": math.nan if share.calibrated is None else share.calibrated,
        **_ends("calibrated_share", share.calibrated_interval, float),
    }


def _spread_cells(question: PopulationQuestion) -> dict[str, float]:
    """How much true effects differ between series, where variances are known well enough."""
    found = between_series(
        question.values, question.variances, question.n_repeats, DESCRIPTIVE_ALPHA
    )
    if found is None:
        return {}
    return {"tau": found.tau, **_ends("tau", found.tau_interval, float)}


def _cluster_cells(
    question: PopulationQuestion, alpha: float, clusters: Mapping[str, str]
) -> dict[str, Any]:
    """The intervals that take series of one group as dependent."""
    natural = question.contrast.natural
    groups = np.array([clusters[effect.series] for effect in question.known])
    median, mean = (
        clustered(question.values, groups, alpha)
        for clustered in (clustered_median, clustered_mean)
    )
    return {
        "n_clusters": median.n_clusters,
        **_ends("clustered_median", median.interval, natural),
        **_ends("clustered_mean", mean.interval, natural),
    }


def claims_over_series(
    findings: Iterable[Finding],
    questions: Iterable[PopulationQuestion],
    rows: Sequence[PopulationRow],
    decided: Collection[str],
) -> list[PopulationClaimRow]:
    """The population_claims table: a row per finding over series, from the population table.

    `decided` are the ids of those for which there are enough series.
    """
    asked = {contrast_key(question): question for question in questions}
    told = []
    for finding in findings:
        own = [row for row in rows if row.id == finding.id]
        if not own:
            continue
        verdict = conjunction_verdict(Verdict(row.verdict) for row in own)
        weakest = min(own, key=lambda row: rank(Verdict(row.verdict)))
        because = weakest.undecided_because if verdict == Verdict.UNDECIDED else None
        sentence = _sentence(weakest, asked[contrast_key(weakest)])
        if len(own) > 1:
            holding = sum(rank(Verdict(row.verdict)) > rank(Verdict.UNDECIDED) for row in own)
            hold = agreeing(holding, "hold")
            sentence = f"{holding} of {len(own)} comparisons {hold}. The weakest: {sentence}"
        told.append(
            PopulationClaimRow(
                id=finding.id, claim=finding.claim, source=finding.source, expect=finding.expect,
                verdict=in_words(verdict), undecided_because=because, flags=weakest.flags,
                sentence=sentence, too_few_series=finding.id not in decided,
            )
        )  # fmt: skip
    return told


def in_words(verdict: Verdict) -> str:
    """A verdict over series: single series may differ where there is no typical difference."""
    return NO_TYPICAL_DIFFERENCE if verdict == Verdict.NO_DIFFERENCE else str(verdict)


def _sentence(row: PopulationRow, question: PopulationQuestion) -> str:
    """A contrast over series in words; every number and the verdict come from its row."""
    contrast, noun = question.contrast, question.noun
    of = noun.counted(row.n_series)
    verdict = in_words(Verdict(row.verdict))
    reasons = "; ".join(filter(None, [row.undecided_because, row.flags]))
    note = f" ({reasons})" if reasons else ""
    about = " against ".join(filter(None, [row.scenario_a, row.scenario_b]))
    if row.n_series == row.n_unknown:
        return f"{about}: the effect is known on no {noun.one}, so nothing can be said."
    claimed = ""
    if not math.isnan(row.on_at_least):
        share, low, high = (
            percent(value, 1)
            for value in ((row.n_as_claimed or 0) / row.n_series, row.share_low, row.share_high)
        )
        claimed = (
            f" It is as claimed on {row.n_as_claimed} of {of}, {share} "
            f"[{low}, {high}], and at least {percent(row.on_at_least)} were claimed"
        )
    at = ""
    if not math.isnan(row.typical_level):
        ends = f"[{number(row.typical_low)}, {number(row.typical_high)}]"
        at = f"{ends} at {coverage(row.typical_level)}, "
    below, above = contrast.band(row.margin)
    typical = row.median if row.typical == "median" else row.mean
    told = (
        f"{about} on {of}: the {row.typical} {contrast.quantity} is "
        f"{number(typical)} ({at}margin {row.margin:g}), below {number(below)} on "
        f"{percent(row.share_below_margin, 0)} of {noun.many} and above {number(above)} on "
        f"{percent(row.share_above_margin, 0)}"
    )
    return f"{told}.{claimed}: {verdict}{note}." if claimed else f"{told}: {verdict}{note}."


def effect_rows(questions: Iterable[PopulationQuestion]) -> list[EffectRow]:
    """The effects table: a row per series and contrast of each finding over series."""
    return [
        EffectRow(
            id=question.id, **question.contrast.names(), comparison=question.comparison,
            metric=question.contrast.metric, estimand=question.contrast.estimand,
            series=effect.series, effect=question.contrast.natural(effect.value),
            standard_error=math.sqrt(effect.variance), repeats=effect.fewest_repeats,
            windows=effect.windows,
        )
        for question in questions
        for effect in question.effects
    ]  # fmt: skip
