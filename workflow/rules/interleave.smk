"""Training times that can be compared: included only where study.interleave is true.

Makes results/blocks/<series>/<scenario>/<start>-<stop>.parquet, all in one job
"""


ruleorder: train_interleaved > train


rule train_interleaved:
    """Train all repeats in random order, alone on the machine, and time each."""
    input:
        series=[ancient(file) for file in SERIES_FILES],
    output:
        files_of(STUDY.blocks()),
    log:
        LOG_FILE.format(rule="train_interleaved"),
    conda:
        "../../envs/train.yaml"
    threads: workflow.cores
    resources:
        mem_mb=interleaved_mb,
        runtime=interleaved_minutes,
    params:
        recipes=[recipe(STUDY, block) for block in STUDY.blocks()],
    message:
        "Training and timing all repeats in random order"
    script:
        "../scripts/train_interleaved.py"
