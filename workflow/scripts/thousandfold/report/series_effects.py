"""The effects of a comparison on every series, and what the series are like."""

import math
from collections.abc import Iterable, Sequence
from typing import TypeVar

from thousandfold.formatting import agreeing, counted
from thousandfold.names import spelled
from thousandfold.report.run import Run
from thousandfold.study import Study
from thousandfold.tables.rows import (
    EffectRow,
    PopulationRow,
    SeriesAttributeRow,
    VarianceComponentRow,
    contrast_key,
)

AnyCompared = TypeVar("AnyCompared", PopulationRow, VarianceComponentRow)


def effects_of(run: Run, row: PopulationRow) -> list[EffectRow]:
    """The effects of a row of the population table that are known, in ascending order."""
    effects = [
        effect
        for effect in run.rows(EffectRow)
        if contrast_key(effect) == contrast_key(row) and not math.isnan(effect.effect)
    ]
    return sorted(effects, key=lambda effect: effect.effect)


def on_the_axis(effects: Sequence[float], ends: tuple[float, float], marks: str) -> str:
    """In a sentence, how many effects lie beyond an axis, and as what they are drawn there."""
    # The ends of an axis of ratios are rounded.
    low, high = ends[0] - 1e-9 * abs(ends[0]), ends[1] + 1e-9 * abs(ends[1])
    beyond = sum(not low <= effect <= high for effect in effects)
    if not beyond:
        return "All effects are on the axis."
    return (
        f"{counted(beyond, 'effect')} {agreeing(beyond, 'lie')} beyond the axis and "
        f"{agreeing(beyond, 'are')} drawn {marks}at its end."
    )


def compared_in(row: PopulationRow | VarianceComponentRow) -> tuple[str | None, ...]:
    """What is compared, whichever claim asks for it."""
    return *contrast_key(row)[1:], row.scenario_a, row.scenario_b


def by_comparison(rows: Iterable[AnyCompared]) -> list[tuple[str, AnyCompared]]:
    """What is compared, each once: the ids of the claims that ask for it, and the first one's row.

    The effects on the series do not hang on the claim.
    """
    asked: dict[tuple[str | None, ...], list[AnyCompared]] = {}
    for row in rows:
        asked.setdefault(compared_in(row), []).append(row)
    return [(", ".join(each.id for each in same), same[0]) for same in asked.values()]


def figure_of(kind: str, row: PopulationRow) -> str:
    """The name of a figure about a row of the population table."""
    return "-".join((kind, spelled(row.id), spelled(row.comparison), row.metric, row.estimand))


def attribute_values(rows: Iterable[SeriesAttributeRow]) -> dict[str, dict[str, str]]:
    """The values of each attribute by series."""
    values: dict[str, dict[str, str]] = {}
    for row in rows:
        values.setdefault(row.attribute, {})[row.series] = row.value
    return values


def groups_of(study: Study) -> dict[str, str] | None:
    """The group of each series: its cluster, else the first attribute that the config has."""
    named = (name for series in study.series for name, _ in series.attributes)
    attribute = study.cluster or next(named, None)
    if attribute is None:
        return None
    return {name: own.get(attribute) or "not known" for name, own in study.attributes.items()}
