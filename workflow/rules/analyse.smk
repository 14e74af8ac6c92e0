"""Analysis: from blocks to the tables that the report and others read.

Makes results/{repeats,forecasts}.parquet, repeats.csv, summary.csv, standard_error.csv,
comparisons.csv, findings.csv, claims.csv and config.yaml. Each rule's params hold the settings
it uses and the code behind it, so that a changed margin or a mended formula reruns just that.
"""


rule collect:
    """Check every block and join them into the tables of repeats and forecasts."""
    input:
        blocks=block_files(),
    output:
        repeats=RESULTS / "repeats.parquet",
        repeats_csv=RESULTS / "repeats.csv",
        forecasts=RESULTS / "forecasts.parquet",
    log:
        LOG_FILE.format(rule="collect"),
    conda:
        "../../envs/analysis.yaml"
    params:
        damaged=str(RESULTS / "damaged"),
        code=code_digest("collect"),
    message:
        "Checking and collecting all repeats"
    script:
        "../scripts/collect.py"


rule summarise:
    """Describe each scenario's repeats, and compute the baselines."""
    input:
        repeats=rules.collect.output.repeats,
        series=SERIES_FILES,
    output:
        RESULTS / "summary.csv",
    log:
        LOG_FILE.format(rule="summarise"),
    conda:
        "../../envs/analysis.yaml"
    params:
        series=STUDY.series,
        code=code_digest("summarise"),
    message:
        "Describing each scenario"
    script:
        "../scripts/summarise.py"


rule standard_error:
    """Compute the standard error of each scenario's mean against the number of repeats."""
    input:
        repeats=rules.collect.output.repeats,
    output:
        RESULTS / "standard_error.csv",
    log:
        LOG_FILE.format(rule="standard_error"),
    conda:
        "../../envs/analysis.yaml"
    params:
        study_seed=STUDY.seed,
        code=code_digest("standard_error"),
    message:
        "Standard error against the number of repeats"
    script:
        "../scripts/standard_error.py"


rule compare:
    """Compare all pairs of scenarios."""
    input:
        repeats=rules.collect.output.repeats,
    output:
        RESULTS / "comparisons.csv",
    log:
        LOG_FILE.format(rule="compare"),
    conda:
        "../../envs/analysis.yaml"
    params:
        alpha=STUDY.alpha,
        margin=STUDY.margin,
        code=code_digest("compare"),
    message:
        "Comparing all pairs of scenarios"
    script:
        "../scripts/compare.py"


rule judge:
    """Test the registered findings and reach a verdict on each claim."""
    input:
        repeats=rules.collect.output.repeats,
    output:
        findings=RESULTS / "findings.csv",
        claims=RESULTS / "claims.csv",
    log:
        LOG_FILE.format(rule="judge"),
    conda:
        "../../envs/analysis.yaml"
    params:
        findings=STUDY.findings,
        series=STUDY.series,
        alpha=STUDY.alpha,
        code=code_digest("judge"),
    message:
        "Testing the registered findings"
    script:
        "../scripts/judge.py"


rule write_config:
    """Keep the merged config beside the results."""
    output:
        RESULTS / "config.yaml",
    log:
        LOG_FILE.format(rule="write_config"),
    conda:
        "../../envs/analysis.yaml"
    params:
        config=dict(config),
    message:
        "Writing the merged config"
    script:
        "../scripts/write_config.py"
