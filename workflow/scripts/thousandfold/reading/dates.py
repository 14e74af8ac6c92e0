"""From a column's texts to times: finds the one format that fits all of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from thousandfold.errors import DataError
from thousandfold.reading.frequency import evenness
from thousandfold.reading.options import FOUND_OUT, ReadOptions
from thousandfold.reading.sheets import Sheet
from thousandfold.reading.spellings import in_one_spelling, month_of, with_centuries

FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y/%m", "%Y-%m", "%Y.%m",
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y",
    "%m.%Y", "%m/%Y", "%m-%Y", "%b-%y", "%b %y", "%b-%Y", "%b %Y", "%Y %b", "%Y-%b", "%Y- %b",
    "%b- %Y", "%b- %y", "%d %b %Y", "%d %b %y", "%d-%b-%Y", "%d-%b-%y", "%d- %b- %Y", "%d- %b- %y",
    "%b %d %Y", "%b %d %y", "%d. %b %Y",
)  # fmt: skip
"""Ways of writing a day or month in one spelling, as strptime has them."""

CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
"""What may follow a day."""

WORDS = frozenset(
    {
        "date", "dates", "datum", "day", "days", "month", "months", "monat", "mois", "mes", "week",
        "woche", "year", "years", "yr", "jahr", "annee", "année", "ano", "año", "anno", "fecha",
        "data", "time", "zeit", "timestamp", "datetime", "ds", "t", "period", "quarter", "quartal",
        "hour", "stunde", "index",
    }
)  # fmt: skip
"""Names of columns that tell time."""

PARTS = {
    "year": ("year", "yr", "jahr", "annee", "année", "ano", "año", "anno"),
    "quarter": ("quarter", "qtr", "q", "quartal", "trimestre", "period"),
    "month": ("month", "mon", "monat", "mois", "mes", "mese", "period"),
    "day": ("day", "tag", "jour", "dia", "mday"),
    "hour": ("hour", "hr", "stunde", "heure", "hora", "time", "zeit", "uhrzeit"),
}
"""Names of columns that together make a date."""

YEARS = range(1000, 3000)

SERIALS = (10_000, 80_000)
"""Days since 1899-12-30 as spreadsheets count them: 1927 to 2119."""

FIRST_SERIAL = "1899-12-30"

EPOCHS = ((1e9, "s"), (1e12, "ms"), (1e15, "us"), (1e18, "ns"))
"""Seconds since 1970 from 2001 to 2096, and what else they are counted in."""

DECIMAL = re.compile(r"\d{1,19}(\.\d{0,9})?")
"""A number that can be a time, such as 1949.083."""

MOSTLY = 0.9
"""From this share on, a column of dates has a few that are wrong, and not some by chance."""

MOSTLY_EVEN = 0.8
"""From this share of equal steps on, one way to read dates is even, and another is not."""


@dataclass(frozen=True)
class Dates:
    """When each row was observed."""

    times: np.ndarray
    """Of dates datetime64, of a count whole numbers."""
    labels: tuple[str, ...]
    """As the file writes them."""
    assumed: tuple[str, ...] = ()
    """What was found out about their form that the reader may want to know."""
    is_number: bool = False
    """Whether they are written as numbers, which need not be dates."""

    @property
    def are_distinct(self) -> bool:
        """Whether no time occurs twice."""
        return len(np.unique(self.times)) == len(self.times)

    def rows(self, order: np.ndarray) -> "Dates":
        """Those of some rows."""
        return replace(self, times=self.times[order], labels=tuple(self.labels[i] for i in order))


def is_named_like_time(name: str) -> bool:
    """Whether a column's name says that it holds dates or a count of time."""
    return not WORDS.isdisjoint(re.split(r"[\W\d_]+", name.casefold()))


def dates_of(sheet: Sheet, column: int, options: ReadOptions = FOUND_OUT) -> Dates | None:
    """A column's dates; None if it has none, or may not have any.

    Raises DataError if nearly all are dates in one form and one is not, if day and month cannot be
    told apart, and if a first column or one that is named like time has years in a form that is
    not known.
    """
    texts, name = sheet.texts(column), sheet.header[column]
    if options.dates == "text" or not texts:
        return None
    if all(re.fullmatch(r"\d{1,19}(\.0*)?", text) for text in texts):
        return _written_as_numbers(name, texts)
    is_timely = column == 0 or is_named_like_time(name)
    if not is_timely and np.mean([DECIMAL.fullmatch(text) is not None for text in texts]) >= MOSTLY:
        return None
    times, assumed = _parsed(sheet, column, texts, options)
    if times is None:
        if all(map(DECIMAL.fullmatch, texts)):
            return _written_as_numbers(name, texts)
        if is_timely:
            _check_years(sheet, name, texts)
        return None
    wrong = np.flatnonzero(np.isnat(times))
    if wrong.size:
        first = int(wrong[0])
        problem = "has no date"
        if texts[first]:
            problem = f"{texts[first]!r} is not a date, unlike the others"
        raise DataError(
            f"{sheet.at(name, first)}: {problem}; correct it, leave "
            "lines after the data out by read: {skip_last: 1}, or set read: {dates: text} if these "
            "are just labels"
        )
    return Dates(times, tuple(texts), assumed)


