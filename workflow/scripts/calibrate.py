"""How often the tests reject where there is nothing to find."""

from pathlib import Path

from thousandfold.inference.calibration import calibration_table
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table, table_columns, write_table


def write_calibration(
    repeats: Path,
    pairs: tuple[tuple[str, str, str], ...],
    design: str,
    metric: str,
    study_seed: int,
    output: Path,
) -> None:
    """Write the calibration table from the repeats table."""
    samples = samples_of(read_large_table(repeats), study_seed, metric)
    table = calibration_table(samples, pairs, DESIGNS[design], table_columns("calibration"))
    write_table("calibration", table, output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_calibration(
        repeats=Path(snakemake.input.repeats),
        pairs=snakemake.params.pairs,
        design=snakemake.params.design,
        metric=snakemake.params.metric,
        study_seed=snakemake.params.study_seed,
        output=Path(snakemake.output[0]),
    )
