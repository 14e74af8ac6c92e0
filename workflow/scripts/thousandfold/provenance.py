"""Where results come from: what was asked, by which code, trained on which machines and when."""

import platform
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from thousandfold.config_files import PROJECT
from thousandfold.data import read_as
from thousandfold.formatting import agreeing, counted
from thousandfold.machine import host_kind, processor
from thousandfold.recipe import LOCK, file_digest, recipe, registration_digest, versions
from thousandfold.study import ImportedStudy, TrainedStudy
from thousandfold.tables.rows import BlockRow
from thousandfold.version import VERSION

ANALYSIS_PACKAGES = ("snakemake", "pandas", "scipy", "statsmodels", "seaborn")


def commit(project: Path = PROJECT) -> tuple[str | None, bool | None]:
    """The commit that a project is at, and whether it has changes; None outside a checkout."""
    git = shutil.which("git")
    if git is None or not (project / ".git").exists():
        return None, None
    asked = ["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"]
    head, changes = (
        subprocess.run(
            [git, "-C", str(project), *command], capture_output=True, text=True, check=False
        ).stdout.strip()
        for command in asked
    )
    return head or None, bool(changes)


def training_facts(seconds: float) -> dict[str, Any]:
    """What is recorded with a block: the duration, machine and software of its training."""
    return {
        "train_seconds": seconds,
        "versions": versions(),
        "cpu": processor(),
        "host": host_kind(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def provenance(
    study: TrainedStudy | ImportedStudy,
    command: str,
    config_file: Path,
    repeats: pd.DataFrame,
    blocks: Sequence[BlockRow],
) -> dict[str, Any]:
    """Everything known about a run from its config and its repeats and blocks tables."""
    head, changed = commit()

    return {
        "command": command,
        "commit": head,
        "changed_since_commit": changed,
        "config_sha256": file_digest(str(config_file)),
        "findings_sha256": registration_digest(study),
        "lock_sha256": file_digest(str(LOCK)),
        "table_sha256": [file_digest(file) for file in study.table.form.files]
        if isinstance(study, ImportedStudy)
        else None,
        "read_as": _read_as(study),
        "study_seed": study.seed,
        "design": study.design,
        "repeats": len(repeats),
        "diverged_repeats": int(repeats["diverged"].sum()),
        "engines": sorted(repeats["engine"].unique()),
        "profiles": sorted(repeats["profile"].unique()),
        "training": {
            "blocks": len(blocks),
            "seconds": round(sum(row.train_seconds for row in blocks), 1),
            "first_job_finished": min((row.finished for row in blocks), default=None),
            "last_job_finished": max((row.finished for row in blocks), default=None),
            "versions": sorted({row.versions for row in blocks}),
            "cpus": sorted({row.cpu for row in blocks}),
            "hosts": sorted({row.host for row in blocks}),
        },
        "analysis_versions": {
            "thousandfold": VERSION,
            "python": platform.python_version(),
            **{name: version(name) for name in ANALYSIS_PACKAGES},
        },
    }


def warnings(
    study: TrainedStudy | ImportedStudy, repeats: pd.DataFrame, blocks: Sequence[BlockRow]
) -> Iterator[str]:
    """Warnings that a reader has to see before anything else."""
    trained = repeats.groupby(["series", "scenario"]).size()
    planned = [
        (source.name, scenario.name) for source in study.series for scenario in study.scenarios
    ]
    missing = sum(study.repeats - trained.get(key, 0) for key in planned)
    if isinstance(study, ImportedStudy):
        if missing:
            yield "The scenarios have different numbers of repeats."
        return
    if missing and study.stopping is None:
        planned_repeats = counted(study.repeats * len(planned), "planned repeat")
        yield f"{missing:,} of {planned_repeats} {agreeing(missing, 'are')} missing."
    older = sum(recipe(study, row.series, row.scenario) != row.recipe for row in blocks)
    if older:
        yield (
            f"{older} of {len(blocks)} blocks of repeats {agreeing(older, 'are')} older than the "
            "config, the data or the code; run the study again."
        )


def _read_as(study: TrainedStudy | ImportedStudy) -> list[str]:
    """What was assumed when the series, or the table of repeats, was read."""
    if isinstance(study, ImportedStudy):
        return list(study.table.assumed)
    return read_as(study.series)


def facts(told: dict[str, Any]) -> dict[str, str]:
    """Provenance as the report's footer shows it, line by line."""
    training = told["training"]
    trained = {
        "Trained with": "; ".join(training["versions"]),
        "Trained on": "; ".join(training["cpus"]),
        "Hosts": "; ".join(training["hosts"]),
        "Training took": f"{training['seconds']:.0f} s",
        "Trained until": training["last_job_finished"],
    }
    if not training["blocks"]:
        trained = {
            "Trained": f"elsewhere; table of repeats (SHA-256) {', '.join(told['table_sha256'])}"
        }
    changes = ", with changes" if told["changed_since_commit"] else ""
    packages = (f"{name} {number}" for name, number in told["analysis_versions"].items())
    return {
        "Made by": told["command"],
        "Commit": f"{told['commit']}{changes}" if told["commit"] else "not a git checkout",
        "Config (SHA-256)": told["config_sha256"],
        "Registered findings (SHA-256)": told["findings_sha256"],
        "Locked environment (SHA-256)": told["lock_sha256"],
        **({"Data read as": "; ".join(told["read_as"])} if told["read_as"] else {}),
        "Study seed": f"{told['study_seed']}; each repeat's own is in repeats.csv",
        "Design": told["design"],
        "Repeats": f"{told['repeats']}, of which {told['diverged_repeats']} diverged",
        "Engines": ", ".join(told["engines"]),
        "Profiles": ", ".join(told["profiles"]),
        **trained,
        "Analysed with": ", ".join(packages),
    }
