"""The part of the page about each experiment: box plots, and published next to our results."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from thousandfold import figures
from thousandfold.formatting import number
from thousandfold.metrics import metric_name
from thousandfold.names import spelled
from thousandfold.report.tables import Tables
from thousandfold.study import Experiment, SeriesSource, Study
from thousandfold.svg import Figures

DESCRIPTION = ("n", "mean", "std", "min", "q25", "median", "q75", "max")
"""The columns of the descriptive tables, as the article prints them."""


def experiments_of(
    study: Study,
    source: SeriesSource,
    tables: Tables,
    limits: tuple[float, float],
    drawn: Figures,
) -> Iterator[dict[str, Any]]:
    """Each experiment's box plots, and its descriptive table with the published rows."""
    unit = study.unit(source.name, study.metric)
    for index, experiment in enumerate(study.experiments):
        finite = {
            study.scenario(name).label: tables.samples[study.metric][source.name, name].finite
            for name in experiment.scenarios
            if (source.name, name) in tables.samples[study.metric]
        }
        shown = {label: x for label, x in finite.items() if len(x)}
        rows = _descriptive_rows(experiment, source, tables)
        published: dict[str, list[float]] = {}
        for row in rows:
            if row["whose"] != "this run":
                label = study.scenario(row["scenario"]).label
                published.setdefault(label, []).append(row["mean"])
        yield {
            "title": experiment.title,
            "figure": drawn.add(
                f"{spelled(source.name)}-experiment-{index}",
                figures.box_plots(shown, published, f"{metric_name(study.metric)}, {unit}", limits),
            )
            if shown
            else None,
            "alt": _means_in_words(shown, metric_name(study.metric), unit),
            "rows": rows,
        }


def _means_in_words(samples: Mapping[str, np.ndarray], metric: str, unit: str) -> str:
    """A box plot's result as alternative text."""
    means = ", ".join(f"{label} {number(values.mean())}" for label, values in samples.items())
    return f"Box plots of the {metric}. Means in {unit}: {means}."


def _descriptive_rows(
    experiment: Experiment, source: SeriesSource, tables: Tables
) -> list[dict[str, Any]]:
    """Ours and the published description of each scenario, one below the other."""
    summary = tables.summary[tables.summary["series"] == source.name].set_index("scenario")
    published = tables.published_results.get(source.name)
    rows = []
    for name in experiment.scenarios:
        if name not in summary.index:
            continue
        rows.append({"scenario": name, "whose": "this run", **summary.loc[name, list(DESCRIPTION)]})
        if published is not None:
            for record in published[published["scenario"] == name].to_dict("records"):
                rows.append({**record, "whose": record["source"]})
    return rows
