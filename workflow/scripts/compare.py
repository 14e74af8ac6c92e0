"""Compare all pairs of scenarios."""

from pathlib import Path

import pandas as pd

from thousandfold.inference.findings import compare_all_pairs, samples_of
from thousandfold.joblog import log_to
from thousandfold.records import table_columns, write_table


def write_comparisons(repeats: Path, alpha: float, margin: float, output: Path) -> None:
    """Write the comparisons table from the repeats table."""
    samples = samples_of(pd.read_parquet(repeats))
    table = compare_all_pairs(samples, alpha, margin, table_columns("comparisons"))
    write_table("comparisons", table, output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_comparisons(
        repeats=Path(snakemake.input.repeats),
        alpha=snakemake.params.alpha,
        margin=snakemake.params.margin,
        output=Path(snakemake.output[0]),
    )
