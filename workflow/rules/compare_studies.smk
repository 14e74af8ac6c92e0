"""Two finished studies side by side: only made where it is asked for.

Makes reports/compare/<one>-<other>/
"""


rule compare_studies:
    """Set the verdicts of two folders of results side by side, with what differs between them."""
    input:
        templates=templates("templates"),
    output:
        page=comparison_folder() / "comparison.html",
        markdown=comparison_folder() / "comparison.md",
        verdict_changes=comparison_folder() / "verdict_changes.csv",
        estimate_changes=comparison_folder() / "estimate_changes.csv",
    log:
        LOG_FILE.format(rule="compare_studies"),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        # Not an input, or what is compared would be brought up to date first.
        folders=lambda wildcards: compared_folders(),
        digests=lambda wildcards: compared_digests(),
        code=code_digest("compare_studies"),
    message:
        "The comparison is {output.page}"
    script:
        "../scripts/compare_studies.py"
