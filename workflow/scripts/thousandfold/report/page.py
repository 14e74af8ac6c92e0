"""What every page has around its sections: one HTML file with its styles and its script."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from thousandfold.report.contents import contents_of
from thousandfold.svg import palette_css

TEMPLATES = Path(__file__).parents[1] / "templates"


def page_environment() -> Environment:
    """What templates are rendered in."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page_of(environment: Environment, title: str, sections: Sequence[Markup]) -> str:
    """A page of these sections, with its list of contents."""
    return environment.get_template("report.html").render(
        title=title,
        sections=sections,
        contents=contents_of(sections),
        style=Markup(palette_css() + (TEMPLATES / "style.css").read_text(encoding="utf-8")),
        script=Markup((TEMPLATES / "script.js").read_text(encoding="utf-8")),
    )
