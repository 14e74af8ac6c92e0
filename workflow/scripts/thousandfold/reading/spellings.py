"""Spelled-out dates in one spelling: English months, no weekdays, no ordinals."""

import re
from collections.abc import Sequence

MONTHS = (
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jänner feber mrz apr mai jun jul aug sept okt nov dez",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "janv févr mars avr mai juin juil aoû sept oct nov déc",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre nov dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro nov dezembro",
    "januari februari maart april mei juni juli augustus sep oktober nov december",
    "jan feb mrt apr mei jun jul aug sep okt nov dec",
)
"""Names of the months; the first three letters of each count as well."""

ENGLISH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

LEFT_OUT = frozenset(
    {
        "mon", "tue", "wed", "thu", "fri", "sat", "sun", "monday", "tuesday", "wednesday",
        "thursday", "friday", "saturday", "sunday", "mo", "di", "mi", "do", "fr", "sa", "so",
        "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag", "utc",
        "gmt", "uhr", "de", "of", "fy", "the",
    }
)  # fmt: skip
"""Words in dates that tell nothing more."""


def _month_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for row in MONTHS:
        for english, name in zip(ENGLISH, row.split(), strict=True):
            names[name] = english
            # Both June and July begin with "jui" in French.
            names.setdefault(name[:3], english)
    del names["jui"]
    return names


MONTH_NAMES = _month_names()


def month_of(text: str) -> int | None:
    """The number of a month that is written as a number, a name, or M and a number."""
    text = text.strip().casefold().removesuffix(".")
    if match := re.fullmatch(r"m?(\d{1,2})(?:\.0+)?", text):
        return int(match[1]) if 1 <= int(match[1]) <= 12 else None
    english = MONTH_NAMES.get(text)
    return None if english is None else ENGLISH.index(english) + 1


def _word(match: re.Match[str]) -> str:
    word = match[0].casefold().removesuffix(".")
    if word in LEFT_OUT:
        return ""
    return MONTH_NAMES.get(word, match[0])


def in_one_spelling(text: str) -> str:
    """A date with English months, blanks between words, and nothing redundant."""
    if re.fullmatch(r"[\d./: -]*", text):
        return text
    text = re.sub(r"(\d{1,2}:\d\d)\s*[-–]\s*\d{1,2}:\d\d", r"\1", text)
    text = re.sub(r"[年月]", "-", text).replace("日", " ").replace("'", "").replace("’", "")
    text = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text, flags=re.I)
    text = re.sub(r"(?<=:\d\d),(?=\d)", ".", text)
    text = re.sub(r"(?<=[\d.])(?=[^\W\d_]{3})|(?<=[^\W\d_]{3})(?=\d)", " ", text)
    text = re.sub(r"[^\W\d_]{2,}\.?", _word, text)
    text = re.sub(r"(?<=\d)\.(?= )|,(?= |$)", "", text)
    return re.sub(r"\s+", " ", text).strip(" -")


def with_centuries(texts: Sequence[str]) -> list[str]:
    """Texts that end in a year of two digits (before a time of day), with all four.

    The century is that in which the years follow each other: 98, 99, 00, 01 are four years.
    """
    pattern = re.compile(r"(?!.*\d{4})(|.*[^\d:])(\d\d)((?: \d{1,2}:\d\d.*)?)")
    ends = [pattern.fullmatch(text) for text in texts]
    years = sorted({int(end[2]) for end in ends if end})
    if not years:
        return list(texts)
    following = [*years[1:], years[0]]
    gaps = [(b - a) % 100 or 100 for a, b in zip(years, following, strict=True)]
    first = years[(gaps.index(max(gaps)) + 1) % len(years)]
    century = 1900 if first > 30 else 2000

    def whole(end: re.Match[str]) -> str:
        year = century + (100 if int(end[2]) < first else 0) + int(end[2])
        return f"{end[1]}{year}{end[3]}"

    return [whole(end) if end else text for end, text in zip(ends, texts, strict=True)]
