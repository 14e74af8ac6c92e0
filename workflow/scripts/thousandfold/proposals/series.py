"""The section `series` of a new study: which column to forecast, and an entry per series."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from thousandfold.baselines import PERSISTENCE, baseline_errors, persistence
from thousandfold.errors import DataError
from thousandfold.observations import panel_keys, read_series, time_of
from thousandfold.proposals import name_made_of, number, quoted, text_of
from thousandfold.reading.dates import PARTS, dates_of
from thousandfold.reading.files import read_sheet
from thousandfold.reading.numbers import numbers_of
from thousandfold.reading.options import AS_IT_IS, FOUND_OUT, Treatment
from thousandfold.reading.sheets import Sheet, stem_of
from thousandfold.series import Series

TEST_SHARE = 0.2

MARGIN_SHARE = 0.02
"""Of the persistence forecast's RMSE: a start, not an answer."""

MOST_SERIES = 100
"""Of a panel that get an entry each."""

INDEX_NAMES = ("", "id", "index", "no", "nr", "row", "rownames", "obs", "unnamed: 0", "_step")

FIXES: tuple[dict[str, Any], ...] = ({"missing": "drop"}, {"gaps": "ignore"}, {"sort": True})
"""What a file may need before it is a series, the last first."""


@dataclass(frozen=True)
class Column:
    """The column to forecast."""

    name: str
    skipped: Mapping[str, str]
    """The others, and why not these."""


@dataclass(frozen=True)
class SeriesProposal:
    """One entry of the section `series`."""

    series: Series
    treatment: Treatment
    """By which it can be read, whatever is missing."""
    problem: str | None
    """What has to be decided before it can be used."""

    @property
    def margin(self) -> float:
        """A start for the smallest difference that matters."""
        forecasts = {PERSISTENCE: persistence(self.series).forecasts}
        errors = baseline_errors(forecasts, self.series, "rmse")
        return MARGIN_SHARE * errors[PERSISTENCE] or 1.0


def column_to_forecast(sheet: Sheet) -> Column:
    """The last column of numbers that is not a date, a row count or constant.

    One with a value in every row goes before one without. Raises DataError if there is none.
    """
    reasons = {name: reason_against(sheet, place) for place, name in enumerate(sheet.header)}
    able = [name for name, reason in reasons.items() if reason is None]
    if not able:
        why = "; ".join(f"{name!r} {reason}" for name, reason in reasons.items())
        problem = f"no column has numbers to forecast ({why})"
        raise DataError(f"{sheet.path}: {problem}; correct one, or name one by --value")
    complete = [name for name in able if not numbers_of(sheet, name).missing.any()]
    if complete:
        reasons |= {name: "lacks values" for name in able if name not in complete}
    skipped = {name: reason for name, reason in reasons.items() if reason}
    return Column((complete or able)[-1], skipped)


def reason_against(sheet: Sheet, place: int) -> str | None:
    """Why a column is not a measurement; None if it can be one."""
    name = sheet.header[place]
    if sheet.header.count(name) > 1:
        return "is there twice"
    try:
        dates = dates_of(sheet, place)
    except DataError:
        return "holds dates"
    if dates is not None and dates.times.dtype.kind == "M":
        return "holds dates"
    if any(name.casefold() in names for names in PARTS.values()):
        return "is a part of dates"
    try:
        values = numbers_of(sheet, name).values
    except DataError as error:
        texts = [text for text in sheet.texts(place) if text]
        with_digits = sum(any(map(str.isdigit, text)) for text in texts)
        # Most cells are numbers: then the one that is none is what has to be fixed.
        _, _, problem = str(error).partition(f"column {name!r}")
        return f"cannot be read{problem}" if with_digits > len(texts) / 2 else "holds text"
    known = values[~np.isnan(values)]
    if not known.size:
        return "is empty"
    if known.min() == known.max():
        return "is constant"
    is_count = len(values) > 2 and bool((np.diff(values) == 1).all())
    is_index = name.casefold() in INDEX_NAMES and dates is not None
    return "counts the rows" if is_count or is_index else None


