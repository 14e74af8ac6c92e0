"""Recipes. What they do to a run is tested in tests/workflow/test_reruns.py."""

import ast
from dataclasses import replace

import pytest
from support import ROOT, shipped_study

from thousandfold import recipe as module
from thousandfold.engines import ENGINE_MODULES
from thousandfold.inference.contrasts import MeanRatio
from thousandfold.recipe import (
    checks_recipe,
    code_digest,
    modules_behind,
    recipe,
    registration_digest,
    versions,
)

PAIR = "shampoo", "stateful"


@pytest.fixture(autouse=True)
def in_project(monkeypatch):
    monkeypatch.chdir(ROOT)


SHIPPED = ROOT / "data/shampoo-sales.csv"


def with_regime(study, **changes):
    scenarios = tuple(
        replace(s, regime=s.regime.varied(**changes)) if s.name == "stateful" else s
        for s in study.scenarios
    )
    return replace(study, scenarios=scenarios)


def test_recipes_differ_where_results_may(tmp_path):
    other = tmp_path / "other.csv"
    other.write_text(SHIPPED.read_text().replace("266.0", "266.1"), encoding="utf-8")
    study = shipped_study()
    source = study.series[0]
    paired = replace(study, scenarios=tuple(replace(s, seeded_by="all") for s in study.scenarios))
    seasonal = with_regime(study, deseasonalise="additive")
    seasonal = replace(seasonal, series=(replace(source, period=12),))
    variants = [
        (study, *PAIR),
        (study, "shampoo", "stateful2"),
        (replace(study, seed=1), *PAIR),
        *[(paired, "shampoo", name) for name in ("stateful", "stateful2")],
        (with_regime(study, units=2), *PAIR),
        (with_regime(study, profile="keras2017"), *PAIR),
        (with_regime(study, engine="keras"), *PAIR),
        (with_regime(study, difference=(1, 2)), *PAIR),
        (with_regime(study, transform="log"), *PAIR),
        (seasonal, *PAIR),
        (replace(seasonal, series=(replace(source, period=6),)), *PAIR),
        (replace(study, series=(replace(source, test_rows=11),)), *PAIR),
        (replace(study, series=(replace(source, horizon=3),)), *PAIR),
        (replace(study, series=(replace(source, inputs=("Sales",)),)), *PAIR),
        (replace(study, series=(replace(source, file=str(other)),)), *PAIR),
    ]
    recipes = {recipe(*variant) for variant in variants}
    assert len(recipes) == len(variants)


def test_recipes_are_the_same_where_results_are(tmp_path):
    saved_anew = tmp_path / "anew.csv"
    saved_anew.write_text(
        SHIPPED.read_text().replace(",", ";").replace(".", ","), encoding="utf-16"
    )
    study = shipped_study()
    expected = recipe(study, *PAIR)
    relabelled = tuple(replace(s, label="x", deterministic=True) for s in study.scenarios)
    for other in (
        replace(study, repeats=2000, title="x", alpha=0.01, margin=1, findings=()),
        replace(study, scenarios=relabelled[::-1], experiments=()),
        replace(study, series=(replace(study.series[0], title="x", unit="y", period=12),)),
        replace(study, series=(replace(study.series[0], file=str(saved_anew)),)),
    ):
        assert recipe(other, *PAIR) == expected


def test_recipes_follow_versions(monkeypatch):
    study = shipped_study()
    before = recipe(study, *PAIR)
    monkeypatch.setattr(module, "versions", lambda: {**versions(), "keras": "3.0.0"})
    assert recipe(study, *PAIR) != before


def test_recipes_follow_the_packages_that_prepare(monkeypatch):
    """Of series that they prepare, and of no others."""
    plain = shipped_study()
    adjusted = with_regime(plain, detrend="linear")
    before = [recipe(plain, *PAIR), recipe(adjusted, *PAIR)]
    checked = [checks_recipe(plain), checks_recipe(adjusted)]
    installed = module.version
    monkeypatch.setattr(
        module, "version", lambda name: "9" if name == "statsmodels" else installed(name)
    )
    versions.cache_clear()
    after = [recipe(plain, *PAIR), recipe(adjusted, *PAIR)]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False]
    after = [checks_recipe(plain), checks_recipe(adjusted)]
    assert [a == b for a, b in zip(checked, after, strict=True)] == [True, False]
    versions.cache_clear()


