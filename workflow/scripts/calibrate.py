"""How often the tests, and the verdicts, err when there is nothing to find."""

from pathlib import Path

from thousandfold.inference.analyses import calibrated
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import CalibrationSettings
from thousandfold.tables import write_rows
from thousandfold.tables.rows import CalibrationRow


def write_calibration(settings: CalibrationSettings, repeats: Path, output: Path) -> None:
    """Write the calibration table from the repeats table."""
    write_rows(CalibrationRow, calibrated(read_large_table(repeats), settings), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_calibration(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        output=Path(snakemake.output[0]),
    )
