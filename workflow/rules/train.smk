"""Training: one job per series, scenario and block of repeats.

Makes results/blocks/<series>/<scenario>/<start>-<stop>.parquet, identities.csv and fidelity.csv
"""

from snakemake.logging import logger

if workflow.is_main_process:
    logger.info(planned_trainings())


rule train:
    """Train the repeats of one block and measure each one's forecast."""
    input:
        # The recipe holds the file's content; its time says nothing.
        series=ancient(series_file),
    output:
        BLOCK_FILE,
    log:
        str(RESULTS / "logs/train/{series}/{scenario}/{start}-{stop}.log"),
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=training_mb,
        runtime=training_minutes,
    params:
        recipe=block_recipe,
    message:
        "Training {wildcards.scenario} on {wildcards.series}, repeats {wildcards.start} to {wildcards.stop}"
    script:
        "../scripts/train.py"


rule check_training:
    """Check that what must give the same numbers does: identities, the fast engine and stock Keras."""
    input:
        series=[ancient(file) for file in SERIES_FILES],
        release=rules.note_release.output[0],
    output:
        identities=RESULTS / "identities.csv",
        fidelity=RESULTS / "fidelity.csv",
        checksums=checksums("identities.csv", "fidelity.csv"),
    log:
        LOG_FILE.format(rule="check_training"),
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=checking_mb,
        runtime=checking_minutes,
    params:
        recipe=checks_recipe(STUDY),
    message:
        "Checking the training against itself and against stock Keras"
    script:
        "../scripts/check_training.py"
