"""For notebooks: a study from its config, the tables of its results, verdicts on runs of one's own.

Snakemake runs studies; nothing in here trains.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from thousandfold import config_files, loading
from thousandfold.errors import DataError
from thousandfold.imported import results_of
from thousandfold.inference.calibration import calibration_table, miss_rates
from thousandfold.inference.claims import claims
from thousandfold.inference.conjunctions import conjunctions
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.findings import judge as judge_contrasts
from thousandfold.inference.questions import questions_of
from thousandfold.inference.samples import samples_of
from thousandfold.records import read_large_table
from thousandfold.runs import runs_of
from thousandfold.study import ImportedStudy, Study, TrainedStudy
from thousandfold.tables import AnyRow, read_rows
from thousandfold.tables.rows import ClaimRow, ConjunctionRow, FindingRow


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


def _there(path: Path) -> Path:
    """A file that has to exist. Raises DataError."""
    if not path.exists():
        raise DataError(f"{path}: there is no such table; run the study, or name another folder")
    return path


@dataclass(frozen=True)
class Verdicts:
    """What the findings of a study came to."""

    findings: list[FindingRow]
    """A row per comparison and series, with all its evidence."""
    claims: list[ClaimRow]
    """A row per claim and series, with its verdict and sentence."""
    conjunctions: list[ConjunctionRow]
    """If there are several series, a row per claim: on which of them it holds."""


def judge(runs: pd.DataFrame, settings: Mapping[str, Any]) -> Verdicts:
    """Verdicts on runs of your own, by the same rules as a study's.

    `runs` has a row per training and the columns of `table` in docs/configuration.md;
    `settings` is the config of such a study without `table.file`. Raises ConfigError.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "runs.parquet"
        runs.to_parquet(file, index=False)
        content = config_files.merged(settings, {"standalone": True, "table": {"file": str(file)}})
        study = loading.load_study(content, [])
        assert isinstance(study, ImportedStudy)
        repeats = results_of(runs_of(study.table), study.table, study.design).repeats
    return _verdicts(study, repeats)


def _verdicts(study: Study, repeats: pd.DataFrame) -> Verdicts:
    """The verdicts on a study's findings from its table of repeats."""
    design = DESIGNS[study.design]
    samples = {
        metric: samples_of(repeats, study.seed, metric, study.deterministic)
        for metric in study.metrics
    }
    asked = questions_of(study.findings, samples, study.margins, design)
    calibration = calibration_table(
        samples[study.metric], study.compared_pairs, [question for _, question in asked],
        study.alpha, design,
    )  # fmt: skip
    findings = judge_contrasts(
        samples, study.margins, study.findings, study.alpha, design,
        miss_rates=miss_rates(calibration),
        higher_is_better=study.directions,
    )  # fmt: skip
    by_series = claims(findings, study.findings, study.unit)
    overall = conjunctions(by_series, study.findings)
    return Verdicts(findings, by_series, overall)
