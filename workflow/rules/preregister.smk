"""What is claimed, as a dated document: only made where it is asked for.

Makes reports/preregistration-<digest>.md
"""


rule preregister:
    """Write down what is claimed and how it is decided, before anything is trained."""
    output:
        REPORTS / preregistration_file(STUDY),
    log:
        LOG_FILE.format(rule="preregister"),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        # No built-in type, so Snakemake does not compare it: the file's name says what is in it.
        study=STUDY,
        # No input, or everything would be trained first.
        repeats=str(RESULTS / "repeats.parquet"),
    message:
        "The preregistration is {output}"
    script:
        "../scripts/preregister.py"
