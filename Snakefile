"""Thousandfold: train every scenario many times, test the claims, write one report.

snakemake --cores N           the study
snakemake -n                  what it would do
snakemake --cores N report    the report, training nothing that is finished
"""

from snakemake.utils import min_version

min_version("9.27")


report: "workflow/report/workflow.rst"


localrules:
    all,
    report,
    write_config,


include: "workflow/rules/config.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/analyse.smk"


if STUDY.stopping:

    include: "workflow/rules/stopping.smk"


include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        # Every training table, so that a deleted one is made again under a finished report.
        *block_files(),
        RESULTS / "config.yaml",
        rules.report.input,
    message:
        "The study is finished; its report is {REPORTS}/report.html"
