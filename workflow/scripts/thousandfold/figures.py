"""The report's figures: data in, Figure and its numbers out. No files, no statistics, no HTML.

Every colour is one of the palette, so that a page can give each name the colour of its scheme.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from textwrap import fill
from typing import Any, TypeVar
from unicodedata import east_asian_width

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cbook import boxplot_stats
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from thousandfold.numbers import Numbers
from thousandfold.tables.rows import (
    ForecastBandRow,
    PerformanceProfileRow,
    StandardErrorRow,
    StepErrorRow,
)

PALETTE = {
    "ink": "#1c2024", "grid": "#e6e9ed",
    "blue": "#0072b2", "orange": "#e69f00", "green": "#009e73", "sky": "#56b4e9",
    "vermillion": "#d55e00", "purple": "#cc79a7",
}  # fmt: skip
"""The colours on white paper by name: text and axes; grid lines and bands; and those of Okabe and
Ito, distinguishable with any colour vision."""

INK, GRID, BLUE, ORANGE, GREEN, SKY, VERMILLION, PURPLE = PALETTE.values()

STYLE: Any = {
    "axes.edgecolor": INK, "axes.labelcolor": INK, "axes.titlecolor": INK, "text.color": INK,
    "xtick.color": INK, "ytick.color": INK, "axes.facecolor": "none", "figure.facecolor": "none",
    "grid.color": GRID, "axes.grid": True, "axes.axisbelow": True, "axes.spines.top": False,
    "axes.spines.right": False, "font.size": 10, "axes.titlesize": "medium",
    "figure.labelsize": "medium", "axes.titlelocation": "left", "legend.frameon": False,
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans", "Verdana"],
    "svg.fonttype": "none",
    "lines.linewidth": 1.6, "text.parse_math": False,
}  # fmt: skip


LONGEST_LABEL = 40
"""Columns of a label that a figure has room for; a wide letter, such as a Chinese one, has two."""

LETTERS_ABREAST = 16
"""Letters in all that the names of groups under a small panel may have to stand side by side."""

PANEL_TITLE_WIDTH = 28
"""Columns in a line of a small panel's title."""


@dataclass(frozen=True)
class Layout:
    """Where a figure stands."""

    width: float
    """In inches."""
    font_size: float
    """In points."""
    label_width: int
    """Columns of a line of a label next to a row."""


PAGE = Layout(7.6, 10, LONGEST_LABEL)
"""The report, which shows all figures equally wide, and so their text equally large."""

COLUMN = Layout(3.5, 8, 20)
"""A column of a journal, where figures are printed in their own size."""


def _style(layout: Layout) -> Any:
    return STYLE | {"font.size": layout.font_size, "lines.linewidth": 0.16 * layout.font_size}


def _wide(text: str) -> int:
    """The number of double-width characters in a text."""
    return sum(east_asian_width(letter) in "WF" for letter in text)


def _short(label: str) -> str:
    """A label, cut to what a figure has room for."""
    shown = label
    while len(shown) + _wide(shown) > LONGEST_LABEL:
        shown = shown[:-1]
    return label if shown == label else f"{shown[:-1]}…"


def _row_label(label: str, width: int = LONGEST_LABEL) -> str:
    """A label next to a row, wrapped at a number of columns.

    The measuring font treats double-width characters as narrow, so they would extend beyond the
    figure; leading blanks, which no browser draws, reserve the space.
    """
    lines = _wrapped(label, width).split("\n")
    return "\n".join(" " * math.ceil(1.3 * _wide(line)) + line for line in lines)


