"""Thousandfold: train every scenario many times, test the claims, write one report.

snakemake --cores N           the study
snakemake -n                  what it would do
snakemake --cores N report    the report, training nothing that is finished
snakemake --cores N analyse   all tables and the report; of a study whose config has a table of
                              repeats, that is all there is
"""


include: "workflow/Snakefile"


# Of an included file's targets none is the default.
rule study:
    default_target: True
    input:
        rules.all.input,
    localrule: True
    message:
        "The study is finished; its report is {REPORTS}/report.html"
