"""Training: jobs of many blocks, or of one that takes long enough by itself.

Makes results/packs/<digest of what is in it>.parquet
"""


rule train:
    """Train the blocks of one pack."""
    input:
        # Recipes hold the files' content; their times say nothing.
        series=ancient(series_files_of),
    output:
        PACK_FILE,
    log:
        str(RESULTS / "logs/train/{pack}.log"),
    conda:
        "../../envs/train.yaml"
    # Times that are compared are measured alone on the machine.
    threads: workflow.cores if STUDY.interleaved else 1
    resources:
        mem_mb=training_mb,
        runtime=training_minutes,
    params:
        # No built-in type, so Snakemake does not compare it: the pack's name says what is in it.
        job=training_job,
        told=lambda wildcards: job_in_words(pack_of(wildcards)),
    message:
        "Training {params.told}"
    script:
        "../scripts/train.py"
