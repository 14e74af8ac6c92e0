"""From config files to a study whose every file was read and found to be sound."""

from collections.abc import Mapping
from typing import Any

from thousandfold.config import naming_the_file, study_of
from thousandfold.data_checks import check_data
from thousandfold.study import ImportedStudy, TrainedStudy


def load_study(config: Mapping[str, Any], files: list[str]) -> TrainedStudy | ImportedStudy:
    """The study that a merged config describes; every scenario can be trained on every series.

    `files` are the config files it was merged from, later ones winning; they are read to name
    the right one in an error. So are all files that the config names. Raises ConfigError.
    """
    with naming_the_file(config, files):
        study = study_of(config)
        if isinstance(study, TrainedStudy):
            check_data(study)
        return study
