"""For notebooks: a study from its config, the tables of its results, verdicts on runs of one's own.

Snakemake runs studies; nothing in here trains.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa

from thousandfold import config_files, loading
from thousandfold.errors import DataError
from thousandfold.imported import results_of
from thousandfold.inference.analyses import JudgedFindings, calibrated, judged
from thousandfold.records import read_large_table
from thousandfold.runs import runs_of
from thousandfold.settings import CalibrationSettings, VerdictSettings
from thousandfold.study import ImportedStudy, TrainedStudy
from thousandfold.tables import TABLES, AnyRow, frame_of, read_rows
from thousandfold.tables.rows import ROW_TYPES


def load_study(*files: str | PathLike[str]) -> TrainedStudy | ImportedStudy:
    """The study that `snakemake --configfile FILES` runs in this folder.

    Files are merged over this folder's config.yaml, later ones winning, unless one of them says
    `standalone: true`. Raises ConfigError.
    """
    layers = config_files.config_files([fspath(file) for file in files])
    return loading.load_study(config_files.merged_files(layers), layers)


def read_table(results: str | PathLike[str], row_type: type[AnyRow]) -> list[AnyRow]:
    """The rows of a table of a finished study; their types are in thousandfold.tables.rows.

    `results` is the study's folder, such as results/smoke. Raises DataError if it has no such
    table, and DamagedTableError if the table was changed after it was written.
    """
    return read_rows(row_type, _there(Path(results) / f"{row_type.table}.csv"))


def read_repeats(results: str | PathLike[str]) -> pd.DataFrame:
    """A row per training of a finished study. Raises as `read_table` does."""
    return read_large_table(_there(Path(results) / "repeats.parquet"))


@dataclass(frozen=True)
class Results:
    """What a finished study has left: every table by its name, as a data frame."""

    folder: Path

    @property
    def names(self) -> list[str]:
        """The tables that there are, in docs/tables.md's order."""
        files = ((name, self.folder / f"{name}.csv") for name in TABLES)
        return [name for name, file in files if file.exists()]

    @cached_property
    def config(self) -> dict[str, Any]:
        """The study's config, as it was merged."""
        return config_files.read_layer(fspath(self.folder / "config.yaml"))

    def table(self, name: str) -> pd.DataFrame:
        """A table, such as "claims". Raises as `read_table` does, and of a name that is none."""
        if name not in self.names:
            raise DataError(
                f"{self.folder}: there is no table {name!r}, but {', '.join(self.names)}"
            )
        if name not in ROW_TYPES:
            return read_large_table(self.folder / f"{name}.parquet")
        return frame_of(ROW_TYPES[name], read_table(self.folder, ROW_TYPES[name]))


def open_results(results: str | PathLike[str]) -> Results:
    """The results in a finished study's folder, such as results/smoke. Raises DataError."""
    _there(Path(results) / "claims.csv")
    return Results(Path(results))


def _there(path: Path) -> Path:
    """A file that has to exist. Raises DataError."""
    if not path.exists():
        raise DataError(f"{path}: there is no such table; run the study, or name another folder")
    return path


def judge(runs: pd.DataFrame, settings: Mapping[str, Any]) -> JudgedFindings:
    """Verdicts on runs of your own, by the same rules as a study's.

    `runs` has a row per training and the columns of `table` in docs/configuration.md;
    `settings` is the config of such a study without `table.file`. Raises ConfigError, and
    DataError if columns of `runs` share a name or mix types.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "runs.parquet"
        try:
            runs.to_parquet(file, index=False)
        except (pa.ArrowException, ValueError) as error:
            raise DataError(
                f"the table of runs: {'; '.join(map(str, error.args))}; give every column a name "
                "of its own and values of one type"
            ) from error
        content = config_files.merged(settings, {"standalone": True, "table": {"file": str(file)}})
        study = loading.load_study(content, [])
        assert isinstance(study, ImportedStudy)
        repeats = results_of(runs_of(study.table), study.table, study.design).repeats
    calibration = calibrated(repeats, CalibrationSettings.of(study))
    return judged(repeats, VerdictSettings.of(study), calibration, identities={})
