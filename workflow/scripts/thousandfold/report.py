"""The page: from the tables of a run to one self-contained HTML file. Computes no statistics."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from thousandfold import figures
from thousandfold.formatting import decimals, exact, is_known, number, p_value
from thousandfold.inference.claims import contrast_sentence
from thousandfold.inference.precision import TARGETS, mean_with_interval
from thousandfold.inference.samples import Sample, Samples
from thousandfold.inference.verdicts import Verdict
from thousandfold.metrics import METRIC_NAMES
from thousandfold.records import TRAINING_TABLES, all_tables, table_descriptions
from thousandfold.series import Series
from thousandfold.study import Experiment, SeriesSource, Study
from thousandfold.svg import Figures

TEMPLATES = Path(__file__).parent / "templates"

VERDICT_ICONS = {
    Verdict.SUPPORTED: "✔",
    Verdict.SUPPORTED_SIZE_UNRESOLVED: "◕",
    Verdict.NO_DIFFERENCE: "≈",
    Verdict.UNDECIDED: "?",
    Verdict.CONTRADICTED: "✘",
}

DESCRIPTION = ("n", "mean", "std", "min", "q25", "median", "q75", "max")
"""The columns of the descriptive tables, as the article prints them."""


EVIDENCE = {
    name: what
    for name, what in table_descriptions("findings").items()
    if name not in ("series", "id", "flags", "difference_verdict", "verdict", "expect")
}
"""The columns of the findings table that a finding's folded block lists, with what they say."""


def csv_tables(study: Study) -> list[str]:
    """The names of the tables that a run of the study leaves as CSV files only."""
    others = {"repeats", "forecasts"}
    if study.table is not None:
        others |= set(TRAINING_TABLES)
    if study.stopping is None:
        others |= {"stopping", "stopping_simulation"}
    return [name for name in all_tables() if name not in others]


Record = dict[Any, Any]


@dataclass(frozen=True)
class Page:
    """The report: one HTML file, and its figures as SVG files by name."""

    html: str
    figures: Mapping[str, str]


@dataclass(frozen=True)
class Tables:
    """The tables of a run that the page shows."""

    summary: pd.DataFrame
    standard_error: pd.DataFrame
    findings: pd.DataFrame
    claims: pd.DataFrame
    samples: Mapping[str, Samples]
    """By metric."""
    conjunctions: pd.DataFrame
    published_results: Mapping[str, pd.DataFrame]
    """Published results by series, as their source prints them."""
    baselines: pd.DataFrame
    required_repeats: pd.DataFrame
    replication: pd.DataFrame
    calibration: pd.DataFrame
    published: pd.DataFrame
    """Published results held against ours."""
    comparisons: pd.DataFrame
    forecast_bands: pd.DataFrame
    baseline_forecasts: Mapping[str, Mapping[str, np.ndarray]]
    """Forecasts that need no network, by series and name."""
    identities: pd.DataFrame
    fidelity: pd.DataFrame
    twins: pd.DataFrame
    stopping: pd.DataFrame | None
    """None without a stopping rule, as is the next one."""
    stopping_simulation: pd.DataFrame | None


@dataclass(frozen=True)
class Provenance:
    """Where the page comes from."""

    facts: Mapping[str, str]
    """Lines, by what they tell."""
    tables_folder: str
    """The folder of the tables, relative to the page."""
    warnings: Sequence[str] = ()
    """What the reader has to know first: missing repeats, results of another config."""


