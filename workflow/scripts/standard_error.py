"""The standard error of each scenario's mean against the number of repeats, and what it takes."""

from pathlib import Path

import pandas as pd

from thousandfold.inference.precision import required_repeats_table, standard_error_table
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import table_columns, write_table


def write_standard_errors(
    repeats: Path, study_seed: int, standard_error_output: Path, required_output: Path
) -> None:
    """Write the standard_error and required_repeats tables from the repeats table."""
    samples = samples_of(pd.read_parquet(repeats), study_seed)
    errors = standard_error_table(samples, table_columns("standard_error"))
    write_table("standard_error", errors, standard_error_output)
    required = required_repeats_table(samples, table_columns("required_repeats"))
    write_table("required_repeats", required, required_output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_standard_errors(
        repeats=Path(snakemake.input.repeats),
        study_seed=snakemake.params.study_seed,
        standard_error_output=Path(snakemake.output.standard_error),
        required_output=Path(snakemake.output.required),
    )
