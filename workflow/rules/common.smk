"""The paths and params that rules derive from the study.

All Python of the rules lives here and in config.smk; it only connects the library to Snakemake.
"""

import json
from functools import cache, partial
from itertools import chain, product

from snakemake.logging import logger

from thousandfold.data import load_series
from thousandfold.disk import (
    CHECKSUMS,
    damaged_files,
    set_aside_damaged,
)
from thousandfold.jobs import in_words as job_in_words
from thousandfold.jobs import check_unchanged, job_of
from thousandfold.names import spelled
from thousandfold.packing import packing
from thousandfold.packs import (
    damaged_packs,
    digest_of,
    finished_packs,
    forget_plans,
    pack_file,
    read_plan,
    read_plans,
    set_aside_damaged_packs,
    write_plan,
)
from thousandfold.plan import WORTH_STARTING, Plan
from thousandfold.progress import note_start
from thousandfold.recipe import file_digest, code_digest, checks_recipe
from thousandfold.preregistration import PREFIX
from thousandfold.preregistration import file_name as preregistration_file
from thousandfold.resources import (
    analysis_memory_mb,
    analysis_time_minutes,
    checking_workloads,
    memory_mb,
    minutes,
)
from thousandfold.releases import outdated_blocks
from thousandfold.study import ImportedStudy, TrainedStudy
from thousandfold.tables.rows import TRAINING_TABLES, WINDOW_TABLES

RESULTS = STUDY.folder("results")
REPORTS = STUDY.folder("reports")
PACK_FILE = str(pack_file(RESULTS, "{pack}"))
STAGE_FILE = str(RESULTS / "stages/{series}/{scenario}/{stage}.json")
LOG_FILE = str(RESULTS / "logs/{rule}.log")


def command():
    """What a user types to run this study, in the folder that this runs in."""
    arguments = ["--cores", "2", *chain(*(["--configfile", file] for file in OVERLAYS))]
    for key, value in command_line_values(workflow.config_settings.config).items():
        if key == "compare":
            continue
        arguments += ["--config", f"{key}={json.dumps(value)}"]
    return snakemake_command(*arguments, snakefile=workflow.main_snakefile)


SERIES_FILES = list(STUDY.series_files)
PUBLISHED_FILES = list(STUDY.published.values())


PLAN = None


if isinstance(STUDY, TrainedStudy):

    PLAN = Plan(STUDY, lambda name: loaded_series(name))


def loaded_series(name):
    """A series of the study."""
    return load_series(STUDY.source(name))


@cache
def groups():
    """The study's blocks, in groups of which one job may train several."""
    return PLAN.groups()


@cache
def packed():
    """Which pack each block of the study is in, and which packs are to be trained."""
    return packing(
        groups(),
        finished_packs(RESULTS),
        read_plans(RESULTS),
        PLAN.seconds,
        WORTH_STARTING,
    )


def trainable():
    """The names of packs that there is a job for; finished ones are files like any other."""
    if PLAN is None or not workflow.is_main_process:
        return "[0-9a-f]+"
    return "|".join(packed().outstanding) or "none"


wildcard_constraints:
    series="[A-Za-z0-9_~-]+",
    scenario="[A-Za-z0-9_~-]+",
    stage=r"\d+",
    pack=trainable(),


def files_of(blocks):
    """The packs that hold, or will hold, these blocks."""
    return [str(pack_file(RESULTS, name)) for name in packed().files(blocks)]


def training_files():
    """Input functions that give all packs of the study.

    With a stopping rule there is one for each series and scenario, so that the checkpoints of one
    scenario do not wait for those of another.
    """
    if isinstance(STUDY, ImportedStudy):
        return []
    if not STUDY.stopping:
        return [lambda wildcards: files_of(PLAN.blocks)]
    return [
        partial(files_until_stopped, source.name, scenario.name)
        for source in STUDY.windows
        for scenario in STUDY.scenarios
    ]


def files_until_stopped(series, scenario, wildcards):
    """The packs of a scenario's stages; its checkpoints make them come one after the other."""
    for stage in range(len(stages_until_stopped(series, scenario))):
        checkpoints.assess.get(
            series=spelled(series), scenario=spelled(scenario), stage=stage
        )
    return files_of(chain(*stages_until_stopped(series, scenario)))


def stages_until_stopped(series, scenario):
    """The blocks of a scenario's stages, up to the one that was enough or was not assessed yet."""
    stages = PLAN.stages_of(series, scenario)
    for stage, _ in enumerate(stages if STUDY.stopping else ()):
        assessed = Path(
            STAGE_FILE.format(
                series=spelled(series), scenario=spelled(scenario), stage=stage
            )
        )
        if not assessed.exists() or json.loads(assessed.read_text())["enough"]:
            return stages[: stage + 1]
    return stages


def parts_of(blocks):
    """These blocks with their recipes, in the parts that different packs hold."""
    return [piece.packed for block in blocks for piece in packed().pieces[block]]


def stages_to_assess(wildcards):
    """The blocks of a scenario's stages up to this one."""
    stages = PLAN.stages_of(*map(STUDY.name_of, (wildcards.series, wildcards.scenario)))
    return list(chain(*stages[: int(wildcards.stage) + 1]))


