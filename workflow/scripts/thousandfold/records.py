"""The tables: what their columns are, how they are written whole and how they are checked.

A block is the result file of one training job. The tables that others read are described in
TABLES; every one of them is written by `write_table`, which checks it.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

BLOCK_COLUMNS = ("repeat", "seed", "rmse", "train_loss", "diverged")
"""The columns of a block before its forecasts."""

_KEY = "thousandfold"
"""Under this key a block's Parquet file carries its recipe and checksum."""


class DamagedBlockError(Exception):
    """A block that is not what its recipe promises."""


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write to; the file moves to `path` once complete, or leaves no trace."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The process id keeps an orphan of a killed run from writing into another's file.
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        with partial.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


_NO_CHECKSUM = b"0" * 64
"""Stands in a block where its checksum goes, while that is computed."""


def write_block(path: Path, table: pd.DataFrame, recipe: str, facts: dict[str, Any]) -> None:
    """Write a block with its recipe, facts (such as how long it took) and checksum.

    The checksum is the SHA-256 of the whole file with zeros in the checksum's place.
    """
    seal = {"recipe": recipe, "facts": facts, "checksum": _NO_CHECKSUM.decode()}
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    buffer = pa.BufferOutputStream()
    with pq.ParquetWriter(buffer, arrow.schema) as writer:
        writer.write_table(arrow)
        writer.add_key_value_metadata({_KEY: json.dumps(seal)})
    content = buffer.getvalue().to_pybytes()
    checksum = hashlib.sha256(content).hexdigest().encode()
    with written_whole(path) as partial:
        partial.write_bytes(content.replace(_NO_CHECKSUM, checksum))


def read_block(path: Path, recipe: str, repeats: range, steps: int) -> pd.DataFrame:
    """Read a block and check that it is whole and is what the recipe promises.

    Raises DamagedBlockError saying what is wrong.
    """
    try:
        content = path.read_bytes()
        file = pq.ParquetFile(pa.BufferReader(content))
        seal = json.loads(file.metadata.metadata[_KEY.encode()])
        found_recipe, checksum = seal["recipe"], seal["checksum"].encode()
        table = file.read().to_pandas()
    # A damaged file makes Arrow raise nearly anything, and it is all the same to the reader.
    except Exception as error:
        raise DamagedBlockError(f"cannot be read ({type(error).__name__}: {error})") from error
    if hashlib.sha256(content.replace(checksum, _NO_CHECKSUM)).hexdigest().encode() != checksum:
        raise DamagedBlockError("has a wrong checksum")
    if found_recipe != recipe:
        raise DamagedBlockError("was trained by another recipe (other config, data or version)")
    forecasts = [f"forecast_{step + 1}" for step in range(steps)]
    if list(table.columns) != [*BLOCK_COLUMNS, *forecasts]:
        raise DamagedBlockError(f"has the columns {list(table.columns)}")
    if list(table["repeat"]) != list(repeats):
        raise DamagedBlockError(f"does not hold the repeats {repeats.start} to {repeats.stop - 1}")
    return table