def _wrapped(label: str, width: int = PANEL_TITLE_WIDTH) -> str:
    """A label, cut and wrapped at a number of columns."""
    text = _short(label)
    return fill(text, max(1, width * len(text) // (len(text) + _wide(text))))


class Plot(Figure):
    """A figure that knows the numbers it draws."""

    def __init__(self, width: float, height: float, numbers: Numbers) -> None:
        super().__init__(figsize=(width, height), layout="constrained")
        self.numbers = numbers


def _plain_number(value: float, _: int = 0) -> str:
    return f"{value:g}".replace("-", "−")


def series_figure(values: np.ndarray, labels: Sequence[str], test_rows: int, unit: str) -> Plot:
    """A series over time, its test part marked."""
    first_test = len(values) - test_rows
    parts = ["training"] * first_test + ["test"] * test_rows
    numbers = Numbers(("time", "part", "value"), [*zip(labels, parts, values, strict=True)])
    with mpl.rc_context(STYLE):
        figure = Plot(PAGE.width, 2.8, numbers)
        axes = figure.subplots()
        times = np.arange(len(values))
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


WHISKERS = 1.5
"""The whiskers of a box reach at most this many times the interquartile range."""


@dataclass(frozen=True)
class Box:
    """One scenario in a box plot."""

    label: str
    values: np.ndarray
    mean: float
    published: Sequence[float]
    """The means that were published."""


def box_plots(
    boxes: Sequence[Box], measure: str, limits: tuple[float, float], layout: Layout = PAGE
) -> Plot:
    """The repeats of some scenarios, side by side on a given axis.

    `measure` says what is measured, with its unit.
    Boxes span the quartiles, whiskers reach to WHISKERS times their distance, points lie beyond.
    Filled diamonds are means, hollow ones the means that were published.
    """
    found = boxplot_stats([box.values for box in boxes], WHISKERS)
    rows_of = [_box_rows(box, stats) for box, stats in zip(boxes, found, strict=True)]
    numbers = Numbers(("scenario", "what", "value"), [row for rows in rows_of for row in rows])
    with mpl.rc_context(_style(layout)):
        height = 0.9 + 0.042 * layout.font_size * len(boxes)
        figure = Plot(layout.width, height, numbers)
        axes = figure.subplots()
        table, rows = _long([box.values for box in boxes])
        sns.boxplot(
            table, x="value", y="row", order=rows, ax=axes, width=0.6, whis=WHISKERS, color=SKY,
            linecolor=INK, linewidth=1, saturation=1, showfliers=False,
        )  # fmt: skip
        beyond = [stats["fliers"] for stats in found]
        _draw_points(axes, beyond, [np.zeros(len(points)) for points in beyond], markersize=3)
        means = [box.mean for box in boxes]
        axes.plot(
            means, range(len(means)), linestyle="", marker="D", markersize=4, color=VERMILLION
        )
        for row, box in enumerate(boxes):
            for mean in box.published:
                axes.plot(
                    mean, row, linestyle="", marker="D", markersize=6, markerfacecolor="none",
                    markeredgecolor=GREEN, markeredgewidth=1.5,
                )  # fmt: skip
        axes.set(xlabel=_short(measure), ylabel="", xlim=limits)
        names = [_row_label(box.label, layout.label_width) for box in boxes]
        axes.set_yticks(range(len(boxes)), names)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        return figure


def _box_rows(box: Box, stats: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    """What is drawn of a box, number by number."""
    told = {
        "lower whisker": stats["whislo"], "first quartile": stats["q1"], "median": stats["med"],
        "third quartile": stats["q3"], "upper whisker": stats["whishi"], "mean": box.mean,
    }  # fmt: skip
    return [
        *((box.label, what, value) for what, value in told.items()),
        *((box.label, "point beyond", value) for value in stats["fliers"]),
        *((box.label, "published mean", value) for value in box.published),
    ]


def _long(samples: Sequence[np.ndarray]) -> tuple[pd.DataFrame, list[str]]:
    """Samples as a table of a row per value, as seaborn wants them, and the names of its rows."""
    rows = [f"row {index}" for index in range(len(samples))]
    cells = [(row, value) for row, values in zip(rows, samples, strict=True) for value in values]
    return pd.DataFrame(cells, columns=["row", "value"]), rows


MOST_PANELS = 24
"""Panels of a figure; where there would be more, the last one says how many are left out."""

Panel = TypeVar("Panel")

Panels = Sequence[tuple[str, Sequence[Panel]]]
"""The label of each scenario, and its rows of a table."""

Cells = Sequence[Any]
"""Of a row of a figure's numbers."""


def standard_error_figure(
    panels: Panels[StandardErrorRow], targets: Sequence[float], unit: str
) -> Plot:
    """Standard errors against n as small multiples on common axes, one per scenario.

    Lines mark the targets.
    """
    curves = "running_standard_error", "resampled_standard_error", "theory_standard_error"
    columns = "scenario", "n", *curves, *(f"to_reach_{target:g}" for target in targets)

    def cells(row: StandardErrorRow) -> Cells:
        return row.n, *(getattr(row, name) for name in curves), *targets

    def draw(axes: Axes, rows: Sequence[StandardErrorRow]) -> None:
        _draw_standard_errors(axes, rows)
        for target in targets:
            name = "to reach" if target == targets[0] else None
            axes.axhline(target, color=GREEN, linewidth=0.8, label=name)

    with mpl.rc_context(STYLE):
        figure = _small_multiples(panels, draw, columns, cells, legend_height=0.6, legend_columns=4)
        figure.supxlabel("repeats n")
        figure.supylabel(f"standard error, {_short(unit)}")
        return figure


def _small_multiples(
    panels: Panels[Panel],
    draw: Callable[[Axes, Sequence[Panel]], None],
    columns_of_numbers: Sequence[str],
    cells: Callable[[Panel], Cells],
    legend_height: float,
    legend_columns: int,
) -> Plot:
    """A panel for each scenario on common axes; `draw` fills one.

    Of the figure's numbers, the first column has a panel's label, and the others the cells of each
    of its rows.
    """
    columns, given = 3, len(panels)
    if given > MOST_PANELS:
        panels = panels[: MOST_PANELS - 1]
    rows = -(-len(panels) // columns)
    numbers = [(label, *cells(row)) for label, shown in panels for row in shown]
    figure = Plot(PAGE.width, legend_height + 1.75 * rows, Numbers(columns_of_numbers, numbers))
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, (label, shown) in zip(grid, panels, strict=False):
        draw(axes, shown)
        axes.set_title(_wrapped(label))
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    for axes in grid[max(0, len(panels) - columns) : len(panels)]:
        axes.tick_params(labelbottom=True)
    if given > len(panels):
        rest = f"… and {given - len(panels):,} more"
        grid[-1].text(0.5, 0.5, rest, transform=grid[-1].transAxes, ha="center", va="center")
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper left", ncols=legend_columns)
    return figure


def _draw_standard_errors(axes: Axes, rows: Sequence[StandardErrorRow]) -> None:
    n = [row.n for row in rows]
    axes.plot(n, [row.running_standard_error for row in rows], color=BLUE, label="first n repeats")
    axes.plot(n, [row.resampled_standard_error for row in rows], color=ORANGE, label="resampled")
    axes.plot(
        n, [row.theory_standard_error for row in rows], color=INK, linestyle=(0, (2, 2)),
        linewidth=1.2, label="s / √n",
    )  # fmt: skip
    axes.set(xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(_plain_number))
        axis.set_minor_locator(NullLocator())


VERDICT_COLOURS = {
    "supported": GREEN, "direction supported": BLUE, "undecided": INK,
    "no difference that matters": SKY, "does not hold": ORANGE, "contradicted": VERMILLION,
}  # fmt: skip
"""Of the lines in figures of power."""


@dataclass(frozen=True)
class Chance:
    """How likely a verdict is with n repeats of each, at a place on a figure's axis."""

    n: int
    place: float
    verdict: str
    chance: float


def power_figure(chances: Sequence[Chance], axis: str) -> Plot:
    """The chance of each verdict against what is true, which `axis` says; one panel per n."""
    by_size: dict[int, list[Chance]] = {}
    for one in chances:
        by_size.setdefault(one.n, []).append(one)
    panels = [(f"{n:,} repeats of each", shown) for n, shown in sorted(by_size.items())]
    places = sorted({one.place for one in chances})
    seen = {one.verdict for one in chances}
    names = "place", "verdict", "chance"

    def draw(axes: Axes, shown: Sequence[Chance]) -> None:
        found = {(one.verdict, one.place): one.chance for one in shown}
        for verdict, colour in VERDICT_COLOURS.items():
            if verdict in seen:
                line = [found.get((verdict, place), 0.0) for place in places]
                axes.plot(places, line, color=colour, label=verdict)
        axes.set_ylim(0, 1)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(_plain_number))

    with mpl.rc_context(STYLE):
        columns, cells = ("panel", *names), attrgetter(*names)
        figure = _small_multiples(panels, draw, columns, cells, legend_height=0.9, legend_columns=3)
        figure.supxlabel(axis)
        figure.supylabel("chance of the verdict")
        return figure


MOST_RATIO_TICKS = 6

POINTS_SHOWN = 200
"""How many of a scenario's repeats, the first, are drawn as points over its distribution."""


@dataclass(frozen=True)
class Summary:
    """One scenario in an estimation plot."""

    label: str
    values: np.ndarray
    mean: float
    low: float
    """The ends of the mean's interval."""
    high: float


@dataclass(frozen=True)
class Effect:
    """One estimate in an estimation plot, with its interval and the band that is the margin."""

    estimate: float
    low: float
    high: float
    band: tuple[float, float]

    @property
    def cells(self) -> Cells:
        """Those of EFFECT_COLUMNS."""
        return self.estimate, self.low, self.high, *self.band


EFFECT_COLUMNS = "estimate", "low", "high", "margin_low", "margin_high"


def estimation_plot(
    summaries: Sequence[Summary],
    effects: Mapping[int, Effect],
    measure: str,
    axis: str,
    ratio: bool,
) -> Plot:
    """Scenarios on the left, one per row, and on the right the effects in the same rows.

    `axis` labels the effects; ratios have a logarithmic axis. The numbers leave out single repeats.
    """
    means = [(measure, one.label, one.mean, one.low, one.high, None, None) for one in summaries]
    rows = [(axis, summaries[row].label, *effect.cells) for row, effect in effects.items()]
    numbers = Numbers(("axis", "scenario", *EFFECT_COLUMNS), [*means, *rows])
    with mpl.rc_context(STYLE):
        figure = Plot(PAGE.width, 0.95 + 0.55 * len(summaries), numbers)
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1.5, 1])
        _draw_distributions(left, summaries, measure)
        _draw_effects(right, effects, axis, ratio)
        left.set_ylim(len(summaries) - 0.5, -0.5)
        return figure


NAME_WIDTH = 27
"""Columns in a line of what names an interval in a column: a cut label has two lines."""


def intervals_figure(
    effects: Mapping[str, Sequence[tuple[str, Effect]]], *, ratios: Collection[str]
) -> Plot:
    """Intervals over their margins' bands, in a column: a panel for each axis, by its label.

    Effects have labels, in a row each; those in `ratios` have a logarithmic axis.
    """
    cells = [(axis, label, *one.cells) for axis, rows in effects.items() for label, one in rows]
    with mpl.rc_context(_style(COLUMN)):
        heights = [0.5 + len(rows) for rows in effects.values()]
        figure = Plot(
            COLUMN.width, 0.6 * len(heights) + 0.24 * sum(heights),
            Numbers(("axis", "label", *EFFECT_COLUMNS), cells),
        )  # fmt: skip
        grid = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False).ravel()
        for axes, (axis, rows) in zip(grid, effects.items(), strict=True):
            _draw_intervals(axes, [effect for _, effect in rows], ratio=axis in ratios)
            axes.set_yticks(range(len(rows)), [_row_label(label, NAME_WIDTH) for label, _ in rows])
            axes.set_ylim(len(rows) - 0.4, -0.6)
            axes.set_xlabel(fill(axis, LONGEST_LABEL))
        return figure


