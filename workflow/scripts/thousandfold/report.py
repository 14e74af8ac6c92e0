"""The page: from the tables of a run to one self-contained HTML file. Computes no statistics."""

import hashlib
import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from thousandfold import figures
from thousandfold.inference.samples import Sample, Samples
from thousandfold.inference.verdicts import Verdict
from thousandfold.series import Series
from thousandfold.study import Experiment, SeriesSource, Study

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


@dataclass(frozen=True)
class Tables:
    """The tables of a run that the page shows."""

    summary: pd.DataFrame
    standard_error: pd.DataFrame
    findings: pd.DataFrame
    claims: pd.DataFrame
    samples: Samples
    published_results: Mapping[str, pd.DataFrame | None]
    """Published results by series, as their source prints them."""
    baselines: pd.DataFrame
    required_repeats: pd.DataFrame
    replication: pd.DataFrame
    calibration: pd.DataFrame
    published: pd.DataFrame
    """Published results held against ours."""
    identities: pd.DataFrame
    twins: pd.DataFrame
    stopping: pd.DataFrame | None
    """None without a stopping rule, as is the next one."""
    stopping_simulation: pd.DataFrame | None


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
    study: Study, series: Mapping[str, Series], tables: Tables, facts: Mapping[str, str]
) -> str:
    """The page as HTML. `facts` are the provenance's lines, by what they tell."""
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
    simulated = tables.stopping_simulation
    page = environment.get_template("report.html")
    return page.render(
        study=study,
        series_sections=[
            _series_section(study, source, series[source.name], tables) for source in study.series
        ],
        labels={scenario.name: scenario.label for scenario in study.scenarios},
        verdicts=[(str(verdict), VERDICT_ICONS[verdict]) for verdict in reversed(Verdict)],
        icons={str(verdict): icon for verdict, icon in VERDICT_ICONS.items()},
        description=DESCRIPTION,
        stopping_simulation=None if simulated is None else simulated.to_dict("records"),
        facts=facts,
        style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),
    )


def _series_section(
    study: Study, source: SeriesSource, series: Series, tables: Tables
) -> dict[str, Any]:
    """Everything the page shows about one series."""

    def of_series(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["series"] == source.name]

    findings, claims = of_series(tables.findings), of_series(tables.claims)
    labels = {scenario.name: scenario.label for scenario in study.scenarios}
    errors = of_series(tables.standard_error)
    measured = {name: label for name, label in labels.items() if name in set(errors["scenario"])}
    limits = _common_limits([tables.samples[source.name, name] for name in labels])
    return {
        "source": source,
        "claims": list(_claims(claims, findings, of_series(tables.replication))),
        "counts": claims["verdict"].value_counts().to_dict(),
        "axes": {
            estimand: _axis(findings[findings["estimand"] == estimand])
            for estimand in ("mean", "spread", "precision")
        },
        "series_figure": inline_svg(
            figures.series_figure(series.values, series.labels, series.test_rows, source.unit),
            f"{source.name} series",
        ),
        "experiments": list(_experiments(study, source, tables, limits)),
        "standard_error_figure": inline_svg(
            figures.standard_error_figure(errors, measured, source.unit),
            f"{source.name} standard error",
        )
        if measured
        else None,
        "summary": of_series(tables.summary).to_dict("records"),
        "baselines": _by_scenario(of_series(tables.baselines), "baseline"),
        "required": _by_scenario(of_series(tables.required_repeats), "target"),
        "calibration": _calibration_ranges(of_series(tables.calibration)),
        "published": of_series(tables.published).to_dict("records"),
        "identities": of_series(tables.identities).to_dict("records"),
        "twins": of_series(tables.twins).to_dict("records"),
        "stopping": None
        if tables.stopping is None
        else of_series(tables.stopping).to_dict("records"),
    }


def _claims(
    claims: pd.DataFrame, findings: pd.DataFrame, replication: pd.DataFrame
) -> Iterator[dict[Any, Any]]:
    """Each claim with its contrasts and with what few repeats would have told of them."""
    for claim in claims.to_dict("records"):
        contrasts = findings[findings["id"] == claim["id"]].to_dict("records")
        few = _told_by_few(contrasts, replication)
        yield {**claim, "contrasts": contrasts, "ten_repeats": few}


FEW_REPEATS = 10
"""What the article took; the page tells what that many would have shown."""


def _told_by_few(
    contrasts: list[dict[Any, Any]], replication: pd.DataFrame
) -> list[dict[Any, Any]]:
    """The replication rows of FEW_REPEATS for a claim's contrasts, whichever way round."""
    few = replication[replication["n"] == FEW_REPEATS].to_dict("records")
    wanted = [{c["scenario_a"], c["scenario_b"]} for c in contrasts if c["estimand"] == "mean"]
    return [row for row in few if {row["scenario_a"], row["scenario_b"]} in wanted]


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
    study: Study, source: SeriesSource, tables: Tables, limits: tuple[float, float]
) -> Iterator[dict[str, Any]]:
    """Each experiment's box plots, and its descriptive table with the published rows."""
    for index, experiment in enumerate(study.experiments):
        finite = {
            study.scenario(name).label: tables.samples[source.name, name].finite
            for name in experiment.scenarios
        }
        shown = {label: x for label, x in finite.items() if len(x)}
        yield {
            "title": experiment.title,
            "figure": inline_svg(
                figures.box_plots(shown, source.unit, limits), f"{source.name} experiment {index}"
            )
            if shown
            else None,
            "alt": _means_in_words(shown, source.unit),
            "rows": _descriptive_rows(experiment, source, tables),
        }


def _means_in_words(samples: Mapping[str, np.ndarray], unit: str) -> str:
    """A box plot's result as alternative text."""
    means = ", ".join(f"{label} {number(values.mean())}" for label, values in samples.items())
    return f"Box plots of the RMSE. Means in {unit}: {means}."


def _descriptive_rows(
    experiment: Experiment, source: SeriesSource, tables: Tables
) -> list[dict[str, Any]]:
    """Ours and the published description of each scenario, one below the other."""
    summary = tables.summary[tables.summary["series"] == source.name].set_index("scenario")
    published = tables.published_results[source.name]
    rows = []
    for name in experiment.scenarios:
        rows.append({"scenario": name, "whose": "this run", **summary.loc[name, list(DESCRIPTION)]})
        if published is not None:
            for record in published[published["scenario"] == name].to_dict("records"):
                rows.append({**record, "whose": record["source"]})
    return rows


def number(value: float, digits: int = 2) -> str:
    """A number for reading: a true minus sign, and a dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.{digits}f}".replace("-", "−")


def p_value(value: float) -> str:
    """A p value for reading."""
    if math.isnan(value):
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def inline_svg(figure: Figure, name: str) -> Markup:
    """A figure as an SVG element that takes its ink from the page; its name keeps ids apart."""
    buffer = io.StringIO()
    salt = hashlib.sha256(name.encode()).hexdigest()
    with mpl.rc_context({**figures.STYLE, "svg.hashsalt": salt}):
        figure.savefig(buffer, format="svg", transparent=True, dpi=150, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    # Only referenced ids are salted; matplotlib repeats the others in every figure.
    referenced = set(re.findall(r'(?:url\(|href=")#([^")]+)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in referenced else "", svg)
    svg = svg.replace(figures.INK, "currentColor").replace(figures.GRID, "var(--grid)")
    return Markup(svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1))
