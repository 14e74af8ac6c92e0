"""Names are any text; here is how they stand where not any text can."""

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import cache

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

LONGEST_BEGINNING = 40
"""Characters of a name that can be read in its spelling."""


def composed(name: str) -> str:
    """A name in Unicode's composed form (NFC): keyboards differ in how they type an umlaut."""
    return unicodedata.normalize("NFC", name)


@cache
def spelled(name: str) -> str:
    """A name as it stands in file names, anchors and wildcards: itself, where that is safe.

    Any other has a beginning to read and a digest of the whole. No safe name has a "~", so that no
    two names have one spelling.
    """
    if SAFE.fullmatch(name):
        return name
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    beginning = re.sub(r"[^A-Za-z0-9-]+", "_", letters).strip("_-")[:LONGEST_BEGINNING]
    # A shell takes "=~" and a "~" that comes first for a home.
    return f"{beginning or 'name'}~{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def listed(texts: Iterable[str], separator: str = ",") -> str:
    """Texts as one, such as "a, b"; quoted, as in CSV, is one that holds the separator."""
    return f"{separator} ".join(
        '"' + text.replace('"', '""') + '"' if separator in text or '"' in text else text
        for text in texts
    )


def texts_of(line: str, separator: str = ",") -> list[str]:
    """The texts that `listed` made a line of."""
    return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
