"""Everything that the page shows about one series."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from thousandfold import figures
from thousandfold.formatting import decimals
from thousandfold.inference.calibration import DECIDING
from thousandfold.inference.contrasts import KINDS, Contrast
from thousandfold.inference.precision import TARGETS
from thousandfold.inference.samples import Sample
from thousandfold.metrics import metric_name
from thousandfold.names import spelled
from thousandfold.report.claims import claims_of
from thousandfold.report.experiments import experiments_of
from thousandfold.report.tables import Record, Tables, labels_of
from thousandfold.series import Series
from thousandfold.study import SeriesSource, Study
from thousandfold.svg import Figures
from thousandfold.tables.rows import FindingRow


@dataclass(frozen=True)
class Axis:
    """A common horizontal axis of small plots, on the scale of a kind of contrast."""

    kind: type[Contrast]
    low: float
    """The value at its left end, on that scale."""
    high: float

    def position(self, value: float) -> float:
        """The position of a value, from 0 to 100; values outside are put at the ends."""
        share = (self.kind.scaled(value) - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)


def series_section(
    study: Study, source: SeriesSource, series: Series | None, tables: Tables, drawn: Figures
) -> dict[str, Any]:
    """Everything the page shows about one series."""

    def of_series(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["series"] == source.name]

    labels, anchor = labels_of(study), spelled(source.name)

    def labels_in(table: pd.DataFrame) -> dict[str, str]:
        present = set(table["scenario"])
        return {name: label for name, label in labels.items() if name in present}

    findings = [row for row in tables.findings if row.series == source.name]
    verdicts = [row.verdict for row in tables.claims if row.series == source.name]
    bands, errors = of_series(tables.forecast_bands), of_series(tables.standard_error)
    forecast, measured = labels_in(bands), labels_in(errors)
    comparisons, baselines = of_series(tables.comparisons), of_series(tables.baselines)
    samples, unit = tables.samples[study.metric], study.unit(source.name, study.metric)
    present = [samples[source.name, name] for name in labels if (source.name, name) in samples]
    limits = _common_limits(present)
    return {
        "source": source,
        "anchor": anchor,
        "claims": list(claims_of(study, source, tables, drawn)),
        "counts": Counter(verdicts),
        "axes": {estimand: _axis(kind, findings) for estimand, kind in KINDS.items()},
        "unit": unit,
        "digits": decimals(source.margin),
        "series_figure": drawn.add(
            f"{anchor}-series",
            figures.series_figure(series.values, series.labels, series.test_rows, source.unit),
        )
        if series
        else None,
        "forecast_figure": drawn.add(
            f"{anchor}-forecasts",
            figures.forecast_fans(
                bands,
                forecast,
                tables.baseline_forecasts[source.name],
                series.labels[-series.test_rows :],
                source.unit,
            ),
        )
        if series and forecast
        else None,
        "experiments": list(experiments_of(study, source, tables, limits, drawn)),
        "standard_error_figure": drawn.add(
            f"{anchor}-standard-error",
            figures.standard_error_figure(
                errors, measured, [share * source.margin for share in TARGETS], unit
            ),
        )
        if measured
        else None,
        "beaten": _against_baselines(baselines, metric_name(study.metric)),
        "autoregressions": [
            name for name in dict.fromkeys(baselines["baseline"]) if name[:2] == "ar"
        ],
        "baseline_values": dict(
            zip(baselines["baseline"], baselines["baseline_value"], strict=True)
        ),
        "pairs": comparisons.to_dict("records"),
        "heat": _heat_map(study, comparisons) if study.compares_all_pairs else [],
        "summary": of_series(tables.summary).to_dict("records"),
        "baselines": _by_scenario(baselines, "baseline"),
        "required": _by_scenario(of_series(tables.required_repeats), "target"),
        "calibration": _calibration_ranges(of_series(tables.calibration)),
        "errs": _errs(of_series(tables.calibration)),
        "published": of_series(tables.published).to_dict("records"),
        "identities": of_series(tables.identities).to_dict("records"),
        "fidelity": of_series(tables.fidelity).to_dict("records"),
        "twins": of_series(tables.twins).to_dict("records"),
        "stopping": None
        if tables.stopping is None
        else of_series(tables.stopping).to_dict("records"),
    }


def _against_baselines(baselines: pd.DataFrame, metric: str) -> str:
    """In a sentence, how many scenarios do better than each forecast that needs no network."""
    parts = []
    for name, rows in baselines.groupby("baseline", sort=False):
        counts = rows["result"].value_counts()
        better, worse = counts.get("better", 0), counts.get("worse", 0)
        parts.append(f"{better} better and {worse} worse than {name}")
    scenarios = baselines["scenario"].nunique()
    return f"Of {scenarios} scenarios, {'; '.join(parts)} (95 % intervals of the mean {metric})."


def _heat_map(study: Study, comparisons: pd.DataFrame) -> list[Record]:
    """A row for each scenario: how far its mean differs from all others, and how strongly.

    Strength is from -1 to 1, relative to the largest difference.
    """
    differences = {
        pair: sign * difference
        for a, b, difference in comparisons[["scenario_a", "scenario_b", "difference"]].to_numpy()
        for pair, sign in [((a, b), 1), ((b, a), -1)]
        if not math.isnan(difference)
    }
    largest = max(map(abs, differences.values()), default=0.0) or 1.0
    names = [scenario.name for scenario in study.scenarios]
    return [
        {
            "scenario": row,
            "cells": [
                {"difference": value, "strength": value / largest}
                for value in (differences.get((row, column), math.nan) for column in names)
            ],
        }
        for row in names
    ]


def _by_scenario(table: pd.DataFrame, key: str) -> dict[str, dict[Any, dict[Any, Any]]]:
    """A table's rows by scenario and the value of `key`."""
    rows: dict[str, dict[Any, dict[Any, Any]]] = {}
    for row in table.to_dict("records"):
        rows.setdefault(row["scenario"], {})[row[key]] = row
    return rows


