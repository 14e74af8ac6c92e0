"""Finding by finding: figures, every test and number, and what fewer repeats would have shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np

from thousandfold import figures
from thousandfold.formatting import exact, is_known, level, number, percent, spelled_out
from thousandfold.inference.claims import contrast_sentence
from thousandfold.inference.contrasts import KINDS, MeanDifference, Trend
from thousandfold.inference.precision import SUMMARY_LEVEL
from thousandfold.inference.replication import (
    FEW_REPEATS,
    FEWEST_REPEATS,
    NAIVE_ALPHA,
    NOTABLE_EXAGGERATION,
    NOTABLE_WRONG_DIRECTION,
)
from thousandfold.metrics import metric_name
from thousandfold.names import spelled
from thousandfold.report.claims import Claim, claim_of
from thousandfold.report.margins import MarginStrip, margin_strips
from thousandfold.report.reach import ReachPlot, reach_plots
from thousandfold.report.run import SeriesRun, by
from thousandfold.report.section import Section
from thousandfold.report.windows import sentences_on_windows
from thousandfold.svg import Draw, FigureElement
from thousandfold.tables.rows import ClaimRow, ComparisonRow, ContrastRow, ReplicationRow

SHOWN_ELSEWHERE = (
    "series", "id", "flags", "difference_verdict", "verdict", "undecided_because", "expect",
    "comparison",
)  # fmt: skip
"""The columns of the contrasts table that are not repeated among the evidence."""


MOST_FIGURES = 150
"""On a page; what claims beyond come to is told in words and numbers only."""


@dataclass(frozen=True)
class Plot:
    """A figure, and what it shows in words."""

    svg: FigureElement
    alt: str


@dataclass(frozen=True)
class Evidence:
    """A column of the contrasts table: its name, what it says, its value for each comparison."""

    name: str
    what: str
    values: Sequence[str]


@dataclass(frozen=True)
class Compared:
    """The scenarios of a comparison, those of a and of b, and what is estimated."""

    labels: Sequence[str]
    estimand: str


@dataclass(frozen=True)
class FewerRepeats:
    """What studies of n repeats of two scenarios would have shown."""

    labels: Sequence[str]
    n: int
    significant: str
    wrong_direction: str
    exaggerated: str


@dataclass(frozen=True)
class Finding:
    """A claim with everything that is known about it."""

    head: Claim
    sentence: str
    reach: Sequence[ReachPlot]
    """How far its comparisons rest on the test rows."""
    windows: Sequence[str]
    """What they come to on earlier test windows, a sentence each."""
    strips: Sequence[MarginStrip]
    """Its verdict by margin, of each comparison."""
    few_repeats: str
    """What as few repeats as the article's would have shown, in a sentence."""
    figures: Sequence[Plot]
    comparisons: Sequence[Compared]
    evidence: Sequence[Evidence]
    fewer_repeats: Sequence[FewerRepeats]
    is_too_few: bool
    """Whether there are too few repeats to say what fewer would have shown."""


@dataclass(frozen=True)
class Findings(Section):
    """Every claim about a series."""

    anchor: str
    points_shown: int
    mean_level: str
    naive_alpha: str
    fewest: str
    is_paired: bool
    findings: Sequence[Finding]
    most_figures: int | None
    """As many figures as the page has, if it has no room for more."""

    @classmethod
    def of(cls, run: SeriesRun) -> Self | None:
        """The claims about a series, if there are any."""
        contrasts, replication = by(run.rows(ContrastRow), "id"), run.rows(ReplicationRow)
        findings = [
            _finding(run, row, contrasts[row.id], replication) for row in run.rows(ClaimRow)
        ]
        if not findings:
            return None
        return cls(
            anchor=run.anchor,
            points_shown=figures.POINTS_SHOWN,
            mean_level=percent(SUMMARY_LEVEL),
            naive_alpha=level(NAIVE_ALPHA),
            fewest=spelled_out(FEWEST_REPEATS),
            is_paired=run.study.design == "paired",
            findings=findings,
            most_figures=MOST_FIGURES if _is_full(run) else None,
        )


def _finding(
    run: SeriesRun, row: ClaimRow, contrasts: list[ContrastRow], replication: list[ReplicationRow]
) -> Finding:
    """A claim and its rows of the contrasts table."""
    pairs = [
        {contrast.scenario_a, contrast.scenario_b}
        for contrast in contrasts
        if contrast.estimand == MeanDifference.estimand and contrast.metric == run.study.metric
    ]
    fewer = [told for told in replication if {told.scenario_a, told.scenario_b} in pairs]
    return Finding(
        head=claim_of(row),
        sentence=row.sentence,
        reach=reach_plots(run, contrasts),
        windows=sentences_on_windows(run, contrasts),
        strips=margin_strips(run, contrasts),
        few_repeats=few_repeats([told for told in fewer if told.n == FEW_REPEATS], run.labels),
        figures=list(_plots(run, contrasts)),
        comparisons=[
            Compared(KINDS[c.estimand].labels(c, run.labels), c.estimand) for c in contrasts
        ],
        evidence=[
            Evidence(
                name, column.description, [exact(getattr(contrast, name)) for contrast in contrasts]
            )
            for name, column in ContrastRow.columns.items()
            if name not in SHOWN_ELSEWHERE
            and any(is_known(getattr(contrast, name)) for contrast in contrasts)
        ],
        fewer_repeats=[
            FewerRepeats(
                [run.labels[told.scenario_a], run.labels[told.scenario_b]],
                told.n,
                percent(told.share_significant, 1),
                percent(told.wrong_direction, 1) if is_known(told.wrong_direction) else "–",
                f"{number(told.median_exaggeration, 1)} times"
                if is_known(told.median_exaggeration)
                else "–",
            )
            for told in fewer
        ],
        is_too_few=bool(pairs) and not fewer,
    )


