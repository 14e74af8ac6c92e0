"""What else many series tell: included where a claim is over series. It decides nothing.

Makes results/series_attributes.csv, moderators.csv, variance_components.csv, allocations.csv,
methods.csv, method_pairs.csv and performance_profiles.csv
"""

from thousandfold.settings import DescriptionSettings
from thousandfold.tables.rows import DESCRIPTION_TABLES


rule describe_series:
    """Find out with what effects go, where their variance comes from, and how scenarios rank."""
    input:
        **{name: RESULTS / f"{name}.csv" for name in window_tables()},
        repeats=rules.collect.output.repeats,
        population=rules.judge.output.population,
        effects=rules.judge.output.effects,
        series=SERIES_FILES,
    output:
        **{name: RESULTS / f"{name}.csv" for name in DESCRIPTION_TABLES},
        checksums=checksums(*(f"{name}.csv" for name in DESCRIPTION_TABLES)),
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
