"""Test the registered findings and reach a verdict on each claim, by series and overall."""

from pathlib import Path

from thousandfold.inference.analyses import judged
from thousandfold.inference.judging import Identities
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import VerdictSettings
from thousandfold.tables import read_rows, write_rows
from thousandfold.tables.rows import (
    CalibrationRow,
    ClaimRow,
    ConjunctionRow,
    ContrastRow,
    EffectRow,
    IdentityRow,
    MarginRow,
    PopulationClaimRow,
    PopulationRow,
)


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
    contrasts_output: Path,
    claims_output: Path,
    conjunctions_output: Path,
    population_output: Path,
    population_claims_output: Path,
    effects_output: Path,
    margins_output: Path,
) -> None:
    """Write the tables of verdicts, on each series and over all, from the repeats table."""
    told = judged(
        read_large_table(repeats),
        settings,
        calibration=read_rows(CalibrationRow, calibration),
        identities=checked_identities(identities) if identities else {},
    )
    write_rows(ContrastRow, told.contrasts, contrasts_output)
    write_rows(ClaimRow, told.claims, claims_output)
    write_rows(ConjunctionRow, told.conjunctions, conjunctions_output)
    write_rows(PopulationRow, told.population, population_output)
    write_rows(PopulationClaimRow, told.population_claims, population_claims_output)
    write_rows(EffectRow, told.effects, effects_output)
    write_rows(MarginRow, told.margins, margins_output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    found = snakemake.input.get("identities")
    write_verdicts(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        calibration=Path(snakemake.input.calibration),
        identities=Path(found) if found else None,
        contrasts_output=Path(snakemake.output.contrasts),
        claims_output=Path(snakemake.output.claims),
        conjunctions_output=Path(snakemake.output.conjunctions),
        population_output=Path(snakemake.output.population),
        population_claims_output=Path(snakemake.output.population_claims),
        effects_output=Path(snakemake.output.effects),
        margins_output=Path(snakemake.output.margins),
    )