def _draw_intervals(axes: Axes, effects: Sequence[Effect], *, ratio: bool) -> None:
    """Each effect over the band of its own margin."""
    if ratio:
        axes.set_xscale("log")
        ends = [end for one in effects for end in (one.low, one.high, *one.band)]
        axes.set_xticks(ratio_ticks(min(ends), max(ends)))
        axes.xaxis.set_major_formatter(FuncFormatter(_plain_number))
        axes.xaxis.set_minor_locator(NullLocator())
    for row, effect in enumerate(effects):
        low, high = effect.band
        axes.barh(row, high - low, 1.0, left=low, color=GRID, linewidth=0)
        axes.plot([effect.low, effect.high], [row, row], color=INK, linewidth=1.5)
        axes.plot(effect.estimate, row, marker="o", markersize=3.5, color=INK)
    neutral = 1.0 if ratio else 0.0
    if all(effect.band[0] < neutral < effect.band[1] for effect in effects):
        axes.axvline(neutral, color=INK, linewidth=0.8)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)


def trend_plot(effects: Mapping[float, Effect], slope: float, axis: str) -> Plot:
    """Differences along a quantity, each with its interval, and the line of this slope.

    The line is that of least squares, which goes through the middle of the points.
    """
    over = np.array(list(effects))
    estimates = np.array([effect.estimate for effect in effects.values()])
    line = estimates.mean() + slope * (over - over.mean())
    rows = [
        (place, effect.estimate, effect.low, effect.high, on_line)
        for (place, effect), on_line in zip(effects.items(), line, strict=True)
    ]
    with mpl.rc_context(STYLE):
        numbers = Numbers(("over", "difference", "low", "high", "line"), rows)
        figure = Plot(PAGE.width, 3.2, numbers)
        axes = figure.subplots()
        axes.axhline(0, color=INK, linewidth=1)
        axes.plot(over, line, color=ORANGE, zorder=1)
        for place, effect in effects.items():
            axes.plot([place, place], [effect.low, effect.high], color=VERMILLION, linewidth=3)
        axes.plot(over, estimates, linestyle="", marker="D", markersize=5, color=VERMILLION)
        axes.set(xlabel="the quantity that the claim is over", ylabel=_short(axis))
        axes.set_xticks(over, [_plain_number(float(f"{place:.3g}")) for place in over])
        return figure


