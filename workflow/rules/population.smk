"""What else many series tell: included where a claim is over series. It decides nothing.

Makes results/series_attributes.csv, moderators.csv, variance_components.csv, allocations.csv,
methods.csv and method_pairs.csv
"""

from thousandfold.settings import DescriptionSettings


rule describe_series:
    """Find out with what effects go, where their variance comes from, and how scenarios rank."""
    input:
        repeats=rules.collect.output.repeats,
        population=rules.judge.output.population,
        effects=rules.judge.output.effects,
        series=SERIES_FILES,
    output:
        attributes=RESULTS / "series_attributes.csv",
        moderators=RESULTS / "moderators.csv",
        components=RESULTS / "variance_components.csv",
        allocations=RESULTS / "allocations.csv",
        methods=RESULTS / "methods.csv",
        method_pairs=RESULTS / "method_pairs.csv",
        checksums=checksums(
            "series_attributes.csv",
            "moderators.csv",
            "variance_components.csv",
            "allocations.csv",
            "methods.csv",
            "method_pairs.csv",
        ),
    log:
        LOG_FILE.format(rule="describe_series"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        settings=[DescriptionSettings.of(STUDY)],
        code=code_digest("describe_series"),
    message:
        "Describing the series and what is found on them"
    script:
        "../scripts/describe_series.py"
