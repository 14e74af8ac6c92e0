"""Check after a stage of a scenario's training whether its mean is known precisely enough."""

import json
from pathlib import Path

import numpy as np

from thousandfold.collection import checked_blocks
from thousandfold.disk import write_text
from thousandfold.inference.stopping import half_widths, is_enough
from thousandfold.joblog import log_to
from thousandfold.packs import PackedBlock
from thousandfold.settings import AssessmentSettings
from thousandfold.study import TrainedStudy


def assess(
    settings: AssessmentSettings,
    study: TrainedStudy,
    packs: list[Path],
    blocks: list[PackedBlock],
    output: Path,
) -> None:
    """Write the half widths after each stage so far, and whether they are enough.

    Raises DamagedResultsError.
    """
    rule = settings.stopping
    values = [block.table[settings.metric] for block in checked_blocks(study, packs, blocks)]
    widths = half_widths(np.concatenate(values), rule.stage)
    decision = {
        # JSON knows no infinity.
        "half_widths": [width if np.isfinite(width) else None for width in widths],
        "enough": is_enough(widths, rule.half_width),
    }
    write_text(output, json.dumps(decision))


if __name__ == "__main__":
    log_to(snakemake.log[0])
    assess(
        settings=snakemake.params.settings[0],
        study=snakemake.params.study,
        packs=[Path(file) for file in snakemake.input.packs],
        blocks=snakemake.params.blocks,
        output=Path(snakemake.output[0]),
    )