def _calibration_ranges(calibration: pd.DataFrame) -> list[dict[str, Any]]:
    """The smallest and largest rejection rate of each kind of null, usual test and size."""
    tests = calibration[calibration["test"] != DECIDING]
    return [
        {
            "null": null, "test": test, "n": n, "pairs": len(rows),
            "lowest": rows["rejection_rate"].min(), "highest": rows["rejection_rate"].max(),
        }
        for (null, test, n), rows in tests.groupby(["null", "test", "n"], sort=False)
    ]  # fmt: skip


def _errs(calibration: pd.DataFrame) -> Record | None:
    """How often the deciding intervals miss the truth; None if there is nothing to judge by."""
    deciding = calibration[calibration["test"] == DECIDING]
    if deciding.empty:
        return None
    rates = deciding["rejection_rate"]
    return {
        "level": deciding["level"].iloc[0], "lowest": rates.min(), "highest": rates.max(),
        "rows": deciding.to_dict("records"),
    }  # fmt: skip


def _common_limits(samples: list[Sample]) -> tuple[float, float]:
    """Axis limits that show all finite values of all samples."""
    finite = [sample.finite for sample in samples]
    values = np.concatenate([*finite, *([[0.0, 1.0]] if not any(map(len, finite)) else [])])
    padding = 0.03 * (values.max() - values.min()) or 1.0
    return float(values.min() - padding), float(values.max() + padding)


def _axis(kind: type[Contrast], findings: list[FindingRow]) -> Axis:
    """An axis that shows every interval and margin of a kind, with no difference in its middle."""
    shown = [row for row in findings if row.estimand == kind.estimand]
    ends = np.array([[row.ci_low, row.ci_high, row.margin] for row in shown])
    sizes = np.abs([kind.scaled(end) for end in ends.ravel()])
    finite = sizes[np.isfinite(sizes)]
    reach = 1.05 * float(finite.max()) if finite.size else 1.0
    return Axis(kind, -reach, reach)
