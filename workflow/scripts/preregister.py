"""Write what a study claims, and how that is decided, as a dated document."""

from datetime import UTC, datetime
from pathlib import Path

from thousandfold.disk import write_text
from thousandfold.joblog import log_to
from thousandfold.preregistration import document

if __name__ == "__main__":
    log_to(snakemake.log[0])
    text = document(
        snakemake.params.study,
        datetime.now(UTC),
        has_results=Path(snakemake.params.repeats).exists(),
    )
    write_text(Path(snakemake.output[0]), text)
