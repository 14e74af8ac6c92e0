"""Verdicts in a notebook; tests/workflow/test_notebook.py holds them against those of a run."""

import numpy as np
import pandas as pd
import pytest
from support import row_of

from thousandfold.config_files import ConfigError
from thousandfold.disk import DamagedTableError
from thousandfold.errors import DataError
from thousandfold.notebook import judge, open_results
from thousandfold.tables import write_rows
from thousandfold.tables.rows import ClaimRow, TwinRow


def table(rng, **draws):
    rows = [(name, value) for name, draw in draws.items() for value in draw(rng)]
    return pd.DataFrame(rows, columns=["scenario", "score"])


def settings(better="higher", **finding):
    return {
        "study": {"seed": 1, "margin": 0.5},
        "table": {"metric": "score", "better": better},
        "findings": {"H": {"claim": "A claim.", **finding}},
    }


def around(mean):
    return lambda rng: rng.normal(mean, 1, 40)


def test_the_best_has_the_highest_score_or_the_lowest_as_the_table_says():
    runs = table(np.random.default_rng(1), low=around(1), middle=around(5), high=around(9))
    asked = {"expect": "best_of", "a": "high", "b": ["low", "middle"]}
    for better, verdict in [("higher", "supported"), ("lower", "contradicted")]:
        (claim,) = judge(runs, settings(better, **asked)).claims
        assert (claim.series, claim.verdict) == ("runs", verdict)


def test_a_claim_whose_interval_misses_too_often_is_flagged():
    skewed = table(
        np.random.default_rng(2),
        a=lambda rng: rng.lognormal(0, 2, 40), b=lambda rng: rng.normal(0, 0.01, 40),
    )  # fmt: skip
    asked = {"expect": "less", "a": "a", "b": "b"}
    assert "misses" in judge(skewed, settings(**asked)).claims[0].flags
    normal = table(np.random.default_rng(2), a=around(1), b=around(2))
    assert "misses" not in judge(normal, settings(**asked)).claims[0].flags


@pytest.mark.parametrize(("better", "is_reversed"), [("higher", True), ("lower", False)])
def test_failed_runs_rank_worst_as_the_table_says(better, is_reversed):
    """Without its failed run, a has the higher ranks; with it as the lowest, the lower ones."""
    b = np.arange(200.0)
    a = b + np.where(b > 150, 0.1, -0.1)
    a[0] = np.nan
    runs = pd.DataFrame({"scenario": ["a"] * 200 + ["b"] * 200, "score": [*a, *b]})
    (claim,) = judge(runs, settings(better, expect="greater", a="a", b="b")).claims
    reason = "repeats without a finite value could change the answer"
    assert (claim.undecided_because == reason) == is_reversed


def test_what_is_declared_deterministic_differs_exactly():
    asked = settings(expect="less", a="a", b="b")
    asked["table"]["deterministic"] = ["a", "b"]
    runs = pd.DataFrame({"scenario": ["a", "a", "b", "b"], "score": [1.0, 1.0, 2.0, 2.0]})
    (claim,) = judge(runs, asked).claims
    assert (claim.verdict, claim.flags) == (
        "supported",
        "both are deterministic, so nothing is inferred",
    )


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (lambda runs: runs.assign(score=[1, "high"]), "Conversion failed for column score"),
        (lambda runs: runs.assign(scenario=["a", 2]), "Conversion failed for column scenario"),
        (lambda runs: runs.assign(score=1j), "Conversion failed for column score"),
        (lambda runs: pd.concat([runs, runs], axis=1), "Duplicate column names found"),
    ],
)
def test_a_table_that_is_none_is_refused(changed, problem):
    runs = pd.DataFrame({"scenario": ["a", "b"], "score": [1.0, 2.0]})
    with pytest.raises(DataError, match=rf"the table of runs: .*{problem}.*; give every column"):
        judge(changed(runs), settings(expect="less", a="a", b="b"))


def test_an_error_names_the_key():
    runs = table(np.random.default_rng(1), a=around(1))
    with pytest.raises(ConfigError, match=r"findings\.H\.b: there is no 'nobody'"):
        judge(runs, settings(expect="less", a="a", b="nobody"))


def test_tables_by_their_names(tmp_path):
    rows = [row_of(ClaimRow, id="H", verdict="supported"), row_of(ClaimRow, id="G")]
    with pytest.raises(DataError, match=r"claims\.csv: there is no such table; run the study"):
        open_results(tmp_path)
    write_rows(ClaimRow, rows, tmp_path / "claims.csv")
    write_rows(TwinRow, [], tmp_path / "twins.csv")
    (tmp_path / "config.yaml").write_text("study: {seed: 7}\n", encoding="utf-8")
    results = open_results(tmp_path)
    assert set(results.names) == {"claims", "twins"}
    assert list(results.table("claims")["id"]) == ["H", "G"]
    assert list(results.table("twins").columns) == list(TwinRow.columns)
    assert results.config["study"]["seed"] == 7
    with pytest.raises(DataError, match=r"there is no table 'contrasts', but (claims|twins), "):
        results.table("contrasts")
    (tmp_path / "claims.csv").write_text("id\nH\n", encoding="utf-8")
    with pytest.raises(DamagedTableError):
        results.table("claims")
