"""The frequency of times: the calendar that they follow, and their usual step."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

DAY = 86_400_000_000
"""In microseconds, as all that is finer than a month is counted."""


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


def evenness(times: np.ndarray) -> float:
    """The share of the steps between sorted times that are the usual one; 0 for a single time."""
    ordered = np.unique(times[~np.isnat(times)])
    if len(ordered) < 2:
        return 0.0
    steps = np.diff(_counted(ordered).count(ordered))
    return max(Counter(steps.tolist()).values()) / len(steps)


def frequency_of(times: np.ndarray) -> Frequency | None:
    """The usual step of times in order; None if there are fewer than three."""
    return None if len(times) < 3 else _counted(times)


def _counted(times: np.ndarray) -> Frequency:
    """The calendar that times follow, by their usual step."""
    if times.dtype.kind != "M":
        return Frequency("", None, _usual(np.diff(times)), lambda t: t.astype(np.int64), str)
    moments = _microseconds(times)
    by_month = np.diff(_months(times))
    if np.median(np.diff(moments)) >= 25 * DAY and (by_month > 0).all():
        step = _usual(by_month)
        names = {1: "monthly", 3: "quarterly", 6: "half-yearly", 12: "yearly"}
        name = names.get(step, f"every {step} months")
        period = 12 // step if 12 % step == 0 else None
        return Frequency(name, period, step, _months, lambda count: _month_label(count, step))
    step = _usual(np.diff(moments))
    is_daily = step == DAY and not (np.diff(moments) % DAY).any()
    # The first day of 1970 was a Thursday.
    if is_daily and len(times) > 5 and ((moments // DAY + 3) % 7 < 5).all():
        return Frequency("every working day", 5, 1, _working_days, _working_day_label)
    name, period = _clock_name(step)

    def label(count: int) -> str:
        moment = np.datetime64(count, "us")
        return str(moment.astype("datetime64[D]" if step % DAY == 0 else "datetime64[ms]"))

    return Frequency(name, period, step, _microseconds, label)


def _usual(steps: np.ndarray) -> int:
    """The most common step; of equally common ones, the smallest."""
    counts = Counter(steps.tolist())
    return int(min(counts, key=lambda step: (-counts[step], step)))


def _months(times: np.ndarray) -> np.ndarray:
    return times.astype("datetime64[M]").astype(np.int64)


def _month_label(count: int, step: int) -> str:
    month = np.datetime64(count, "M")
    return str(month.astype("datetime64[Y]") if step % 12 == 0 else month)


def _microseconds(times: np.ndarray) -> np.ndarray:
    return times.astype("datetime64[us]").astype(np.int64)


def _working_days(times: np.ndarray) -> np.ndarray:
    return np.busday_count(np.datetime64("1970-01-01"), times.astype("datetime64[D]"))


def _working_day_label(count: int) -> str:
    return str(np.busday_offset(np.datetime64("1970-01-01"), count))


def _clock_name(step: int) -> tuple[str, int | None]:
    """What a step of microseconds is called, and how many make the cycle above it."""
    if step % DAY == 0:
        days = step // DAY
        return {1: ("daily", 7), 7: ("weekly", 52)}.get(days, (f"every {days} days", None))
    if step == DAY // 24:
        return "hourly", 24
    period = DAY // step if DAY % step == 0 else None
    seconds = step / 1e6
    return (
        f"every {seconds / 60:g} minutes" if seconds % 60 == 0 else f"every {seconds:g} seconds"
    ), period
