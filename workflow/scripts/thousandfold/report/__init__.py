"""The page: from the tables of a run to one self-contained HTML file. Computes no statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from thousandfold.formatting import exact, is_known, number, p_value
from thousandfold.inference.findings import RESTS_ON_NORMALITY
from thousandfold.inference.verdicts import Verdict
from thousandfold.metrics import metric_name
from thousandfold.names import texts_of
from thousandfold.report.experiments import DESCRIPTION
from thousandfold.report.sections import series_section
from thousandfold.report.tables import Record, Tables, labels_of
from thousandfold.series import Series
from thousandfold.study import Study
from thousandfold.svg import Figures
from thousandfold.tables import TABLES
from thousandfold.tables.rows import TRAINING_TABLES, FindingRow

TEMPLATES = Path(__file__).parents[1] / "templates"

VERDICT_ICONS = {
    Verdict.SUPPORTED: "✔",
    Verdict.DIRECTION_SUPPORTED: "◕",
    Verdict.UNDECIDED: "?",
    Verdict.NO_DIFFERENCE: "≈",
    Verdict.DOES_NOT_HOLD: "⊘",
    Verdict.CONTRADICTED: "✘",
}


_SAID_ELSEWHERE = (
    "series", "id", "flags", "difference_verdict", "verdict", "undecided_because", "expect",
    "comparison",
)  # fmt: skip

EVIDENCE = {
    name: column.description
    for name, column in FindingRow.columns.items()
    if name not in _SAID_ELSEWHERE
}
"""The columns of the findings table that a finding's folded block lists, with what they say."""


def csv_tables(study: Study) -> list[str]:
    """The names of the tables that a run of the study leaves as CSV files only."""
    others = {"repeats", "forecasts"}
    if study.table is not None:
        others |= set(TRAINING_TABLES)
    if study.stopping is None:
        others |= {"stopping", "stopping_simulation"}
    return [name for name in TABLES if name not in others]


@dataclass(frozen=True)
class Page:
    """The report: one HTML file, and its figures as SVG files by name."""

    html: str
    figures: Mapping[str, str]


@dataclass(frozen=True)
class Provenance:
    """Where the page comes from."""

    facts: Mapping[str, str]
    """Lines, by what they tell."""
    tables_folder: str
    """The folder of the tables, relative to the page."""
    warnings: Sequence[str] = ()
    """What the reader has to know first: missing repeats, results of another config."""


def render(
    study: Study, series: Mapping[str, Series], tables: Tables, provenance: Provenance
) -> Page:
    """The page and its figures."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    environment.filters["p_value"] = p_value
    environment.filters["exact"] = exact
    environment.tests["known"] = is_known
    environment.filters["texts"] = texts_of
    labels = labels_of(study)
    simulated = tables.stopping_simulation
    drawn = Figures()
    html = environment.get_template("report.html").render(
        study=study,
        series_sections=[
            series_section(study, source, series.get(source.name), tables, drawn)
            for source in study.series
        ],
        labels=labels,
        metric=metric_name(study.metric),
        metric_names={metric: metric_name(metric) for metric in study.metrics},
        over_all=_over_all(study, tables.conjunctions),
        verdicts=[(str(verdict), VERDICT_ICONS[verdict]) for verdict in reversed(Verdict)],
        icons={str(verdict): icon for verdict, icon in VERDICT_ICONS.items()},
        rests_on_normality=RESTS_ON_NORMALITY,
        description=DESCRIPTION,
        stopping_simulation=None if simulated is None else simulated.to_dict("records"),
        provenance=provenance,
        tables=csv_tables(study),
        evidence=EVIDENCE,
        style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),
        script=Markup((TEMPLATES / "script.js").read_text(encoding="utf-8")),
    )
    return Page(html, drawn.files)


def _over_all(study: Study, table: pd.DataFrame) -> list[Record]:
    """For each finding about several series, on which it holds."""

    def titles(names: Any) -> list[str]:
        known = names if isinstance(names, str) else ""
        return [study.source(name).title for name in texts_of(known)]

    return [
        {**row, "supported_on": titles(row["supported_on"]),
         "direction_supported_on": titles(row["direction_supported_on"])}
        for row in table.to_dict("records")
    ]  # fmt: skip
