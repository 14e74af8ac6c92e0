"""Training: one job per series, scenario and block of repeats.

Makes results/blocks/<series>/<scenario>/<start>-<stop>.parquet and identities.csv
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
        mem_mb=1500,
    params:
        recipe=block_recipe,
    message:
        "Training {wildcards.scenario} on {wildcards.series}, repeats {wildcards.start} to {wildcards.stop}"
    script:
        "../scripts/train.py"


rule check_identities:
    """Check that scenarios which are the same by construction give the same numbers."""
    input:
        series=[ancient(file) for file in SERIES_FILES],
    output:
        RESULTS / "identities.csv",
    log:
        LOG_FILE.format(rule="check_identities"),
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        recipe=identities_recipe(STUDY),
    message:
        "Checking the scenarios that are the same by construction"
    script:
        "../scripts/check_identities.py"
