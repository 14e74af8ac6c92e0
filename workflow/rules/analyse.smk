"""Analysis: from the repeats, wherever they come from, to the tables that the report reads.

Makes results/summary.csv, baselines.csv, baselines_over_series.csv, baseline_models.csv,
baseline_forecasts.csv, required_repeats.csv, standard_error.csv, comparisons.csv, twins.csv, contrasts.csv, claims.csv, conjunctions.csv,
replication.csv, calibration.csv, error_rates.csv, published.csv and config.yaml. Each rule's params hold the
settings it uses and the code behind it, so that a changed margin or a corrected formula reruns
just that. The settings are in a list, because Snakemake notices changes in params of built-in types
only.
"""

from thousandfold.settings import (
    CalibrationSettings,
    ComparisonSettings,
    PublishedSettings,
    ReplicationSettings,
    StandardErrorSettings,
    SummarySettings,
    VerdictSettings,
)


rule summarise:
    """Describe each scenario's repeats, what it takes to know its mean, and the baselines."""
    input:
        repeats=rules.collect.output.repeats,
        series=SERIES_FILES,
    output:
        summary=report(
            RESULTS / "summary.csv",
            caption="../report/summary.rst",
            category="Tables",
        ),
        baselines=RESULTS / "baselines.csv",
        baselines_over_series=RESULTS / "baselines_over_series.csv",
        baseline_models=RESULTS / "baseline_models.csv",
        baseline_forecasts=RESULTS / "baseline_forecasts.csv",
        required=RESULTS / "required_repeats.csv",
        checksums=checksums(
            "summary.csv",
            "baselines.csv",
            "baselines_over_series.csv",
            "baseline_models.csv",
            "baseline_forecasts.csv",
            "required_repeats.csv",
        ),
    log:
        LOG_FILE.format(rule="summarise"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        settings=[SummarySettings.of(STUDY)],
        code=code_digest("summarise"),
    message:
        "Describing each scenario"
    script:
        "../scripts/summarise.py"


rule standard_error:
    """Compute standard errors against the number of repeats."""
    input:
        repeats=rules.collect.output.repeats,
    output:
        report(
            RESULTS / "standard_error.csv",
            caption="../report/standard_error.rst",
            category="Tables",
        ),
        checksums=checksums("standard_error.csv"),
    log:
        LOG_FILE.format(rule="standard_error"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        settings=[StandardErrorSettings.of(STUDY)],
        code=code_digest("standard_error"),
    message:
        "Standard error against the number of repeats"
    script:
        "../scripts/standard_error.py"


rule compare:
    """Compare pairs of scenarios, and check the twins among them."""
    input:
        repeats=rules.collect.output.repeats,
    output:
        comparisons=report(
            RESULTS / "comparisons.csv",
            caption="../report/comparisons.rst",
            category="Tables",
        ),
        twins=RESULTS / "twins.csv",
        checksums=checksums("comparisons.csv", "twins.csv"),
    log:
        LOG_FILE.format(rule="compare"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        settings=[ComparisonSettings.of(STUDY)],
        code=code_digest("compare"),
    message:
        "Comparing pairs of scenarios"
    script:
        "../scripts/compare.py"


rule calibrate:
    """Find out how often tests and verdicts err where there is nothing to find."""
    input:
        repeats=rules.collect.output.repeats,
    output:
        calibration=report(
            RESULTS / "calibration.csv",
            caption="../report/calibration.rst",
            category="Tables",
        ),
        error_rates=RESULTS / "error_rates.csv",
        checksums=checksums("calibration.csv", "error_rates.csv"),
    log:
        LOG_FILE.format(rule="calibrate"),
    # It takes longest, and the verdicts wait for it.
    priority: 1
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        settings=[CalibrationSettings.of(STUDY)],
        code=code_digest("calibrate"),
    message:
        "Calibrating tests and verdicts on the study's own repeats"
    script:
        "../scripts/calibrate.py"


rule judge:
    """Test the registered findings and reach a verdict on each claim."""
    input:
        **(
            {}
            if isinstance(STUDY, ImportedStudy)
            else {"identities": rules.check_training.output.identities}
        ),
        **earlier_repeats(),
        repeats=rules.collect.output.repeats,
        calibration=rules.calibrate.output.calibration,
    output:
        **{name: RESULTS / f"{name}.csv" for name in window_tables()},
        contrasts=report(
            RESULTS / "contrasts.csv",
            caption="../report/contrasts.rst",
            category="Verdicts",
        ),
        claims=report(
            RESULTS / "claims.csv",
            caption="../report/claims.rst",
            category="Verdicts",
        ),
        conjunctions=RESULTS / "conjunctions.csv",
        population=RESULTS / "population.csv",
        population_claims=RESULTS / "population_claims.csv",
        effects=RESULTS / "effects.csv",
        margins=RESULTS / "margins.csv",
        checksums=checksums(
            "contrasts.csv",
            "claims.csv",
            "conjunctions.csv",
            "population.csv",
            "population_claims.csv",
            "effects.csv",
            "margins.csv",
            *(f"{name}.csv" for name in window_tables()),
        ),
    log:
        LOG_FILE.format(rule="judge"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        settings=[VerdictSettings.of(STUDY)],
        code=code_digest("judge"),
    message:
        "Testing the registered findings"
    script:
        "../scripts/judge.py"


rule replicate:
    """Find out what fewer repeats would have shown."""
    input:
        repeats=rules.collect.output.repeats,
        contrasts=rules.judge.output.contrasts,
    output:
        RESULTS / "replication.csv",
        checksums=checksums("replication.csv"),
    log:
        LOG_FILE.format(rule="replicate"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        settings=[ReplicationSettings.of(STUDY)],
        code=code_digest("replicate"),
    message:
        "What fewer repeats would have shown"
    script:
        "../scripts/replicate.py"


rule compare_published:
    """Hold the published tables against samples of their size from our repeats."""
    input:
        repeats=rules.collect.output.repeats,
        published=PUBLISHED_FILES,
    output:
        RESULTS / "published.csv",
        checksums=checksums("published.csv"),
    log:
        LOG_FILE.format(rule="compare_published"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        settings=[PublishedSettings.of(STUDY)],
        code=code_digest("compare_published"),
    message:
        "Holding the published tables against ours"
    script:
        "../scripts/compare_published.py"


rule write_config:
    """Keep the merged config beside the results."""
    output:
        RESULTS / "config.yaml",
        checksums=checksums("config.yaml"),
    log:
        LOG_FILE.format(rule="write_config"),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        config=dict(config),
    message:
        "Writing the merged config"
    script:
        "../scripts/write_config.py"
