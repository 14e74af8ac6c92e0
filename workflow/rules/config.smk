"""The config files: checked as YAML, merged by Snakemake, made into STUDY."""

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from thousandfold.config import load_study
from thousandfold.disk import check_writable
from thousandfold.errors import UserError
from thousandfold.layers import (
    command_line_values,
    config_files,
    read_layer,
    snakemake_command,
)

OVERLAYS = [os.path.relpath(file) for file in workflow.overwrite_configfiles]

try:
    CONFIG_FILES = config_files(OVERLAYS)
    # Snakemake's own merging knows neither what stands alone nor, from elsewhere, the project's
    # paths; and it would say neither which file is no YAML nor where.
    LAYERS = [read_layer(file) for file in CONFIG_FILES]
except UserError as error:
    raise WorkflowError(str(error)) from None


if CONFIG_FILES[0] not in OVERLAYS:

    configfile: CONFIG_FILES[0]


config.clear()
for layer in LAYERS:
    update_config(config, layer)
update_config(config, command_line_values(workflow.config_settings.config))
try:
    STUDY = load_study(config, CONFIG_FILES)
    for parent in ("results", "reports"):
        check_writable(STUDY.folder(parent))
except UserError as error:
    raise WorkflowError(str(error)) from None
