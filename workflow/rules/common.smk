"""The study that the config describes, and the paths and params that rules derive from it.

All Python of the rules lives here; it only connects the library to Snakemake.
"""

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from thousandfold.config import ConfigError, load_study
from thousandfold.recipe import code_digest, recipe
from thousandfold.study import Block

try:
    STUDY = load_study(
        config,
        ["config.yaml", *(os.path.relpath(f) for f in workflow.overwrite_configfiles)],
    )
except ConfigError as error:
    raise WorkflowError(str(error)) from None

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
    block = Block(wildcards.series, wildcards.scenario, int(wildcards.start), int(wildcards.stop))
    return recipe(STUDY, block)


def report_templates():
    """The files that the report's page is rendered from."""
    folder = Path(workflow.basedir) / "workflow/scripts/thousandfold/templates"
    return sorted(str(path) for path in folder.iterdir())
