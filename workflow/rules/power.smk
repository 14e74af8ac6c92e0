"""The chance of each verdict before a run: only made where it is asked for.

Makes results/power.csv, power_claims.csv, unplanned.csv and reports/power/
"""

from thousandfold.settings import PowerSettings


rule plan_power:
    """Simulate how likely each verdict is, from finished repeats or an assumed spread."""
    output:
        power=RESULTS / "power.csv",
        power_claims=RESULTS / "power_claims.csv",
        unplanned=RESULTS / "unplanned.csv",
        figures=directory(REPORTS / "power"),
        checksums=checksums("power.csv", "power_claims.csv", "unplanned.csv"),
    log:
        LOG_FILE.format(rule="plan_power"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        settings=[PowerSettings.of(STUDY)],
        # No input, or everything would be trained first.
        repeats=str(RESULTS / "repeats.parquet"),
        pilot=lambda wildcards: pilot_digest(),
        code=code_digest("plan_power"),
    message:
        "Simulating how likely each verdict is; the table is {output.power}; what it leaves out, and why, is in {output.unplanned}"
    script:
        "../scripts/plan_power.py"
