"""From a column's texts to times: which form all of them are in, and how they follow each other."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from thousandfold.errors import DataError
from thousandfold.reading.options import FOUND_OUT, ReadOptions
from thousandfold.reading.sheets import Sheet

FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y/%m", "%Y-%m",
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y",
    "%m.%Y", "%m/%Y", "%m-%Y", "%b-%y", "%b %y", "%b-%Y", "%b %Y", "%B %Y", "%B-%Y", "%Y %b",
    "%Y-%b", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%b %d %Y", "%b %d, %Y",
    "%B %d %Y", "%B %d, %Y",
)  # fmt: skip
"""Ways of writing a day or month, as strptime has them; %b and %B are English."""

CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
"""What may follow a day."""

WORDS = frozenset(
    {
        "date", "dates", "datum", "day", "days", "month", "months", "monat", "week", "year",
        "years", "yr", "jahr", "anno", "fecha", "time", "timestamp", "datetime", "ds", "t",
        "period", "quarter", "hour", "index",
    }
)  # fmt: skip
"""Names of columns that tell time."""

PARTS = {
    "year": ("year", "yr", "jahr"), "quarter": ("quarter", "qtr", "q"),
    "month": ("month", "mon", "monat"), "day": ("day", "tag"),
}  # fmt: skip
"""Names of columns that together make a date."""

YEARS = range(1000, 3000)

SERIALS = range(10_000, 80_000)
"""Days since 1899-12-30 as spreadsheets count them: 1927 to 2119."""

FIRST_SERIAL = "1899-12-30"

MOSTLY = 0.9
"""From this share on, a column of dates has a few that are wrong, and not some by chance."""


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
    """Whether they are written as whole numbers, which need not be dates."""

    def rows(self, order: np.ndarray) -> "Dates":
        """Those of some rows."""
        return replace(self, times=self.times[order], labels=tuple(self.labels[i] for i in order))


@dataclass(frozen=True)
class Frequency:
    """How far apart observations usually are."""

    name: str
    """Such as "monthly"."""
    period: int | None
    """How many make a year or, of those that are closer than a day, a day; of days, a week."""
    step: int
    """In units of `count`."""
    count: Callable[[np.ndarray], np.ndarray]
    """Whole numbers along which times run evenly, such as months since 1970."""
    label: Callable[[int], str]
    """What an error calls the time at a count."""


def is_named_like_time(name: str) -> bool:
    """Whether a column's name says that it holds dates or a count of time."""
    return not WORDS.isdisjoint(re.split(r"[^a-z]+", name.casefold()))


def dates_of(sheet: Sheet, column: int, options: ReadOptions = FOUND_OUT) -> Dates | None:
    """A column's dates; None if it has none, or may not have any.

    Raises DataError if nearly all are dates in one form and one is not, or if day and month
    cannot be told apart.
    """
    texts = sheet.texts(column)
    if options.dates == "text" or not texts:
        return None
    if all(re.fullmatch(r"\d+(\.0+)?", text) for text in texts):
        return _whole_numbers(sheet.header[column], texts)
    times, assumed = _parsed(sheet, column, texts, options)
    if times is None:
        return None
    wrong = np.flatnonzero(np.isnat(times))
    if wrong.size:
        first = int(wrong[0])
        problem = (
            f"{texts[first]!r} is no date, as the others are" if texts[first] else "has no date"
        )
        raise DataError(
            f"{sheet.path}: column {sheet.header[column]!r}, {sheet.places[first]}: {problem}; "
            "correct it, leave lines after the data out by read: {skip_last: 1}, or set "
            "read: {dates: text} if these are just labels"
        )
    return Dates(times, tuple(texts), assumed)


def combined_dates(sheet: Sheet, options: ReadOptions = FOUND_OUT) -> Dates | None:
    """Dates in several columns: year with quarter, or year with month and perhaps day."""
    if options.dates == "text" or not sheet.rows:
        return None
    named = {name.casefold(): place for place, name in enumerate(sheet.header)}
    places = {
        part: next((named[name] for name in names if name in named), None)
        for part, names in PARTS.items()
    }
    year, quarter, month, day = (places[part] for part in PARTS)
    if year is None or (quarter is None and month is None):
        return None
    numbers = {
        part: [
            float(text) if re.fullmatch(r"\d+(\.0+)?", text) else 0.0 for text in sheet.texts(place)
        ]
        for part, place in places.items()
        if place is not None
    }
    months = numbers["month"] if month is not None else [3 * q - 2 for q in numbers["quarter"]]
    days = numbers["day"] if month is not None and day is not None else [1.0] * len(months)
    texts = [
        f"{int(y):04}-{int(m):02}-{int(d):02}"
        for y, m, d in zip(numbers["year"], months, days, strict=True)
    ]
    times = _times(pd.to_datetime(pd.Series(texts), format="%Y-%m-%d", errors="coerce"))
    if np.isnat(times).any():
        return None
    if month is None:
        labels = [f"{text[:4]}Q{(int(text[5:7]) + 2) // 3}" for text in texts]
    else:
        labels = texts if day is not None else [text[:7] for text in texts]
    return Dates(times, tuple(labels))


