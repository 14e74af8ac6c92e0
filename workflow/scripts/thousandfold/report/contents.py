"""The page's list of contents: its headings, and under some of them the claims that follow."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Entry:
    """A heading of the page that can be linked to."""

    anchor: str
    level: int
    text: str = ""
    below: list["Entry"] = field(default_factory=list)


LEVELS = {"h2": 2, "h3": 3}


class _Headings(HTMLParser):
    """Collects the headings of the second and third level that have an id."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Entry] = []
        self.is_open = False

    def handle_starttag(self, tag: str, attributes: Sequence[Any]) -> None:
        anchor = dict(attributes).get("id")
        if tag in LEVELS and anchor:
            self.found.append(Entry(anchor, LEVELS[tag]))
            self.is_open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in LEVELS:
            self.is_open = False

    def handle_data(self, data: str) -> None:
        if self.is_open:
            self.found[-1].text += data


def contents_of(sections: Iterable[str]) -> list[Entry]:
    """The headings of these parts of the page, those of the third level below the second."""
    headings = _Headings()
    for section in sections:
        headings.feed(section)
    headings.close()
    contents: list[Entry] = []
    for heading in headings.found:
        heading.text = " ".join(heading.text.split())
        (contents if heading.level == 2 else contents[-1].below).append(heading)
    return contents
