"""Train all repeats of a study in one job and in random order, and time each."""

from pathlib import Path
from typing import Any

from thousandfold.collection import block_of
from thousandfold.config import load_study
from thousandfold.data import load_series
from thousandfold.interleaving import train_interleaved
from thousandfold.joblog import log_to
from thousandfold.provenance import training_facts
from thousandfold.recipe import recipe
from thousandfold.records import write_block


def train_all(config: dict[str, Any], outputs: list[Path]) -> None:
    """Train the repeats of all blocks interleaved, and write all blocks at the end."""
    study = load_study(config, [])
    series = {source.name: load_series(source) for source in study.series}
    files = {block_of(study, path): path for path in outputs}
    tables = train_interleaved(study, series, list(files))
    for block, table in tables.items():
        facts = training_facts(float(table["train_seconds"].sum()))
        write_block(files[block], table, recipe(study, block), facts)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    train_all(snakemake.config, [Path(file) for file in snakemake.output])
