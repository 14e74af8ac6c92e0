"""Describe the spread of the repeats' forecasts."""

from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from thousandfold.inference.forecasts import forecast_bands
from thousandfold.joblog import log_to
from thousandfold.records import read_sealed
from thousandfold.settings import ForecastBandSettings
from thousandfold.tables import write_rows
from thousandfold.tables.rows import ForecastBandRow


def write_forecast_bands(settings: ForecastBandSettings, forecasts: Path, output: Path) -> None:
    """Write the forecast_bands table, holding the forecasts of one scenario at a time."""
    content = read_sealed(forecasts)
    tables = (
        pq.read_table(
            pa.BufferReader(content),
            filters=[("series", "==", series), ("scenario", "==", scenario)],
        ).to_pandas()
        for series, scenario in product(settings.series_names, settings.scenario_names)
    )
    write_rows(ForecastBandRow, forecast_bands(tables), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_forecast_bands(
        settings=snakemake.params.settings[0],
        forecasts=Path(snakemake.input.forecasts),
        output=Path(snakemake.output[0]),
    )
