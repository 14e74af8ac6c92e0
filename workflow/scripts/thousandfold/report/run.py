"""A finished run as the page sees it: its study, and its tables, read when a section asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from thousandfold.data import load_published, load_series
from thousandfold.formatting import decimals
from thousandfold.names import spelled
from thousandfold.records import read_large_table
from thousandfold.series import Series
from thousandfold.study import ImportedStudy, Study, StudySeries
from thousandfold.svg import Draw, FigureElement, Figures
from thousandfold.tables import TABLES, AnyRow, Row, read_rows
from thousandfold.tables.rows import (
    COMPARISON_TABLES,
    DESCRIPTION_TABLES,
    PLANNING_TABLES,
    STEP_TABLES,
    TRAINING_TABLES,
    WINDOW_TABLES,
    SummaryRow,
)


def csv_tables(study: Study) -> list[str]:
    """The names of the tables that a run of the study leaves as CSV files only."""
    others = {"repeats", "forecasts", "earlier_repeats", *PLANNING_TABLES, *COMPARISON_TABLES}
    if isinstance(study, ImportedStudy):
        others |= set(TRAINING_TABLES)
    if not study.has_claims_over_series:
        others |= set(DESCRIPTION_TABLES)
    if not study.has_steps:
        others |= set(STEP_TABLES)
    if not study.has_origins:
        others |= set(WINDOW_TABLES)
    if study.stopping is None:
        others |= {"stopping", "stopping_simulation"}
    return [name for name in TABLES if name not in others]


def files_of(study: Study) -> list[str]:
    """The files that a run of the study leaves beside each other."""
    parquet = [] if isinstance(study, ImportedStudy) else ["forecasts.parquet"]
    if study.has_origins:
        parquet.append("earlier_repeats.parquet")
    tables = [f"{name}.csv" for name in csv_tables(study)]
    return [
        "config.yaml", "provenance.json", "verdicts.json", "repeats.csv", "repeats.parquet",
        *parquet, *tables,
    ]  # fmt: skip


class StoredTables(dict[type[Row], list[Any]]):
    """The tables in a run's folder by the type of their rows, each read when first asked for.

    A table that such a study does not make is empty. Raises DamagedTableError.
    """

    def __init__(self, study: Study, folder: Path) -> None:
        super().__init__()
        self.made = csv_tables(study)
        self.folder = folder

    def __missing__(self, row_type: type[Row]) -> list[Any]:
        is_made, path = row_type.table in self.made, self.folder / f"{row_type.table}.csv"
        self[row_type] = read_rows(row_type, path) if is_made else []
        return self[row_type]


MOST_SHOWN = 60
"""Scenarios and findings, counted on each series, with which all series have sections of their own.

