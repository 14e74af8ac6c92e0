"""Test the registered findings and reach a verdict on each claim, by series and overall."""

from pathlib import Path

from thousandfold.inference.calibration import miss_rates
from thousandfold.inference.claims import claims
from thousandfold.inference.conjunctions import conjunctions
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.findings import Identities, judge
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import VerdictSettings
from thousandfold.tables import read_rows, write_rows
from thousandfold.tables.rows import (
    CalibrationRow,
    ClaimRow,
    ConjunctionRow,
    FindingRow,
    IdentityRow,
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
    findings_output: Path,
    claims_output: Path,
    conjunctions_output: Path,
) -> None:
    """Write the findings, claims and conjunctions tables from the repeats table."""
    all_repeats, registered = read_large_table(repeats), settings.findings
    samples = {
        metric: samples_of(all_repeats, settings.seed, metric, settings.deterministic)
        for metric in settings.metrics
    }
    table = judge(
        samples,
        settings.margins,
        registered,
        settings.alpha,
        DESIGNS[settings.design],
        identities=checked_identities(identities) if identities else {},
        miss_rates=miss_rates(read_rows(CalibrationRow, calibration)),
        higher_is_better=settings.directions,
    )
    write_rows(FindingRow, table, findings_output)

    def unit_of(series: str, metric: str) -> str:
        return settings.units[series, metric]

    verdicts = claims(table, registered, unit_of)
    write_rows(ClaimRow, verdicts, claims_output)
    write_rows(ConjunctionRow, conjunctions(verdicts, registered), conjunctions_output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    found = snakemake.input.get("identities")
    write_verdicts(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        calibration=Path(snakemake.input.calibration),
        identities=Path(found) if found else None,
        findings_output=Path(snakemake.output.findings),
        claims_output=Path(snakemake.output.claims),
        conjunctions_output=Path(snakemake.output.conjunctions),
    )
