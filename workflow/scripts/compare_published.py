"""Compare the published tables with samples of their size from our repeats."""

from pathlib import Path

from thousandfold.data import load_published
from thousandfold.inference.published import published_table
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import PublishedSettings
from thousandfold.tables import write_rows
from thousandfold.tables.rows import PublishedRow


def write_published(settings: PublishedSettings, repeats: Path, output: Path) -> None:
    """Write the published table from the repeats table and the published ones."""
    published = {name: load_published(file) for name, file in settings.published.items()}
    samples = samples_of(read_large_table(repeats), settings.seed) if published else {}
    write_rows(PublishedRow, published_table(samples, published), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_published(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        output=Path(snakemake.output[0]),
    )
