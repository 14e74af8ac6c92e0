"""The paths and params that rules derive from the study.

All Python of the rules lives here and in config.smk; it only connects the library to Snakemake.
"""

from thousandfold.recipe import code_digest, identities_recipe, recipe
from thousandfold.study import Block

RESULTS = STUDY.folder("results")
REPORTS = STUDY.folder("reports")
BLOCK_FILE = str(RESULTS / "blocks/{series}/{scenario}/{start}-{stop}.parquet")
LOG_FILE = str(RESULTS / "logs/{rule}.log")

SERIES_FILES = [source.file for source in STUDY.series]
PUBLISHED_FILES = [source.published for source in STUDY.series if source.published]


wildcard_constraints:
    series="[A-Za-z0-9_-]+",
    scenario="[A-Za-z0-9_-]+",
    start=r"\d+",
    stop=r"\d+",


def block_files():
    """The result files of all training jobs, in the order of STUDY.blocks()."""
    return [BLOCK_FILE.format(**vars(block)) for block in STUDY.blocks()]


def series_file(wildcards):
    """The file that holds a series."""
    return STUDY.source(wildcards.series).file


def block_recipe(wildcards):
    """The recipe of a training job."""
    block = Block(
        wildcards.series, wildcards.scenario, int(wildcards.start), int(wildcards.stop)
    )
    return recipe(STUDY, block)


def report_templates():
    """The files that the report's page is rendered from."""
    folder = Path(workflow.basedir) / "workflow/scripts/thousandfold/templates"
    return sorted(os.path.relpath(path) for path in folder.iterdir())