def _whole_numbers(name: str, texts: Sequence[str]) -> Dates | None:
    """Dates that are written as numbers: 20240131, 202401, years, a spreadsheet's days, a count."""
    numbers = np.array([int(text.split(".")[0]) for text in texts], dtype=object)
    if max(numbers) > 10**15:
        return None
    numbers = numbers.astype(np.int64)
    labels = tuple(text.split(".")[0] for text in texts)
    for form, digits in (("%Y%m%d", 8), ("%Y%m", 6)):
        if all(len(label) == digits for label in labels):
            times = _times(pd.to_datetime(pd.Series(labels), format=form, errors="coerce"))
            if not np.isnat(times).any():
                return Dates(times, labels, is_number=True)
    steps = np.diff(numbers)
    is_run = bool((steps > 0).all()) or (len(steps) > 0 and len(set(steps)) == 1 and steps[0] != 0)
    in_years = numbers.min() in YEARS and numbers.max() in YEARS
    is_named = is_named_like_time(name)
    if is_named and numbers.min() in SERIALS and numbers.max() in SERIALS:
        days = np.datetime64(FIRST_SERIAL, "us") + numbers.astype("timedelta64[D]")
        told = "dates from a spreadsheet's numbers of days"
        return Dates(days, labels, (told,), is_number=True)
    if in_years and (is_named or is_run):
        texts = [f"{number:04}-01-01" for number in numbers]
        return Dates(np.array(texts, dtype="datetime64[us]"), labels, is_number=True)
    # A month of 1 to 12 that comes again every year is part of a date.
    is_count = is_run or (is_named and len(set(numbers)) == len(numbers))
    return Dates(numbers, labels, is_number=True) if is_count else None


