"""Measure forecasts of so many steps ahead, of every scenario and baseline."""

from itertools import chain
from pathlib import Path

from thousandfold.data import load_series
from thousandfold.inference.steps import baseline_step_errors, step_errors
from thousandfold.joblog import log_to
from thousandfold.records import read_in_parts
from thousandfold.settings import StepErrorSettings
from thousandfold.tables import read_rows, write_rows
from thousandfold.tables.rows import BaselineForecastRow, StepErrorRow


def write_step_errors(
    settings: StepErrorSettings, forecasts: Path, baseline_forecasts: Path, output: Path
) -> None:
    """Write the step_errors table, holding the forecasts of one scenario at a time."""
    series = {source.name: load_series(source) for source in settings.series_data}
    scenarios = step_errors(
        read_in_parts(forecasts, by=("series", "scenario")),
        series,
        settings.metrics,
        settings.deterministic,
    )
    baselines = baseline_step_errors(
        read_rows(BaselineForecastRow, baseline_forecasts), series, settings.metrics
    )
    write_rows(StepErrorRow, chain(scenarios, baselines), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_step_errors(
        settings=snakemake.params.settings[0],
        forecasts=Path(snakemake.input.forecasts),
        baseline_forecasts=Path(snakemake.input.baseline_forecasts),
        output=Path(snakemake.output[0]),
    )
