"""Settings of analyses: what a study sets, written out in the same way in every process."""

import os
import pickle
import subprocess
import sys
from dataclasses import replace

import pytest
from support import ROOT, shipped_study

from thousandfold.settings import (
    AssessmentSettings,
    CalibrationSettings,
    ComparisonSettings,
    DescriptionSettings,
    PowerSettings,
    ReachSettings,
    Settings,
    StoppingSettings,
    SummarySettings,
    VerdictSettings,
)
from thousandfold.study import Stopping

KINDS = Settings.__subclasses__()

PROGRAM = """
from dataclasses import replace
from support import shipped_study
from thousandfold.settings import Settings
study = shipped_study()
all_exact = tuple(replace(s, deterministic=True) for s in study.scenarios)
print([kind.of(replace(study, scenarios=all_exact)) for kind in Settings.__subclasses__()])
"""


def written_out(hash_seed):
    paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT / "workflow/scripts")])
    variables = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": paths}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, env=variables, cwd=ROOT, check=True, capture_output=True).stdout


def test_settings_are_written_out_alike_in_every_process():
    found = written_out("1")
    assert found == written_out("2")
    assert b" at 0x" not in found


@pytest.mark.parametrize("kind", KINDS)
def test_settings_go_to_jobs_and_say_what_the_study_says(kind):
    study = replace(shipped_study(), stopping=Stopping(10, 0.5))
    settings = kind.of(study)
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert settings.seed == study.seed
    assert repr(kind.of(replace(study, seed=1))) != repr(settings)
    assert kind.of(replace(study, title="Another title")) == settings


def changed_by(**changes):
    """The kinds of settings that a change of the study changes."""
    study = replace(shipped_study(), stopping=Stopping(10, 0.5))
    other = replace(study, **changes)
    return {kind for kind in KINDS if repr(kind.of(study)) != repr(kind.of(other))}


def test_a_change_reaches_the_analyses_that_it_concerns():
    source, findings = shipped_study().series[0], shipped_study().findings
    assert changed_by(twins=()) == {ComparisonSettings}
    assert changed_by(alpha=0.01) == {
        SummarySettings,
        ComparisonSettings,
        CalibrationSettings,
        DescriptionSettings,
        VerdictSettings,
        PowerSettings,
    }
    assert changed_by(costs={"series": 9.0, "origin": 0.0, "repeat": 1.0}) == {DescriptionSettings}
    assert changed_by(repeats=5) == {PowerSettings, StoppingSettings}
    assert changed_by(stopping=Stopping(10, 0.6)) == {AssessmentSettings, StoppingSettings}
    texts = [replace(f, claim="In other words.", note="A note.") for f in findings]
    assert changed_by(findings=tuple(texts)) == {PowerSettings, VerdictSettings}
    assert changed_by(findings=findings[1:]) == {
        CalibrationSettings,
        PowerSettings,
        ReachSettings,
        VerdictSettings,
    }
    assert changed_by(series=(replace(source, margin=source.margin + 1),)) == {
        SummarySettings,
        CalibrationSettings,
        PowerSettings,
        VerdictSettings,
    }
    wider = [
        replace(f, contrasts=tuple(replace(c, margin=9.0) for c in f.contrasts)) for f in findings
    ]
    assert changed_by(findings=tuple(wider)) == {
        CalibrationSettings,
        PowerSettings,
        VerdictSettings,
    }
    assert changed_by(series=(replace(source, test_rows=source.test_rows + 1),)) >= {
        DescriptionSettings,
        ReachSettings,
    }
