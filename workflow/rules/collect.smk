"""From packs to the tables of repeats and forecasts.

Makes results/{repeats,forecasts}.parquet, repeats.csv, blocks.csv and forecast_bands.csv
"""


rule collect:
    """Check every pack and join their blocks into the tables of repeats and forecasts."""
    input:
        *training_files(),
        release=rules.note_release.output[0],
    output:
        **earlier_repeats(),
        repeats=RESULTS / "repeats.parquet",
        repeats_csv=RESULTS / "repeats.csv",
        forecasts=RESULTS / "forecasts.parquet",
        blocks=RESULTS / "blocks.csv",
        checksums=checksums(
            "repeats.parquet",
            "repeats.csv",
            "forecasts.parquet",
            "blocks.csv",
            *(file.name for file in earlier_repeats().values()),
        ),
    log:
        LOG_FILE.format(rule="collect"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        # No built-in types, so Snakemake does not compare them, but what identifies the blocks.
        study=STUDY,
        blocks=lambda wildcards: iter(collected()),
        content=lambda wildcards: digest_of(collected()),
        code=code_digest("thousandfold.collection"),
    message:
        "Checking and collecting all repeats"
    script:
        "../scripts/collect.py"


rule describe_forecasts:
    """Describe how the repeats' forecasts spread at each step."""
    input:
        forecasts=rules.collect.output.forecasts,
    output:
        RESULTS / "forecast_bands.csv",
        checksums=checksums("forecast_bands.csv"),
    log:
        LOG_FILE.format(rule="describe_forecasts"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=analysis_mb,
        runtime=analysis_minutes,
    params:
        code=code_digest("describe_forecasts"),
    message:
        "Describing the forecasts"
    script:
        "../scripts/describe_forecasts.py"
