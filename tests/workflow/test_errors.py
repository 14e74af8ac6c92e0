"""Bad input: one clear error that names the file, the key and the fix, before any training starts."""

import json

import pytest

SERIES = "data/shampoo-sales.csv"
SHAMPOO = {"series": {"shampoo": {"file": "bad.csv"}}}


def csv_of(values, column="Sales"):
    lines = [f"{i // 12 + 1}-{i % 12 + 1:02d},{value}" for i, value in enumerate(values)]
    return "\n".join([f"Month,{column}", *lines, ""])


GOOD = [100 + i * 7 % 31 for i in range(36)]

BAD_SERIES = {
    "not a number": (csv_of([*GOOD[:5], "five", *GOOD[6:]]), "line 7: 'five' is not a number"),
    "missing": (csv_of([*GOOD[:5], "", *GOOD[6:]]), "line 7: the value is missing"),
    "NaN": (csv_of([*GOOD[:5], "NaN", *GOOD[6:]]), "line 7: the value is missing"),
    "infinite": (csv_of([*GOOD[:5], "inf", *GOOD[6:]]), "line 7: 'inf' is not a finite number"),
    "too short": (csv_of(GOOD[:14]), "14 observations leave 0 training rows"),
    "constant": (csv_of([5.0] * 36), "differences are constant over the 22 training rows"),
    "a straight line": (csv_of(range(36)), "differences are constant over the 22 training rows"),
    "no such column": (csv_of(GOOD, column="Sold"), "has no column 'Sales'; its columns are"),
    "empty": ("", "is empty; it needs a header"),
}


def assert_refused(project, *words):
    output = project.run(succeeds=False)
    for word in words:
        assert word in output
    assert "Traceback" not in output
    assert not project.results.exists()


@pytest.fixture
def fresh(project):
    """The project before its first run."""
    import shutil

    shutil.rmtree(project.folder / "results")
    return project


@pytest.mark.parametrize("name", BAD_SERIES)
def test_bad_series(fresh, name):
    content, problem = BAD_SERIES[name]
    (fresh.folder / "bad.csv").write_text(content, encoding="utf-8")
    fresh.configure(**SHAMPOO)
    assert_refused(fresh, problem)


def test_missing_series(fresh):
    fresh.configure(**SHAMPOO)
    assert_refused(fresh, "overlay.yaml: series.shampoo.file: bad.csv: there is no such file")


def test_binary_series(fresh):
    (fresh.folder / "bad.csv").write_bytes(bytes(range(256)) * 40)
    fresh.configure(**SHAMPOO)
    assert_refused(fresh, "overlay.yaml: series.shampoo.file: bad.csv: holds zero bytes")


BAD_CONFIG = {
    "unknown key": ({"study": {"repeat": 30}}, "study.repeat: unknown key; did you mean 'repeats'?"),
    "unknown engine": ({"model": {"engine": "jax"}}, "model.engine: unknown value 'jax'"),
    "unknown direction": (
        {"findings": {"E1": {"expect": "lesser"}}},
        "findings.E1.expect: unknown value 'lesser'; did you mean 'less'?",
    ),
    "unknown scenario in a finding": (
        {"findings": {"E1": {"a": "statefull"}}},
        "findings.E1.a: there is no 'statefull'; did you mean 'stateful'?",
    ),
    "unknown scenario taking part": (
        {"study": {"scenarios": ["stateful", "statless"]}},
        "study.scenarios.1: there is no 'statless'; did you mean 'stateless'?",
    ),
    "too few repeats": ({"study": {"repeats": 1}}, "study.repeats: 1 is out of range; it has to be at least 2"),
    "batch size": (
        {"scenarios": {"stateful": {"batch_size": 5}}},
        "scenarios.stateful.batch_size: 5 does not divide the 22 training rows",
    ),
    "breaking a file name": ({"scenarios": {"a b\n": {"stateful": True}}}, "is not a usable name"),
    "study leaving the folder": ({"study": {"name": "../x"}}, "study.name: '../x' is not a usable name"),
    "shuffled state": (
        {"scenarios": {"stateful": {"shuffle": True}}},
        "scenarios.stateful.shuffle: a stateful network carries its state",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_CONFIG)
def test_bad_config(fresh, name):
    changes, problem = BAD_CONFIG[name]
    fresh.configure(**changes)
    assert_refused(fresh, "overlay.yaml: ", problem)


def test_bad_value_on_the_command_line(fresh):
    study = json.dumps({"repeats": 0})
    output = fresh.run("--config", f"study={study}", succeeds=False)
    assert "--config on the command line: study.repeats: 0 is out of range" in output
    assert "Traceback" not in output


def test_a_key_that_appears_twice(fresh):
    fresh.edit("config.yaml", "  stateful2:\n", "  stateful:\n")
    assert_refused(fresh, "config.yaml, line ", "the key 'stateful' appears twice")


def test_a_config_that_is_no_yaml(fresh):
    fresh.edit("config.yaml", "label: stateful, again", "label: stateful: again")
    assert_refused(fresh, "config.yaml, line ", "mapping values are not allowed here")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("study:\n  seed: 1\n\trepeats: 3\n", "overlay.yaml, line 3: begins with a tab"),
        ("study: {title: 2026-13-01}", "overlay.yaml, line 1: YAML reads 2026-13-01 as a date"),
        (
            "__use_yte__: true\n?open('pwned', 'w'): 1",
            "overlay.yaml: __use_yte__: makes the config",
        ),
    ],
)
def test_an_overlay_that_snakemake_itself_would_stumble_over(fresh, text, problem):
    (fresh.folder / "overlay.yaml").write_text(text, encoding="utf-8")
    assert_refused(fresh, problem)
    assert not (fresh.folder / "pwned").exists()


def test_numbers_on_the_command_line_are_numbers(fresh):
    planned = fresh.planned("--config", "study={repeats: 4}")
    assert planned["train"] == 6


def test_an_overlay_in_json(fresh):
    (fresh.folder / "overlay.yaml").write_text('{\n\t"study": {"repeats": 1}\n}', encoding="utf-8")
    assert_refused(fresh, "overlay.yaml: study.repeats: 1 is out of range")


def test_results_that_lead_nowhere(fresh):
    (fresh.folder / "results").symlink_to("nowhere")
    assert_refused(fresh, "results: cannot be written; make it a folder of yours")
