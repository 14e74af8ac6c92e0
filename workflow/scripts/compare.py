"""Compare pairs of scenarios, and check the twins among them."""

from pathlib import Path

from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.pairs import check_twins, compare_pairs
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import ComparisonSettings
from thousandfold.tables import write_rows
from thousandfold.tables.rows import ComparisonRow, TwinRow


def write_comparisons(
    settings: ComparisonSettings,
    repeats: Path,
    comparisons_output: Path,
    twins_output: Path,
) -> None:
    """Write the comparisons and twins tables from the repeats table."""
    all_repeats, design = read_large_table(repeats), DESIGNS[settings.design]
    samples = samples_of(all_repeats, settings.seed, settings.metric, settings.deterministic)
    compared = compare_pairs(samples, design, settings.alpha, settings.explored_pairs)
    write_rows(ComparisonRow, compared, comparisons_output)
    checked = check_twins(samples, settings.series_names, settings.twins, design, settings.alpha)
    write_rows(TwinRow, checked, twins_output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_comparisons(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        comparisons_output=Path(snakemake.output.comparisons),
        twins_output=Path(snakemake.output.twins),
    )
