"""Which release made the results: logged before a run does anything to those of another.

Makes results/release/<version>, on which all analysis hangs
"""

from snakemake.logging import logger

from thousandfold.releases import inherited_in_words, release_note

if workflow.is_main_process:
    inherited = inherited_in_words(RESULTS, outdated())
    if inherited:
        logger.warning(inherited)


rule note_release:
    """Note which release makes these results."""
    output:
        release_note(RESULTS),
    log:
        LOG_FILE.format(rule="note_release"),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    message:
        "Noting the release"
    script:
        "../scripts/note_release.py"
