"""Describe the spread of the repeats' forecasts."""

from pathlib import Path

from thousandfold.inference.forecasts import forecast_bands
from thousandfold.joblog import log_to
from thousandfold.records import read_in_parts
from thousandfold.tables import write_rows
from thousandfold.tables.rows import ForecastBandRow


def write_forecast_bands(forecasts: Path, output: Path) -> None:
    """Write the forecast_bands table, holding the forecasts of one scenario at a time."""
    tables = read_in_parts(forecasts, by=("series", "scenario"))
    write_rows(ForecastBandRow, forecast_bands(tables), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_forecast_bands(
        forecasts=Path(snakemake.input.forecasts), output=Path(snakemake.output[0])
    )
