"""Describe each scenario's repeats, what it takes to know its mean, and its baselines."""

from itertools import chain
from pathlib import Path

from thousandfold.baselines import baseline_errors, baselines_of, forecasts_of
from thousandfold.data import load_series
from thousandfold.inference.baselines import (
    baseline_forecasts_table,
    baseline_models_table,
    baselines_over_series,
    compare_with_baselines,
)
from thousandfold.inference.precision import required_repeats_table, summarise
from thousandfold.inference.samples import samples_by_metric
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import SummarySettings
from thousandfold.tables import write_rows
from thousandfold.tables.rows import (
    BaselineForecastRow,
    BaselineModelRow,
    BaselineOverSeriesRow,
    BaselineRow,
    RequiredRepeatsRow,
    SummaryRow,
)


def write_summaries(
    settings: SummarySettings,
    repeats: Path,
    summary_output: Path,
    baselines_output: Path,
    over_series_output: Path,
    models_output: Path,
    baseline_forecasts_output: Path,
    required_output: Path,
) -> None:
    """Write the summary, the tables of the baselines and required_repeats.

    All but the summary and the forecasts are about the first metric. Baselines include
    autoregressions of the lag orders; if the series are not known, there are none.
    """
    metrics, first = settings.metrics, settings.metrics[0]
    higher = settings.directions[first]
    series = {source.name: load_series(source) for source in settings.sources}
    baselines = {name: baselines_of(x, settings.lag_orders) for name, x in series.items()}
    errors = {
        metric: {
            name: baseline_errors(forecasts_of(baselines[name]), x, metric)
            for name, x in series.items()
        }
        for metric in metrics
    }
    all_repeats = read_large_table(repeats)
    samples = samples_by_metric(all_repeats, settings.seed, metrics, settings.deterministic)
    summaries = [summarise(samples[metric], metric, errors[metric]) for metric in metrics]
    write_rows(SummaryRow, chain(*summaries), summary_output)
    forecasts = baseline_forecasts_table(baselines, series)
    write_rows(BaselineForecastRow, forecasts, baseline_forecasts_output)
    models = baseline_models_table(baselines, errors[first], higher_is_better=higher)
    write_rows(BaselineModelRow, models, models_output)
    compared = compare_with_baselines(
        samples[first], errors[first], settings.alpha, higher_is_better=higher
    )
    write_rows(BaselineRow, compared, baselines_output)
    over_series = baselines_over_series(compared, settings.alpha)
    write_rows(BaselineOverSeriesRow, over_series, over_series_output)
    required = required_repeats_table(samples[first], settings.margins)
    write_rows(RequiredRepeatsRow, required, required_output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_summaries(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        summary_output=Path(snakemake.output.summary),
        baselines_output=Path(snakemake.output.baselines),
        over_series_output=Path(snakemake.output.baselines_over_series),
        models_output=Path(snakemake.output.baseline_models),
        baseline_forecasts_output=Path(snakemake.output.baseline_forecasts),
        required_output=Path(snakemake.output.required),
    )
