"""Write the verdicts for machines."""

import json
from pathlib import Path

from thousandfold.disk import write_own_checksum, write_text
from thousandfold.inference.answers import answers
from thousandfold.joblog import log_to
from thousandfold.tables import read_rows
from thousandfold.tables.rows import (
    ClaimRow,
    ContrastRow,
    PopulationClaimRow,
    PopulationRow,
    ReachRow,
)


def write_verdicts(
    claims: Path,
    contrasts: Path,
    population_claims: Path,
    population: Path,
    reaches: Path | None,
    output: Path,
) -> None:
    """Write verdicts.json from the tables of verdicts."""
    told = answers(
        read_rows(ClaimRow, claims),
        read_rows(ContrastRow, contrasts),
        read_rows(PopulationClaimRow, population_claims),
        read_rows(PopulationRow, population),
        read_rows(ReachRow, reaches) if reaches else [],
    )
    write_text(output, json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    write_own_checksum(output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    found = snakemake.input.get("reaches")
    write_verdicts(
        claims=Path(snakemake.input.claims),
        contrasts=Path(snakemake.input.contrasts),
        population_claims=Path(snakemake.input.population_claims),
        population=Path(snakemake.input.population),
        reaches=Path(found) if found else None,
        output=Path(snakemake.output[0]),
    )