@dataclass(frozen=True)
class Axis:
    """A common horizontal axis of small plots: the values at its ends."""

    low: float
    high: float

    def position(self, value: float) -> float:
        """Where a value lies, from 0 to 100; values outside lie at the ends."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)


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
    environment.filters["exp"] = math.exp
    environment.filters["p_value"] = p_value
    environment.filters["exact"] = exact
    environment.tests["known"] = is_known
    labels = _labels(study)
    environment.filters["label"] = lambda names: ", ".join(
        labels.get(name, name) for name in str(names).split(", ")
    )
    simulated = tables.stopping_simulation
    drawn = Figures()
    html = environment.get_template("report.html").render(
        study=study,
        series_sections=[
            _series_section(study, source, series.get(source.name), tables, drawn)
            for source in study.series
        ],
        labels=labels,
        metric=metric_name(study.metric),
        metric_names={metric: metric_name(metric) for metric in study.metrics},
        over_all=_over_all(study, tables.conjunctions),
        verdicts=[(str(verdict), VERDICT_ICONS[verdict]) for verdict in reversed(Verdict)],
        icons={str(verdict): icon for verdict, icon in VERDICT_ICONS.items()},
        description=DESCRIPTION,
        stopping_simulation=None if simulated is None else simulated.to_dict("records"),
        provenance=provenance,
        tables=csv_tables(study),
        evidence=EVIDENCE,
        style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),
        script=Markup((TEMPLATES / "script.js").read_text(encoding="utf-8")),
    )
    return Page(html, drawn.files)


def _series_section(
    study: Study, source: SeriesSource, series: Series | None, tables: Tables, drawn: Figures
) -> dict[str, Any]:
    """Everything the page shows about one series."""

    def of_series(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["series"] == source.name]

    labels = _labels(study)

    def labels_in(table: pd.DataFrame) -> dict[str, str]:
        present = set(table["scenario"])
        return {name: label for name, label in labels.items() if name in present}

    findings, claims = of_series(tables.findings), of_series(tables.claims)
    bands, errors = of_series(tables.forecast_bands), of_series(tables.standard_error)
    forecast, measured = labels_in(bands), labels_in(errors)
    comparisons, baselines = of_series(tables.comparisons), of_series(tables.baselines)
    samples, unit = tables.samples[study.metric], study.unit(source.name, study.metric)
    present = [samples[source.name, name] for name in labels if (source.name, name) in samples]
    limits = _common_limits(present)
    return {
        "source": source,
        "claims": list(_claims(study, source, tables, drawn)),
        "counts": claims["verdict"].value_counts().to_dict(),
        "axes": {
            estimand: _axis(findings[findings["estimand"] == estimand])
            for estimand in ("mean", "ratio", "spread", "trend", "precision")
        },
        "unit": unit,
        "digits": decimals(source.margin),
        "series_figure": drawn.add(
            f"{source.name}-series",
            figures.series_figure(series.values, series.labels, series.test_rows, source.unit),
        )
        if series
        else None,
        "forecast_figure": drawn.add(
            f"{source.name}-forecasts",
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
        "experiments": list(_experiments(study, source, tables, limits, drawn)),
        "standard_error_figure": drawn.add(
            f"{source.name}-standard-error",
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
        "heat": _heat_map(study, comparisons),
        "summary": of_series(tables.summary).to_dict("records"),
        "baselines": _by_scenario(baselines, "baseline"),
        "required": _by_scenario(of_series(tables.required_repeats), "target"),
        "calibration": _calibration_ranges(of_series(tables.calibration)),
        "published": of_series(tables.published).to_dict("records"),
        "identities": of_series(tables.identities).to_dict("records"),
        "fidelity": of_series(tables.fidelity).to_dict("records"),
        "twins": of_series(tables.twins).to_dict("records"),
        "stopping": None
        if tables.stopping is None
        else of_series(tables.stopping).to_dict("records"),
    }


def metric_name(metric: str) -> str:
    """A metric as the page calls it."""
    return METRIC_NAMES.get(metric, metric)


def _over_all(study: Study, table: pd.DataFrame) -> list[Record]:
    """For each finding about several series, on how many it holds."""
    rows = []
    for id_, by_k in table.groupby("id", sort=False):
        proven = by_k[by_k["holds"].astype(bool)]
        last = proven.iloc[-1] if len(proven) else by_k.iloc[0]
        supported = by_k["supported_on"].iloc[0]
        names = supported.split(", ") if isinstance(supported, str) and supported else []
        rows.append(
            {
                "id": id_, "claim": by_k["claim"].iloc[0], "m": int(by_k["m"].iloc[0]),
                "at_least": int(proven["k"].max()) if len(proven) else 0, "p": last["p_family"],
                "supported_on": [study.source(name).title for name in names],
            }
        )  # fmt: skip
    return rows


def _labels(study: Study) -> dict[str, str]:
    return {scenario.name: scenario.label for scenario in study.scenarios}


FEW_REPEATS = 10
"""What the article took; the page tells what that many would have shown."""


def _claims(study: Study, source: SeriesSource, tables: Tables, drawn: Figures) -> Iterator[Record]:
    """Each claim with its contrasts, its figures and what fewer repeats would have told."""
    claims, findings, replication = (
        table[table["series"] == source.name]
        for table in (tables.claims, tables.findings, tables.replication)
    )
    for claim in claims.to_dict("records"):
        contrasts = findings[findings["id"] == claim["id"]].to_dict("records")
        fewer = _told_by_fewer(contrasts, replication, study.metric)
        yield {
            **claim,
            "contrasts": [{**c, "digits": digits_for(c)} for c in contrasts],
            "figures": list(
                _estimation_plots(study, source, claim["id"], contrasts, tables, drawn)
            ),
            "ten_repeats": [row for row in fewer if row["n"] == FEW_REPEATS],
            "fewer_repeats": fewer,
        }


def digits_for(contrast: Record) -> int:
    """The decimals that a contrast's numbers are printed with."""
    is_difference = contrast["estimand"] in ("mean", "trend")
    return decimals(contrast["margin"]) if is_difference else 2


