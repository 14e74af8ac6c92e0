"""What else the repeats on many series tell, beside the verdicts on claims over series."""

from pathlib import Path

from thousandfold.data import load_series
from thousandfold.inference.population.describing import described
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import DescriptionSettings
from thousandfold.tables import read_rows, write_rows
from thousandfold.tables.rows import (
    AllocationRow,
    EffectRow,
    MethodPairRow,
    MethodRow,
    ModeratorRow,
    PopulationRow,
    SeriesAttributeRow,
    VarianceComponentRow,
)


def write_description(
    settings: DescriptionSettings,
    repeats: Path,
    population: Path,
    effects: Path,
    attributes_output: Path,
    moderators_output: Path,
    components_output: Path,
    allocations_output: Path,
    methods_output: Path,
    method_pairs_output: Path,
) -> None:
    """Write the tables that describe a study of many series."""
    found = described(
        read_large_table(repeats),
        read_rows(PopulationRow, population),
        read_rows(EffectRow, effects),
        {source.name: load_series(source) for source in settings.sources},
        settings,
    )
    write_rows(SeriesAttributeRow, found.attributes, attributes_output)
    write_rows(ModeratorRow, found.moderators, moderators_output)
    write_rows(VarianceComponentRow, found.components, components_output)
    write_rows(AllocationRow, found.allocations, allocations_output)
    write_rows(MethodRow, found.methods, methods_output)
    write_rows(MethodPairRow, found.method_pairs, method_pairs_output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_description(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        population=Path(snakemake.input.population),
        effects=Path(snakemake.input.effects),
        attributes_output=Path(snakemake.output.attributes),
        moderators_output=Path(snakemake.output.moderators),
        components_output=Path(snakemake.output.components),
        allocations_output=Path(snakemake.output.allocations),
        methods_output=Path(snakemake.output.methods),
        method_pairs_output=Path(snakemake.output.method_pairs),
    )
