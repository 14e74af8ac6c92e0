"""Describe each scenario's repeats, and compute the baselines."""

from pathlib import Path

import pandas as pd

from thousandfold.config import load_series
from thousandfold.inference.findings import samples_of
from thousandfold.inference.precision import summarise
from thousandfold.joblog import log_to
from thousandfold.records import table_columns, write_table
from thousandfold.series import baseline_rmses
from thousandfold.study import SeriesSource


def write_summary(repeats: Path, sources: tuple[SeriesSource, ...], output: Path) -> None:
    """Write the summary table from the repeats table."""
    baselines = {source.name: baseline_rmses(load_series(source)) for source in sources}
    samples = samples_of(pd.read_parquet(repeats))
    write_table("summary", summarise(samples, baselines, table_columns("summary")), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_summary(
        repeats=Path(snakemake.input.repeats),
        sources=snakemake.params.series,
        output=Path(snakemake.output[0]),
    )