def _told_by_fewer(contrasts: list[Record], replication: pd.DataFrame, metric: str) -> list[Record]:
    """The replication rows of a claim's contrasts, whichever way round."""
    wanted = [
        {c["scenario_a"], c["scenario_b"]}
        for c in contrasts
        if c["estimand"] == "mean" and c["metric"] == metric
    ]
    return [
        row
        for row in replication.to_dict("records")
        if {row["scenario_a"], row["scenario_b"]} in wanted
    ]


def _estimation_plots(
    study: Study,
    source: SeriesSource,
    id_: str,
    contrasts: list[Record],
    tables: Tables,
    drawn: Figures,
) -> Iterator[Record]:
    """A figure for each scenario a and estimand of a claim: all it is compared with in one."""
    groups: dict[tuple[str, str, str], list[Record]] = {}
    for contrast in contrasts:
        if not math.isnan(contrast["difference"]):
            key = (contrast["scenario_a"], contrast["estimand"], contrast["metric"])
            groups.setdefault(key, []).append(contrast)
    for index, ((a, estimand, metric), group) in enumerate(groups.items()):
        if estimand == "trend":
            yield from _trend_plots(study, source, id_, group, tables, drawn)
            continue
        samples, unit = tables.samples[metric], study.unit(source.name, metric)
        others = [] if estimand == "precision" else [c["scenario_b"] for c in group]
        summaries = [
            figures.Summary(
                study.scenario(name).label,
                samples[source.name, name].finite,
                *mean_with_interval(samples[source.name, name]),
            )
            for name in [a, *others]
        ]
        first_row = 0 if estimand == "precision" else 1
        effects = {first_row + row: _effect(contrast) for row, contrast in enumerate(group)}
        if not all(np.isfinite([effect.low, effect.high]).all() for effect in effects.values()):
            continue
        axis = {
            "mean": "difference of means, a − b",
            "ratio": "times that of b",
            "spread": "spread, times that of b",
            "precision": f"standard error of a mean of {exact(group[0]['mean_of'])}",
        }[estimand]
        figure = figures.estimation_plot(
            summaries, effects, f"{metric_name(metric)}, {unit}", axis,
            ratio=estimand in ("spread", "ratio"),
        )  # fmt: skip
        yield {
            "svg": drawn.add(f"{source.name}-{id_}-{index}", figure),
            "alt": " ".join(contrast_sentence(contrast, study.unit) for contrast in group),
        }


