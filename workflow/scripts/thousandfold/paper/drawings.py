"""The figures of a paper, as wide as a journal's column, as PDF and as SVG."""

import hashlib
import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from thousandfold import figures
from thousandfold.inference.contrasts import KINDS
from thousandfold.metrics import metric_name
from thousandfold.names import spelled
from thousandfold.report.run import Run, SeriesRun
from thousandfold.report.sections.findings import effect_of
from thousandfold.report.sections.over_series import strip_of
from thousandfold.report.sections.verdicts import exploratory_claims
from thousandfold.report.series_effects import effects_of
from thousandfold.tables.rows import ContrastRow, PopulationRow

DOTS_PER_INCH = 600
"""Of the points of a figure that are a picture."""


@dataclass(frozen=True)
class Drawing:
    """A figure with what stands below it, as the content of a file of each format."""

    name: str
    caption: str
    files: Mapping[str, bytes]


def drawings(run: Run) -> list[Drawing]:
    """The figures that a run has something for."""
    made = [*_over_series(run)]
    for part in run.on_few_series():
        made += [*_intervals(part), *_repeats(part)]
    return [Drawing(name, caption, _saved(name, figure)) for name, caption, figure in made]


Drawn = Iterator[tuple[str, str, Figure]]
"""Names, captions and figures."""


def _intervals(run: SeriesRun) -> Drawn:
    """The interval of every comparison, over its margin."""
    exploratory = exploratory_claims(run.run.rows(ContrastRow))
    panels: dict[str, list[tuple[str, figures.Effect]]] = {}
    ratios = set()
    for row in run.rows(ContrastRow):
        effect, kind = effect_of(row), KINDS[row.estimand]
        if row.id in exploratory or not np.isfinite([effect.low, effect.high]).all():
            continue
        unit = run.study.unit(run.source.name, row.metric)
        measure = [metric_name(row.metric), *([unit] if unit and not kind.is_ratio else [])]
        axis = f"{kind.axis(row)} ({', '.join(measure)})"
        others = [other for other in run.rows(ContrastRow) if other.id == row.id]
        against = run.labels.get(row.scenario_b or "", "")
        label = f"{row.id} {against}" if len(others) > 1 else row.id
        panels.setdefault(axis, []).append((label, effect))
        if kind.is_ratio:
            ratios.add(axis)
    if panels:
        caption = (
            f"The claims{_on(run)}: each comparison with the interval that decides; shaded, the "
            "differences that do not matter."
        )
        figure = figures.intervals_figure(panels, ratios=ratios)
        yield _file_name("claims", run.source.name), caption, figure


def _repeats(run: SeriesRun) -> Drawn:
    """The distribution of each scenario's repeats."""
    metric = run.study.metric
    boxes = [
        figures.Box(run.labels[name], run.values(metric, name), row.mean, [])
        for name, row in run.summaries(metric).items()
        if row.n
    ]
    if boxes:
        values = np.concatenate([box.values for box in boxes])
        room = 0.03 * np.ptp(values) or 1.0
        limits = float(values.min() - room), float(values.max() + room)
        measure = ", ".join(filter(None, [metric_name(metric), run.unit]))
        caption = (
            f"The repeats of each scenario{_on(run)}: boxes span the quartiles, whiskers reach to "
            f"{figures.WHISKERS:g} times their distance, diamonds are means."
        )
        figure = figures.box_plots(boxes, measure, limits, figures.COLUMN)
        yield _file_name("repeats", run.source.name), caption, figure


def _over_series(run: Run) -> Drawn:
    """The effect on each series of every comparison of a claim over series."""
    for index, row in enumerate(run.rows(PopulationRow), 1):
        effects = effects_of(run, row)
        if effects:
            versus = run.versus(row.scenario_a, row.scenario_b)
            caption = (
                f"{row.id}: the effect on each series, {versus}; in blue, the typical one with "
                "its interval; shaded, the differences that do not matter."
            )
            figure = strip_of(run, row, effects, figures.COLUMN)()
            yield _file_name(f"over-series-{index}", row.id), caption, figure


def _file_name(kind: str, name: str) -> str:
    """A name that LaTeX takes for one, too."""
    return f"{kind}-{spelled(name)}".replace("~", "-").replace("_", "-")


def _on(run: SeriesRun) -> str:
    return f" on {run.source.title}" if len(run.study.series) > 1 else ""


def _saved(name: str, figure: Figure) -> dict[str, bytes]:
    """A figure in both formats: the same bytes each time, with text as text."""
    salt = hashlib.sha256(name.encode()).hexdigest()
    pdf, svg = io.BytesIO(), io.BytesIO()
    style = {**figures.STYLE, "svg.hashsalt": salt, "pdf.fonttype": 42}
    with mpl.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(pdf, format="pdf", dpi=DOTS_PER_INCH, metadata={"CreationDate": None})
        figure.savefig(svg, format="svg", dpi=DOTS_PER_INCH, metadata={"Date": None})
    return {"pdf": pdf.getvalue(), "svg": svg.getvalue()}
