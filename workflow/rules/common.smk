"""The paths and params that rules derive from the study.

All Python of the rules lives here and in config.smk; it only connects the library to Snakemake.
"""

import json
from functools import cache, partial
from itertools import chain

from snakemake.logging import logger

from thousandfold.data import load_series
from thousandfold.disk import (
    CHECKSUMS,
    DAMAGED,
    damaged_files,
    set_aside,
    set_aside_damaged,
)
from thousandfold.jobs import job_of
from thousandfold.names import spelled
from thousandfold.recipe import file_digest, code_digest, checks_recipe, recipe
from thousandfold.resources import (
    Workload,
    analysis_memory_mb,
    analysis_time_minutes,
    checking_workloads,
    memory_mb,
    minutes,
)
from thousandfold.plan import Plan
from thousandfold.releases import foreign_blocks
from thousandfold.study import Block, ImportedStudy, TrainedStudy
from thousandfold.tables.rows import TRAINING_TABLES
from thousandfold.training import Prepared

RESULTS = STUDY.folder("results")
REPORTS = STUDY.folder("reports")
BLOCK_FILE = str(RESULTS / "blocks/{series}/{scenario}/{start}-{stop}.parquet")
STAGE_FILE = str(RESULTS / "stages/{series}/{scenario}/{stage}.json")
LOG_FILE = str(RESULTS / "logs/{rule}.log")


def command():
    """What a user types to run this study, in the folder that this runs in."""
    arguments = ["--cores", "2", *chain(*(["--configfile", file] for file in OVERLAYS))]
    for key, value in command_line_values(workflow.config_settings.config).items():
        arguments += ["--config", f"{key}={json.dumps(value)}"]
    return snakemake_command(*arguments, snakefile=workflow.main_snakefile)


SERIES_FILES = list(STUDY.series_files)
PUBLISHED_FILES = list(STUDY.published.values())


wildcard_constraints:
    series="[A-Za-z0-9_~-]+",
    scenario="[A-Za-z0-9_~-]+",
    stage=r"\d+",
    start=r"\d+",
    stop=r"\d+",


def files_of(blocks):
    """The result files of blocks; wildcards hold the spelling of names."""
    return [
        BLOCK_FILE.format(
            series=spelled(block.series),
            scenario=spelled(block.scenario),
            start=block.start,
            stop=block.stop,
        )
        for block in blocks
    ]


def block_files():
    """For each series and scenario, an input function that gives its blocks.

    One each, so that the checkpoints of one scenario do not wait for those of another.
    """
    if isinstance(STUDY, ImportedStudy):
        return []
    return [
        partial(trained_blocks, source.name, scenario.name)
        for source in STUDY.series
        for scenario in STUDY.scenarios
    ]


def trained_blocks(series, scenario, wildcards):
    """A scenario's blocks; with a stopping rule, those of the stages until it stopped."""
    files = []
    for stage, blocks in enumerate(PLAN.stages_of(series, scenario)):
        files += files_of(blocks)
        if STUDY.stopping:
            assessed = checkpoints.assess.get(
                series=spelled(series), scenario=spelled(scenario), stage=stage
            )
            if json.loads(Path(assessed.output[0]).read_text())["enough"]:
                break
    return files


def stage_files(wildcards):
    """The blocks of a scenario's stages up to this one."""
    names = map(STUDY.name_of, (wildcards.series, wildcards.scenario))
    stages = PLAN.stages_of(*names)
    return files_of(chain(*stages[: int(wildcards.stage) + 1]))


def series_file(wildcards):
    """The file that holds a series; none does if it is made up."""
    return STUDY.source(STUDY.name_of(wildcards.series)).file or []


def block_of(wildcards):
    """The block of a training job."""
    series, scenario = map(STUDY.name_of, (wildcards.series, wildcards.scenario))
    return Block(series, scenario, int(wildcards.start), int(wildcards.stop))


def literally(text):
    """A param of this text, or list of texts; Snakemake takes {braces} in plain ones for wildcards."""
    return lambda wildcards: text


def block_recipes(wildcards):
    """The recipe of the block of a training job, in a list."""
    return [recipe(STUDY, block_of(wildcards))]


@cache
def loaded_series(name):
    """A series of the study, read once."""
    return load_series(STUDY.source(name))


PLAN = Plan(STUDY, loaded_series) if isinstance(STUDY, TrainedStudy) else None


def growing(need):
    """A resource of a job: what it needs, and more after each try that failed."""

    def resource(wildcards, attempt):
        return need(wildcards) * attempt

    return resource


def block_job(wildcards):
    """The training job of a block."""
    return job_of(STUDY, [block_of(wildcards)])


def block_workload(wildcards):
    """The workload of a block."""
    block = block_of(wildcards)
    scenario = STUDY.scenario(block.scenario)
    return Workload.of(block, Prepared.of(scenario, loaded_series(block.series)))


@growing
def training_mb(wildcards):
    return memory_mb([block_workload(wildcards)])


@growing
def training_minutes(wildcards):
    return minutes([block_workload(wildcards)])


@growing
def checking_mb(wildcards):
    return memory_mb(checking_workloads(STUDY, loaded_series))


@growing
def checking_minutes(wildcards):
    return minutes(checking_workloads(STUDY, loaded_series))


@growing
def analysis_mb(wildcards):
    return analysis_memory_mb(STUDY)


@growing
def analysis_minutes(wildcards):
    return analysis_time_minutes(STUDY)


@growing
def interleaved_mb(wildcards):
    return memory_mb(all_workloads())


@growing
def interleaved_minutes(wildcards):
    return minutes(all_workloads())


def all_workloads():
    """The workload of every block that there can be."""
    return PLAN.workloads()


def checksums(*names):
    """The files with the checksums of files of the study, from its folder of results."""
    return [RESULTS / CHECKSUMS / f"{name}.sha256" for name in names]


@cache
def foreign():
    """The finished blocks of another release that are to be trained again."""
    blocks = PLAN.blocks() if PLAN else []
    files = map(Path, files_of(blocks))
    return foreign_blocks(RESULTS, dict(zip(files, blocks)), partial(recipe, STUDY))


@cache
def make_sound(results, reports):
    """Set aside, once in a run, what is to be made anew: damaged files, blocks of other releases."""
    if workflow.dryrun or workflow.touch:
        told = damaged_files(results, reports)
    else:
        told = set_aside_damaged(results, reports)
        for file in foreign():
            set_aside(file, results / DAMAGED / Path(*file.parts[-3:]))
    for line in told:
        logger.warning(line)


def finished_files(wildcards):
    """All that the study leaves but its blocks, so that what was deleted or changed is made anew."""
    if workflow.is_main_process and workflow.executor_plugin is not None:
        make_sound(RESULTS, REPORTS)
    return [
        str(file)
        for rule in workflow.rules
        if Path(rule.snakefile).is_relative_to(PROJECT / "workflow")
        and not rule.has_wildcards()
        and not rule.name.endswith(("train", "plan_power"))
        for file in rule.output
    ]


def pilot_digest():
    """What identifies the finished repeats that a plan rests on; None if there are none."""
    pilot = RESULTS / "repeats.parquet"
    return file_digest(str(pilot)) if pilot.exists() else None


def training_tables():
    """The tables about a training, if there is one."""
    if isinstance(STUDY, ImportedStudy):
        return []
    return [RESULTS / f"{name}.csv" for name in TRAINING_TABLES]


def report_templates():
    """The files that the report's page is rendered from."""
    folder = PROJECT / "workflow/scripts/thousandfold/templates"
    return sorted(os.path.relpath(path) for path in folder.iterdir())
