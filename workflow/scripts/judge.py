"""Test the registered findings and reach a verdict on each claim, on each series and over all."""

from pathlib import Path

from thousandfold.inference.claims import claims
from thousandfold.inference.conjunctions import conjunctions
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.findings import Identities, judge
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table, read_table, table_columns, write_table
from thousandfold.study import Study


def checked_identities(identities: Path) -> Identities:
    """What the identities table says, by series and pair."""
    return {
        (row["series"], frozenset((row["scenario_a"], row["scenario_b"]))): bool(row["holds"])
        for row in read_table(identities).to_dict("records")
    }


def write_verdicts(
    study: Study,
    repeats: Path,
    identities: Path | None,
    findings_output: Path,
    claims_output: Path,
    conjunctions_output: Path,
) -> None:
    """Write the findings, claims and conjunctions tables from the repeats table."""
    all_repeats = read_large_table(repeats)
    table = judge(
        {metric: samples_of(all_repeats, study.seed, metric) for metric in study.metrics},
        {source.name: source.margin for source in study.series},
        study.findings,
        study.alpha,
        DESIGNS[study.design],
        checked_identities(identities) if identities else {},
        table_columns("findings"),
        higher_is_better=study.higher_is_better,
    )
    write_table("findings", table, findings_output)
    told = claims(table, study.findings, study.unit, table_columns("claims"))
    write_table("claims", told, claims_output)
    columns = table_columns("conjunctions")
    over_all = conjunctions(table, study.findings, study.alpha, columns)
    write_table("conjunctions", over_all, conjunctions_output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    found = snakemake.input.get("identities")
    write_verdicts(
        study=snakemake.params.study[0],
        repeats=Path(snakemake.input.repeats),
        identities=Path(found) if found else None,
        findings_output=Path(snakemake.output.findings),
        claims_output=Path(snakemake.output.claims),
        conjunctions_output=Path(snakemake.output.conjunctions),
    )
