"""The config files: checked as YAML, merged by Snakemake, made into STUDY."""

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from thousandfold.config import ConfigError, command_line_values, load_study, read_layer

CONFIG_FILES = [
    "config.yaml",
    *(os.path.relpath(f) for f in workflow.overwrite_configfiles),
]

try:
    # Snakemake would say neither which file is no YAML nor where.
    read_layer(CONFIG_FILES[0])
except ConfigError as error:
    raise WorkflowError(str(error)) from None


configfile: "config.yaml"


update_config(config, command_line_values(workflow.config_settings.config))
try:
    STUDY = load_study(config, CONFIG_FILES)
except ConfigError as error:
    raise WorkflowError(str(error)) from None
