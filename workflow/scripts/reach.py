"""How far each contrast of means rests on the test rows that happened to be there."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from thousandfold.data import load_series
from thousandfold.inference.reaches import reach_table
from thousandfold.joblog import log_to
from thousandfold.records import read_sealed
from thousandfold.settings import ReachSettings
from thousandfold.tables import write_rows
from thousandfold.tables.rows import ReachRow


def write_reach(settings: ReachSettings, forecasts: Path, output: Path) -> None:
    """Write the reach table from the forecasts table, of which one scenario is held at a time."""
    content = read_sealed(forecasts)
    examined = [s for s in settings.series_data if s.name in settings.examined_series]
    series = {source.name: load_series(source) for source in examined}

    def forecasts_of(name: str, scenario: str) -> np.ndarray:
        table = pq.read_table(
            pa.BufferReader(content),
            columns=["repeat", "step", "steps_ahead", "forecast"],
            filters=[
                ("series", "==", name), ("scenario", "==", scenario),
                ("step", "<=", series[name].test_rows),
            ],
        ).to_pandas()  # fmt: skip
        table["origin"] = table["step"] - table["steps_ahead"]
        in_order = table.sort_values(["repeat", "origin", "steps_ahead"], kind="stable")
        return in_order["forecast"].to_numpy().reshape(-1, *series[name].forecast_shape)

    rows = reach_table(settings.contrasts_without_margins, series, forecasts_of, settings.seed)
    write_rows(ReachRow, rows, output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_reach(
        settings=snakemake.params.settings[0],
        forecasts=Path(snakemake.input.forecasts),
        output=Path(snakemake.output[0]),
    )
