"""The report's figures: data in, Figure out. No files, no statistics, no HTML.

Ink and grid have colours of their own, which the page replaces by its scheme's.
"""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

INK = "#123456"
"""Text and axes; the page puts its own text colour in its place."""

GRID = "#123457"
"""Grid lines and bands; the page puts a faint colour in its place."""

BLUE, ORANGE, GREEN, SKY, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#56B4E9", "#D55E00"
"""Okabe and Ito's colours, distinguishable with any colour vision."""

STYLE: Any = {
    "axes.edgecolor": INK, "axes.labelcolor": INK, "axes.titlecolor": INK, "text.color": INK,
    "xtick.color": INK, "ytick.color": INK, "axes.facecolor": "none", "figure.facecolor": "none",
    "grid.color": GRID, "axes.grid": True, "axes.axisbelow": True, "axes.spines.top": False,
    "axes.spines.right": False, "font.size": 10, "axes.titlesize": 10, "axes.titlelocation": "left",
    "legend.frameon": False, "font.family": "sans-serif", "svg.fonttype": "none",
    "lines.linewidth": 1.6, "text.parse_math": False,
}  # fmt: skip


LONGEST_LABEL = 40
"""Characters of a label that a figure has room for."""

PANEL_TITLE_WIDTH = 28
"""Characters in a line of a small panel's title."""


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def _figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), layout="constrained")


def _plain_number(value: float, _: int) -> str:
    return f"{value:g}"


def series_figure(values: np.ndarray, labels: Sequence[str], test_rows: int, unit: str) -> Figure:
    """A series over time, its test part marked."""
    with mpl.rc_context(STYLE):
        figure = _figure(7.2, 2.8)
        axes = figure.subplots()
        times = np.arange(len(values))
        first_test = len(values) - test_rows
        axes.axvspan(first_test - 0.5, len(values) - 0.5, color=GRID, linewidth=0)
        axes.plot(times[: first_test + 1], values[: first_test + 1], color=BLUE)
        axes.plot(
            times[first_test:], values[first_test:], color=VERMILLION, marker="o", markersize=3.5
        )
        top = values.max()
        axes.text(first_test - 0.8, top, "training", ha="right", va="top")
        axes.text(first_test - 0.2, top, "test", ha="left", va="top")
        axes.xaxis.set_major_locator(MaxNLocator(9, integer=True))
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda x, _: labels[int(x)] if 0 <= x < len(labels) else "")
        )
        axes.set_ylabel(_short(unit))
        axes.grid(axis="x", visible=False)
        return figure


def box_plots(samples: Mapping[str, np.ndarray], unit: str, limits: tuple[float, float]) -> Figure:
    """The RMSEs of some scenarios by label, side by side on a given axis.

    Boxes span the quartiles, whiskers reach to 1.5 times their distance, points lie beyond.
    """
    with mpl.rc_context(STYLE):
        figure = _figure(7.2, 0.9 + 0.42 * len(samples))
        axes = figure.subplots()
        table = pd.DataFrame(
            [(label, value) for label, values in samples.items() for value in values],
            columns=["scenario", "rmse"],
        )
        points = {"marker": ".", "markersize": 3, "markeredgecolor": BLUE, "rasterized": True}
        sns.boxplot(
            table, x="rmse", y="scenario", order=list(samples), ax=axes, width=0.6, color=SKY,
            linecolor=INK, linewidth=1, saturation=1, flierprops=points,
        )  # fmt: skip
        means = [values.mean() for values in samples.values()]
        axes.plot(
            means, range(len(means)), linestyle="", marker="D", markersize=4, color=VERMILLION
        )
        axes.set(xlabel=f"RMSE, {_short(unit)}", ylabel="", xlim=limits)
        axes.set_yticks(range(len(samples)), [_short(label) for label in samples])
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        return figure


def standard_error_figure(table: pd.DataFrame, labels: Mapping[str, str], unit: str) -> Figure:
    """Standard errors against n as small multiples on common axes, one per scenario.

    `table` holds one series' rows of the standard_error table.
    """
    columns = 3
    rows = -(-len(labels) // columns)
    with mpl.rc_context(STYLE):
        figure = _figure(7.6, 0.6 + 1.75 * rows)
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for axes, (scenario, label) in zip(grid, labels.items(), strict=False):
            _standard_error_panel(axes, table[table["scenario"] == scenario], label)
        for axes in grid[len(labels) :]:
            axes.set_visible(False)
        for axes in grid[max(0, len(labels) - columns) : len(labels)]:
            axes.tick_params(labelbottom=True)
        handles, names = grid[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper left", ncols=3)
        figure.supxlabel("repeats n", fontsize=10, color=INK)
        figure.supylabel(f"standard error, {_short(unit)}", fontsize=10, color=INK)
        return figure


def _standard_error_panel(axes: Axes, table: pd.DataFrame, label: str) -> None:
    n = table["n"]
    axes.plot(n, table["running_standard_error"], color=BLUE, label="first n repeats")
    axes.plot(n, table["resampled_standard_error"], color=ORANGE, label="resampled")
    axes.plot(
        n, table["theory_standard_error"], color=INK, linestyle=(0, (2, 2)), linewidth=1.2,
        label="s / √n",
    )  # fmt: skip
    axes.set(xscale="log", yscale="log", title=fill(_short(label), PANEL_TITLE_WIDTH))
    axes.title.set_fontsize(9)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(_plain_number))
        axis.set_minor_formatter(lambda *_: "")
