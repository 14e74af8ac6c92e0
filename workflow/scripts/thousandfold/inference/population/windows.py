"""The same contrasts on other test windows, of series that are cut at earlier ends as well."""

import math
from collections.abc import Mapping

import pandas as pd

from thousandfold.inference.designs import Design
from thousandfold.inference.population.questions import Asked, effect_of
from thousandfold.inference.questions import asked_by, comparison_name
from thousandfold.inference.samples import samples_by_metric
from thousandfold.settings import VerdictSettings
from thousandfold.tables.rows import WindowEffectRow


def asked_on_earlier(
    earlier_repeats: pd.DataFrame, settings: VerdictSettings, design: Design
) -> dict[int, Asked]:
    """The questions of all findings on earlier test windows, by how much earlier these end.

    `earlier_repeats` is the table of that name; a window has the questions of the series in it.
    """
    asked: dict[int, Asked] = {}
    for earlier, repeats in earlier_repeats.groupby("earlier"):
        margins = {name: settings.margins[name] for name in dict.fromkeys(repeats["series"])}
        samples = samples_by_metric(
            repeats, settings.seed, settings.metrics, settings.deterministic
        )  # fmt: skip
        asked[int(str(earlier))] = asked_by(settings.findings, samples, margins, design)
    return asked


def window_effect_rows(
    asked: Asked, on_earlier: Mapping[int, Asked], directions: Mapping[str, bool]
) -> list[WindowEffectRow]:
    """The table of effects by window: of each series that has several, latest first."""
    cut = {question.series for window in on_earlier.values() for _, question in window}
    rows = []
    for earlier, window in {0: asked, **on_earlier}.items():
        for id_, question in window:
            if question.series not in cut:
                continue
            contrast = question.contrast
            better = directions.get(contrast.metric, False)
            effect = effect_of(question, higher_is_better=better)
            rows.append(
                WindowEffectRow(
                    id=id_, **contrast.names(), comparison=comparison_name(question.key),
                    metric=contrast.metric, estimand=contrast.estimand, series=question.series,
                    earlier=earlier, effect=contrast.natural(effect.value),
                    standard_error=math.sqrt(effect.variance), repeats=effect.fewest_repeats,
                )
            )  # fmt: skip
    return rows
