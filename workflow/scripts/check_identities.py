"""Train the scenarios that are the same by construction from shared seeds, and compare them."""

from pathlib import Path
from typing import Any

import pandas as pd

from thousandfold.config import load_series, load_study
from thousandfold.identities import check_identity
from thousandfold.joblog import log_to
from thousandfold.records import table_columns, write_table


def check_identities(config: dict[str, Any], output: Path) -> None:
    """Write the identities table."""
    study = load_study(config, [])
    rows = [
        check_identity(study, load_series(source), identity)
        for source in study.series
        for identity in study.identities
    ]
    write_table("identities", pd.DataFrame(rows, columns=table_columns("identities")), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    check_identities(config=snakemake.config, output=Path(snakemake.output[0]))
