"""The series and published tables that a config names."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from thousandfold.observations import read_series
from thousandfold.series import Series
from thousandfold.study import SeriesSource

PUBLISHED_COLUMNS = (
    "scenario", "label", "n", "mean", "std", "min", "q25", "median", "q75", "max", "source",
)  # fmt: skip

PUBLISHED_NUMBERS = PUBLISHED_COLUMNS[2:10]


def load_series(source: SeriesSource) -> Series:
    """A series of a study. Raises DataError if it cannot be used."""
    series = read_series(
        source.name, Path(source.file), source.value, source.test_rows,
        source.date, source.inputs, source.horizon, source.treatment,
    )  # fmt: skip
    return series if source.period is None else replace(series, period=source.period)


def own_model_file(model: str) -> str:
    """The file of a user's own model, named package.module:function."""
    return str(Path(*model.partition(":")[0].split(".")).with_suffix(".py"))


def load_published(file: str) -> pd.DataFrame:
    """A table of published results."""
    texts = dict.fromkeys(("scenario", "label", "source"), str)
    missing = {name: ["", "NA", "NaN", "nan"] for name in PUBLISHED_NUMBERS}
    return pd.read_csv(file, keep_default_na=False, na_values=missing, dtype=texts)
