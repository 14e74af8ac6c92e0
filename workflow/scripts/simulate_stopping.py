"""When each scenario stopped, and what stopping does to intervals, by simulation."""

from pathlib import Path

from thousandfold.inference.samples import samples_of
from thousandfold.inference.stopping import stopping_simulation_table, stopping_table
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import StoppingSettings
from thousandfold.tables import write_rows
from thousandfold.tables.rows import StoppingRow, StoppingSimulationRow


def write_stopping(
    settings: StoppingSettings,
    repeats: Path,
    stopping_output: Path,
    simulation_output: Path,
) -> None:
    """Write the stopping and stopping_simulation tables from the repeats table."""
    rule, seed = settings.stopping, settings.seed
    samples = samples_of(read_large_table(repeats), seed, settings.metric)
    write_rows(StoppingRow, stopping_table(samples, rule), stopping_output)
    simulated = stopping_simulation_table(samples, rule, settings.repeats, seed)
    write_rows(StoppingSimulationRow, simulated, simulation_output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_stopping(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        stopping_output=Path(snakemake.output.stopping),
        simulation_output=Path(snakemake.output.simulation),
    )
