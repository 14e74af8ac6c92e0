"""Check that the claims came out as the config requires."""

import json
from pathlib import Path

from thousandfold.inference.answers import check_required
from thousandfold.joblog import log_to

if __name__ == "__main__":
    log_to(snakemake.log[0])
    check_required(
        json.loads(Path(snakemake.input[0]).read_text(encoding="utf-8")),
        snakemake.params.required,
    )
