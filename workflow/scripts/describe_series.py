"""What else the repeats on many series tell, beside the verdicts on claims over series."""

from collections.abc import Mapping
from pathlib import Path

from thousandfold.data import load_series
from thousandfold.inference.population.describing import described
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import DescriptionSettings
from thousandfold.tables import read_rows, write_rows
from thousandfold.tables.rows import ROW_TYPES, EffectRow, PopulationRow, WindowEffectRow


def write_description(
    settings: DescriptionSettings,
    repeats: Path,
    population: Path,
    effects: Path,
    window_effects: Path | None,
    outputs: Mapping[str, Path],
) -> None:
    """Write the tables that describe a study of many series to `outputs`, by their names."""
    found = described(
        read_large_table(repeats),
        read_rows(PopulationRow, population),
        read_rows(EffectRow, effects),
        {source.name: load_series(source) for source in settings.series_data},
        settings,
        read_rows(WindowEffectRow, window_effects) if window_effects else (),
    )
    for table, rows in vars(found).items():
        write_rows(ROW_TYPES[table], rows, outputs[table])


if __name__ == "__main__":
    log_to(snakemake.log[0])
    windows = snakemake.input.get("window_effects")
    write_description(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        population=Path(snakemake.input.population),
        effects=Path(snakemake.input.effects),
        window_effects=Path(windows) if windows else None,
        outputs={name: Path(file) for name, file in snakemake.output.items() if name in ROW_TYPES},
    )