def few_repeats(rows: Sequence[ReplicationRow], labels: Mapping[str, str]) -> str:
    """In a sentence, what some rows of the replication table say; "" of none."""
    parts: list[str] = []
    for row in rows:
        part = f"would have found a “significant” difference in {percent(row.share_significant, 0)}"
        part += " of studies"
        # A comparison with NaN is false.
        if row.median_exaggeration > NOTABLE_EXAGGERATION:
            part += f", exaggerated {number(row.median_exaggeration, 1)} times in the median"
        if row.wrong_direction >= NOTABLE_WRONG_DIRECTION:
            part += f", {percent(row.wrong_direction, 0)} of them in the wrong direction"
        who = f"of {labels[row.scenario_a]} and {labels[row.scenario_b]}" if parts else "of each"
        parts.append(f"{who} {part}")
    return f"{spelled_out(FEW_REPEATS).capitalize()} repeats {'; '.join(parts)}." if parts else ""


def _is_full(run: SeriesRun) -> bool:
    """Whether the page has no room for more figures of claims."""
    return run.run.figures.count >= MOST_FIGURES


def _plots(run: SeriesRun, contrasts: Sequence[ContrastRow]) -> Iterator[Plot]:
    """A figure for each scenario a and estimand of a claim, with everything it is compared with."""
    groups: dict[tuple[str, str, str], list[ContrastRow]] = {}
    for row in contrasts:
        if is_known(row.difference):
            groups.setdefault((row.scenario_a, row.estimand, row.metric), []).append(row)
    for index, group in enumerate(groups.values()):
        if _is_full(run):
            return
        draw = PLOTS[KINDS[group[0].estimand].figure](run, group)
        if draw is not None:
            sentences = [contrast_sentence(row, run.study.unit) for row in group]
            svg = run.add(f"{spelled(group[0].id)}-{index}", draw)
            yield Plot(svg, " ".join(sentences))


def _estimation_plot(run: SeriesRun, group: Sequence[ContrastRow]) -> Draw | None:
    """Comparisons of one scenario a, estimand and metric; None where an interval is unknown."""
    first = group[0]
    kind, metric = KINDS[first.estimand], first.metric
    described = run.summaries(metric)
    names = [first.scenario_a, *(row.scenario_b for row in group if row.scenario_b is not None)]
    summaries = [
        figures.Summary(
            run.labels[name],
            run.values(metric, name),
            described[name].mean,
            described[name].ci_low,
            described[name].ci_high,
        )
        for name in names
    ]
    first_row = len(summaries) - len(group)
    effects = {first_row + index: effect_of(row) for index, row in enumerate(group)}
    if not all(np.isfinite([effect.low, effect.high]).all() for effect in effects.values()):
        return None
    measure = f"{metric_name(metric)}, {run.study.unit(run.source.name, metric)}"
    axis = kind.axis(first)
    return partial(figures.estimation_plot, summaries, effects, measure, axis, ratio=kind.is_ratio)


def _trend_plot(run: SeriesRun, group: Sequence[ContrastRow]) -> Draw | None:
    """The pairs' differences behind a claim's trend; None if it is not of the study's metric."""
    (row,) = group
    asked = (c for finding in run.study.findings if finding.id == row.id for c in finding.contrasts)
    trend = next(contrast for contrast in asked if isinstance(contrast, Trend))
    differences = _differences(run.rows(ComparisonRow))
    if row.metric != run.study.metric or not set(trend.pairs) <= set(differences):
        return None
    effects = {
        place: differences[pair] for place, pair in zip(trend.over, trend.pairs, strict=True)
    }
    axis = f"{trend.axis(row)}, {run.unit}"
    return partial(figures.trend_plot, effects, row.difference, axis)


PLOTS = {"estimation": _estimation_plot, "trend": _trend_plot}
"""What draws each kind of figure."""


def _differences(comparisons: Sequence[ComparisonRow]) -> Mapping[tuple[str, str], figures.Effect]:
    """Each pair's difference of means with its interval, both ways round."""
    found = {}
    for row in comparisons:
        a, b = row.scenario_a, row.scenario_b
        found[a, b] = figures.Effect(row.difference, row.ci_low, row.ci_high, (0.0, 0.0))
        found[b, a] = figures.Effect(-row.difference, -row.ci_high, -row.ci_low, (0.0, 0.0))
    return found


def effect_of(row: ContrastRow) -> figures.Effect:
    """A comparison as the figure draws it."""
    kind = KINDS[row.estimand]
    ends = row.difference, row.ci_low, row.ci_high, *kind.band(row.margin)
    estimate, low, high, *band = (kind.from_zero(row, end) for end in ends)
    return figures.Effect(estimate, low, high, (band[0], band[1]))