OTHER = "all others"
"""What groups beyond those that have a colour are drawn as."""

_GROUP_COLOURS = (VERMILLION, BLUE, GREEN, ORANGE, PURPLE, SKY)


def group_colours(groups: Sequence[str]) -> dict[str, str]:
    """The colour of each group, the largest first; beyond six they share that of OTHER."""
    counts = Counter(groups)
    largest = sorted(counts, key=lambda name: (-counts[name], name))
    if len(largest) <= len(_GROUP_COLOURS):
        return dict(zip(largest, _GROUP_COLOURS, strict=False))
    own = dict(zip(largest, _GROUP_COLOURS, strict=False))
    return own | dict.fromkeys(largest[len(own) :], INK)


def bulk_ends(effects: Sequence[float], *, ratio: bool) -> tuple[float, float]:
    """The ends of an axis on which all but far outliers are."""
    low, high = _bulk(np.log(effects) if ratio else np.array(effects))
    return (math.exp(low), math.exp(high)) if ratio else (low, high)


def strip_ends(effects: Sequence[float], typical: Effect, *, ratio: bool) -> tuple[float, float]:
    """The same with the typical effect's interval and the margin's band on it."""
    low, high = bulk_ends(effects, ratio=ratio)
    shown = [end for end in (typical.low, typical.high) if math.isfinite(end)]
    return min(low, typical.band[0], *shown), max(high, typical.band[1], *shown)