Each takes about 40 kB of the page, which so stays below 3 MB; the config can ask for single series.
"""

FEW_SERIES = 24
"""As many series as tables of single ones are made of."""


@dataclass(frozen=True)
class Provenance:
    """Where the page comes from."""

    facts: Mapping[str, str]
    """Lines, by what they tell."""
    tables_folder: str
    """The folder of the tables, relative to the page."""
    warnings: tuple[str, ...] = ()
    """What the reader has to know first: missing repeats, results of another config."""


@dataclass(frozen=True)
class Run:
    """A finished run."""

    study: Study
    series: Mapping[str, Series]
    """Those that it was trained on, by name."""
    repeats: pd.DataFrame
    tables: Mapping[type[Row], list[Any]]
    """The rows of each table, by their type."""
    published: Mapping[str, pd.DataFrame]
    """Published results by series, as their source prints them."""
    provenance: Provenance
    figures: Figures = field(default_factory=Figures)
    """Those that the sections have asked for."""

    def rows(self, row_type: type[AnyRow]) -> list[AnyRow]:
        """The rows of the table of a type."""
        return self.tables[row_type]

    @cached_property
    def values(self) -> Mapping[tuple[str, str, str], np.ndarray]:
        """The finite values of each (metric, series, scenario), in repeat order."""
        ordered = self.repeats.sort_values("repeat", kind="stable")
        columns = {
            (metric, str(series), str(scenario)): group[metric].to_numpy(float)
            for (series, scenario), group in ordered.groupby(["series", "scenario"], sort=False)
            for metric in self.study.metrics
        }
        return {key: values[np.isfinite(values)] for key, values in columns.items()}

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """What the page calls each scenario."""
        return {scenario.name: scenario.label for scenario in self.study.scenarios}

    def versus(self, a: str, b: str | None) -> str:
        """What the page calls two scenarios that are compared, or one."""
        return " against ".join(self.labels[name] for name in (a, b) if name is not None)

    def on_shown_series(self) -> "list[SeriesRun]":
        """The run on each series that has sections of its own.

        Those that the study asks for; else all, unless the page would be large.
        """
        asked, series = self.study.show_series, self.study.series
        if asked:
            return [SeriesRun(self, source) for source in series if source.name in asked]
        parts = len(self.study.scenarios) + len(self.study.findings)
        is_small = len(series) == 1 or len(series) * parts <= MOST_SHOWN
        return self.on_each_series() if is_small else []

    def on_few_series(self) -> "list[SeriesRun]":
        """The run on each series, unless they are many."""
        return self.on_each_series() if len(self.study.series) <= FEW_SERIES else []

    def on_each_series(self) -> "list[SeriesRun]":
        """The run, series by series."""
        return [SeriesRun(self, source) for source in self.study.series]


def stored_run(study: Study, folder: Path, provenance: Provenance, processes: int = 1) -> Run:
    """The run whose tables are in a folder, with figures drawn by so many processes.

    Raises DamagedTableError.
    """
    return Run(
        study=study,
        series={source.name: load_series(source) for source in study.sources},
        repeats=read_large_table(folder / "repeats.parquet"),
        tables=StoredTables(study, folder),
        published={name: load_published(file) for name, file in study.published.items()},
        provenance=provenance,
        figures=Figures(processes),
    )


@dataclass(frozen=True)
class SeriesRun:
    """A run, as far as one series is concerned."""

    run: Run
    source: StudySeries

    @property
    def study(self) -> Study:
        """The whole study."""
        return self.run.study

    @property
    def labels(self) -> Mapping[str, str]:
        """What the page calls each scenario."""
        return self.run.labels

    @property
    def series(self) -> Series | None:
        """The series itself; None if the repeats were trained elsewhere."""
        return self.run.series.get(self.source.name)

    @property
    def anchor(self) -> str:
        """What ids of this series' parts of the page end with."""
        return spelled(self.source.name)

    @property
    def unit(self) -> str:
        """The unit of the study's metric."""
        return self.study.unit(self.source.name, self.study.metric)

    @property
    def digits(self) -> int:
        """The decimals that values of the study's metric are printed with."""
        return decimals(self.source.margin)

    def rows(self, row_type: type[AnyRow]) -> list[AnyRow]:
        """The rows of the table of a type about this series."""
        rows: list[Any] = self.run.rows(row_type)
        return [row for row in rows if row.series == self.source.name]

    def summaries(self, metric: str) -> dict[str, SummaryRow]:
        """The rows of the summary table about a metric, by scenario."""
        return {row.scenario: row for row in self.rows(SummaryRow) if row.metric == metric}

    def values(self, metric: str, scenario: str) -> np.ndarray:
        """A scenario's finite values of a metric, in repeat order."""
        return self.run.values.get((metric, self.source.name, scenario), np.empty(0))

    def add(self, name: str, draw: Draw) -> FigureElement:
        """What will be drawn, as an element of the page; it becomes a file, too."""
        return self.run.figures.add(f"{self.anchor}-{name}", draw)


def by(rows: Sequence[AnyRow], column: str) -> dict[Any, list[AnyRow]]:
    """Rows by what they have in a column, in their order."""
    groups: dict[Any, list[AnyRow]] = {}
    for row in rows:
        groups.setdefault(getattr(row, column), []).append(row)
    return groups
