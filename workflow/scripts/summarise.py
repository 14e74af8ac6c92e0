"""Describe each scenario's repeats, what it takes to know its mean, and its baselines."""

from itertools import chain
from pathlib import Path

from thousandfold.baselines import baseline_errors, baseline_forecasts
from thousandfold.data import load_series
from thousandfold.inference.forecasts import baseline_forecasts_table
from thousandfold.inference.precision import (
    compare_with_baselines,
    required_repeats_table,
    summarise,
)
from thousandfold.inference.samples import samples_by_metric
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import SummarySettings
from thousandfold.tables import write_rows
from thousandfold.tables.rows import (
    BaselineForecastRow,
    BaselineRow,
    RequiredRepeatsRow,
    SummaryRow,
)


def write_summaries(
    settings: SummarySettings,
    repeats: Path,
    summary_output: Path,
    baselines_output: Path,
    baseline_forecasts_output: Path,
    required_output: Path,
) -> None:
    """Write the summary, baselines, baseline_forecasts and required_repeats tables.

    All but the summary and the forecasts are about the first metric. Baselines include
    autoregressions of the lag orders; if the series are not known, there are none.
    """
    metrics, orders = settings.metrics, settings.lag_orders
    series = {source.name: load_series(source) for source in settings.sources}
    forecasts = {name: baseline_forecasts(x, orders) for name, x in series.items()}
    baselines = {
        metric: {name: baseline_errors(forecasts[name], x, metric) for name, x in series.items()}
        for metric in metrics
    }
    all_repeats = read_large_table(repeats)
    samples = samples_by_metric(all_repeats, settings.seed, metrics, settings.deterministic)
    summaries = [summarise(samples[metric], metric, baselines[metric]) for metric in metrics]
    write_rows(SummaryRow, chain(*summaries), summary_output)
    write_rows(BaselineForecastRow, baseline_forecasts_table(forecasts), baseline_forecasts_output)
    first = metrics[0]
    compared = compare_with_baselines(samples[first], baselines[first])
    write_rows(BaselineRow, compared, baselines_output)
    required = required_repeats_table(samples[first], settings.margins)
    write_rows(RequiredRepeatsRow, required, required_output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_summaries(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        summary_output=Path(snakemake.output.summary),
        baselines_output=Path(snakemake.output.baselines),
        baseline_forecasts_output=Path(snakemake.output.baseline_forecasts),
        required_output=Path(snakemake.output.required),
    )
