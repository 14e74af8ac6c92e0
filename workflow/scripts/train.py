"""Train one block of repeats and write its result file."""

from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from thousandfold.collection import block_of
from thousandfold.config import load_study
from thousandfold.data import load_series
from thousandfold.joblog import ProgressLog, log_to
from thousandfold.machine import available_memory_mb
from thousandfold.provenance import training_facts
from thousandfold.records import write_block
from thousandfold.resources import passes, training_job
from thousandfold.training import train_repeats


def train(config: dict[str, Any], granted_mb: float, recipe: str, output: Path) -> None:
    """Train the block of a file as the config says, in as many passes as the memory requires.

    Raises TooLittleMemoryError. How a block is cut into passes changes no number.
    """
    started = perf_counter()
    study = load_study(config, [])
    block = block_of(study, output)
    scenario, source = study.scenario(block.scenario), study.source(block.series)
    series = load_series(source)
    cut = passes(training_job(scenario, series, block), granted_mb, available_memory_mb())
    epochs = scenario.regime.training.epochs
    table = pd.concat(
        [
            train_repeats(scenario, series, study.seed, repeats, ProgressLog(epochs, repeats))
            for repeats in cut
        ],
        ignore_index=True,
    )
    write_block(output, table, recipe, training_facts(perf_counter() - started))


if __name__ == "__main__":
    log_to(snakemake.log[0])
    train(
        config=snakemake.config,
        granted_mb=snakemake.resources.mem_mb,
        recipe=snakemake.params.recipe,
        output=Path(snakemake.output[0]),
    )
