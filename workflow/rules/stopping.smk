"""Stopping when it is enough: included only where study.repeats has min, max and half_width.

Makes results/stages/<series>/<scenario>/<stage>.json, stopping.csv and stopping_simulation.csv
"""

from thousandfold.settings import AssessmentSettings, StoppingSettings


checkpoint assess:
    """See whether a scenario's mean is known well enough after a stage."""
    input:
        packs=lambda wildcards: files_of(stages_to_assess(wildcards)),
    output:
        STAGE_FILE,
    log:
        str(RESULTS / "logs/assess/{series}/{scenario}/{stage}.log"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        settings=[AssessmentSettings.of(STUDY)],
        study=STUDY,
        blocks=lambda wildcards: parts_of(stages_to_assess(wildcards)),
        code=code_digest("assess"),
    message:
        "Is {wildcards.scenario} on {wildcards.series} known well enough after stage {wildcards.stage}?"
    script:
        "../scripts/assess.py"


rule simulate_stopping:
    """Tell when each scenario stopped, and simulate what stopping does to intervals."""
    input:
        repeats=rules.collect.output.repeats,
    output:
        stopping=RESULTS / "stopping.csv",
        simulation=RESULTS / "stopping_simulation.csv",
        checksums=checksums("stopping.csv", "stopping_simulation.csv"),
    log:
        LOG_FILE.format(rule="simulate_stopping"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        settings=[StoppingSettings.of(STUDY)],
        code=code_digest("simulate_stopping"),
    message:
        "What stopping early does to intervals"
    script:
        "../scripts/simulate_stopping.py"
