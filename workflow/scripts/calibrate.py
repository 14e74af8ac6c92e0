"""How often the tests reject where there is nothing to find."""

from functools import partial
from pathlib import Path

import pandas as pd

from thousandfold.inference.calibration import calibration_table
from thousandfold.inference.findings import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import table_columns, write_table
from thousandfold.seeds import resampling_seed


def write_calibration(
    repeats: Path,
    pairs: tuple[tuple[str, str, str], ...],
    study_seed: int,
    output: Path,
) -> None:
    """Write the calibration table from the repeats table."""
    samples = samples_of(pd.read_parquet(repeats))
    seed_of = partial(resampling_seed, study_seed)
    table = calibration_table(samples, pairs, seed_of, table_columns("calibration"))
    write_table("calibration", table, output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_calibration(
        repeats=Path(snakemake.input.repeats),
        pairs=snakemake.params.pairs,
        study_seed=snakemake.params.study_seed,
        output=Path(snakemake.output[0]),
    )
