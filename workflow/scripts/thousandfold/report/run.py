"""A finished run as the page sees it: its study, and its tables, read when a section asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from thousandfold.formatting import decimals
from thousandfold.names import spelled
from thousandfold.records import (
    TRAINING_TABLES,
    all_tables,
    read_large_table,
    read_table,
    table_columns,
)
from thousandfold.series import Series
from thousandfold.study import SeriesSource, Study
from thousandfold.svg import Figures

Row = Any
"""A row of a table, with its columns for attributes."""


def csv_tables(study: Study) -> list[str]:
    """The names of the tables that a run of the study leaves as CSV files only."""
    others = {"repeats", "forecasts"}
    if study.table is not None:
        others |= set(TRAINING_TABLES)
    if study.stopping is None:
        others |= {"stopping", "stopping_simulation"}
    return [name for name in all_tables() if name not in others]


def files_of(study: Study) -> list[str]:
    """The files that a run of the study leaves beside each other."""
    forecasts = [] if study.table else ["forecasts.parquet"]
    tables = [f"{name}.csv" for name in csv_tables(study)]
    return [
        "config.yaml", "provenance.json", "repeats.csv", "repeats.parquet", *forecasts, *tables
    ]  # fmt: skip


class StoredTables(dict[str, pd.DataFrame]):
    """The tables in a run's folder by name, each read when first asked for.

    A table that such a study does not make is empty. Raises DamagedTableError.
    """

    def __init__(self, study: Study, folder: Path) -> None:
        super().__init__()
        self.made = csv_tables(study)
        self.folder = folder

    def __missing__(self, name: str) -> pd.DataFrame:
        if name == "repeats":
            self[name] = read_large_table(self.folder / "repeats.parquet")
        elif name in self.made:
            self[name] = read_table(self.folder / f"{name}.csv")
        else:
            self[name] = pd.DataFrame(columns=table_columns(name))
        return self[name]


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
    tables: Mapping[str, pd.DataFrame]
    published: Mapping[str, pd.DataFrame]
    """Published results by series, as their source prints them."""
    provenance: Provenance
    figures: Figures = field(default_factory=Figures)
    """Those that the sections have drawn."""
    _rows: dict[str, list[Row]] = field(default_factory=dict)

    def rows(self, name: str) -> list[Row]:
        """A table's rows. Raises KeyError if there is no such table."""
        if name not in self._rows:
            records: list[Any] = self.tables[name].to_dict("records")
            self._rows[name] = [SimpleNamespace(**record) for record in records]
        return self._rows[name]

    @cached_property
    def values(self) -> Mapping[tuple[str, str, str], np.ndarray]:
        """The finite values of each (metric, series, scenario), in repeat order."""
        ordered = self.tables["repeats"].sort_values("repeat", kind="stable")
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

    def on_each_series(self) -> "list[SeriesRun]":
        """The run, series by series."""
        return [SeriesRun(self, source) for source in self.study.series]


@dataclass(frozen=True)
class SeriesRun:
    """A run, as far as one series is concerned."""

    run: Run
    source: SeriesSource

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

    def rows(self, name: str) -> list[Row]:
        """A table's rows about this series."""
        return [row for row in self.run.rows(name) if row.series == self.source.name]

    def summaries(self, metric: str) -> dict[str, Row]:
        """The rows of the summary table about a metric, by scenario."""
        return {row.scenario: row for row in self.rows("summary") if row.metric == metric}

    def values(self, metric: str, scenario: str) -> np.ndarray:
        """A scenario's finite values of a metric, in repeat order."""
        return self.run.values.get((metric, self.source.name, scenario), np.empty(0))

    def drawn(self, name: str, figure: Figure) -> Markup:
        """A figure as an element of the page; it is kept as a file, too."""
        return self.run.figures.add(f"{self.anchor}-{name}", figure)


def by(rows: list[Row], column: str) -> dict[Any, list[Row]]:
    """Rows by what they have in a column, in their order."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(getattr(row, column), []).append(row)
    return groups
