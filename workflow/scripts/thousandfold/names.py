"""Names can be any text; this module spells them where only some texts are allowed."""

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

LONGEST_BEGINNING = 40
"""Characters of a name that can be read in its spelling."""


@dataclass(frozen=True)
class Noun:
    """What things are called in prose, one and several of them."""

    one: str
    many: str

    def counted(self, n: int) -> str:
        """So many of them."""
        return f"{n:,} {self.one if n == 1 else self.many}"


SERIES = Noun("series", "series")
DATA_SETS = Noun("data set", "data sets")


def composed(name: str) -> str:
    """A name in Unicode's composed form (NFC): keyboards differ in how they type an umlaut."""
    return unicodedata.normalize("NFC", name)


@cache
def spelled(name: str) -> str:
    """A name as used in file names, anchors and wildcards: itself, if that is safe.

    Any other gets a readable beginning and a digest of the whole. No safe name contains "~", so
    no two names have the same spelling.
    """
    if SAFE.fullmatch(name):
        return name
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    beginning = re.sub(r"[^A-Za-z0-9-]+", "_", letters).strip("_-")[:LONGEST_BEGINNING]
    # A shell takes "=~" and a "~" that comes first for a home.
    return f"{beginning or 'name'}~{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def listed(texts: Iterable[str], separator: str = ",") -> str:
    """Texts joined into one, such as "a, b"; a text with the separator is quoted, as in CSV."""
    return f"{separator} ".join(
        '"' + text.replace('"', '""') + '"' if separator in text or '"' in text else text
        for text in texts
    )


def texts_of(line: str, separator: str = ",") -> list[str]:
    """The texts that `listed` joined."""
    return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