def _parsed(
    sheet: Sheet, column: int, texts: list[str], options: ReadOptions
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """The texts' times in the form that fits, NaT for those that do not; None if none does."""
    spelled = _spelled(texts)
    fitting = {}
    for form in _forms(texts):
        times = _in_form(spelled if "y" in form else texts, form)
        share = 1 - np.isnat(times).mean()
        if share >= MOSTLY:
            fitting[form] = share, times
    best = max((share for share, _ in fitting.values()), default=0)
    fitting = {form: (share, times) for form, (share, times) in fitting.items() if share == best}
    if not fitting:
        return None, ()
    day_first = [form for form in fitting if form.startswith("%d")]
    month_first = [form for form in fitting if form.startswith(("%m/%d", "%m-%d"))]
    if not (day_first and month_first):
        return next(iter(fitting.values()))[1], ()
    chosen = {"day_first": day_first[0], "month_first": month_first[0]}.get(options.dates or "")
    if chosen is None:
        evenness = {form: _evenness(fitting[form][1]) for form in (day_first[0], month_first[0])}
        if len(set(evenness.values())) < 2:
            raise DataError(
                f"{sheet.path}: column {sheet.header[column]!r}: {texts[0]!r} can be day/month or "
                "month/day; say which by read: {dates: day_first} or read: {dates: month_first}"
            )
        chosen = max(evenness, key=lambda form: evenness[form])
    words = "day before month" if chosen == day_first[0] else "month before day"
    return fitting[chosen][1], (f"dates with the {words}",)


def _forms(texts: Sequence[str]) -> list[str]:
    """The forms that one of the first few texts, or the last, is in."""
    some = [*texts[:3], texts[-1]]
    forms = (
        ["special", "iso"]
        if any(re.match(r"\d{4}[-Tt]?\d\d", text) for text in some)
        else ["special"]
    )
    found = []
    for form in [
        *forms,
        *(day + clock for day in FORMATS for clock in CLOCKS if clock == "" or "d" in day),
    ]:
        if not np.isnat(_in_form(_spelled(some) if "y" in form else some, form)).all():
            found.append(form)
    return found


def _in_form(texts: Sequence[str], form: str) -> np.ndarray:
    """The texts' times in a form, NaT for those that are not in it."""
    if form == "special":
        return np.array([_special(text) for text in texts], dtype="datetime64[us]")
    if form == "iso":
        return _times(pd.to_datetime(pd.Series(texts), format="ISO8601", errors="coerce", utc=True))
    return _times(
        pd.to_datetime(pd.Series(texts), format=form.replace("%y", "%Y"), errors="coerce")
    )


def _times(parsed: pd.Series) -> np.ndarray:
    """Without their time zone, which is UTC where there is one."""
    if isinstance(parsed.dtype, pd.DatetimeTZDtype):
        parsed = parsed.dt.tz_localize(None)
    return parsed.to_numpy().astype("datetime64[us]")


def _special(text: str) -> np.datetime64 | str:
    """A quarter, half year, week or month of a spelling such as 1990Q1, 1949M01 or 2020-W05."""
    text = text.strip().upper()
    if match := re.fullmatch(r"(\d{4})[-/ :.]?([QHSMW]|:)[- ]?(\d{1,2})", text):
        year, unit, number = int(match[1]), match[2], int(match[3])
    elif match := re.fullmatch(r"([QHS])([1-4])[-/ ]?(\d{4})", text):
        year, unit, number = int(match[3]), match[1], int(match[2])
    else:
        return "NaT"
    if unit == "W":
        try:
            return np.datetime64(date.fromisocalendar(year, number, 1), "us")
        except ValueError:
            return "NaT"
    months = {"Q": 3, "H": 6, "S": 6}.get(unit, 1)
    if not 1 <= number <= 12 // months or year == 0:
        return "NaT"
    return np.datetime64(f"{year:04}-{(number - 1) * months + 1:02}", "us")


def _spelled(texts: Sequence[str]) -> list[str]:
    """Texts that end in a year of two digits, with all four.

    The century is that in which the years follow each other: 98, 99, 00, 01 are four years.
    """
    ends = [re.fullmatch(r"(.*[^\d])(\d\d)( .*)?", text) for text in texts]
    years = sorted({int(end[2]) for end in ends if end})
    if not years:
        return list(texts)
    gaps = [
        (after - before) % 100 or 100
        for before, after in zip(years, [*years[1:], years[0]], strict=True)
    ]
    first = years[(gaps.index(max(gaps)) + 1) % len(years)]
    century = 1900 if first > 30 else 2000
    return [
        f"{end[1]}{century + (100 if int(end[2]) < first else 0) + int(end[2])}{end[3] or ''}"
        if end
        else text
        for end, text in zip(ends, texts, strict=True)
    ]


def _evenness(times: np.ndarray) -> float:
    """Which share of the steps between times in order is the usual one."""
    known = times[~np.isnat(times)]
    ordered = np.unique(known)
    steps = np.diff(_counted(ordered).count(ordered)) if len(ordered) > 1 else np.zeros(0)
    return max(Counter(steps.tolist()).values()) / len(steps) if len(steps) else 0.0


def frequency_of(times: np.ndarray) -> Frequency | None:
    """The usual step of times in order; None if there are fewer than three."""
    return None if len(times) < 3 else _counted(times)


def _counted(times: np.ndarray) -> Frequency:
    """The calendar that times run along, by their usual step."""
    if times.dtype.kind != "M":
        return Frequency("", None, _usual(np.diff(times)), lambda t: t.astype(np.int64), str)
    days = np.diff(times) / np.timedelta64(1, "D")
    usual = float(np.median(days))
    by_month = np.diff(_months(times))
    if usual >= 25 and (by_month > 0).all():
        step = _usual(by_month)
        names = {1: "monthly", 3: "quarterly", 6: "half-yearly", 12: "yearly"}
        name = names.get(step, f"every {step} months")
        period = 12 // step if 12 % step == 0 else None
        return Frequency(name, period, step, _months, lambda count: _month_label(count, step))
    weekdays = (times.astype("datetime64[D]").astype(np.int64) + 3) % 7
    is_daily = all(day.is_integer() for day in days.tolist())
    if is_daily and _usual(days.astype(np.int64)) == 1 and (weekdays < 5).all() and len(times) > 5:
        return Frequency("every working day", 5, 1, _working_days, _working_day_label)
    seconds = np.diff(_seconds(times))
    step = _usual(seconds)
    name, period = _clock_name(step)

    def label(count: int) -> str:
        moment = np.datetime64(count, "s")
        return str(moment.astype("datetime64[D]") if step % 86_400 == 0 else moment)

    return Frequency(name, period, step, _seconds, label)


def _usual(steps: np.ndarray) -> int:
    """The most common step, of equally common ones the smallest."""
    counts = Counter(steps.tolist())
    return int(min(counts, key=lambda step: (-counts[step], step)))


def _months(times: np.ndarray) -> np.ndarray:
    return times.astype("datetime64[M]").astype(np.int64)


def _month_label(count: int, step: int) -> str:
    month = np.datetime64(count, "M")
    return str(month.astype("datetime64[Y]") if step % 12 == 0 else month)


def _seconds(times: np.ndarray) -> np.ndarray:
    return times.astype("datetime64[s]").astype(np.int64)


def _working_days(times: np.ndarray) -> np.ndarray:
    return np.busday_count(np.datetime64("1970-01-01"), times.astype("datetime64[D]"))


def _working_day_label(count: int) -> str:
    return str(np.busday_offset(np.datetime64("1970-01-01"), count))


def _clock_name(step: int) -> tuple[str, int | None]:
    """What a step of seconds is called, and how many make the cycle above it."""
    day = 86_400
    if step % day == 0:
        days = step // day
        return {1: ("daily", 7), 7: ("weekly", 52)}.get(days, (f"every {days} days", None))
    if step == 3600:
        return "hourly", 24
    period = day // step if day % step == 0 else None
    return (f"every {step // 60} minutes" if step % 60 == 0 else f"every {step} seconds"), period
