"""Compare pairs of scenarios, and check the twins among them."""

from pathlib import Path

from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.pairs import check_twins, compare_pairs
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.study import ScenarioPair
from thousandfold.tables import write_rows
from thousandfold.tables.rows import ComparisonRow, TwinRow


def write_comparisons(
    repeats: Path,
    series: list[str],
    pairs: tuple[tuple[str, str], ...] | None,
    twins: tuple[ScenarioPair, ...],
    alpha: float,
    design: str,
    metric: str,
    deterministic: frozenset[str],
    study_seed: int,
    comparisons_output: Path,
    twins_output: Path,
) -> None:
    """Write the comparisons and twins tables from the repeats table."""
    samples = samples_of(read_large_table(repeats), study_seed, metric, deterministic)
    compared = compare_pairs(samples, DESIGNS[design], alpha, pairs)
    write_rows(ComparisonRow, compared, comparisons_output)
    write_rows(TwinRow, check_twins(samples, series, twins, DESIGNS[design], alpha), twins_output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_comparisons(
        repeats=Path(snakemake.input.repeats),
        series=snakemake.params.series,
        pairs=snakemake.params.pairs,
        twins=snakemake.params.twins,
        alpha=snakemake.params.alpha,
        design=snakemake.params.design,
        metric=snakemake.params.metric,
        deterministic=snakemake.params.deterministic,
        study_seed=snakemake.params.study_seed,
        comparisons_output=Path(snakemake.output.comparisons),
        twins_output=Path(snakemake.output.twins),
    )
