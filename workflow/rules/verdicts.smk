"""The verdicts for machines, and a target that fails if they are not those required.

Makes results/verdicts.json
"""


rule write_verdicts:
    """Write the verdicts for machines."""
    input:
        **(
            {}
            if isinstance(STUDY, ImportedStudy)
            else {"reaches": rules.reach.output[0]}
        ),
        claims=rules.judge.output.claims,
        contrasts=rules.judge.output.contrasts,
        population_claims=rules.judge.output.population_claims,
        population=rules.judge.output.population,
    output:
        RESULTS / "verdicts.json",
        checksums=checksums("verdicts.json"),
    log:
        LOG_FILE.format(rule="write_verdicts"),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        code=code_digest("write_verdicts"),
    message:
        "Writing the verdicts for machines"
    script:
        "../scripts/write_verdicts.py"


rule verdicts:
    """The verdicts; fails if one of those that the config requires did not come out."""
    input:
        rules.write_verdicts.output[0],
    log:
        LOG_FILE.format(rule="verdicts"),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        required=dict(STUDY.required),
    message:
        "The verdicts are in {input}"
    script:
        "../scripts/check_verdicts.py"
