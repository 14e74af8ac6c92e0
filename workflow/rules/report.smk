"""The report: one self-contained page.

Makes reports/report.html, reports/figures/ and results/provenance.json
"""


rule render_report:
    """Draw the figures and render the page."""
    input:
        rules.summarise.output,
        rules.standard_error.output,
        rules.compare.output,
        rules.judge.output.claims,
        rules.replicate.output,
        rules.calibrate.output,
        rules.compare_published.output,
        training_tables(),
        rules.write_config.output,
        rules.simulate_stopping.output if STUDY.stopping else [],
        rules.describe_series.output if STUDY.has_claims_over_series else [],
        rules.step_errors.output if STUDY.has_steps else [],
        contrasts=rules.judge.output.contrasts,
        repeats=rules.collect.output.repeats,
        series=SERIES_FILES,
        published=PUBLISHED_FILES,
        templates=templates("templates"),
    output:
        page=report(
            REPORTS / "report.html", caption="../report/page.rst", category="Verdicts"
        ),
        figures=report(
            directory(REPORTS / "figures"),
            patterns=["{figure}.svg"],
            caption="../report/figures.rst",
            category="Figures",
        ),
        provenance=RESULTS / "provenance.json",
        checksums=checksums("report"),
    log:
        LOG_FILE.format(rule="render_report"),
    conda:
        "../../envs/analysis.yaml"
    # Beyond, the page takes longer than its figures.
    threads: 4
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        # In a list, because Snakemake notices changes in params of built-in types only.
        study=[STUDY],
        command=literally(command()),
        preregistered=literally(preregistrations()),
        code=code_digest("render_report"),
    message:
        "Rendering the report"
    script:
        "../scripts/render_report.py"


rule report:
    """The report, up to date."""
    input:
        finished_files,
    localrule: True
    message:
        "The report is {REPORTS}/report.html"