def _check_years(sheet: Sheet, name: str, texts: Sequence[str]) -> None:
    """Raise DataError if nearly all texts have a year, as dates in an unknown form have."""
    has_year = [re.search(r"(?<!\d)(1[6-9]|20)\d\d(?!\d)", text) is not None for text in texts]
    if np.mean(has_year) >= MOSTLY:
        first = texts[has_year.index(True)]
        raise DataError(
            f"{sheet.path}: column {name!r}: {first!r} and others are dates in an unknown form, "
            "or in several; write them as 2020-12-31, 2020-12, 2020Q4 or 2020, or set "
            "read: {dates: text} if the rows are in order"
        )


def combined_dates(sheet: Sheet, options: ReadOptions = FOUND_OUT) -> Dates | None:
    """Dates in several columns: a year with quarter, or month and perhaps day; a day with hour."""
    if options.dates == "text" or not sheet.rows:
        return None
    named = {name.casefold(): sheet.texts(place) for place, name in enumerate(sheet.header)}
    parts = {
        part: next((named[name] for name in names if name in named), None)
        for part, names in PARTS.items()
    }
    days = _combined_days(parts)
    if days is None:
        days = _dates_beside(sheet, parts["hour"], options)
    if days is None:
        return None
    times, labels = days
    if parts["hour"] is not None and (hours := _hours(parts["hour"])) is not None:
        times = times + hours
        labels = [f"{label} {clock}" for label, clock in zip(labels, parts["hour"], strict=True)]
    return Dates(times, tuple(labels))


def _combined_days(parts: dict[str, list[str] | None]) -> tuple[np.ndarray, list[str]] | None:
    """Days of a year's, a month's (or quarter's) and a day's column, and what they are called."""
    years, days = parts["year"], parts["day"]
    if years is None:
        return None
    quarters = [re.fullmatch(r"[qQtT]?([1-4])(\.0+)?", text) for text in parts["quarter"] or ["x"]]
    months = [month_of(text) for text in parts["month"] or ["x"]]
    if None not in months:
        starts = [f"{month:02}" for month in months]
    elif None not in quarters:
        starts, days = [f"{3 * int(q[1]) - 2:02}" for q in quarters if q], None
    else:
        return None
    texts = [f"{_whole(year)}-{month}" for year, month in zip(years, starts, strict=True)]
    if days is not None:
        texts = [f"{text}-{_whole(day):0>2}" for text, day in zip(texts, days, strict=True)]
    times = _in_form(texts, "%Y-%m" if days is None else "%Y-%m-%d")
    if np.isnat(times).any():
        return None
    if None in months:
        texts = [f"{text[:4]}Q{(int(text[5:7]) + 2) // 3}" for text in texts]
    return times, texts


def _dates_beside(
    sheet: Sheet, hours: list[str] | None, options: ReadOptions
) -> tuple[np.ndarray, list[str]] | None:
    """Dates from the first column of days, combined with a column of hours."""
    for place in range(len(sheet.header)) if hours is not None else ():
        dates = dates_of(sheet, place, options)
        if dates is not None and dates.times.dtype.kind == "M":
            return dates.times, list(dates.labels)
    return None


def _hours(texts: Sequence[str]) -> np.ndarray | None:
    """Times of day, as time since midnight."""
    clocks = [re.fullmatch(r"(\d{1,2})(?::(\d\d))?(?::(\d\d))?(?:\.0+)?", text) for text in texts]
    if not all(clocks):
        return None
    seconds = [3600 * int(c[1]) + 60 * int(c[2] or 0) + int(c[3] or 0) for c in clocks if c]
    return np.array(seconds, "timedelta64[s]")


def _whole(text: str) -> str:
    return text.split(".", maxsplit=1)[0]


