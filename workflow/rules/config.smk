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
from thousandfold.layers import command_line_values, read_layer, standalone_layers

CONFIG_FILES = [
    "config.yaml",
    *(os.path.relpath(f) for f in workflow.overwrite_configfiles),
]

try:
    # Snakemake would say neither which file is no YAML nor where.
    read_layer(CONFIG_FILES[0])
except UserError as error:
    raise WorkflowError(str(error)) from None


configfile: "config.yaml"


try:
    LAYERS = standalone_layers(CONFIG_FILES)
except UserError as error:
    raise WorkflowError(str(error)) from None
if LAYERS != CONFIG_FILES:
    config.clear()
    for file in LAYERS:
        update_config(config, read_layer(file))
update_config(config, command_line_values(workflow.config_settings.config))
try:
    STUDY = load_study(config, LAYERS)
    for parent in ("results", "reports"):
        check_writable(STUDY.folder(parent))
except UserError as error:
    raise WorkflowError(str(error)) from None
