"""What a result depends on, as one hash: the recipe of a training job, the code of an analysis.

A recipe is a job's only provenance: Snakemake retrains when it changes, the result file carries
it, and whoever reads the file checks it.
"""

import ast
import hashlib
import json
from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from thousandfold.engines import ENGINE_MODULES
from thousandfold.study import Block, Study

PACKAGE = Path(__file__).parent

RESULT_PACKAGES = ("keras", "numpy")
TENSORFLOW_PACKAGES = ("tensorflow-cpu", "tensorflow")
"""The same library under the name that each platform has it by."""


@cache
def versions() -> dict[str, str]:
    """The versions of the packages that shape a training's result."""
    found = {name: version(name) for name in RESULT_PACKAGES}
    for name in TENSORFLOW_PACKAGES:
        try:
            return found | {"tensorflow": version(name)}
        except PackageNotFoundError:
            continue
    raise RuntimeError("TensorFlow is not installed; run `make environment`")


def _module_file(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _syntax(module: str) -> ast.Module:
    """A module's syntax tree without docstrings; comments are not part of a tree anyway."""
    tree = ast.parse(_module_file(module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                setattr(node, field, [line for line in block if not _is_docstring(line)])
    return tree


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@cache
def _imports(module: str) -> frozenset[str]:
    """The modules of this package that a module imports, packages on the way included."""
    names = [
        node.module.removeprefix("thousandfold.")
        for node in ast.walk(_syntax(module))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("thousandfold.")
    ]
    parents = [name.rsplit(".", depth)[0] for name in names for depth in range(name.count(".") + 1)]
    return frozenset(parents)


def modules_behind(*modules: str) -> list[str]:
    """The modules and all of this package's that they import, directly or not; sorted."""
    found: set[str] = set()
    waiting = set(modules)
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting |= _imports(module) - found
    return sorted(found)


@cache
def code_digest(*modules: str) -> str:
    """SHA-256 of the code behind these modules; comments and docstrings do not matter."""
    trees = [f"{module}\n{ast.dump(_syntax(module))}" for module in modules_behind(*modules)]
    return hashlib.sha256("\n".join(trees).encode()).hexdigest()


@cache
def file_digest(file: str) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def recipe(study: Study, block: Block) -> str:
    """SHA-256 of all that a block's result depends on.

    These are the scenario's name and regime, the series, the study's seed, the range of repeats,
    the versions of TensorFlow, Keras and NumPy, and the code that shapes the result.
    """
    scenario, source = study.scenario(block.scenario), study.source(block.series)
    engine_module = ENGINE_MODULES[scenario.regime.engine]
    ingredients = {
        "block": asdict(block),
        "regime": asdict(scenario.regime),
        "series": [file_digest(source.file), source.value, source.test_rows],
        "study_seed": study.seed,
        "versions": versions(),
        "code": code_digest("training", engine_module),
    }
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()


def registration_digest(study: Study) -> str:
    """SHA-256 of the registered findings and of what decides them."""
    registered = {
        "findings": [asdict(finding) for finding in study.findings],
        "alpha": study.alpha,
        "scenarios": [asdict(scenario) for scenario in study.scenarios],
        "repeats": study.repeats,
        "seed": study.seed,
    }
    return hashlib.sha256(json.dumps(registered, sort_keys=True).encode()).hexdigest()
