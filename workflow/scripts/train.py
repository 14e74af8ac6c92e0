"""Train blocks of repeats and write them into one pack."""

from pathlib import Path
from time import time

from thousandfold.joblog import log_to
from thousandfold.jobs import run
from thousandfold.progress import progress_in_words

if __name__ == "__main__":
    say = log_to(snakemake.log[0])
    pack = Path(snakemake.output[0])
    run(snakemake.params.job, granted_mb=snakemake.resources.mem_mb, file=pack)
    say(progress_in_words(pack.parent.parent, time()))