def propose_series(path: Path, value: str) -> list[SeriesProposal]:
    """An entry for each series that a file holds. Raises DataError."""
    sheet = read_sheet(path)
    sheet.column(value)
    dates = time_of(sheet, (value,), None, FOUND_OUT)
    keys: tuple[str, ...] = ()
    if dates is not None and not dates.are_distinct:
        keys = panel_keys(sheet, dates, (value,))
    places = [sheet.column(key) for key in keys]
    groups = list(dict.fromkeys(tuple(row[place] for place in places) for row in sheet.rows))
    if len(groups) > MOST_SERIES:
        raise DataError(
            f"{path}: holds {len(groups)} series, distinguished by {' and '.join(map(repr, keys))};"
            f" keep at most {MOST_SERIES} of them in the file"
        )
    proposals: list[SeriesProposal] = []
    for group in groups or [()]:
        proposal = _proposal(path, value, tuple(zip(keys, group, strict=True)))
        taken = {other.series.name.casefold() for other in proposals}
        name = proposal.series.name
        if name.casefold() in taken:
            name = f"{name}_{len(proposals) + 1}"
        proposals.append(replace(proposal, series=replace(proposal.series, name=name)))
    return proposals


def _proposal(path: Path, value: str, where: tuple[tuple[str, str], ...]) -> SeriesProposal:
    """A series with the fewest fixes that make it valid; all but its order are left to the user."""
    as_it_is = replace(AS_IT_IS, where=where)
    problem = None
    for chosen in sorted(product((False, True), repeat=len(FIXES)), key=sum):
        fixes = [fix for fix, is_chosen in zip(FIXES, chosen, strict=True) if is_chosen]
        treatment = replace(as_it_is, **{k: v for fix in fixes for k, v in fix.items()})
        try:
            series = read_series("series", path, value, 1, treatment=treatment)
        except DataError as error:
            problem = problem or str(error)
            continue
        if fixes in ([], [{"sort": True}]):
            problem = None
        name = name_made_of("_".join(text for _, text in where) or stem_of(path))
        rows = max(1, round(TEST_SHARE * len(series.values)))
        series = replace(series, name=name or "series", test_rows=rows)
        return SeriesProposal(series, treatment, problem)
    raise DataError(str(problem))


def series_section(path: Path, value: str, proposals: Sequence[SeriesProposal]) -> str:
    """The section `series` of a config."""
    lines = ["series:"]
    for proposal in proposals:
        lines.append(f"  {quoted(proposal.series.name)}:")
        lines += (f"    {line}" for line in _entry(path, value, proposal))
        if len(proposals) > 1:
            lines.append(
                f"    margin: {number(proposal.margin)} # --> of this series, in its units"
            )
    lines += [
        "    # inputs: [other, columns]  # what else networks see, up to the row before",
        "    # horizon: 6                # forecasts beyond the end of the file",
        "",
    ]
    return "\n".join(lines)


def _entry(path: Path, value: str, proposal: SeriesProposal) -> Iterator[str]:
    """The lines below one series' name."""
    series, treatment = proposal.series, proposal.treatment
    title = " ".join(text for _, text in treatment.where) or stem_of(path)
    yield f"title: {text_of(title)}"
    yield "unit: units # --> what the report prints beside numbers"
    yield f"file: {text_of(path.as_posix())}"
    if treatment.where:
        pairs = ", ".join(f"{quoted(key)}: {text_of(text)}" for key, text in treatment.where)
        yield f"where: {{{pairs}}}"
    yield f"value: {text_of(value)} # --> the column to forecast"
    held_out = f"of {len(series.values)} rows, the last, which are forecast one step ahead"
    yield f"test_rows: {series.test_rows} # --> {held_out}"
    if treatment.sort:
        yield "sort: true # the file has its dates in another order"
    for key, words in (("gaps", "dates"), ("missing", "values")):
        if getattr(treatment, key) is not None:
            yield f"# {key}: {getattr(treatment, key)} # --> {words} are missing; or interpolate"
