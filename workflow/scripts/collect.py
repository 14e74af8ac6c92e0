"""Check every pack and join their blocks into the tables of repeats and forecasts."""

from pathlib import Path

from thousandfold.collection import collect
from thousandfold.joblog import log_to

if __name__ == "__main__":
    log_to(snakemake.log[0])
    earlier = snakemake.output.get("earlier_repeats")
    collect(
        snakemake.params.study,
        files=[Path(file) for file in snakemake.input if file != snakemake.input.release],
        wanted=snakemake.params.blocks,
        repeats_parquet=Path(snakemake.output.repeats),
        repeats_csv=Path(snakemake.output.repeats_csv),
        forecasts_parquet=Path(snakemake.output.forecasts),
        blocks_csv=Path(snakemake.output.blocks),
        earlier_parquet=Path(earlier) if earlier else None,
    )
