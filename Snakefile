"""Thousandfold: train every scenario many times, test the claims, write one report.

snakemake --cores N           the study
snakemake -n                  what it would do
snakemake --cores N report    the report, training nothing that is finished
snakemake --cores N analyse   all tables and the report; of a study whose config has a table of
                              repeats, that is all there is
"""

from snakemake.utils import min_version

min_version("9.27")


report: "workflow/report/workflow.rst"


localrules:
    all,
    analyse,
    note_release,
    report,
    write_config,


include: "workflow/rules/config.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/release.smk"


if STUDY.table:

    include: "workflow/rules/import.smk"

else:

    include: "workflow/rules/train.smk"
    include: "workflow/rules/collect.smk"


include: "workflow/rules/analyse.smk"


if STUDY.interleaved:

    include: "workflow/rules/interleave.smk"


if STUDY.stopping:

    include: "workflow/rules/stopping.smk"


include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        # Every training table, so that a deleted one is made again under a finished report.
        *block_files(),
        finished_files,
    message:
        "The study is finished; its report is {REPORTS}/report.html"


rule analyse:
    """Every table of the analysis, and the report."""
    input:
        finished_files,
    message:
        "All is analysed; the report is {REPORTS}/report.html"
