"""Training: one job per series, scenario and block of repeats.

Makes results/blocks/<series>/<scenario>/<start>-<stop>.parquet
"""


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
        recipes=block_recipes,
        # No built-in type, so Snakemake does not compare it: the recipes say what trains again.
        job=block_job,
    message:
        "Training {wildcards.scenario} on {wildcards.series}, repeats {wildcards.start} to {wildcards.stop}"
    script:
        "../scripts/train.py"