TABLES: dict[str, dict[str, str]] = {
    "repeats": {
        "series": "the series' name",
        "scenario": "the scenario's name",
        "repeat": "which independent training, from 0",
        "seed": "the repeat's seed, below 2**53; alone it determines the training",
        "rmse": "root mean squared error over the test rows, in the series' units; empty if diverged",
        "train_loss": "mean squared error of the scaled differences in the last epoch",
        "diverged": "whether the loss or a forecast is not finite",
        "engine": "how it was trained",
        "profile": "whose defaults applied",
    },
    "forecasts": {
        "series": "the series' name",
        "scenario": "the scenario's name",
        "repeat": "which independent training, from 0",
        "step": "which test row, from 1",
        "forecast": "one-step forecast, in the series' units",
        "actual": "the observation, in the series' units",
    },
    "summary": {
        "series": "the series' name",
        "scenario": "the scenario's name",
        "n": "finite repeats",
        "mean": "mean RMSE of the finite repeats",
        "std": "their standard deviation (n - 1)",
        "standard_error": "std / sqrt(n)",
        "ci_low": "lower end of the 95 % t interval of the mean",
        "ci_high": "its upper end",
        "min": "smallest RMSE",
        "q25": "first quartile (linear interpolation, type 7)",
        "median": "median RMSE",
        "q75": "third quartile",
        "max": "largest RMSE",
        "n_diverged": "repeats that diverged, which no other column counts",
        "persistence": "RMSE of forecasting the previous observation",
        "drift": "RMSE of that plus the mean training difference",
        "ar1": "RMSE of an ordinary least squares AR(1) of the differences",
    },
    "standard_error": {
        "series": "the series' name",
        "scenario": "the scenario's name",
        "n": "number of repeats",
        "running_mean": "mean RMSE of the first n finite repeats",
        "running_standard_error": "their standard deviation / sqrt(n)",
        "resampled_standard_error": "standard deviation of the means of samples of n, drawn with replacement from all finite repeats",
        "theory_standard_error": "s / sqrt(n), s from all finite repeats",
    },
    "comparisons": {
        "series": "the series' name",
        "id": "the contrast: the finding's id, or both scenarios' names",
        "scenario_a": "the scenario that the claim is about",
        "scenario_b": "the scenario it is compared with",
        "expect": "the direction claimed; empty for exploratory pairs",
        "estimand": "mean: difference of means a - b; spread: log of the ratio of mean absolute deviations from the median, a / b",
        "margin": "smallest effect that matters, on the estimand's scale",
        "n_a": "finite repeats of a",
        "n_b": "finite repeats of b",
        "mean_a": "mean RMSE of a",
        "mean_b": "mean RMSE of b",
        "estimate_a": "what the estimand compares: a's mean, or its mean absolute deviation",
        "estimate_b": "the same of b",
        "difference": "the estimated contrast",
        "ci_low": "lower end of the deciding interval",
        "ci_high": "its upper end",
        "interval_level": "the interval's level, 1 - alpha / k",
        "k": "distinct contrasts in the family",
        "welch_t": "Welch's t (for spread: of the absolute deviations from the median)",
        "welch_df": "its Welch-Satterthwaite degrees of freedom",
        "welch_p": "its two-sided p",
        "welch_p_holm": "that p after Holm over the family",
        "mannwhitney_u": "Mann-Whitney U of a (for spread: of the absolute deviations)",
        "mannwhitney_p": "its two-sided p (asymptotic, tie-corrected)",
        "mannwhitney_p_holm": "that p after Holm over the family",
        "tost_p": "p of two one-sided tests that the contrast lies within the margin",
        "difference_p_family": "min(1, k p): below alpha exactly if the interval excludes 0",
        "equivalence_p_family": "min(1, 2 k tost_p): below alpha exactly if it lies within the margin",
        "minimal_effect_p_family": "min(1, 2 k p) of a contrast beyond the margin: below alpha exactly if the interval lies outside it",
        "n_diverged_a": "diverged repeats of a",
        "n_diverged_b": "diverged repeats of b",
        "flags": "what weakens or explains the verdict, separated by semicolons",
        "difference_verdict": "what the interval says of the contrast",
        "verdict": "what that says of the claimed direction; for exploratory pairs the same as difference_verdict",
    },
    "claims": {
        "series": "the series' name",
        "id": "the finding's id",
        "claim": "the claim as registered",
        "source": "who made it",
        "expect": "the direction claimed",
        "verdict": "what the data say of the claim",
        "sentence": "the same with its numbers",
    },
}  # fmt: skip
"""Every table that a run leaves: its columns in order, one line on each."""
TABLES["findings"] = TABLES["comparisons"]


def check_columns(name: str, table: pd.DataFrame) -> None:
    """Raise ValueError unless the table has exactly the columns that TABLES names."""
    if list(table.columns) != list(TABLES[name]):
        raise ValueError(f"table {name} has the columns {list(table.columns)}, not {list(TABLES[name])}")


def write_table(name: str, table: pd.DataFrame, path: Path) -> None:
    """Write a table of TABLES as CSV, floats so that reading gives the same numbers."""
    check_columns(name, table)
    with written_whole(path) as partial:
        table.to_csv(partial, index=False)


def read_table(path: Path) -> pd.DataFrame:
    """Read a table written by `write_table`, equal to the bit."""
    return pd.read_csv(path, float_precision="round_trip", keep_default_na=False, na_values=[""])
