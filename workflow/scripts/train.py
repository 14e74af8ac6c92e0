"""Train one block of repeats and write its result file."""

from pathlib import Path
from time import perf_counter
from typing import Any

from thousandfold.config import load_series, load_study
from thousandfold.joblog import ProgressLog, log_to, processor
from thousandfold.recipe import versions
from thousandfold.records import write_block
from thousandfold.training import train_repeats


def train(
    config: dict[str, Any], series: str, scenario: str, repeats: range, recipe: str, output: Path
) -> None:
    """Train `repeats` of a scenario on a series as the config says."""
    started = perf_counter()
    study = load_study(config, [])
    trained_scenario = study.scenario(scenario)
    table = train_repeats(
        trained_scenario,
        load_series(study.source(series)),
        study.seed,
        repeats,
        ProgressLog(trained_scenario.regime.epochs, len(repeats)),
    )
    facts = {
        "train_seconds": perf_counter() - started,
        "versions": versions(),
        "cpu": processor(),
    }
    write_block(output, table, recipe, facts)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    train(
        config=snakemake.config,
        series=snakemake.wildcards.series,
        scenario=snakemake.wildcards.scenario,
        repeats=range(int(snakemake.wildcards.start), int(snakemake.wildcards.stop)),
        recipe=snakemake.params.recipe,
        output=Path(snakemake.output[0]),
    )
