"""Figures as SVG: as an element of the page, and as a file of its own."""

import hashlib
import io
import re
import warnings

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

from thousandfold import figures


class Figures:
    """The figures drawn for a page, each as a file of its own too."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}

    def add(self, name: str, figure: Figure) -> Markup:
        """Keep a figure as the file of this name; returns it as an element for the page."""
        # Two names joined may read as two others do, and some disks do not tell cases apart.
        while f"{name}.svg".casefold() in map(str.casefold, self.files):
            name += "~"
        svg = _svg(figure, name)
        self.files[f"{name}.svg"] = _standalone(svg)
        return _inline(svg)


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
    # Only referenced ids are salted; matplotlib repeats the others in every figure.
    referenced = set(re.findall(r'(?:url\(|href=")#([^")]+)', svg))
    return re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in referenced else "", svg)


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
