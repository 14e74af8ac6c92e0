"""How often the tests, and the verdicts, err when there is nothing to find."""

from pathlib import Path

from thousandfold.inference.analyses import calibrated
from thousandfold.inference.calibration import error_rates_table
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import CalibrationSettings
from thousandfold.tables import write_rows
from thousandfold.tables.rows import CalibrationRow, ErrorRateRow


def write_calibration(
    settings: CalibrationSettings, repeats: Path, calibration_output: Path, error_rates_output: Path
) -> None:
    """Write the calibration and error_rates tables from the repeats table."""
    calibration = calibrated(read_large_table(repeats), settings)
    write_rows(CalibrationRow, calibration, calibration_output)
    write_rows(ErrorRateRow, error_rates_table(calibration), error_rates_output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_calibration(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        calibration_output=Path(snakemake.output.calibration),
        error_rates_output=Path(snakemake.output.error_rates),
    )
