"""The effects of a comparison on every series, and what the series are like."""

import math
from collections.abc import Iterable

from thousandfold.names import spelled
from thousandfold.report.run import Run
from thousandfold.study import Study
from thousandfold.tables.rows import (
    EffectRow,
    PopulationRow,
    SeriesAttributeRow,
    contrast_key,
)


def effects_of(run: Run, row: PopulationRow) -> list[EffectRow]:
    """The effects of a row of the population table that are known, in ascending order."""
    effects = [
        effect
        for effect in run.rows(EffectRow)
        if contrast_key(effect) == contrast_key(row) and not math.isnan(effect.effect)
    ]
    return sorted(effects, key=lambda effect: effect.effect)


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