def collected():
    """The blocks that are trained, with their recipes, in the order of the study's tables."""
    pairs = product(STUDY.window_names, STUDY.scenario_names)
    return parts_of(
        block
        for pair in pairs
        for stage in stages_until_stopped(*pair)
        for block in stage
    )


def pack_of(wildcards):
    """What a training job trains."""
    if workflow.is_main_process:
        blocks = packed().outstanding[wildcards.pack]
        if workflow.executor_plugin is not None and not workflow.dryrun:
            write_plan(RESULTS, wildcards.pack, blocks)
        return blocks
    blocks = read_plan(RESULTS, wildcards.pack)
    check_unchanged(STUDY, blocks)
    return blocks


def series_files_of(wildcards):
    """The files of the series that a training job needs."""
    names = dict.fromkeys(packed.block.series for packed in pack_of(wildcards))
    files = (file for name in names for file in STUDY.source(name).files)
    return list(dict.fromkeys(files))


def literally(text):
    """A param of this text, or list of texts; Snakemake takes {braces} in plain ones for wildcards."""
    return lambda wildcards: text


def growing(need):
    """A resource of a job: what it needs, and more after each try that failed."""

    def resource(wildcards, attempt):
        return need(wildcards) * attempt

    return resource


def training_job(wildcards):
    """A training job."""
    return job_of(STUDY, pack_of(wildcards))


def workloads_of(wildcards):
    """The workloads of a training job."""
    return [PLAN.workload(packed.block) for packed in pack_of(wildcards)]


@growing
def training_mb(wildcards):
    return memory_mb(workloads_of(wildcards))


@growing
def training_minutes(wildcards):
    return minutes(workloads_of(wildcards))


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


def checksums(*names):
    """The files with the checksums of files of the study, from its folder of results."""
    return [RESULTS / CHECKSUMS / f"{name}.sha256" for name in names]


@cache
def outdated():
    """How many finished blocks of another release are of no use to this one."""
    if PLAN is None:
        return 0
    return outdated_blocks(
        RESULTS, {p.recipe for group in groups() for p in group.blocks}
    )


@cache
def make_sound(results, reports):
    """Set aside, once in a run, what is damaged and to be made anew; and say what is to be trained."""
    if workflow.dryrun or workflow.touch:
        told = damaged_files(results, reports) + damaged_packs(results)
    else:
        told = set_aside_damaged(results, reports) + set_aside_damaged_packs(results)
        forget_plans(results, packed().outstanding if PLAN else ())
        note_start(results)
    for line in told:
        logger.warning(line)


ON_REQUEST = ("train", "plan_power", "preregister", "compare_studies", "paper")
"""The rules whose files are made where they are asked for, or wanted by others."""


def compared_folders():
    """The two folders of results that are compared. Raises WorkflowError."""
    folders = COMPARED if isinstance(COMPARED, list) else []
    if len(folders) != 2 or not all(isinstance(folder, str) for folder in folders):
        raise WorkflowError(
            "compare_studies takes two folders of results; name them, as in "
            "--config compare='[results/smoke, results/mine]'"
        )
    for folder in folders:
        if not (Path(folder) / "claims.csv").exists():
            raise WorkflowError(
                f"compare: {folder!r} holds no finished study; name a study's folder of results"
            )
    return folders


def comparison_folder():
    """Where a comparison is written, by the names of what is compared."""
    folders = COMPARED if isinstance(COMPARED, list) else []
    names = "-".join(spelled(Path(str(folder)).name) for folder in folders)
    return Path("reports/compare") / (names or "nothing")


def compared_digests():
    """What identifies the tables that are compared."""
    return [
        file_digest(str(file))
        for folder in compared_folders()
        for file in sorted((Path(folder) / CHECKSUMS).iterdir())
    ]


def finished_files(wildcards):
    """All that the study leaves but its blocks, so that what was deleted or changed is made anew."""
    if workflow.is_main_process and workflow.executor_plugin is not None:
        make_sound(RESULTS, REPORTS)
    return [
        str(file)
        for rule in workflow.rules
        if Path(rule.snakefile).is_relative_to(PROJECT / "workflow")
        and not rule.has_wildcards()
        and not rule.name.endswith(ON_REQUEST)
        for file in rule.output
    ]


def pilot_digest():
    """What identifies the finished repeats that a plan rests on; None if there are none."""
    pilot = RESULTS / "repeats.parquet"
    return file_digest(str(pilot)) if pilot.exists() else None


def preregistrations():
    """The files in which something was preregistered."""
    return sorted(file.name for file in REPORTS.glob(f"{PREFIX}*.md"))


def training_tables():
    """The tables about a training, if there is one."""
    if isinstance(STUDY, ImportedStudy):
        return []
    return [RESULTS / f"{name}.csv" for name in TRAINING_TABLES]


def window_tables():
    """The tables about series that are cut at earlier ends, if there are any."""
    return WINDOW_TABLES if STUDY.has_origins else ()


def earlier_repeats():
    """The table of repeats on earlier test windows, by its name, if there are any."""
    if not STUDY.has_origins:
        return {}
    return {"earlier_repeats": RESULTS / "earlier_repeats.parquet"}


def templates(folder):
    """The files in a folder of templates of the package."""
    found = (PROJECT / "workflow/scripts/thousandfold" / folder).iterdir()
    return sorted(os.path.relpath(path) for path in found)
