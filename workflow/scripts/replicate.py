"""What fewer repeats would have shown about each registered contrast."""

from pathlib import Path

from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.replication import replication_table
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.tables import read_rows, write_rows
from thousandfold.tables.rows import FindingRow, ReplicationRow


def write_replication(
    repeats: Path, findings: Path, metric: str, design: str, study_seed: int, output: Path
) -> None:
    """Write the replication table from the repeats and findings tables."""
    samples = samples_of(read_large_table(repeats), study_seed, metric)
    judged = read_rows(FindingRow, findings)
    write_rows(ReplicationRow, replication_table(samples, judged, DESIGNS[design], metric), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_replication(
        repeats=Path(snakemake.input.repeats),
        findings=Path(snakemake.input.findings),
        metric=snakemake.params.metric,
        design=snakemake.params.design,
        study_seed=snakemake.params.study_seed,
        output=Path(snakemake.output[0]),
    )
