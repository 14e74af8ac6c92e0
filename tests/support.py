"""What several test modules share."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from thousandfold.engines.block import TrainedBlock
from thousandfold.inference.contrasts import ContrastOfTwo, MeanDifference, SpreadRatio
from thousandfold.inference.samples import Sample
from thousandfold.loading import load_study
from thousandfold.scenario import Regime
from thousandfold.study import Study
from thousandfold.tables import AnyRow

ROOT = Path(__file__).resolve().parent.parent

STATEFUL = Regime.of(
    stateful=True, shuffle=False, reset_after_epoch=True, seed_on_train=False,
    reset_after_prediction=False, train_rows=None, timesteps=1, units=1, batch_size=1,
    epochs=50, learning_rate=1e-3, profile="keras3", engine="replicated",
)  # fmt: skip
STATELESS = STATEFUL.varied(stateful=False)
WIDE = STATEFUL.varied(units=3, timesteps=4, batch_size=2, train_rows=18, reset_after_epoch=False)


def contrast_of_two(expect, a, b, margin) -> ContrastOfTwo:
    """What `expect` alone, as config has it, asks of two scenarios."""
    kind = SpreadRatio if expect == "more_stable" else MeanDifference
    return kind(expect, a, b, margin)


def row_of(row_type: type[AnyRow], **cells) -> AnyRow:
    """A row that holds these cells, and anything in the others."""
    some = {str: "", int: 0, float: 0.0, bool: False}
    others = {
        name: column.empty if column.is_optional else some[column.type]
        for name, column in row_type.columns.items()
    }
    return row_type(**{**others, **cells})


def rows_of(row_type: type[AnyRow], frame: pd.DataFrame) -> list[AnyRow]:
    """The rows that `frame_of` made a data frame of."""
    return [
        row_type(
            **{
                name: column.empty if pd.isna(value) else column.type(value)
                for (name, column), value in zip(row_type.columns.items(), cells, strict=True)
            }
        )
        for cells in frame[list(row_type.columns)].itertuples(index=False)
    ]


def rmse(forecasts, actual):
    return np.sqrt(((np.asarray(forecasts) - actual) ** 2).mean(axis=-1))


def shipped_config() -> dict:
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def sample(values, scenario="a", series="s", is_deterministic=False) -> Sample:
    return Sample(series, scenario, np.asarray(values, float), 1, is_deterministic)


def samples(by_name, series="s", deterministic=()) -> dict[tuple[str, str], Sample]:
    return {
        (series, name): sample(values, name, series, name in deterministic)
        for name, values in by_name.items()
    }


def shipped_study() -> Study:
    return load_study(shipped_config(), [])


def shipped_regimes(**changes) -> dict[str, Regime]:
    return {s.name: s.regime.varied(**changes) for s in shipped_study().scenarios}


def last_repeat(block: TrainedBlock) -> TrainedBlock:
    """The last repeat of a block, as if it had been trained alone."""
    return TrainedBlock(
        {name: values[..., -1:] for name, values in block.weights.items()},
        block.train_loss[-1:], block.epochs[-1:], block.outputs[-1:], block.future[-1:],
    )  # fmt: skip


@cache
def has_r(*packages: str) -> bool:
    """Whether R is installed, with these packages."""
    if not shutil.which("Rscript"):
        return False
    loads = "".join(f"library({package});" for package in ("stats", *packages))
    return not subprocess.run(["Rscript", "-e", loads], check=False, capture_output=True).returncode


def cases_by_r(name: str, expected: Path | None = None):
    """Each case of tests/r/<name>_samples.csv: its name, its rows, what R says of it."""
    folder = ROOT / "tests" / "r"
    samples = pd.read_csv(folder / f"{name}_samples.csv")
    expected = expected or folder / f"{name}_expected.csv"
    rows = pd.read_csv(expected, skipinitialspace=True).set_index("case")
    assert list(rows.index) == list(samples["case"].unique())
    return [(case, samples[samples["case"] == case], rows.loc[case]) for case in rows.index]


def run_r(name: str, folder: Path) -> Path:
    """What R itself says of the same samples today."""
    expected = folder / "expected.csv"
    script = ROOT / "tests" / "r" / f"{name}.R"
    subprocess.run(
        ["Rscript", script, script.with_name(f"{name}_samples.csv"), expected], check=True
    )
    return expected