def effects_strip(
    effects: Sequence[float],
    typical: Effect,
    axis: str,
    *,
    ratio: bool,
    groups: Sequence[str] | None = None,
    what: str = "series",
    layout: Layout = PAGE,
) -> Plot:
    """Effects in ascending order, one per series, over the margin's band and the typical effect.

    The axis reaches as far as most effects do; beyond its ends they are drawn at the end. Points
    are coloured by the group of each series, if it has one. `what` is what series are called.
    """
    group_of: Sequence[str | None] = groups or [None] * len(effects)
    ranked = enumerate(zip(group_of, effects, strict=True), 1)
    rows = [
        ("typical", None, None, *typical.cells),
        *(("a series", rank, group, value, *[None] * 4) for rank, (group, value) in ranked),
    ]
    with mpl.rc_context(_style(layout)):
        numbers = Numbers(("what", "rank", "group", *EFFECT_COLUMNS), rows)
        figure = Plot(layout.width, 3.0, numbers)
        axes = figure.subplots()
        values, (low, high) = np.array(effects), strip_ends(effects, typical, ratio=ratio)
        axes.axhspan(*typical.band, color=GRID, linewidth=0)
        axes.axhline(1.0 if ratio else 0.0, color=INK, linewidth=1)
        if not math.isnan(typical.low):
            interval = np.clip([typical.low, typical.high], low, high)
            axes.axhspan(*interval, color=SKY, alpha=0.4, linewidth=0)
        axes.axhline(typical.estimate, color=BLUE)
        ranks, drawn = np.arange(1, len(values) + 1), np.clip(values, low, high)
        size, is_beyond = 4 if len(values) <= 100 else 2, drawn != values
        colours = group_colours(groups) if groups else {OTHER: VERMILLION}
        of_points = np.array([colours[name] for name in groups or [OTHER] * len(values)])
        for colour in dict.fromkeys(colours.values()):
            for marker, is_drawn in (("o", ~is_beyond), ("d", is_beyond)):
                own = (of_points == colour) & is_drawn
                axes.plot(
                    ranks[own], drawn[own], linestyle="", marker=marker, color=colour,
                    markersize=size + 2 * (marker == "d"), rasterized=len(values) > 200,
                )  # fmt: skip
        if groups:
            _add_group_legend(figure, colours, columns=max(1, int(layout.width / 1.7)))
        if ratio:
            axes.set_yscale("log")
            axes.set_yticks(ratio_ticks(low, high))
            axes.yaxis.set_major_formatter(FuncFormatter(_plain_number))
            axes.yaxis.set_minor_locator(NullLocator())
        axes.set(xlabel=f"{what}, sorted by effect", ylabel=_short(axis))
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.grid(axis="x", visible=False)
        return figure


def _add_group_legend(figure: Figure, colours: Mapping[str, str], columns: int) -> None:
    """A mark and a name for each colour."""
    names: dict[str, str] = {}
    for name, colour in colours.items():
        names[colour] = _short(name) if colour != INK else OTHER
    marks = [
        Line2D([], [], linestyle="", marker="o", markersize=5, color=colour) for colour in names
    ]
    figure.legend(marks, list(names.values()), loc="outside upper left", ncols=columns)


@dataclass(frozen=True)
class Attribute:
    """What each series is like, by one attribute: numbers, or groups."""

    name: str
    values: Sequence[float] | Sequence[str]


