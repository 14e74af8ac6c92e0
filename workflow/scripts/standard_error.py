"""The standard error of each scenario's mean against the number of repeats."""

from pathlib import Path

from thousandfold.inference.precision import standard_error_table
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.tables import write_rows
from thousandfold.tables.rows import StandardErrorRow


def write_standard_errors(repeats: Path, metric: str, study_seed: int, output: Path) -> None:
    """Write the standard_error table from the repeats table."""
    samples = samples_of(read_large_table(repeats), study_seed, metric)
    write_rows(StandardErrorRow, standard_error_table(samples), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_standard_errors(
        repeats=Path(snakemake.input.repeats),
        metric=snakemake.params.metric,
        study_seed=snakemake.params.study_seed,
        output=Path(snakemake.output[0]),
    )
