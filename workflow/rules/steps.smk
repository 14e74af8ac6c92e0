"""Several steps ahead: included where the test of a series is forecast more than one.

Makes results/step_errors.csv
"""

from thousandfold.settings import StepErrorSettings


rule step_errors:
    """Measure forecasts of so many steps ahead, of every scenario and baseline."""
    input:
        forecasts=rules.collect.output.forecasts,
        baseline_forecasts=rules.summarise.output.baseline_forecasts,
        series=SERIES_FILES,
    output:
        RESULTS / "step_errors.csv",
        checksums=checksums("step_errors.csv"),
    log:
        LOG_FILE.format(rule="step_errors"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        settings=[StepErrorSettings.of(STUDY)],
        code=code_digest("step_errors"),
    message:
        "Errors by the number of steps ahead"
    script:
        "../scripts/step_errors.py"
