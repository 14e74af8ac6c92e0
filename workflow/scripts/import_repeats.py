"""Import a table of repeats that were trained elsewhere."""

from pathlib import Path

from thousandfold.collection import import_repeats
from thousandfold.config import read_study
from thousandfold.joblog import log_to

if __name__ == "__main__":
    log_to(snakemake.log[0])
    import_repeats(
        read_study(snakemake.config),
        repeats_parquet=Path(snakemake.output.repeats),
        repeats_csv=Path(snakemake.output.repeats_csv),
    )
