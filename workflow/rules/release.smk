"""Which release made the results: told before a run does anything about those of another.

Makes results/release/<version>, on which all analysis hangs
"""

from snakemake.logging import logger

from thousandfold.releases import foreign_blocks, inherited_in_words, release_note


@cache
def foreign():
    """The finished blocks of another release that are to be trained again."""
    blocks = [] if STUDY.table else STUDY.blocks()
    files = map(Path, files_of(blocks))
    return foreign_blocks(RESULTS, dict(zip(files, blocks)), partial(recipe, STUDY))


if workflow.is_main_process:
    inherited = inherited_in_words(RESULTS, foreign())
    if inherited:
        logger.warning(inherited)


rule note_release:
    """Note which release makes these results."""
    output:
        release_note(RESULTS),
    log:
        LOG_FILE.format(rule="note_release"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    message:
        "Noting the release"
    script:
        "../scripts/note_release.py"
