"""The standard error of each scenario's mean against the number of repeats."""

from pathlib import Path

from thousandfold.inference.precision import standard_error_table
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import StandardErrorSettings
from thousandfold.tables import write_rows
from thousandfold.tables.rows import StandardErrorRow


def write_standard_errors(settings: StandardErrorSettings, repeats: Path, output: Path) -> None:
    """Write the standard_error table from the repeats table."""
    samples = samples_of(read_large_table(repeats), settings.seed, settings.metric)
    write_rows(StandardErrorRow, standard_error_table(samples), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_standard_errors(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        output=Path(snakemake.output[0]),
    )