def moderator_figure(
    effects: Sequence[float], attributes: Sequence[Attribute], axis: str, *, ratio: bool
) -> Plot:
    """Effects against each attribute, as small multiples; far outliers are drawn at the ends.

    Groups are in columns, the largest first; those beyond six are one.
    """
    with mpl.rc_context(STYLE):
        columns = min(3, len(attributes))
        rows = -(-len(attributes) // columns)
        is_turned = any(_is_crowded(_columns(attribute.values)) for attribute in attributes)
        numbers = [
            (attribute.name, value, effect)
            for attribute in attributes
            for value, effect in zip(attribute.values, effects, strict=True)
        ]
        figure = Plot(
            PAGE.width, (3.4 if is_turned else 2.4) * rows,
            Numbers(("attribute", "value", "effect"), numbers),
        )  # fmt: skip
        grid = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
        values, (low, high) = np.array(effects), bulk_ends(effects, ratio=ratio)
        shown = np.clip(values, low, high)
        for axes, attribute in zip(grid, attributes, strict=False):
            places = _places(axes, attribute.values)
            axes.axhline(1.0 if ratio else 0.0, color=INK, linewidth=1)
            axes.plot(
                places, shown, linestyle="", marker="o", color=BLUE, alpha=0.5,
                markersize=2 if len(values) > 100 else 4, rasterized=len(values) > 200,
            )  # fmt: skip
            axes.set_xlabel(_short(attribute.name))
            if ratio:
                axes.set_yscale("log")
                axes.set_yticks(ratio_ticks(low, high))
                axes.yaxis.set_major_formatter(FuncFormatter(_plain_number))
                axes.yaxis.set_minor_locator(NullLocator())
        for axes in grid[len(attributes) :]:
            axes.set_visible(False)
        figure.supylabel(_short(axis))
        return figure


def _columns(values: Sequence[float] | Sequence[str]) -> dict[str, str]:
    """What each group's column is called; empty of numbers."""
    if not all(isinstance(value, str) for value in values):
        return {}
    colours = group_colours([str(value) for value in values])
    return {name: OTHER if colour == INK else name for name, colour in colours.items()}


def _is_crowded(columns: Mapping[str, str]) -> bool:
    """Whether the names of columns have no room side by side."""
    return sum(len(_short(name)) for name in set(columns.values())) > LETTERS_ABREAST


def _places(axes: Axes, values: Sequence[float] | Sequence[str]) -> np.ndarray:
    """Where each series is along an attribute; labels the axis of groups."""
    columns = _columns(values)
    if not columns:
        return np.array(values, float)
    names = list(dict.fromkeys(columns.values()))
    axes.set_xticks(range(len(names)), [_short(name) for name in names])
    if _is_crowded(columns):
        axes.tick_params(axis="x", labelrotation=90)
    axes.set_xlim(-0.5, len(names) - 0.5)
    places = np.array([names.index(columns[str(value)]) for value in values])
    # As evenly spread, and the same in every rendering, as the points of a distribution.
    return places + 0.5 * ((np.arange(len(places)) * 0.618034) % 1 - 0.5)


def critical_difference_diagram(
    mean_ranks: Mapping[str, float], together: Sequence[tuple[float, float]], critical: float
) -> Plot:
    """Mean ranks by label, best first, and bars over those that are not told apart.

    `together` has the ends of each bar; `critical` is drawn as a scale.
    """
    rows = [
        *(("mean rank", label, rank, None, None) for label, rank in mean_ranks.items()),
        *(("not told apart", None, None, *ends) for ends in together),
        ("critical difference", None, critical, None, None),
    ]
    with mpl.rc_context(STYLE):
        n = len(mean_ranks)
        height = 1.1 + 0.32 * n + 0.14 * len(together)
        figure = Plot(
            PAGE.width, height, Numbers(("what", "scenario", "value", "low", "high"), rows)
        )
        axes = figure.subplots()
        axes.plot(list(mean_ranks.values()), range(n), linestyle="", marker="o", color=BLUE)
        for index, ends in enumerate(together):
            axes.plot(ends, [n + 0.4 * index] * 2, color=INK, linewidth=3)
        axes.plot([1, 1 + critical], [-1, -1], color=VERMILLION, linewidth=2, marker="|")
        axes.annotate(
            "critical difference", (1 + critical, -1), (6, 0), textcoords="offset points",
            va="center",
        )  # fmt: skip
        axes.set_yticks(range(n), [_row_label(label) for label in mean_ranks])
        axes.set(xlabel="mean rank", xlim=(0.8, n + 0.2))
        axes.set_ylim(n + 0.4 * len(together), -1.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        return figure


def performance_profiles(panels: Panels[PerformanceProfileRow], measure: str, better: str) -> Plot:
    """The share of repeats beyond each value of the metric: one panel for each scenario.

    Thin lines are those of all others; `better` says where better values are, above or below.
    """
    values = [row.threshold for row in panels[0][1]]

    def draw(axes: Axes, rows: Sequence[PerformanceProfileRow]) -> None:
        others = [[row.share for row in shown] for _, shown in panels if shown is not rows]
        for index, shares in enumerate(others):
            name = None if index else "the others"
            axes.plot(values, shares, color=INK, alpha=0.25, linewidth=0.8, label=name)
        ends = [row.share_low for row in rows], [row.share_high for row in rows]
        if np.isfinite(ends).all():
            axes.fill_between(values, *ends, color=SKY, alpha=0.5, linewidth=0, label="interval")
        axes.plot(
            values, [row.share for row in rows], color=BLUE, linewidth=2, label="the scenario"
        )
        axes.set(ylim=(0, 1), xlim=(values[0], values[-1]))
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_formatter(FuncFormatter(_plain_number))

    names = "threshold", "share", "share_low", "share_high"
    with mpl.rc_context(STYLE):
        figure = _small_multiples(
            panels, draw, ("scenario", *names), attrgetter(*names),
            legend_height=0.6, legend_columns=3,
        )  # fmt: skip
        figure.supxlabel(_short(measure))
        figure.supylabel(f"share of repeats {better}")
        return figure


def _bulk(values: np.ndarray) -> tuple[float, float]:
    """The range that all but far outliers are in: quartiles and five times their distance."""
    low, high = np.quantile(values, [0.25, 0.75])
    reach = 5 * (high - low)
    inside = values[(values >= low - reach) & (values <= high + reach)]
    return float(inside.min()), float(inside.max())


def _draw_distributions(axes: Axes, summaries: Sequence[Summary], measure: str) -> None:
    table, rows = _long([summary.values for summary in summaries])
    sns.violinplot(
        table, x="value", y="row", order=rows, ax=axes, inner=None, cut=0, density_norm="width",
        linewidth=0, color=SKY, saturation=1, width=0.8, alpha=0.45,
    )  # fmt: skip
    shown = [summary.values[:POINTS_SHOWN] for summary in summaries]
    # The golden ratio's multiples fill the row evenly, and the same in every rendering.
    offsets = [0.5 * ((np.arange(len(points)) * 0.618034) % 1 - 0.5) for points in shown]
    _draw_points(axes, shown, offsets, markersize=2.5, alpha=0.6, markeredgewidth=0)
    for row, summary in enumerate(summaries):
        axes.plot([summary.low, summary.high], [row, row], color=VERMILLION, linewidth=3)
        axes.plot(summary.mean, row, marker="D", markersize=4, color=VERMILLION)
    axes.set(xlabel=_short(measure), ylabel="")
    names = [_row_label(summary.label, PANEL_TITLE_WIDTH) for summary in summaries]
    axes.set_yticks(range(len(summaries)), names)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)


def _draw_points(
    axes: Axes, points: Sequence[np.ndarray], offsets: Sequence[np.ndarray], **style: Any
) -> None:
    """The points of each row, moved up or down, as a single picture."""
    rows = [row + offset for row, offset in enumerate(offsets)]
    axes.plot(
        np.concatenate(points), np.concatenate(rows), linestyle="", marker=".", color=BLUE,
        rasterized=True, **style,
    )  # fmt: skip


def ratio_ticks(low: float, high: float) -> list[float]:
    """A few round ratios for an axis from low to high, whether it is narrow or wide."""
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for steps in ((1, 1.1, 1.25, 1.5, 2, 3, 5, 6, 7, 8, 9), (1, 2, 5), (1,)):
        ticks = [step * 10.0**decade for decade in decades for step in steps]
        inside = [tick for tick in ticks if 0.99 * low <= tick <= 1.01 * high]
        if len(inside) <= MOST_RATIO_TICKS:
            return inside
    return inside


def _draw_effects(axes: Axes, effects: Mapping[int, Effect], label: str, ratio: bool) -> None:
    first = next(iter(effects.values()))
    axes.axvspan(*first.band, color=GRID, linewidth=0)
    if ratio:
        axes.set_xscale("log")
        ends = [end for effect in effects.values() for end in (effect.low, effect.high)]
        axes.set_xticks(ratio_ticks(min(*ends, first.band[0]), max(*ends, first.band[1])))
        axes.xaxis.set_major_formatter(FuncFormatter(_plain_number))
        axes.xaxis.set_minor_locator(NullLocator())
    neutral = 1.0 if ratio else 0.0
    if first.band[0] < neutral < first.band[1]:
        axes.axvline(neutral, color=INK, linewidth=1)
    for row, effect in effects.items():
        axes.plot([effect.low, effect.high], [row, row], color=INK, linewidth=2)
        axes.plot(effect.estimate, row, marker="o", markersize=6, color=INK)
    axes.set_xlabel(label)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0, labelleft=False)
    axes.grid(axis="y", visible=False)


