"""With which attributes of the series the effects of claims over series go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from thousandfold import figures
from thousandfold.formatting import number, p_value
from thousandfold.inference.contrasts import KINDS
from thousandfold.report.run import Run
from thousandfold.report.section import Section
from thousandfold.report.series_effects import (
    attribute_values,
    by_comparison,
    effects_of,
    figure_of,
    on_the_axis,
)
from thousandfold.svg import FigureElement
from thousandfold.tables.rows import ModeratorRow, PopulationRow, SeriesAttributeRow, contrast_key

MOST_DRAWN = 6
"""Attributes that are drawn; the table has them all."""

STATISTICS = {"spearman": "rank correlation {}", "kruskal": "H {} (Kruskal–Wallis)"}


@dataclass(frozen=True)
class Association:
    """An effect and an attribute."""

    attribute: str
    n_series: str
    statistic: str
    p: str
    p_holm: str


@dataclass(frozen=True)
class Moderated:
    """What the effect of a comparison goes with."""

    ids: str
    """Those of the claims that make it."""
    who: str
    associations: Sequence[Association]
    figure: FigureElement
    alt: str
    beyond: str
    """How many effects are not on the axis."""


@dataclass(frozen=True)
class Moderators(Section):
    """Associations of effects with attributes."""

    comparisons: Sequence[Moderated]

    @classmethod
    def of(cls, run: Run) -> Self | None:
        """The associations of a run, if its series have attributes and its claims are over them."""
        if not (rows := run.rows(ModeratorRow)):
            return None
        values = attribute_values(run.rows(SeriesAttributeRow))
        moderated = []
        for ids, row in by_comparison(run.rows(PopulationRow)):
            own = [each for each in rows if contrast_key(each) == contrast_key(row)]
            if own:
                moderated.append(_moderated(run, ids, row, own, values))
        return cls(moderated)


def _moderated(
    run: Run,
    ids: str,
    row: PopulationRow,
    found: Sequence[ModeratorRow],
    values: Mapping[str, Mapping[str, str]],
) -> Moderated:
    kind, effects = KINDS[row.estimand], effects_of(run, row)
    values_of_effects = [effect.effect for effect in effects]
    who = run.versus(row.scenario_a, row.scenario_b)
    attributes = [
        figures.Attribute(
            one.attribute,
            _drawable([values[one.attribute].get(e.series, "") for e in effects], one.test),
        )
        for one in found[:MOST_DRAWN]
    ]
    draw = partial(
        figures.moderator_figure,
        values_of_effects,
        attributes,
        kind.quantity,
        ratio=kind.is_ratio,
    )
    return Moderated(
        ids=ids,
        who=who,
        associations=[
            Association(
                one.attribute, f"{one.n_series:,}",
                STATISTICS[one.test].format(number(one.statistic)),
                p_value(one.p), p_value(one.p_holm),
            )
            for one in found
        ],
        figure=run.figures.add(figure_of("moderators", row), draw),
        alt=f"The effect on each series against its attributes: {who}",
        beyond=on_the_axis(
            values_of_effects, figures.bulk_ends(values_of_effects, ratio=kind.is_ratio), ""
        ),
    )  # fmt: skip


def _drawable(values: Sequence[str], test: str) -> Sequence[float] | Sequence[str]:
    """Numbers, or names of groups."""
    if test == "spearman":
        return [float(value or "nan") for value in values]
    return [value or "not known" for value in values]
