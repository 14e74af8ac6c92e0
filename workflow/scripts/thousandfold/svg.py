"""Figures as SVG: as an element of the page, and as a file of its own; and their numbers as CSV."""

import hashlib
import io
import re
import sys
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from urllib.parse import quote

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

from thousandfold import figures
from thousandfold.figures import Plot

Draw = Callable[[], Plot]
"""What draws a figure. Several processes can share the work if it can be pickled."""

MOST_ROWS = 2000
"""Of a figure's numbers that the page holds itself."""


@dataclass(frozen=True)
class Drawn:
    """A figure as SVG, and its numbers."""

    element: Markup
    """Of the page."""
    file: str
    n_rows: int
    """Of the numbers."""
    csv: str | None
    """The address of a CSV file that is the address itself; None if there are too many rows."""


class Figures:
    """The figures of a page, each as a file of its own too.

    All that were added are drawn together, by so many processes, when the first is to be seen.
    """

    def __init__(self, processes: int = 1) -> None:
        self._processes = processes
        self._names: set[str] = set()
        self._to_draw: dict[str, Draw] = {}
        self._drawn: dict[str, Drawn] = {}

    def add(self, name: str, draw: Draw) -> "FigureElement":
        """A figure as an element of the page; it becomes the file of this name, too."""
        # Two names joined may read as two others do, and some disks do not tell cases apart.
        while name.casefold() in self._names:
            name += "~"
        self._names.add(name.casefold())
        self._to_draw[name] = draw
        return FigureElement(self, name)

    @property
    def count(self) -> int:
        """How many were added."""
        return len(self._names)

    @property
    def drawn(self) -> Mapping[str, Drawn]:
        """All figures by name. Raises ValueError for a colour that the palette does not have."""
        self._drawn |= _all_drawn(self._to_draw, self._processes)
        self._to_draw = {}
        return self._drawn

    @property
    def files(self) -> dict[str, str]:
        """The content of each file, by its name. Raises ValueError as above."""
        return {f"{name}.svg": drawn.file for name, drawn in self.drawn.items()}


class FigureElement:
    """A figure in the page, whose markup is known once it is drawn."""

    def __init__(self, figures: Figures, name: str) -> None:
        self._figures, self.name = figures, name

    @property
    def drawn(self) -> Drawn:
        """The figure. Raises ValueError as `Figures.drawn`."""
        return self._figures.drawn[self.name]

    def __html__(self) -> str:
        """The figure, for templates. Raises ValueError as above."""
        return self.drawn.element


def _all_drawn(to_draw: Mapping[str, Draw], processes: int) -> dict[str, Drawn]:
    processes = min(processes, len(to_draw))
    # Elsewhere, libraries that draw do not survive a fork.
    if processes < 2 or sys.platform != "linux":
        return {name: _drawn(name, draw) for name, draw in to_draw.items()}
    # A process that is forked has imported already what takes longer than most figures.
    with ProcessPoolExecutor(processes, get_context("fork")) as executor:
        return dict(zip(to_draw, executor.map(_drawn, to_draw, to_draw.values()), strict=True))


def _drawn(name: str, draw: Draw) -> Drawn:
    figure = draw()
    svg, numbers = _svg(figure, name), figure.numbers
    n_rows = len(numbers.rows)
    csv = _address(numbers.csv) if n_rows <= MOST_ROWS else None
    return Drawn(_inline(svg), _standalone(svg), n_rows, csv)


def _address(csv: str) -> str:
    """A CSV file as a data: URI, which needs no other file."""
    return f"data:text/csv;charset=utf-8,{quote(csv, safe=',;:/()[]*+=@')}"


def _svg(figure: Figure, name: str) -> str:
    """A figure as SVG; its name makes its ids unique."""
    buffer = io.StringIO()
    salt = hashlib.sha256(name.encode()).hexdigest()
    with mpl.rc_context({**figures.STYLE, "svg.hashsalt": salt}), warnings.catch_warnings():
        # Text stays text, and browsers have the letters that this font lacks.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(buffer, format="svg", transparent=True, dpi=150, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub('<[^>]* d="[^>]*>', _with_hundredths, svg)
    # Only referenced ids are salted; matplotlib repeats the others in every figure.
    referenced = set(re.findall(r'(?:url\(|href=")#([^")]+)', svg))
    return re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in referenced else "", svg)


def _with_hundredths(path: re.Match[str]) -> str:
    """A path whose coordinates have two decimals instead of six: points are much larger."""
    return re.sub(r"(\.\d\d)\d+", r"\1", path[0])


def _standalone(svg: str) -> str:
    """SVG as a file: on white paper."""
    return svg.replace("<svg", '<svg style="background: #ffffff"', 1)


_NAMES = {colour: name for name, colour in figures.PALETTE.items()}


def _inline(svg: str) -> Markup:
    """SVG as an element whose colours are the page's: CSS variables of the palette's names."""

    def from_page(tag: re.Match[str]) -> str:
        return re.sub("(?<=: )#[0-9a-f]{6}", lambda colour: f"var(--{_name(colour[0])})", tag[0])

    # In tags alone, as a label may read like a style.
    svg = re.sub('<[^>]* style="[^>]*>', from_page, svg)
    return Markup(svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1))


def _name(colour: str) -> str:
    """A colour's name in the palette. Raises ValueError."""
    if colour not in _NAMES:
        raise ValueError(f"a figure has the colour {colour}; take one of figures.PALETTE")
    return _NAMES[colour]


def palette_css() -> str:
    """The palette as the CSS variables that inline figures take their colours from."""
    colours = (f"--{name}: {colour};" for name, colour in figures.PALETTE.items())
    return f":root {{ {' '.join(colours)} }}\n"
