"""The config files: checked as YAML, merged by Snakemake, made into STUDY."""

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

PROJECT = Path(workflow.current_basedir).parents[1]

SCRIPTS = str(PROJECT / "workflow" / "scripts")

# The package of this checkout, here and in jobs; Snakemake looks beside a job's script last.
sys.path.insert(0, SCRIPTS)
os.environ.update(
    PYTHONPATH=os.pathsep.join([SCRIPTS, *filter(None, [os.environ.get("PYTHONPATH")])])
)

from thousandfold.config import read_study
from thousandfold.loading import load_study
from thousandfold.disk import check_writable
from thousandfold.errors import UserError
from thousandfold.config_files import (
    command_line_values,
    config_files,
    found_from_here,
    merged,
    merged_files,
    snakemake_command,
)

OVERLAYS = [os.path.relpath(file) for file in workflow.overwrite_configfiles]

try:
    # A module's config is what the workflow that uses it hands over, and nothing else.
    if workflow.modifier.skip_configfile:
        CONFIG_FILES = []
        content = found_from_here(config)
    else:
        CONFIG_FILES = config_files(OVERLAYS)
        # Snakemake's own merging knows neither what stands alone nor, from elsewhere, the
        # project's paths; and it would say neither which file is no YAML nor where.
        content = merged(
            merged_files(CONFIG_FILES),
            command_line_values(workflow.config_settings.config),
        )
except UserError as error:
    raise WorkflowError(str(error)) from None


if CONFIG_FILES and CONFIG_FILES[0] not in OVERLAYS:

    configfile: CONFIG_FILES[0]


# Which results are compared is no part of a study, and changes none of its hashes.
COMPARED = content.pop("compare", None)

config = content
try:
    # A job on a cluster reads the config once more, whose files the run has checked.
    STUDY = (
        load_study(config, CONFIG_FILES)
        if workflow.is_main_process
        else read_study(config)
    )
    for parent in ("results", "reports"):
        check_writable(STUDY.folder(parent))
except UserError as error:
    raise WorkflowError(str(error)) from None
