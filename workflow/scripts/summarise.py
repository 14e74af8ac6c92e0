"""Describe each scenario's repeats, what it takes to know its mean, and its baselines."""

from pathlib import Path

from thousandfold.baselines import baseline_errors
from thousandfold.data import load_series
from thousandfold.inference.precision import (
    compare_with_baselines,
    required_repeats_table,
    summarise,
)
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.study import SeriesSource
from thousandfold.tables import write_rows
from thousandfold.tables.rows import BaselineRow, RequiredRepeatsRow, SummaryRow


def write_summaries(
    repeats: Path,
    sources: tuple[SeriesSource, ...],
    metric: str,
    lag_orders: tuple[int, ...] | None,
    deterministic: frozenset[str],
    study_seed: int,
    summary_output: Path,
    baselines_output: Path,
    required_output: Path,
) -> None:
    """Write the summary, baselines and required_repeats tables from the repeats table.

    Baselines include autoregressions of these orders. Without orders, the series are not known and
    there are no baselines.
    """
    baselines = {}
    if lag_orders is not None:
        baselines = {
            source.name: baseline_errors(load_series(source), metric, lag_orders)
            for source in sources
        }
    samples = samples_of(read_large_table(repeats), study_seed, metric, deterministic)
    write_rows(SummaryRow, summarise(samples, baselines), summary_output)
    write_rows(BaselineRow, compare_with_baselines(samples, baselines), baselines_output)
    margins = {source.name: source.margin for source in sources}
    write_rows(RequiredRepeatsRow, required_repeats_table(samples, margins), required_output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_summaries(
        repeats=Path(snakemake.input.repeats),
        sources=snakemake.params.series,
        metric=snakemake.params.metric,
        lag_orders=snakemake.params.lag_orders,
        deterministic=snakemake.params.deterministic,
        study_seed=snakemake.params.study_seed,
        summary_output=Path(snakemake.output.summary),
        baselines_output=Path(snakemake.output.baselines),
        required_output=Path(snakemake.output.required),
    )