BASELINE_DASHES = ((0, (1, 1.5)), (0, (5, 2)))
"""Of the lines of two baselines: dots, and dashes."""


def forecast_fans(
    panels: Panels[ForecastBandRow],
    baselines: Mapping[str, Sequence[float]],
    steps: Sequence[str],
    unit: str,
) -> Plot:
    """The spread of each scenario's forecasts over the test rows and beyond, as small multiples.

    `baselines` holds one forecast per step by name, of two at most, and `steps` the labels of the
    test rows.
    """

    def step_label(step: int) -> str:
        if step > len(steps):
            return f"+{step - len(steps)}"
        return steps[step - 1] if step >= 1 else ""

    def draw(axes: Axes, rows: Sequence[ForecastBandRow]) -> None:
        _draw_fan(axes, rows, baselines)
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: step_label(int(x))))

    names = "q05", "q25", "median", "q75", "q95", "actual"

    def cells(row: ForecastBandRow) -> Cells:
        bands = (getattr(row, name) for name in names)
        return row.step, step_label(row.step), *bands, *_at(baselines, row.step)

    with mpl.rc_context(STYLE):
        figure = _small_multiples(
            panels, draw, ("scenario", "step", "time", *names, *baselines), cells,
            legend_height=0.7, legend_columns=3,
        )  # fmt: skip
        figure.supylabel(_short(unit))
        return figure