def test_an_engine_is_behind_its_own_recipes_only():
    behind = modules_behind("thousandfold.training", "thousandfold.engines.stock")
    assert "thousandfold.engines.replicated" not in behind
    for name in ("seeds", "series", "scenario", "engines", "engines.profiles", "engines.runtime"):
        assert f"thousandfold.{name}" in behind
    for name in ("config", "records", "report", "study", "inference"):
        assert f"thousandfold.{name}" not in behind


def test_remarks_are_no_code(tmp_path, monkeypatch):
    def digest(text):
        (tmp_path / "m.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(module, "SCRIPTS", tmp_path)
        module._syntax.cache_clear()
        module._code.cache_clear()
        code_digest.cache_clear()
        module._imports.cache_clear()
        return code_digest("m")

    plain = digest("A = 1\ndef f(x):\n    return x\n")
    assert (
        digest(
            '"""Doc."""\nA = 1  # one\n"""What A is."""\n\n\ndef f(x):\n    "Doc."\n    return x\n'
        )
        == plain
    )
    assert digest("A = 2\ndef f(x):\n    return x\n") != plain
    assert digest("A = 1\ndef f(x):\n    return +x\n") != plain
    module._syntax.cache_clear()
    module._code.cache_clear()
    code_digest.cache_clear()
    module._imports.cache_clear()


def test_the_lock_stands_in_for_packages_that_are_not_installed(monkeypatch):
    installed = versions()

    def missing(_):
        raise module.PackageNotFoundError

    monkeypatch.setattr(module, "version", missing)
    versions.cache_clear()
    assert versions() == installed
    versions.cache_clear()


def test_registration_follows_the_claims_and_what_decides_them():
    study = shipped_study()
    digest = registration_digest(study)
    assert registration_digest(replace(study, title="x")) == digest
    assert registration_digest(replace(study, alpha=0.01)) != digest
    assert registration_digest(replace(study, findings=study.findings[1:])) != digest
    first, *others = study.findings
    (mean,) = first.contrasts
    ratio = replace(first, contrasts=(MeanRatio(**vars(mean)),))
    assert registration_digest(replace(study, findings=(ratio, *others))) != digest


def test_only_engines_import_keras_and_nothing_imports_snakemake():
    """What modules import from each other is held to docs/layers.md by tests/unit/test_docs.py."""
    package = ROOT / "workflow/scripts/thousandfold"
    imports = {
        str(path.relative_to(package)): {
            node.module for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module
        } | {alias.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Import) for alias in node.names}
        for path in package.rglob("*.py")
    }  # fmt: skip
    for file, names in imports.items():
        assert not any(name.split(".")[0] == "snakemake" for name in names), file
        if not file.startswith("engines/"):
            assert not any(name.split(".")[0] in {"keras", "tensorflow"} for name in names), file


@pytest.mark.parametrize(
    "name", ["errors", "metrics", "measuring", "observations", "engine_choice"]
)
def test_what_shapes_no_forecast_is_in_no_recipe(name):
    behind = modules_behind("thousandfold.training", *ENGINE_MODULES.values())
    assert f"thousandfold.{name}" not in behind


def test_what_an_error_says_is_in_no_recipe(tmp_path, monkeypatch):
    def digest(text):
        (tmp_path / "own.py").write_text(text, encoding="utf-8")
        module._syntax.cache_clear()
        module._code.cache_clear()
        module._imports.cache_clear()
        code_digest.cache_clear()
        return code_digest("own")

    monkeypatch.setattr(module, "SCRIPTS", tmp_path)
    try:
        once = digest("def f(x):\n    if x < 1:\n        raise ValueError('too small')\n")
        assert (
            digest("def f(x):\n    if x < 1:\n        raise ValueError(f'{x} is small')\n") == once
        )
        assert digest("def f(x):\n    if x < 2:\n        raise ValueError('too small')\n") != once
        assert digest("def f(x):\n    if x < 1:\n        raise KeyError('too small')\n") != once
    finally:
        for cached in (module._syntax, module._imports, code_digest):
            cached.cache_clear()


def test_no_statistics_are_behind_the_collection():
    assert not [m for m in modules_behind("thousandfold.collection") if "inference" in m]


def test_what_only_a_type_checker_reads_is_in_no_recipe():
    source = (ROOT / "workflow/scripts/thousandfold/study.py").read_text(encoding="utf-8")
    assert "if TYPE_CHECKING:\n    from thousandfold.inference.contrasts" in source
    assert "thousandfold.inference.contrasts" not in modules_behind("thousandfold.study")
