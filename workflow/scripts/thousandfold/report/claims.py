"""The part of the page about each claim: contrasts, figures, and what fewer repeats would show."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from thousandfold import figures
from thousandfold.formatting import decimals
from thousandfold.inference.claims import contrast_sentence
from thousandfold.inference.contrasts import KINDS, MeanDifference, Trend
from thousandfold.inference.findings import RESTS_ON_NORMALITY
from thousandfold.inference.precision import mean_with_interval
from thousandfold.metrics import metric_name
from thousandfold.names import spelled, texts_of
from thousandfold.report.tables import Record, Tables, labels_of
from thousandfold.study import SeriesSource, Study
from thousandfold.svg import Figures
from thousandfold.tables.rows import FindingRow

FEW_REPEATS = 10
"""What the article took; the page tells what that many would have shown."""


def claims_of(
    study: Study, source: SeriesSource, tables: Tables, drawn: Figures
) -> Iterator[Record]:
    """Each claim with its contrasts, its figures and what fewer repeats would have shown."""
    replication = tables.replication[tables.replication["series"] == source.name]
    labels = labels_of(study)
    for claim in tables.claims:
        if claim.series != source.name:
            continue
        contrasts = [c for c in tables.findings if (c.series, c.id) == (claim.series, claim.id)]
        fewer = _told_by_fewer(contrasts, replication, study.metric)
        yield {
            **vars(claim),
            "anchor": f"{spelled(source.name)}.{spelled(claim.id)}",
            "rests_on_normality": RESTS_ON_NORMALITY in texts_of(claim.flags, ";"),
            "contrasts": [{**vars(c), **_shown(c, labels)} for c in contrasts],
            "figures": list(_plots(study, source, contrasts, tables, drawn)),
            "ten_repeats": [row for row in fewer if row["n"] == FEW_REPEATS],
            "fewer_repeats": fewer,
        }


def _shown(contrast: FindingRow, labels: Mapping[str, str]) -> Record:
    """A contrast as the page prints it."""
    kind, digits = KINDS[contrast.estimand], decimals_of(contrast)
    estimate, low, high = (
        kind.shown(contrast, value, digits)
        for value in (contrast.difference, contrast.ci_low, contrast.ci_high)
    )
    return {
        "labels": kind.labels(contrast, labels),
        "who": kind.who(contrast, labels),
        "sizes": [n for n in (contrast.n_a, contrast.n_b) if n is not None],
        "times": "× " * kind.is_ratio,
        "shown": estimate,
        "shown_low": low,
        "shown_high": high,
        "band": kind.band(contrast.margin),
        "neutral": kind.neutral,
        "shown_margin": kind.shown_margin(contrast),
        "is_of_two_means": _is_of_two_means(contrast),
    }


def _is_of_two_means(contrast: FindingRow) -> bool:
    return contrast.estimand == MeanDifference.estimand


def decimals_of(contrast: FindingRow) -> int:
    """The decimals that a contrast's numbers are printed with, where it is no ratio."""
    return 2 if KINDS[contrast.estimand].is_ratio else decimals(contrast.margin)


def _told_by_fewer(
    contrasts: list[FindingRow], replication: pd.DataFrame, metric: str
) -> list[Record]:
    """The replication rows of a claim's contrasts, whichever way round."""
    wanted = [
        {c.scenario_a, c.scenario_b}
        for c in contrasts
        if _is_of_two_means(c) and c.metric == metric
    ]
    return [
        row
        for row in replication.to_dict("records")
        if {row["scenario_a"], row["scenario_b"]} in wanted
    ]


def _plots(
    study: Study, source: SeriesSource, contrasts: list[FindingRow], tables: Tables, drawn: Figures
) -> Iterator[Record]:
    """A figure for each scenario a and estimand of a claim, with everything it is compared with."""
    groups: dict[tuple[str, str, str], list[FindingRow]] = {}
    for contrast in contrasts:
        if not math.isnan(contrast.difference):
            key = (contrast.scenario_a, contrast.estimand, contrast.metric)
            groups.setdefault(key, []).append(contrast)
    for index, group in enumerate(groups.values()):
        kind = KINDS[group[0].estimand]
        figure = PLOTS[kind.figure](study, source, group, tables)
        if figure is not None:
            anchor = f"{spelled(source.name)}-{spelled(group[0].id)}"
            yield {
                "svg": drawn.add(f"{anchor}-{index}", figure),
                "alt": " ".join(contrast_sentence(contrast, study.unit) for contrast in group),
            }


def _estimation_plot(
    study: Study, source: SeriesSource, group: list[FindingRow], tables: Tables
) -> Figure | None:
    """Contrasts of one scenario a, estimand and metric; None where an interval is unknown."""
    first = group[0]
    kind, metric = KINDS[first.estimand], first.metric
    samples, unit = tables.samples[metric], study.unit(source.name, metric)
    others = [c.scenario_b for c in group if c.scenario_b is not None]
    summaries = [
        figures.Summary(
            study.scenario(name).label,
            samples[source.name, name].finite,
            *mean_with_interval(samples[source.name, name]),
        )
        for name in [first.scenario_a, *others]
    ]
    first_row = len(summaries) - len(group)
    effects = {first_row + row: _effect(contrast) for row, contrast in enumerate(group)}
    if not all(np.isfinite([effect.low, effect.high]).all() for effect in effects.values()):
        return None
    return figures.estimation_plot(
        summaries, effects, f"{metric_name(metric)}, {unit}", kind.axis(first), ratio=kind.is_ratio
    )


def _trend_plot(
    study: Study, source: SeriesSource, group: list[FindingRow], tables: Tables
) -> Figure | None:
    """The pairs' differences behind a claim's trend; None if it is not of the study's metric."""
    (contrast,) = group
    asked = (c for f in study.findings if f.id == contrast.id for c in f.contrasts)
    trend = next(c for c in asked if isinstance(c, Trend))
    differences = _differences(tables.comparisons[tables.comparisons["series"] == source.name])
    if contrast.metric != study.metric or not set(trend.pairs) <= set(differences):
        return None
    effects = {
        place: differences[pair] for place, pair in zip(trend.over, trend.pairs, strict=True)
    }
    axis = f"{trend.axis(contrast)}, {study.unit(source.name, study.metric)}"
    return figures.trend_plot(effects, contrast.difference, axis)


PLOTS = {"estimation": _estimation_plot, "trend": _trend_plot}
"""What draws each kind of figure."""


def _differences(comparisons: pd.DataFrame) -> dict[tuple[str, str], figures.Effect]:
    """Each pair's difference of means with its interval, both ways round."""
    found = {}
    for row in comparisons.to_dict("records"):
        a, b = row["scenario_a"], row["scenario_b"]
        estimate, low, high = (row[key] for key in ("difference", "ci_low", "ci_high"))
        found[a, b] = figures.Effect(estimate, low, high, (0.0, 0.0))
        found[b, a] = figures.Effect(-estimate, -high, -low, (0.0, 0.0))
    return found


def _effect(contrast: FindingRow) -> figures.Effect:
    """A contrast as the figure draws it."""
    kind, margin = KINDS[contrast.estimand], contrast.margin
    ends = [contrast.difference, contrast.ci_low, contrast.ci_high, *kind.band(margin)]
    estimate, low, high, *band = (kind.from_zero(contrast, end) for end in ends)
    return figures.Effect(estimate, low, high, (band[0], band[1]))