def _trend_plots(
    study: Study,
    source: SeriesSource,
    id_: str,
    contrasts: list[Record],
    tables: Tables,
    drawn: Figures,
) -> Iterator[Record]:
    """A figure of the pairs' differences behind a trend, if it is of the study's metric."""
    trends = (c.trend for f in study.findings if f.id == id_ for c in f.contrasts)
    trend = next(trend for trend in trends if trend is not None)
    differences = _differences(tables.comparisons[tables.comparisons["series"] == source.name])
    for contrast in contrasts:
        if contrast["metric"] != study.metric or not set(trend.pairs) <= set(differences):
            continue
        effects = {
            place: differences[pair] for place, pair in zip(trend.over, trend.pairs, strict=True)
        }
        axis = f"a − b, {study.unit(source.name, study.metric)}"
        figure = figures.trend_plot(effects, contrast["difference"], axis)
        yield {
            "svg": drawn.add(f"{source.name}-{id_}-trend", figure),
            "alt": contrast_sentence(contrast, study.unit),
        }


def _differences(comparisons: pd.DataFrame) -> dict[tuple[str, str], figures.Effect]:
    """Each pair's difference of means with its interval, both ways round."""
    found = {}
    for row in comparisons.to_dict("records"):
        a, b = row["scenario_a"], row["scenario_b"]
        estimate, low, high = (row[key] for key in ("difference", "ci_low", "ci_high"))
        found[a, b] = figures.Effect(estimate, low, high, (0.0, 0.0))
        found[b, a] = figures.Effect(-estimate, -high, -low, (0.0, 0.0))
    return found


def _effect(contrast: Record) -> figures.Effect:
    """A contrast as the figure draws it: ratios as ratios, a precision as itself."""
    margin = contrast["margin"]
    ends = [contrast[key] for key in ("difference", "ci_low", "ci_high")] + [-margin, margin]
    if contrast["estimand"] in ("spread", "ratio"):
        ends = [math.exp(end) for end in ends]
    elif contrast["estimand"] == "precision":
        ends = [end + contrast["estimate_a"] - contrast["difference"] for end in ends]
    estimate, low, high, *band = ends
    return figures.Effect(estimate, low, high, (band[0], band[1]))


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
    """A row for each scenario of its mean's differences from all others, and how strong each is.

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
    """The smallest and largest rejection rate of each kind of null, test and size."""
    return [
        {
            "null": null, "test": test, "n": n, "pairs": len(rows),
            "lowest": rows["rejection_rate"].min(), "highest": rows["rejection_rate"].max(),
        }
        for (null, test, n), rows in calibration.groupby(["null", "test", "n"], sort=False)
    ]  # fmt: skip


def _common_limits(samples: list[Sample]) -> tuple[float, float]:
    """Axis limits that show all finite values of all samples."""
    finite = [sample.finite for sample in samples]
    values = np.concatenate([*finite, *([[0.0, 1.0]] if not any(map(len, finite)) else [])])
    padding = 0.03 * (values.max() - values.min()) or 1.0
    return float(values.min() - padding), float(values.max() + padding)


def _axis(findings: pd.DataFrame) -> Axis:
    """A symmetric axis that shows every interval and margin."""
    ends = findings[["ci_low", "ci_high", "margin"]].abs().to_numpy(float)
    finite = ends[np.isfinite(ends)]
    reach = 1.05 * float(finite.max()) if finite.size else 1.0
    return Axis(-reach, reach)


def _experiments(
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
                f"{source.name}-experiment-{index}",
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
