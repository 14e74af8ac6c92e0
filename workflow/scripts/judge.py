"""Test the registered findings and reach a verdict on each claim, by series and overall."""

from collections.abc import Mapping
from pathlib import Path

from thousandfold.inference.analyses import judged
from thousandfold.inference.judging import Identities
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import VerdictSettings
from thousandfold.tables import read_rows, write_rows
from thousandfold.tables.rows import ROW_TYPES, CalibrationRow, IdentityRow


def checked_identities(identities: Path) -> Identities:
    """What the identities table says, by series and pair."""
    return {
        (row.series, frozenset((row.scenario_a, row.scenario_b))): row.holds
        for row in read_rows(IdentityRow, identities)
    }


def write_verdicts(
    settings: VerdictSettings,
    repeats: Path,
    calibration: Path,
    identities: Path | None,
    earlier_repeats: Path | None,
    outputs: Mapping[str, Path],
) -> None:
    """Write the tables of verdicts, on each series and over all, to `outputs`, by their names."""
    told = judged(
        read_large_table(repeats),
        settings,
        calibration=read_rows(CalibrationRow, calibration),
        identities=checked_identities(identities) if identities else {},
        earlier_repeats=read_large_table(earlier_repeats) if earlier_repeats else None,
    )
    for table, output in outputs.items():
        write_rows(ROW_TYPES[table], getattr(told, table), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])

    def given(name: str) -> Path | None:
        """An input that not every study has."""
        file = snakemake.input.get(name)
        return Path(file) if file else None

    write_verdicts(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        calibration=Path(snakemake.input.calibration),
        identities=given("identities"),
        earlier_repeats=given("earlier_repeats"),
        outputs={name: Path(file) for name, file in snakemake.output.items() if name in ROW_TYPES},
    )