def _written_as_numbers(name: str, texts: Sequence[str]) -> Dates | None:
    """Dates written as numbers: 20240131, 202401, years, spreadsheet days, seconds, a count."""
    labels = tuple(_whole(text) if re.fullmatch(r"\d+(\.0*)?", text) else text for text in texts)
    numbers = np.array([float(text) for text in texts])
    low, high = numbers.min(), numbers.max()
    is_whole, is_named = all(map(str.isdigit, labels)), is_named_like_time(name)
    for form, digits in (("%Y%m%d", 8), ("%Y%m", 6)):
        if is_whole and all(len(label) == digits for label in labels):
            times = _in_form(labels, form)
            if not np.isnat(times).any():
                return Dates(times, labels, is_number=True)
    if is_named and SERIALS[0] <= low and high < SERIALS[1]:
        seconds = np.round(numbers * 86_400).astype("timedelta64[s]")
        told = "dates from a spreadsheet's numbers of days"
        return Dates(np.datetime64(FIRST_SERIAL, "us") + seconds, labels, (told,), is_number=True)
    for size, unit in EPOCHS:
        if is_named and size <= low and high < 4 * size:
            moments = (numbers / size * 1e15).round().astype("datetime64[us]")
            told = f"dates from the {unit} since 1970"
            return Dates(moments, labels, (told,), is_number=True)
    steps = np.diff(numbers)
    is_run = len(steps) > 0 and bool(
        (steps > 0).all() or ((steps == steps[0]) & (steps != 0)).all()
    )
    if YEARS.start <= low and high < YEARS.stop:
        months = numbers * 12
        if is_whole and (is_named or is_run):
            years = np.array([f"{int(number):04}" for number in numbers], "datetime64[Y]")
            return Dates(years.astype("datetime64[us]"), labels, is_number=True)
        if not is_whole and is_named and (np.abs(months - months.round()) < 0.05).all():
            since_1970 = (months.round() - 12 * 1970).astype(np.int64).astype("datetime64[M]")
            return Dates(since_1970.astype("datetime64[us]"), labels, is_number=True)
    is_short = is_whole and all(len(label) == 2 for label in labels)
    if is_short and any(word in name.casefold() for word in PARTS["year"]):
        return _written_as_numbers(name, with_centuries(labels))
    # A month of 1 to 12 that comes again every year is part of a date.
    is_count = (is_run and is_whole) or (is_named and len(set(labels)) == len(labels))
    if not is_count:
        return None
    counts = numbers if is_whole else numbers * 1e6
    return Dates(counts.round().astype(np.int64), labels, is_number=True)


