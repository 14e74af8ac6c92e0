"""What holds over series like the study's: typical effects, shares, what one more may expect."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from thousandfold import figures
from thousandfold.formatting import counted, coverage, decimals, number, percent
from thousandfold.inference.contrasts import KINDS
from thousandfold.inference.resampling import DESCRIPTIVE_ALPHA
from thousandfold.names import Noun, listed, spelled
from thousandfold.report.claims import Claim
from thousandfold.report.margins import MarginStrip, strip_over_series
from thousandfold.report.marks import mark_of
from thousandfold.report.run import Run, by
from thousandfold.report.section import Section
from thousandfold.report.series_effects import (
    compared_in,
    effects_of,
    figure_of,
    groups_of,
    on_the_axis,
)
from thousandfold.svg import Draw, FigureElement
from thousandfold.tables.rows import EffectRow, PopulationClaimRow, PopulationRow

MOST_EXTREMES = 5
"""Series at each end that are named."""


@dataclass(frozen=True)
class Extreme:
    """A series at one end."""

    title: str
    effect: str


@dataclass(frozen=True)
class Fact:
    """A number beside the one that decides."""

    name: str
    value: str


@dataclass(frozen=True)
class Typical:
    """A comparison over all series."""

    who: Sequence[str]
    share: str
    """Of series as claimed, where that decides; else ""."""
    share_interval: str
    claimed: str
    quantity: str
    typical: str
    interval: str
    level: str
    margin: str
    new_series: str
    new_series_level: str
    below: str
    below_share: str
    above: str
    above_share: str
    facts: Sequence[Fact]
    by_margin: MarginStrip | None
    """Its verdict by margin; None where a share decides, or nothing does."""
    strip: FigureElement | None
    """None where it stands with another claim, or no effect is known."""
    alt: str
    caption: str
    """What the strip shows."""
    drawn_with: Claim | None
    """The claim with which the same strip stands."""
    lowest: Sequence[Extreme]
    highest: Sequence[Extreme]


@dataclass(frozen=True)
class ClaimOverSeries:
    """A claim, its verdict, and the comparisons that it rests on."""

    head: Claim
    sentence: str
    comparisons: Sequence[Typical]


@dataclass(frozen=True)
class OverSeries(Section):
    """The verdicts on claims over series."""

    noun: Noun
    """What series are called."""
    n_series: str
    alpha: str
    k: int
    """Things claimed that share alpha; 0 if none is decided over series."""
    too_few: str
    """The claims for which there are too few series; "" if none."""
    clustered_by: str | None
    has_origins: bool
    claims: Sequence[ClaimOverSeries]

    @classmethod
    def of(cls, run: Run) -> Self | None:
        """The verdicts of a run, if it has claims over series."""
        rows, claims = run.rows(PopulationRow), run.rows(PopulationClaimRow)
        if not claims:
            return None
        of_claim, heads = by(rows, "id"), {claim.id: _head(claim) for claim in claims}
        first = {_drawn_of(row): heads[row.id] for row in reversed(rows)}
        too_few = [claim.id for claim in claims if claim.too_few_series]

        def typical(row: PopulationRow) -> Typical:
            return _typical(run, row, len(of_claim[row.id]), first[_drawn_of(row)])

        return cls(
            noun=run.study.noun,
            n_series=f"{len(run.study.series):,}",
            alpha=percent(run.study.alpha),
            k=next((row.k for row in rows if row.id not in too_few), 0),
            too_few=listed(too_few),
            clustered_by=run.study.cluster,
            has_origins=run.study.has_origins,
            claims=[
                ClaimOverSeries(
                    heads[claim.id],
                    claim.sentence,
                    [typical(row) for row in of_claim[claim.id]],
                )
                for claim in claims
            ],
        )


def _head(row: PopulationClaimRow) -> Claim:
    caveats = [text for text in (row.undecided_because, row.flags) if text]
    anchor = f"over-series.{spelled(row.id)}"
    return Claim(row.id, row.claim, row.source, anchor, mark_of(row.verdict), caveats)


def _drawn_of(row: PopulationRow) -> tuple[object, ...]:
    """What its strip shows, whatever is claimed of it."""
    return *compared_in(row), row.margin, row.typical


def _typical(run: Run, row: PopulationRow, n_comparisons: int, drawn_with: Claim) -> Typical:
    """A row of the population table, one of so many of its claim, with the effects behind it.

    Its strip stands with the first claim that has the same.
    """
    kind = KINDS[row.estimand]
    digits = 2 if kind.is_ratio else decimals(row.margin)

    def shown(value: float) -> str:
        return number(value, digits)

    def ends(low: float, high: float) -> str:
        return "no interval" if math.isnan(low) else f"[{shown(low)}, {shown(high)}]"

    effects = effects_of(run, row)
    titles = {series.name: series.title for series in run.study.series}
    named = [Extreme(titles[effect.series], shown(effect.effect)) for effect in effects]
    shown_at_ends = min(MOST_EXTREMES, len(named) // 2)
    below, above = kind.band(row.margin)
    who = [run.labels[name] for name in (row.scenario_a, row.scenario_b) if name is not None]
    is_drawn_here = drawn_with.id == row.id
    return Typical(
        who=who,
        **_share(row, run.study.alpha),
        quantity=f"{row.typical} {kind.quantity}",
        typical=shown(row.median if row.typical == "median" else row.mean),
        interval=ends(row.typical_low, row.typical_high),
        level="" if math.isnan(row.typical_level) else coverage(row.typical_level),
        margin=f"× {number(row.margin)}" if kind.is_ratio else f"{row.margin:g}",
        new_series=ends(row.new_series_low, row.new_series_high),
        new_series_level=percent(row.new_series_level, 0),
        below=shown(below),
        below_share=percent(row.share_below_margin, 0),
        above=shown(above),
        above_share=percent(row.share_above_margin, 0),
        facts=_facts(run, row, ends, shown),
        by_margin=strip_over_series(run, row, who if n_comparisons > 1 else []),
        strip=_strip(run, row, effects) if is_drawn_here else None,
        caption=_caption(run, row, effects) if effects else "",
        drawn_with=None if is_drawn_here else drawn_with,
        alt=f"The effect on each {run.study.noun.one}, sorted: {' against '.join(who)}",
        lowest=named[:shown_at_ends],
        highest=named[::-1][:shown_at_ends],
    )


def _share(row: PopulationRow, alpha: float) -> dict[str, str]:
    """The share that is claimed, if one is, as the page prints it."""
    if math.isnan(row.on_at_least):
        return {"share": "", "share_interval": "", "claimed": ""}
    at = coverage(1 - alpha / row.k)
    return {
        "share": f"{row.n_as_claimed or 0:,} of {row.n_series:,}",
        "share_interval": _percents(row.share_low, row.share_high),
        "claimed": f"as claimed, {at}; at least {percent(row.on_at_least)} were claimed",
    }


def _percents(low: float, high: float) -> str:
    return "no interval" if math.isnan(low) else f"[{percent(low, 1)}, {percent(high, 1)}]"


def _facts(
    run: Run,
    row: PopulationRow,
    ends: Callable[[float, float], str],
    shown: Callable[[float], str],
) -> list[Fact]:
    """What stands beside the number that decides."""
    noun, at = run.study.noun, coverage(1 - run.study.alpha / row.k)
    is_share = not math.isnan(row.on_at_least)
    facts = [Fact("median", shown(row.median))]
    if is_share and row.typical == "median" and not math.isnan(row.typical_level):
        interval = ends(row.typical_low, row.typical_high)
        facts = [Fact(f"median, {coverage(row.typical_level)}", f"{shown(row.median)} {interval}")]
    facts += [
        Fact(f"mean, {at}", f"{shown(row.mean)} {ends(row.mean_low, row.mean_high)}"),
        Fact(
            f"mean without a fifth at each end, {at}",
            f"{shown(row.trimmed_mean)} {ends(row.trimmed_mean_low, row.trimmed_mean_high)}",
        ),
    ]
    if row.n_as_claimed is not None:
        share = f"{row.n_as_claimed:,} of {row.n_series:,}"
        where = "inside the margin" if row.expect == "equivalent" else "beyond the margin"
        held = _percents(row.share_low, row.share_high)
        facts.append(Fact(f"{noun.many} as claimed, {where}, {at}", f"{share} {held}"))
    if not math.isnan(row.calibrated_share):
        held = _percents(row.calibrated_share_low, row.calibrated_share_high)
        share = percent(row.calibrated_share, 1)
        facts.append(Fact(f"the same of true effects (calibrated), {at}", f"{share} {held}"))
    if not math.isnan(row.tau):
        facts.append(
            Fact(
                f"standard deviation of true effects between {noun.many}, τ, "
                f"{coverage(1 - DESCRIPTIVE_ALPHA)}",
                f"{shown(row.tau)} {ends(row.tau_low, row.tau_high)}",
            )
        )
    if row.n_clusters is not None:
        median = ends(row.clustered_median_low, row.clustered_median_high)
        mean = ends(row.clustered_mean_low, row.clustered_mean_high)
        facts.append(
            Fact(
                f"with {noun.many} of one of {counted(row.n_clusters, 'group')} taken as dependent,"
                f" {at}",
                f"median {median}, mean {mean}",
            )
        )
    # Those of the typical effect, which does not decide a claim about a share.
    if not (is_share or math.isnan(row.margin_equivalent_above)):
        facts.append(
            Fact(
                "margins at which the answer changes",
                f"no typical difference that matters above {shown(row.margin_equivalent_above)}, "
                f"beyond the margin below {shown(row.margin_exceeded_below)}",
            )
        )
    return facts


def _strip(run: Run, row: PopulationRow, effects: Sequence[EffectRow]) -> FigureElement | None:
    if not effects:
        return None
    return run.figures.add(figure_of("over-series", row), strip_of(run, row, effects))


def _caption(run: Run, row: PopulationRow, effects: Sequence[EffectRow]) -> str:
    """What the strip shows, and how many effects lie beyond its axis."""
    interval = "" if math.isnan(row.typical_low) else ", the blue band its interval"
    values = [effect.effect for effect in effects]
    ends = figures.strip_ends(values, _typical_effect(row), ratio=KINDS[row.estimand].is_ratio)
    return (
        f"Each point is a {run.study.noun.one}. The blue line is the {row.typical}{interval}; the "
        f"grey band is the margin, the thin line no effect. "
        f"{on_the_axis(values, ends, 'as diamonds ')}"
    )


def _typical_effect(row: PopulationRow) -> figures.Effect:
    """What the strip draws across."""
    estimate = row.median if row.typical == "median" else row.mean
    band = KINDS[row.estimand].band(row.margin)
    return figures.Effect(estimate, row.typical_low, row.typical_high, band)


def strip_of(
    run: Run,
    row: PopulationRow,
    effects: Sequence[EffectRow],
    layout: figures.Layout = figures.PAGE,
) -> Draw:
    """The effects of a row of the population table, of which there has to be one."""
    kind = KINDS[row.estimand]
    groups = groups_of(run.study)
    return partial(
        figures.effects_strip,
        [effect.effect for effect in effects],
        _typical_effect(row),
        kind.quantity,
        ratio=kind.is_ratio,
        what=run.study.noun.many,
        groups=None if groups is None else [groups[effect.series] for effect in effects],
        layout=layout,
    )