def _at(baselines: Mapping[str, Sequence[float]], step: int) -> Cells:
    """What each baseline has at a step, counted from 1; None beyond its last one."""
    return [values[step - 1] if step <= len(values) else None for values in baselines.values()]


def _draw_fan(
    axes: Axes, rows: Sequence[ForecastBandRow], baselines: Mapping[str, Sequence[float]]
) -> None:
    step = [row.step for row in rows]
    axes.fill_between(
        step, [row.q05 for row in rows], [row.q95 for row in rows], color=SKY, alpha=0.35,
        linewidth=0, label="90 % of repeats",
    )  # fmt: skip
    axes.fill_between(
        step, [row.q25 for row in rows], [row.q75 for row in rows], color=BLUE, alpha=0.5,
        linewidth=0, label="half of them",
    )  # fmt: skip
    axes.plot(step, [row.median for row in rows], color=BLUE, linewidth=1.2, label="median")
    for (name, forecast), dashes in zip(baselines.items(), BASELINE_DASHES, strict=False):
        axes.plot(
            np.arange(1, len(forecast) + 1), forecast, color=INK, linewidth=0.8, alpha=0.6,
            linestyle=dashes, label=name,
        )  # fmt: skip
    axes.plot(
        step,
        [row.actual for row in rows],
        color=VERMILLION,
        marker="o",
        markersize=2.5,
        linewidth=1,
        label="observed",
    )


def errors_by_step(
    panels: Panels[StepErrorRow], baselines: Mapping[str, Sequence[float]], axis: str
) -> Plot:
    """The error of each scenario against the number of steps ahead, as small multiples.

    `baselines` holds one error per step by name, of two at most.
    """

    def draw(axes: Axes, rows: Sequence[StepErrorRow]) -> None:
        steps = [row.steps_ahead for row in rows]
        axes.fill_between(
            steps, [row.ci_low for row in rows], [row.ci_high for row in rows], color=BLUE,
            alpha=0.35, linewidth=0, label="interval of the mean",
        )  # fmt: skip
        axes.plot(
            steps, [row.mean for row in rows], color=BLUE, marker="o", markersize=2.5, label="mean"
        )
        for (name, errors), dashes in zip(baselines.items(), BASELINE_DASHES, strict=False):
            axes.plot(
                range(1, len(errors) + 1), errors, color=INK, linewidth=0.8, alpha=0.6,
                linestyle=dashes, label=name,
            )  # fmt: skip
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))

    def cells(row: StepErrorRow) -> Cells:
        return row.steps_ahead, row.mean, row.ci_low, row.ci_high, *_at(baselines, row.steps_ahead)

    with mpl.rc_context(STYLE):
        figure = _small_multiples(
            panels, draw, ("scenario", "steps_ahead", "mean", "ci_low", "ci_high", *baselines),
            cells, legend_height=0.7, legend_columns=4,
        )  # fmt: skip
        figure.supxlabel("steps ahead")
        figure.supylabel(_short(axis))
        return figure
