"""Import a table of repeats that were trained elsewhere."""

from pathlib import Path

from thousandfold.collection import import_repeats
from thousandfold.joblog import log_to

if __name__ == "__main__":
    log_to(snakemake.log[0])
    import_repeats(
        snakemake.params.study,
        repeats_parquet=Path(snakemake.output.repeats),
        repeats_csv=Path(snakemake.output.repeats_csv),
    )