def _parsed(
    sheet: Sheet, column: int, texts: list[str], options: ReadOptions
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """The texts' times in the form that fits, NaT for those that do not; None if no form fits."""
    spelled = [in_one_spelling(text) for text in texts]
    fitting: dict[str, np.ndarray] = {}
    for form in _forms(spelled):
        times = _in_form(spelled, form)
        if 1 - np.isnat(times).mean() >= MOSTLY:
            fitting[form] = times
    least = min((np.isnat(times).sum() for times in fitting.values()), default=0)
    fitting = {form: times for form, times in fitting.items() if np.isnat(times).sum() == least}
    if not fitting:
        return None, ()
    if len(fitting) == 1:
        return next(iter(fitting.values())), ()
    day_first = next((form for form in fitting if form.startswith("%d")), None)
    month_first = next((form for form in fitting if form.startswith(("%m/%d", "%m-%d"))), None)
    if day_first and month_first:
        told = {
            day_first: "dates with the day before month",
            month_first: "dates with the month before day",
        }
        wanted = {"day_first": day_first, "month_first": month_first}.get(options.dates or "")
        chosen = wanted or _likelier({form: fitting[form] for form in (day_first, month_first)})
        if chosen is None:
            raise DataError(
                f"{sheet.path}: column {sheet.header[column]!r}: {texts[0]!r} can be day/month or "
                "month/day; say which by read: {dates: day_first} or read: {dates: month_first}"
            )
        return fitting[chosen], (told[chosen],)
    return fitting[_likelier(fitting) or next(iter(fitting))], ()


def _likelier(readings: dict[str, np.ndarray]) -> str | None:
    """The only reading in which times run in one direction or, failing that, evenly."""

    def is_directed(times: np.ndarray) -> bool:
        steps = np.diff(times[~np.isnat(times)].astype(np.int64))
        return bool((steps > 0).all() or (steps < 0).all())

    able = [form for form, times in readings.items() if is_directed(times)] or [*readings]
    if len(able) == 1:
        return able[0]
    unevenness = {form: 1 - evenness(readings[form]) for form in able}
    best, next_best = sorted(able, key=unevenness.__getitem__)[:2]
    is_clear = unevenness[best] <= 1 - MOSTLY_EVEN and unevenness[best] < unevenness[next_best] / 2
    return best if is_clear else None


def _marks(text: str) -> str:
    """A text without its letters, digits and spaces; the same for all dates in one form."""
    return re.sub(r"[\w\s]", "", text)


MARKS = {
    form: _marks(re.sub("%[a-zA-Z]", "", form))
    for form in (day + clock for day in FORMATS for clock in CLOCKS if not clock or "d" in day)
}
"""Each form for strptime, and what its texts have between letters and digits."""


def _forms(texts: Sequence[str]) -> list[str]:
    """The forms that one of the first few texts, or the last, is in."""
    return _forms_of((*texts[:3], texts[-1]))


@lru_cache(maxsize=1024)
def _forms_of(some: tuple[str, ...]) -> list[str]:
    """The forms that one of some texts is in; series of one file often share them."""
    marks = {_marks(text) for text in some}
    clocked = [form for form, own in MARKS.items() if own in marks]
    iso = ["iso"] if any(re.match(r"\d{4}[-Tt]?\d\d", text) for text in some) else []
    forms = ["fiscal year", "quarter or week", "year:quarter", "year:month", *iso, *clocked]
    return [form for form in forms if not np.isnat(_in_form(some, form)).all()]


def _in_form(texts: Sequence[str], form: str) -> np.ndarray:
    """The texts' times in a form, NaT for those that are not in it."""
    if form in PARSERS:
        whole = with_centuries(texts) if form == "quarter or week" else texts
        return np.array([PARSERS[form](text) for text in whole], dtype="datetime64[us]")
    options = (
        {"format": "ISO8601", "utc": True}
        if form == "iso"
        else {"format": form.replace("%y", "%Y")}
    )
    texts = with_centuries(texts) if "%y" in form else texts
    parsed = pd.to_datetime(pd.Series(texts, dtype=str), errors="coerce", **options)
    if isinstance(parsed.dtype, pd.DatetimeTZDtype):
        parsed = parsed.dt.tz_localize(None)
    return parsed.to_numpy().astype("datetime64[us]")


def _month(year: str, month: int) -> np.datetime64 | str:
    is_date = len(year) == 4 and int(year) in YEARS and 1 <= month <= 12
    return np.datetime64(f"{year}-{month:02}", "us") if is_date else "NaT"


def _fiscal_year(text: str) -> np.datetime64 | str:
    """2021/22, 2010-11, or the year after FY."""
    match = re.fullmatch(r"(\d{4})(?:[-/](?:\d\d)?(\d\d))?", text)
    is_next = match and match[2] and (int(match[1]) + 1) % 100 == int(match[2])
    return _month(match[1], 1) if match and (is_next or not match[2]) else "NaT"


def _quarter_or_week(text: str) -> np.datetime64 | str:
    """1990Q1, Q1 1990, 1Q90, T4 2020, 4 Quartal 2020, 1990H1, 1949M01, 2020-W05, KW 5/2020."""
    text = text.upper().replace("QUARTAL", "Q").replace("QUARTER", "Q").replace("KW", "W")
    if match := re.fullmatch(r"(\d{4})[-/ .]*([QTHSMW])[- ]?(\d{1,2})(?:-\d)?", text):
        year, unit, number = match[1], match[2], int(match[3])
    elif match := re.fullmatch(r"([QTHSMW])[- ]?(\d{1,2})[-/ .]*(\d{4})", text):
        year, unit, number = match[3], match[1], int(match[2])
    elif match := re.fullmatch(r"(\d{1,2})\.? ?([QTHS])[-/ .]*(\d{4})", text):
        year, unit, number = match[3], match[2], int(match[1])
    else:
        return "NaT"
    if unit == "W":
        try:
            return np.datetime64(date.fromisocalendar(int(year), number, 1), "us")
        except ValueError:
            return "NaT"
    months = {"M": 1, "H": 6, "S": 6}.get(unit, 3)
    return _month(year, (number - 1) * months + 1) if number >= 1 else "NaT"


def _year_colon(text: str, months: int) -> np.datetime64 | str:
    """2018:1, which is a quarter or a month."""
    match = re.fullmatch(r"(\d{4}):(\d{1,2})", text)
    return _month(match[1], (int(match[2]) - 1) * months + 1) if match else "NaT"


PARSERS = {
    "fiscal year": _fiscal_year,
    "quarter or week": _quarter_or_week,
    "year:quarter": lambda text: _year_colon(text, 3),
    "year:month": lambda text: _year_colon(text, 1),
}
"""Forms that strptime does not know."""
