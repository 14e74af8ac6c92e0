"""Test the registered findings and reach a verdict on each claim."""

from pathlib import Path

from thousandfold.inference.claims import claims
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.findings import judge
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table, read_table, table_columns, write_table
from thousandfold.study import Finding, SeriesSource


def write_verdicts(
    repeats: Path,
    identities: Path,
    sources: tuple[SeriesSource, ...],
    registered: tuple[Finding, ...],
    alpha: float,
    design: str,
    study_seed: int,
    findings_output: Path,
    claims_output: Path,
) -> None:
    """Write the findings and claims tables from the repeats table."""
    samples = samples_of(read_large_table(repeats), study_seed)
    names = [source.name for source in sources]
    checked = {
        (row["series"], frozenset((row["scenario_a"], row["scenario_b"]))): bool(row["holds"])
        for row in read_table(identities).to_dict("records")
    }
    columns = table_columns("findings")
    table = judge(samples, names, registered, alpha, DESIGNS[design], checked, columns)
    write_table("findings", table, findings_output)
    units = {source.name: source.unit for source in sources}
    write_table("claims", claims(table, registered, units, table_columns("claims")), claims_output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_verdicts(
        repeats=Path(snakemake.input.repeats),
        identities=Path(snakemake.input.identities),
        sources=snakemake.params.series,
        registered=snakemake.params.findings,
        alpha=snakemake.params.alpha,
        design=snakemake.params.design,
        study_seed=snakemake.params.study_seed,
        findings_output=Path(snakemake.output.findings),
        claims_output=Path(snakemake.output.claims),
    )
