"""How far verdicts rest on the test rows: included where there are forecasts.

Makes results/reach.csv
"""

from thousandfold.settings import ReachSettings


rule reach:
    """Find out how far contrasts rest on the test rows that happened to be there."""
    input:
        forecasts=rules.collect.output.forecasts,
        series=SERIES_FILES,
    output:
        RESULTS / "reach.csv",
        checksums=checksums("reach.csv"),
    log:
        LOG_FILE.format(rule="reach"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        settings=[ReachSettings.of(STUDY)],
        code=code_digest("reach"),
    message:
        "Contrasts over other test rows"
    script:
        "../scripts/reach.py"
