"""Repeats that were trained elsewhere: included only where the config has a table.

Makes results/repeats.parquet and repeats.csv
"""

from snakemake.logging import logger

if workflow.is_main_process and STUDY.table.assumed:
    logger.info(f"{STUDY.table.form.name}: {'; '.join(STUDY.table.assumed)}")


rule collect:
    """Check a table of repeats and take it over."""
    input:
        files=STUDY.table.form.files,
        release=rules.note_release.output[0],
    output:
        repeats=RESULTS / "repeats.parquet",
        repeats_csv=RESULTS / "repeats.csv",
        checksums=checksums("repeats.parquet", "repeats.csv"),
    log:
        LOG_FILE.format(rule="collect"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        # No built-in type, so Snakemake does not compare it, but what is in a list.
        study=STUDY,
        table=[STUDY.table],
        metric=literally(STUDY.metric),
        design=STUDY.design,
        code=code_digest("thousandfold.collection"),
    message:
        "Taking over the repeats in {input.files}"
    script:
        "../scripts/import_repeats.py"
