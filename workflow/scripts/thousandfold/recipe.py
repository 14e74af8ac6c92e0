"""What a result depends on, as one hash: the recipe of a training job, the code of an analysis.

A recipe is a job's only provenance: Snakemake retrains when it changes, the result file carries
it, and whoever reads the file checks it.
"""

import ast
import hashlib
import json
import re
from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from thousandfold.config_files import PROJECT
from thousandfold.data import load_series, own_model_file
from thousandfold.disk import check_regular
from thousandfold.engines import ENGINE_MODULES
from thousandfold.scenario import Regime
from thousandfold.study import SeriesSource, Study, TrainedStudy

SCRIPTS = Path(__file__).parents[1]

LOCK = PROJECT / "requirements.lock"

RESULT_PACKAGES = (("keras",), ("numpy",), ("tensorflow-cpu", "tensorflow"))
"""The packages that shape a training's result, each under the names that platforms have it by."""

PREPARING_PACKAGES = (("numpy",), ("scipy",), ("statsmodels",))
"""Those that transform, deseasonalise and detrend a series."""


@cache
def versions(packages: tuple[tuple[str, ...], ...] = RESULT_PACKAGES) -> dict[str, str]:
    """The versions of packages, by default those that shape a training's result.

    Where they are not installed (the planning process of a conda user) the lock's pins count.
    """
    try:
        return {names[-1]: _installed_version(names) for names in packages}
    except PackageNotFoundError:
        pins = dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", LOCK.read_text("utf-8"), re.MULTILINE))
        return {names[-1]: pins[names[-1]] for names in packages}


def _installed_version(names: tuple[str, ...]) -> str:
    for name in names[:-1]:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return version(names[-1])


ERRORS = "thousandfold.errors"
"""What errors are called, and how they are shown, shapes no result."""


def _module_file(module: str) -> Path:
    """The file of a script ("train") or of one of this package's modules ("thousandfold.seeds")."""
    path = SCRIPTS.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _syntax(module: str) -> ast.Module:
    """A module's syntax tree without what shapes no result: docstrings, errors' texts, types.

    Comments are not part of a tree anyway.
    """
    tree = ast.parse(_module_file(module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            node.exc.args, node.exc.keywords = [], []
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                setattr(node, field, [line for line in block if not _is_idle(line)])
    return tree


def _is_idle(node: ast.AST) -> bool:
    """Whether a statement is a docstring, or what only a type checker reads."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name):
        return node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@cache
def _imports(module: str) -> frozenset[str]:
    """The modules of this package that a module imports, including the packages on the way."""
    found = set()
    for node in ast.walk(_syntax(module)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "thousandfold":
            parts = str(node.module).split(".")
            found |= {".".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(name for name in found - {ERRORS} if _module_file(name).exists())


def modules_behind(*modules: str) -> list[str]:
    """The modules (or scripts) and everything in this package that they import, directly or not."""
    found: set[str] = set()
    waiting = set(modules)
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting |= _imports(module) - found
    return sorted(found)


@cache
def _code(module: str) -> str:
    return f"{module}\n{ast.dump(_syntax(module))}"


@cache
def code_digest(*modules: str) -> str:
    """SHA-256 of the code behind these modules; comments and docstrings do not matter."""
    code = map(_code, modules_behind(*modules))
    return hashlib.sha256("\n".join(code).encode()).hexdigest()


@cache
def file_digest(file: str) -> str:
    """SHA-256 of a file's bytes. Raises DataError if it is no regular file."""
    check_regular(Path(file))
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def _digest(ingredients: dict[str, Any]) -> str:
    """SHA-256 of plain data; the order of keys does not matter."""
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()


@cache
def _series_digest(source: SeriesSource) -> str:
    """SHA-256 of what shapes a result in a series: its numbers, however the file writes them."""
    series = load_series(source)
    digest = hashlib.sha256()
    for numbers in series.content:
        digest.update(numbers.astype("<f8").tobytes())
    shapes = [numbers.shape for numbers in series.content]
    shape = shapes[0] if len(shapes) == 1 else shapes
    split = [shape, series.test_rows, series.horizon, series.steps_ahead]
    digest.update(json.dumps(split).encode())
    if series.is_in_pieces:
        digest.update(json.dumps(series.begins).encode())
    return digest.hexdigest()


def _preparing(source: SeriesSource, regime: Regime) -> list[Any] | None:
    """What else shapes a series that is transformed, deseasonalised or detrended."""
    if not regime.preparation.is_adjusted:
        return None
    return [load_series(source).period, versions(PREPARING_PACKAGES)]


@cache
def _plain(regime: Regime) -> dict[str, Any]:
    return asdict(regime)


def recipe(study: TrainedStudy, series: str, scenario_name: str) -> str:
    """SHA-256 of everything that the results of a scenario's repeats on a series depend on.

    These are the scenario's regime and what seeds it, the series, the study's seed, the versions of
    the packages behind it, and the code that shapes the result.
    """
    scenario, source = study.scenario(scenario_name), study.source(series)
    engine_module = ENGINE_MODULES[scenario.regime.execution.engine]
    own = scenario.regime.network.model
    ingredients = {
        "names": [series, scenario_name],
        "regime": _plain(scenario.regime),
        "seeded_by": scenario.seeded_by,
        "series": _series_digest(source),
        "preparing": _preparing(source, scenario.regime),
        "study_seed": study.seed,
        "own_model": own and file_digest(own_model_file(own)),
        "interleaved": study.interleaved,
        "versions": versions(),
        "code": code_digest("thousandfold.training", engine_module),
    }
    return _digest(ingredients)


def checks_recipe(study: TrainedStudy) -> str:
    """SHA-256 of everything that the checks of the study's training depend on."""
    ingredients = {
        "identities": [asdict(identity) for identity in study.identities],
        "regimes": [asdict(scenario.regime) for scenario in study.scenarios],
        "seeded_by": [scenario.seeded_by for scenario in study.scenarios],
        "series": [[s.name, _series_digest(s)] for s in study.series],
        "preparing": [
            [_preparing(source, scenario.regime) for source in study.series]
            for scenario in study.scenarios
        ],
        "study_seed": study.seed,
        "versions": versions(),
        "code": code_digest("thousandfold.checks", *sorted(ENGINE_MODULES.values())),
    }
    return _digest(ingredients)


def registration_digest(study: Study) -> str:
    """SHA-256 of the registered findings and of what decides them."""
    registered: dict[str, Any] = {
        "findings": [asdict(finding) for finding in study.findings],
        "estimands": [[c.estimand for c in finding.contrasts] for finding in study.findings],
        "design": study.design,
        "stopping": asdict(study.stopping) if study.stopping else None,
        "alpha": study.alpha,
        "metric": study.metric,
        "margins": study.margins,
        "scenarios": [asdict(scenario) for scenario in study.scenarios],
        "repeats": study.repeats,
        "seed": study.seed,
    }
    if study.has_origins:
        registered["origins"] = {source.name: source.origins for source in study.sources}
    if study.has_steps:
        registered["steps_ahead"] = {source.name: source.steps_ahead for source in study.sources}
    return _digest(registered)
