"""A finished run for a paper: only made where it is asked for.

Makes reports/paper/
"""


rule paper:
    """Write tables, figures, methods and what to cite as LaTeX and Markdown."""
    input:
        rules.render_report.input,
        provenance=rules.render_report.output.provenance,
        paper_templates=templates("paper/templates"),
        citation=PROJECT / "CITATION.cff",
    output:
        directory(REPORTS / "paper"),
    log:
        LOG_FILE.format(rule="paper"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        # In a list, because Snakemake notices changes in params of built-in types only.
        study=[STUDY],
        code=code_digest("write_paper"),
    message:
        "All for a paper is in {output}"
    script:
        "../scripts/write_paper.py"
