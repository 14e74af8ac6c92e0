"""What fewer repeats would have shown about each registered contrast."""

from pathlib import Path

from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.replication import replication_table
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import ReplicationSettings
from thousandfold.tables import read_rows, write_rows
from thousandfold.tables.rows import ContrastRow, ReplicationRow


def write_replication(
    settings: ReplicationSettings, repeats: Path, contrasts: Path, output: Path
) -> None:
    """Write the replication table from the repeats and contrasts tables."""
    metric, design = settings.metric, DESIGNS[settings.design]
    samples = samples_of(read_large_table(repeats), settings.seed, metric)
    rows = read_rows(ContrastRow, contrasts)
    judged = [row for row in rows if row.series in settings.examined_series]
    write_rows(ReplicationRow, replication_table(samples, judged, design, metric), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_replication(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        contrasts=Path(snakemake.input.contrasts),
        output=Path(snakemake.output[0]),
    )
