"""Check after a stage of a scenario's training whether its mean is known precisely enough."""

import json
from pathlib import Path

import numpy as np

from thousandfold.collection import checked_blocks
from thousandfold.disk import write_text
from thousandfold.inference.stopping import half_widths, is_enough
from thousandfold.joblog import log_to
from thousandfold.study import Stopping, TrainedStudy


def assess(
    study: TrainedStudy, blocks: list[Path], rule: Stopping, damaged: Path, output: Path
) -> None:
    """Write the half widths after each stage so far, and whether they are enough.

    Raises DamagedResultsError.
    """
    tables = [table for _, _, table in checked_blocks(study, blocks, damaged)]
    widths = half_widths(np.concatenate([table[study.metric] for table in tables]), rule.stage)
    decision = {
        # JSON knows no infinity.
        "half_widths": [width if np.isfinite(width) else None for width in widths],
        "enough": is_enough(widths, rule.half_width),
    }
    write_text(output, json.dumps(decision))


if __name__ == "__main__":
    log_to(snakemake.log[0])
    assess(
        study=snakemake.params.study,
        blocks=[Path(file) for file in snakemake.input.blocks],
        rule=snakemake.params.rule[0],
        damaged=Path(snakemake.params.damaged),
        output=Path(snakemake.output[0]),
    )
