"""Training times that can be compared: takes the place of train.smk if study.interleave is true.

Makes results/blocks/<series>/<scenario>/<start>-<stop>.parquet, all in one job
"""


rule train:
    """Train all repeats in random order, alone on the machine, and time each."""
    input:
        series=[ancient(file) for file in SERIES_FILES],
    output:
        files_of(PLAN.blocks()),
    log:
        LOG_FILE.format(rule="train"),
    conda:
        "../../envs/train.yaml"
    threads: workflow.cores
    resources:
        mem_mb=interleaved_mb,
        runtime=interleaved_minutes,
    params:
        recipes=[recipe(STUDY, block) for block in PLAN.blocks()],
        job=job_of(STUDY, PLAN.blocks()),
    message:
        "Training and timing all repeats in random order"
    script:
        "../scripts/train.py"
