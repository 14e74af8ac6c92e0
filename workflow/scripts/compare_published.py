"""Compare the published tables with samples of their size from our repeats."""

from pathlib import Path

from thousandfold.data import load_published
from thousandfold.inference.published import published_table
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.tables import write_rows
from thousandfold.tables.rows import PublishedRow


def write_published(
    repeats: Path, tables: dict[str, str | None], study_seed: int, output: Path
) -> None:
    """Write the published table from the repeats table and the published ones, by series."""
    published = {name: load_published(file) for name, file in tables.items() if file}
    samples = samples_of(read_large_table(repeats), study_seed) if published else {}
    write_rows(PublishedRow, published_table(samples, published), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_published(
        repeats=Path(snakemake.input.repeats),
        tables=snakemake.params.tables,
        study_seed=snakemake.params.study_seed,
        output=Path(snakemake.output[0]),
    )
