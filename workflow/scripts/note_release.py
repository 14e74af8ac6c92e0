"""Write the note that says which release made a study's results."""

from pathlib import Path

from thousandfold.joblog import log_to
from thousandfold.releases import note_release

if __name__ == "__main__":
    log_to(snakemake.log[0])
    note_release(Path(snakemake.output[0]))
