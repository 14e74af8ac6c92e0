"""What fewer repeats would have told of each registered contrast."""

from functools import partial
from pathlib import Path

import pandas as pd

from thousandfold.inference.findings import samples_of
from thousandfold.inference.replication import replication_table
from thousandfold.joblog import log_to
from thousandfold.records import read_table, table_columns, write_table
from thousandfold.seeds import resampling_seed


def write_replication(repeats: Path, findings: Path, study_seed: int, output: Path) -> None:
    """Write the replication table from the repeats and findings tables."""
    samples = samples_of(pd.read_parquet(repeats))
    seed_of = partial(resampling_seed, study_seed)
    columns = table_columns("replication")
    table = replication_table(samples, read_table(findings), seed_of, columns)
    write_table("replication", table, output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_replication(
        repeats=Path(snakemake.input.repeats),
        findings=Path(snakemake.input.findings),
        study_seed=snakemake.params.study_seed,
        output=Path(snakemake.output[0]),
    )
