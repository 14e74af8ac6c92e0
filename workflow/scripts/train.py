"""Train blocks of repeats and write them into one pack."""

from pathlib import Path

from thousandfold.joblog import log_to
from thousandfold.jobs import run

if __name__ == "__main__":
    log_to(snakemake.log[0])
    run(
        snakemake.params.job,
        granted_mb=snakemake.resources.mem_mb,
        file=Path(snakemake.output[0]),
    )
