"""The series and published tables that a config names."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd

from thousandfold.errors import DataError
from thousandfold.observations import in_words, joined, read_series, said_of_many, texts_of
from thousandfold.reading.competitions import read_competition
from thousandfold.reading.files import check_file
from thousandfold.reading.options import Treatment
from thousandfold.sequences import in_words as labels_in_words
from thousandfold.sequences import made_up, read_sequences
from thousandfold.series import LabelledSequences, Series
from thousandfold.study import SeriesSource

PUBLISHED_COLUMNS = (
    "scenario", "label", "n", "mean", "std", "min", "q25", "median", "q75", "max", "source",
)  # fmt: skip

PUBLISHED_NUMBERS = PUBLISHED_COLUMNS[2:10]


def load_series(source: SeriesSource) -> Series:
    """A series of a study, read once. Raises DataError if it cannot be used."""
    data = replace(source, margin=0.0)  # which analyses leave out
    states = []
    for file in source.files:
        check_file(Path(file))
        state = Path(file).stat()
        states.append((state.st_mtime_ns, state.st_size))
    return _loaded(data, tuple(states))


@cache
def _loaded(source: SeriesSource, states: tuple[tuple[int, int], ...]) -> Series:
    """A series whose files are in their state at that time."""
    series = _found(source)
    if source.earlier:
        series = series.without_last(source.earlier)
    series = replace(series, steps_ahead=source.steps_ahead)
    return series if source.period is None else replace(series, period=source.period)


def _found(source: SeriesSource) -> Series:
    """A series as it is found, or made up."""
    if source.synthetic is not None and source.synthetic.labels is not None:
        return made_up(source.name, source.synthetic, source.test_rows)
    if source.synthetic is not None:
        values = source.synthetic.values()
        return _numbered(source, Series(source.name, values, (), source.test_rows))
    path = Path(str(source.file))
    if source.labelled is not None:
        return read_sequences(
            source.name, path, source.labelled, source.inputs, source.test_rows,
            source.treatment, source.split_seed,
        )  # fmt: skip
    if source.competitor is not None:
        found = read_competition(path).get(source.competitor)
        if found is None:
            raise DataError(f"{path}: has no series {source.competitor}")
        series = Series(
            source.name, found.values, (), source.test_rows,
            frequency=found.frequency, period=found.period,
        )  # fmt: skip
        return _numbered(source, series)
    wholes = _pieces(source)
    pieces = [
        read_series(
            source.name, path, source.value, source.test_rows if number == len(wholes) else 0,
            source.date, source.inputs, source.horizon, treatment,
        )
        for number, (path, treatment) in enumerate(wholes, start=1)
    ]  # fmt: skip
    return joined(pieces) if len(pieces) > 1 else pieces[0]


def _pieces(source: SeriesSource) -> list[tuple[Path, Treatment]]:
    """The file of each piece of a series, and what its rows go through."""
    paths, treatment = [Path(file) for file in source.files], source.treatment
    if source.pieces is None:
        return [(path, treatment) for path in paths]
    return [
        (path, replace(treatment, where=(*treatment.where, (source.pieces, text))))
        for path in paths
        for text in texts_of(source.pieces, path, treatment)
    ]


def _numbered(source: SeriesSource, series: Series) -> Series:
    """A series without dates."""
    labels = tuple(str(number + 1) for number in range(len(series.values)))
    return replace(series, labels=labels, horizon=source.horizon)


def read_as(sources: Iterable[SeriesSource]) -> list[str]:
    """What was found out or assumed about each series, or all of a collection, in one line."""
    entries: dict[str, list[Series]] = {}
    for source in sources:
        entries.setdefault(source.entry or source.name, []).append(load_series(source))
    told = []
    for entry, read in entries.items():
        told += [labels_in_words(one) for one in read if isinstance(one, LabelledSequences)]
        if any(series.assumed or series.frequency for series in read):
            told.append(in_words(read[0]) if len(read) == 1 else said_of_many(entry, read))
    return told


def own_model_file(model: str) -> str:
    """The file of a user's own model, named package.module:function."""
    return str(Path(*model.partition(":")[0].split(".")).with_suffix(".py"))


def load_published(file: str) -> pd.DataFrame:
    """A table of published results."""
    texts = dict.fromkeys(("scenario", "label", "source"), str)
    missing = {name: ["", "NA", "NaN", "nan"] for name in PUBLISHED_NUMBERS}
    return pd.read_csv(file, keep_default_na=False, na_values=missing, dtype=texts)
