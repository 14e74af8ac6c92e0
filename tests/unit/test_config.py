"""The config: schema, defaults, cross-field checks. Errors end to end: tests/workflow/test_errors.py."""

import copy
import datetime
import itertools
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from support import ROOT, shipped_config, shipped_study
from workflow.project import merged

from check_overlays import overlays
from new_study import study_of_series
from thousandfold.config import read_study
from thousandfold.config_files import ConfigError, command_line_values, config_files, read_layer
from thousandfold.config_files import merged as merged_configs
from thousandfold.engines import ENGINE_MODULES
from thousandfold.engines.profiles import PROFILES
from thousandfold.inference.contrasts import Precision, Trend
from thousandfold.loading import load_study
from thousandfold.schema import config_schema
from thousandfold.study import Finding, OverSeries, Stopping


@pytest.fixture(autouse=True)
def in_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def nested(levels):
    return [nested(levels - 1)] if levels else 0


def refused(changes):
    config = merged(shipped_config(), changes)
    with pytest.raises(ConfigError) as caught:
        load_study(config, [])
    return str(caught.value)


def test_the_shipped_study_is_the_articles():
    study = shipped_study()
    assert [scenario.name for scenario in study.scenarios] == [
        "stateful", "stateful2", "stateless", "stateless_shuffle", "stateful_batch12",
        "stateless_batch12", "stateful_reset_test", "stateful_noreset", "stateful_seed_train",
        "stateful_seed_train_resets", "stateful_seed_train_no_resets",
    ]  # fmt: skip
    assert [f.id for f in study.findings] == [
        *(f"E{i}" for i in range(1, 7)),
        *(f"F{i}" for i in range(1, 10)),
    ]
    assert {f.id: len(f.contrasts) for f in study.findings if len(f.contrasts) > 1} == {
        "F7": 2,
        "F9": 5,
    }
    margins = {
        (f.id, c.margin) for f in study.findings for c in f.contrasts if c.margin is not None
    }
    assert margins == {("F1", 1.0), ("F3", 1.25), ("F7", 1.25)}
    assert study.repeats == 1000


@pytest.mark.parametrize(
    ("name", "stateful", "reset", "seed", "reset_prediction", "shuffle", "batch"),
    [
        ("stateful", 1, 1, 0, 0, 0, 1), ("stateful2", 1, 1, 0, 0, 0, 1),
        ("stateless", 0, 1, 0, 0, 0, 1), ("stateless_shuffle", 0, 1, 0, 0, 1, 1),
        ("stateful_batch12", 1, 1, 0, 0, 0, 12), ("stateless_batch12", 0, 1, 0, 0, 0, 12),
        ("stateful_reset_test", 1, 1, 0, 1, 0, 1), ("stateful_noreset", 1, 0, 0, 0, 0, 1),
        ("stateful_seed_train", 1, 1, 1, 0, 0, 1), ("stateful_seed_train_resets", 1, 1, 1, 1, 0, 1),
        ("stateful_seed_train_no_resets", 1, 0, 1, 0, 0, 1),
    ],
)  # fmt: skip
def test_the_shipped_regimes(name, stateful, reset, seed, reset_prediction, shuffle, batch):
    """The table of the article's regimes, field by field."""
    regime = shipped_study().scenario(name).regime
    assert regime.state.stateful == bool(stateful)
    assert regime.state.reset_after_epoch == bool(reset)
    assert regime.state.seed_on_train == bool(seed)
    assert regime.state.reset_after_prediction == bool(reset_prediction)
    assert regime.training.shuffle == bool(shuffle)
    assert regime.training.batch_size == batch
    assert regime.preparation.train_rows == (12 if batch == 12 else None)
    assert (regime.training.epochs, regime.network.units, regime.preparation.timesteps) == (
        1000,
        1,
        1,
    )
    assert (regime.training.learning_rate, regime.execution.profile, regime.execution.engine) == (
        0.001,
        "keras3",
        "replicated",
    )


OVERLAYS = sorted(set((ROOT / "config").glob("*.yaml")) - {ROOT / "config" / "config.yaml"})


def base_of(overlay):
    """What an overlay is merged over: the shipped config, or the one that its own name begins with."""
    if overlay.name != "m3_origins.yaml":
        return shipped_config()
    return yaml.safe_load(overlay.with_name("m3.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", OVERLAYS, ids=lambda p: p.name)
def test_every_shipped_overlay_is_a_study(file):
    overlay = yaml.safe_load(file.read_text(encoding="utf-8"))
    base = {} if overlay.get("standalone") else base_of(file)
    study = load_study(merged(base, overlay), ["config.yaml", str(file)])
    assert study.name != "default"
    assert study.folder("results") == Path("results") / study.name


def test_the_default_study_lies_in_results_itself():
    assert shipped_study().folder("results") == Path("results")


def test_every_key_is_described():
    def walk(schema, path):
        for name, sub in schema.get("properties", {}).items():
            resolved = sub
            if "description" not in sub and "$ref" in sub:
                resolved = config_schema()["$defs"][sub["$ref"].rsplit("/", 1)[1]]
            described = resolved.get("description")
            assert described or sub.get("$ref", "").endswith("/name"), f"{path}.{name}"
            walk(sub, f"{path}.{name}")
        for key in ("additionalProperties", "items"):
            if isinstance(schema.get(key), dict):
                walk(schema[key], f"{path}.*")

    walk(config_schema(), "config")


def test_the_schema_knows_exactly_the_engines_and_profiles_that_exist():
    model = config_schema()["properties"]["model"]["properties"]
    assert set(model["engine"]["enum"]) == set(ENGINE_MODULES)
    assert set(model["profile"]["enum"]) == set(PROFILES)


def test_a_minimal_config_takes_defaults():
    config = {
        "study": {"seed": 1, "margin": 2},
        "series": {"s": {"file": "data/shampoo-sales.csv", "value": "Sales", "test_rows": 12}},
        "scenarios": {"a": {"stateful": True}, "b_c": {"stateful": False}},
    }
    study = load_study(config, [])
    assert (study.name, study.repeats, study.alpha, study.findings) == ("default", 1000, 0.05, ())
    assert study.scenario("b_c").label == "b_c"
    assert study.scenario("a").regime.state.reset_after_epoch
    assert study.experiments[0].scenarios == ("a", "b_c")


def test_loading_leaves_the_config_alone():
    config = shipped_config()
    before = copy.deepcopy(config)
    load_study(config, [])
    assert config == before


def test_a_scenario_overrides_the_model():
    config = merged(
        shipped_config(), {"model": {"units": 2}, "scenarios": {"stateless": {"units": 3}}}
    )
    study = load_study(config, [])
    assert study.scenario("stateful").regime.network.units == 2
    assert study.scenario("stateless").regime.network.units == 3


STOPPING = {"min": 30, "max": 100, "half_width": 1}


def test_stages_of_a_stopping_rule_are_ends_of_blocks():
    config = merged(shipped_config(), {"study": {"repeats": STOPPING}})
    study = load_study(config, [])
    stages = study.stages_of("shampoo", "stateful", 20)
    assert [[(b.start, b.stop) for b in stage] for stage in stages] == [
        [(0, 20), (20, 30)], [(30, 50), (50, 60)], [(60, 80), (80, 90)], [(90, 100)],
    ]  # fmt: skip
    assert (study.repeats, study.stopping) == (100, Stopping(30, 1.0))


def test_a_larger_max_keeps_every_full_stage():
    studies = [
        load_study(merged(shipped_config(), {"study": {"repeats": {**STOPPING, "max": n}}}), [])
        for n in (90, 300)
    ]
    small, large = (study.stages_of("shampoo", "stateful", 20) for study in studies)
    assert large[: len(small)] == small


def test_scenarios_of_a_paired_study_share_seeds():
    paired = {"study": {"design": "paired"}, "scenarios": {"stateful2": {"stream": 1}}}
    study = load_study(merged(shipped_config(), paired), [])
    assert {s.seeded_by for s in study.scenarios if s.name != "stateful2"} == {"stream 0"}
    assert study.scenario("stateful2").seeded_by == "stream 1"
    assert {s.seeded_by for s in shipped_study().scenarios} == {s.name for s in study.scenarios}


def test_a_claim_of_precision():
    study = shipped_study()
    (contrast,) = next(f for f in study.findings if f.id == "F1").contrasts
    expected = Precision("stateful", 10, 3.0, 1.0)
    assert contrast == expected
    assert contrast.scenarios == ("stateful",)


def test_selecting_scenarios_keeps_the_findings_about_them():
    config = merged(shipped_config(), {"study": {"scenarios": ["stateless", "stateful"]}})
    study = load_study(config, [])
    assert [scenario.name for scenario in study.scenarios] == ["stateful", "stateless"]
    assert [finding.id for finding in study.findings] == ["E1", "F1", "F2", "F3"]


def test_of_many_scenarios_the_pairs_that_findings_name_are_explored(monkeypatch):
    study = shipped_study()
    monkeypatch.setattr("thousandfold.study.MOST_PAIRED", len(study.scenarios))
    assert study.compares_all_pairs
    assert study.explored_pairs is None
    monkeypatch.setattr("thousandfold.study.MOST_PAIRED", len(study.scenarios) - 1)
    assert not study.compares_all_pairs
    explored = study.explored_pairs
    assert {(a, b) for _, a, b in study.compared_pairs} <= set(explored)
    assert len(set(map(frozenset, explored))) == len(explored)
    trend = Trend("less", (("b", "a"), ("c", "d")), (1, 2), None)
    precision = Precision("a", 10, 3.0, 1.0)
    finding = Finding("F", "", "", "less", (trend, precision))
    assert replace(study, findings=(finding,)).explored_pairs == (("a", "b"), ("c", "d"))


def test_compared_pairs_are_taken_once():
    pairs = shipped_study().compared_pairs
    assert len(pairs) == len({(s, frozenset((a, b))) for s, a, b in pairs}) == 12
    assert ("shampoo", "stateful", "stateless") in pairs


def test_selecting_findings():
    config = merged(shipped_config(), {"study": {"findings": ["F9", "E1"]}})
    assert [finding.id for finding in load_study(config, []).findings] == ["E1", "F9"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"study": {"scenarios": ["stateful"], "findings": ["E1"]}}, "study.findings.0: E1 is about stateless"),
        *[
            ({"study": {"name": name}}, f"'{name}' is reserved")
            for name in ("blocks", "checksums", "damaged", "figures", "logs", "packs", "plan", "release", "stages")
        ],
        ({"study": {"title": nested(11)}}, f"study.title{'.0' * 9}: a config has at most 100000 values in 10 levels"),
        ({"study": {"scenarios": [*range(6000), "x"]}}, "YAML does not read 5999 as text"),
        ({"model": {10**5000: 1}}, "YAML does not read a number of more than 1000 bits as text"),
        ({"study": {"seed": 10**5000}}, "study.seed: is a number of more than 1000 bits; give a smaller one"),
        ({"study": {"scenarios": ["x", "stateful", "x"]}}, "study.scenarios: lists a name twice"),
        ({"series": {"shampoo": {"file": "x\u202e\u2028.csv"}}}, r"shampoo.file: x\u202e\u2028.csv: there is no such file"),
        ({"series": {"shampoo": {"read": {"encoding": "x" * 1001}}}}, "read.encoding: has 1001 characters; give at most 1000"),
        ({"series": {"shampoo": {"read": {"encoding": "undefined"}}}}, "is not in undefined (decoding with 'undefined' codec failed"),
        ({"series": {"shampoo": {"read": {"skip_last": 99}, "where": {"Month": "1"}}}}, "has no '1'; it has no rows"),
        ({"series": {"shampoo": {"test_rows": 7}}}, "12 does not divide the 7 test rows of series shampoo, as a stateful network needs; take 1, 7, or set test_rows"),
        ({"scenarios": {"x" * 1001: {"stateful": True}}}, "x...: has 1001 characters; give at most 1000"),
        ({"scenarios": {str(n): {"stateful": True} for n in range(30)}, "study": {"scenarios": ["none of these"]}}, "stateful_seed_train_no_resets, 0, 1, 2, 3, 4, 5, 6, 7, 8, 21 more"),
        ({"study": {"repeats": 100_001}}, "has to be at most 100000"),
        ({"study": {"repeats": True}}, "true is not a whole number"),
        ({"study": {"repeats": 30.0}}, "30.0 is not a whole number"),
        ({"study": {"alpha": 0}}, "has to be at least 1e-06"),
        ({"study": {"margin": float("nan")}}, "nan is not a finite number"),
        ({"study": {"margin": float("inf")}}, "inf is not a finite number"),
        ({"model": {"learning_rate": "1e-3"}}, "write it as 0.001"),
        ({"model": {"learning_rate": "1e-12"}}, "write it as 1.0e-12"),
        ({"study": {"repeats": "1e3"}}, "write it as 1000"),
        ({"study": {"title": 2024}}, "YAML does not read 2024 as text; put it in quotes"),
        ({"study": {"title": None}}, "YAML does not read null as text; put it in quotes"),
        ({"scenarios": {1: {"stateful": True}}}, "scenarios.1: YAML does not read 1 as text; put it in quotes"),
        ({"scenarios": {"Stateful": {"stateful": True}}}, "differs from 'stateful' only in case"),
        ({"scenarios": {"x": {}}}, "scenarios.x: the key 'stateful' is missing"),
        ({"scenarios": {"x": None}}, "scenarios.x: has no value; give a mapping"),
        ({"scenarios": {"STATEFUL": {"stateful": True}}}, "differs from 'stateful' only in case"),
        *(
            ({"scenarios": {name: {"stateful": True}}}, "is not a usable name; take 1 to 100 characters")
            for name in ("", " ", " x", "x\n", "x\u3000", "a\tb", "a\nb", "a\u2028b", "x" * 101)
        ),
        ({"scenarios": {"gro\u0308ße": {"stateful": True}, "gr\u00f6ße": {"stateful": True}}}, "occurs twice"),
        *(({"scenarios": {name: {"stateful": True}}}, "remove that character") for name in ("a\x7fb", "\ud800")),
        ({"study": {"name": "a b"}}, "study.name: 'a b' is not a usable name of a folder"),
        ({"study": {"name": "x" * 65}}, "is not a usable name of a folder"),
        ({"findings": {"E1": {"b": "stateful"}}}, "compares 'stateful' with itself"),
        ({"findings": {"E1": {"b": ["stateless"]}}}, "expect: less takes one scenario"),
        ({"findings": {"F9": {"b": "stateful"}}}, "expect: best_of takes a list of scenarios"),
        ({"findings": {"F3": {"margin": 1}}}, "here it is a ratio; give one above 1"),
        ({"findings": {"E1": {"all_of": []}}}, "findings.E1"),
        ({"study": {"repeats": {"min": 30, "max": 20, "half_width": 1}}}, "study.repeats.max: 20 is less than min, 30"),
        ({"study": {"repeats": {"min": 30, "max": 90}}}, "study.repeats: the key 'half_width' is missing"),
        ({"study": {"repeats": {"min": 30, "max": 90, "half_width": 0}}}, "study.repeats.half_width: 0 is out of range"),
        ({"study": {"design": "paired"}}, "scenarios.stateful2: is the same training as stateful"),
        ({"study": {"design": "pair"}}, "study.design: unknown value 'pair'; did you mean 'paired'?"),
        ({"scenarios": {"stateful2": {"stream": 1}}}, "only a paired study has streams"),
        ({"findings": {"F1": {"b": "stateful2"}}}, "findings.F1.b: expect: precision has no use for it"),
        ({"findings": {"F1": {"margin": 3}}}, "findings.F1.margin: expect: precision has no use for it"),
        ({"findings": {"F1": {"between": [4, 2]}}}, "findings.F1.between: 4 is not below 2"),
        ({"findings": {"F1": {"between": [4]}}}, "findings.F1.between"),
        ({"findings": {"E1": {"mean_of": 10}}}, "findings.E1.mean_of: expect: less has no use for it"),
        ({"findings": {"F1": {"expect": "less"}}}, "findings.F1: expect: less needs the key 'b'; add it"),
        ({"twins": {"again": {"b": "stateful"}}}, "twins.again.b: names 'stateful' twice"),
        ({"twins": {"again": {"b": "statful"}}}, "twins.again.b: there is no 'statful'; did you mean 'stateful'?"),
        ({"experiments": {"resets": {"scenarios": ["nobody"]}}}, "there is no 'nobody'"),
        ({"series": {"shampoo": {"published": "none.csv"}}}, "none.csv: there is no such file"),
        ({"series": {"shampoo": {"published": "data/shampoo-sales.csv"}}}, "has no column 'scenario'"),
        ({"series": {"shampoo": {"test_rows": 33}}}, "scenarios.stateful: series shampoo: 36 observations leave 1"),
        ({"scenarios": {"stateless": {"train_rows": 23}}}, "scenarios.stateless: series shampoo"),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_refused(changes, problem):
    assert problem in refused(changes)


NETWORK = {"stateful": False}


def with_network(**fields):
    return {"scenarios": {"x": NETWORK | fields}}


def steps_ahead(strategy="direct", sequences=None, **fields):
    network = {"strategy": strategy} | ({"sequences": sequences} if sequences else {})
    return with_network(**network) | {
        "study": {"scenarios": ["x"]}, "series": {"shampoo": {"steps_ahead": 3} | fields},
    }  # fmt: skip


def stopping(**fields):
    return with_network(early_stopping={"validation_rows": 4} | fields)


def plateau(**fields):
    return with_network(reduce_on_plateau={"validation_rows": 4} | fields)


def sequences(form="zeros", shortest=2, longest=4, **fields):
    return with_network(
        sequences={"form": form, "shortest": shortest, "longest": longest}, **fields
    )


def finding(**fields):
    return {"findings": {"G": {"claim": "A claim."} | fields}}


def trend(
    pairs=(("stateful", "stateless"), ("stateful2", "stateless_shuffle")), over=(0, 1), **fields
):
    shape = {"pairs": [list(pair) for pair in pairs], "over": list(over)}
    return finding(**{"expect": "less", "margin": 1, "trend": shape} | fields)


def without_a_margin():
    changes = trend()
    del changes["findings"]["G"]["margin"]
    return changes


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (with_network(layer="lstn"), "scenarios.x.layer: unknown value 'lstn'; did you mean 'lstm'?"),
        (with_network(layers=0), "scenarios.x.layers: 0 is out of range"),
        (with_network(layer="dense", stateful=True), "scenarios.x.stateful: a feed-forward network has no state"),
        (with_network(stateful=True, shuffle=True), "scenarios.x.shuffle: a stateful network carries its state from row to row"),
        (with_network(bidirectional=True, stateful=True), "scenarios.x.bidirectional: a layer that reads a row from its end has no state to take"),
        (with_network(bidirectional=True, layer="dense"), "scenarios.x.bidirectional: a layer"),
        (with_network(bidirectional=True, layers=2), None),
        (with_network(initial_state="learned", stateful=True), "scenarios.x.initial_state: only rows that start from a state of their own"),
        (with_network(initial_state="learned", bidirectional=True), "scenarios.x.initial_state: only rows"),
        (with_network(initial_state="learned", layer="dense"), "scenarios.x.initial_state: only rows"),
        (with_network(initial_state="learned"), None),
        (with_network(initial_state="from_inputs", stateful=True), "scenarios.x.initial_state: only rows"),
        (with_network(initial_state="from_inputs", layers=2), "scenarios.x.layers: of several layers, only the first"),
        (with_network(initial_state="from_inputs", sequences={"shortest": 2, "longest": 3, "form": "flag"}),
         "scenarios.x.initial_state: only rows that start from a state of their own, read in one direction, can start from a learned one, and only rows of one length from their first inputs"),
        (with_network(initial_state="from_inputs"), None),
        (with_network(activation="swish"), "scenarios.x.activation: unknown value 'swish'"),
        (with_network(dropout=1), "scenarios.x.dropout: 1 is out of range"),
        (with_network(loss="rmsle"), "scenarios.x.loss: unknown value 'rmsle'; did you mean 'rmse'?"),
        (with_network(loss="huber", huber_delta=0), "scenarios.x.huber_delta: 0 is out of range"),
        (with_network(loss="mae", huber_delta=2), "scenarios.x.huber_delta: is used by Huber's loss only; remove it or set loss: huber"),
        (with_network(loss="huber", huber_delta=2), None),
        (with_network(optimizer="adam"), "scenarios.x.optimizer: 'adam' is not a mapping"),
        (with_network(optimizer={"rho": 0.9}), "scenarios.x.optimizer: the key 'name' is missing"),
        (with_network(optimizer={"name": "sgd", "rho": 0.9}), "scenarios.x.optimizer.rho: sgd has no use for it"),
        (with_network(optimizer={"name": "adam", "beta_1": 1}), "scenarios.x.optimizer.beta_1: 1 is out of range"),
        (with_network(optimizer={"name": "sgd", "clipnorm": 1, "clipvalue": 1}), "clips gradients in two ways"),
        (plateau(factor=1), "scenarios.x.reduce_on_plateau.factor: 1 is out of range"),
        (plateau(), None),
        (with_network(reduce_on_plateau={"factor": 0.5}), "scenarios.x.reduce_on_plateau: the key 'validation_rows' is missing"),
        (with_network(early_stopping={"validation_rows": 4}, reduce_on_plateau={"validation_rows": 4}), None),
        (with_network(early_stopping={"validation_rows": 4}, reduce_on_plateau={"validation_rows": 5}), "scenarios.x.reduce_on_plateau.validation_rows: is not that of early_stopping"),
        (with_network(stateful=True, validate_from_zero=True), "scenarios.x.validate_from_zero: nothing is validated; remove it, or add"),
        (with_network(validate_from_zero=True, early_stopping={"validation_rows": 4}), "scenarios.x.validate_from_zero: only our own stateful networks have a state to keep"),
        (with_network(stateful=True, validate_from_zero=True, early_stopping={"validation_rows": 4}), None),
        (with_network(stateful=True, sequences={"shortest": 1, "longest": 2, "form": "stepwise"}, reduce_on_plateau={"validation_rows": 4}), "scenarios.x.reduce_on_plateau: is not made for one timestep at a time"),
        (stopping(patience=-1), "scenarios.x.early_stopping.patience: -1 is out of range"),
        (with_network(early_stopping={"patience": 2}), "scenarios.x.early_stopping: the key 'validation_rows' is missing"),
        (stopping(validation_rows=21), "scenarios.x: series shampoo: 36 observations leave 22 training rows"),
        (stopping(validation_rows=3) | {"model": {"batch_size": 2}}, None),
        (with_network(stateful=True, batch_size=2, early_stopping={"validation_rows": 3}), "2 does not divide the 19 training rows"),
        (with_network(stateful=True, batch_size=2, forecast_batch_size=5), "scenarios.x.forecast_batch_size: 5 does not divide the 12 test rows"),
        (with_network(scaling="log"), "scenarios.x.scaling: unknown value 'log'"),
        (with_network(difference=1), "scenarios.x.difference: 1 is not true or false"),
        (sequences(longest=1), "scenarios.x.sequences.longest: 1 is less than shortest, 2"),
        (sequences("stepwise"), "scenarios.x.sequences: masking takes a recurrent layer; stepwise forms take stateful: true"),
        (sequences("masking", layer="dense"), "scenarios.x.sequences: masking takes a recurrent layer"),
        (sequences("stepwise", stateful=True, batch_size=2), "scenarios.x.batch_size: one timestep at a time takes batch_size: 1"),
        (sequences("stepwise", stateful=True, early_stopping={"validation_rows": 2}), "scenarios.x.early_stopping: is not made for one timestep"),
        (with_network(model="os:getcwd"), "scenarios.x.model: runs code of its own; if you trust it, allow it by study.trust_models: true"),
        (with_network(model="os.getcwd") | {"study": {"trust_models": True}}, "'os.getcwd' names no function; write package.module:function"),
        (with_network(sequences={"shortest": 1, "longest": 99, "form": "zeros"}), "or lower test_rows, sequences.longest, validation_rows or train_rows"),
        (with_network(model="no.where:network") | {"study": {"trust_models": True}}, "scenarios.x.model: no/where.py: there is no such file"),
        ({"series": {"shampoo": {"file": "statsmodels:nil"}}}, "series.shampoo.file: statsmodels:nil: the package statsmodels has no dataset nil"),
        ({"series": {"shampoo": {"inputs": ["Price"]}}}, "has no column 'Price'"),
        ({"series": {"shampoo": {"inputs": ["Month"]}}}, "column 'Month', line 2: '1-01' is not a number"),
        ({"series": {"shampoo": {"date": "Day"}}}, "has no column 'Day'"),
        ({"series": {"shampoo": {"margin": 0}}}, "series.shampoo.margin: 0 is out of range"),
        ({"series": {"shampoo": {"horizon": 3}}}, "scenarios.stateful_batch12.forecast_batch_size: forecasts over a horizon go one row at a time"),
        ({"series": {"shampoo": {"steps_ahead": 13}}}, "series.shampoo.steps_ahead: 13 is more than the 12 test_rows, so that no forecast of that many can be measured; give at most that"),
        ({"series": {"shampoo": {"steps_ahead": 0}}}, "series.shampoo.steps_ahead: 0 is out of range"),
        (with_network(strategy="direct"), "scenarios.x.strategy: series shampoo is forecast one step ahead, which is the same either way; remove it, or set steps_ahead"),
        (with_network(refit={"every": 12, "epochs": 1}), "scenarios.x.refit.every: 12 is not less than the 12 test rows of series shampoo, so that the network would never be updated; lower it, or remove refit"),
        (with_network(refit={"every": 3, "epochs": 1}, stateful=True, batch_size=2), "scenarios.x.refit.every: 3 is no multiple of 2, the rows of a batch, as a stateful network needs; give 4 or another multiple"),
        (with_network(refit={"every": 3, "epochs": 1}, stateful=True, forecast_batch_size=4), "scenarios.x.refit.every: 3 is no multiple of 4"),
        (with_network(refit={"every": 3}), "scenarios.x.refit"),
        (with_network(refit={"every": 3, "epochs": 1}, early_stopping={"validation_rows": 4}), "scenarios.x.refit: is not made for early_stopping or reduce_on_plateau, nor for one timestep at a time; remove one of them"),
        (with_network(refit={"every": 3, "epochs": 1}, reduce_on_plateau={"validation_rows": 4}), "scenarios.x.refit: is not made for early_stopping or reduce_on_plateau"),
        (sequences("stepwise", stateful=True, refit={"every": 3, "epochs": 1}), "scenarios.x.refit: is not made for early_stopping"),
        (steps_ahead(horizon=2), "series.shampoo.horizon: scenario x forecasts 3 steps (steps_ahead) at once, by its strategy; set 0 or 3"),
        (steps_ahead(strategy="both"), "scenarios.x.strategy: unknown value 'both'"),
        (steps_ahead(strategy="recursive", sequences={"shortest": 1, "longest": 2, "form": "zeros"}), "series.shampoo.steps_ahead: scenario x has sequences, which are forecast one step ahead; set 1"),
        (steps_ahead(strategy="recursive", inputs=["Sales"]), "scenarios.x.strategy: the inputs beside series shampoo are not forecast, so that no forecast can be made from others; set strategy: direct, steps_ahead: 1, or remove the inputs"),
        ({"series": {"shampoo": {"test_rows": 99}}}, "series.shampoo.test_rows: 99 is not less than the 36 observations"),
        ({"study": {"series": ["shampo"]}}, "study.series.0: there is no 'shampo'; did you mean 'shampoo'?"),
        ({"study": {"metric": "mape"}}, "study.metric: unknown value 'mape'; did you mean 'smape'?"),
        ({"study": {"metric": "mae"}}, "series.shampoo.published: published tables are of the RMSE"),
        ({"study": {"interleave": True}}, "scenarios.stateful: study.interleave times every training, so it takes engine: keras"),
        (finding(expect="less", a="stateful", b="stateless", metric="mape"), "findings.G.metric: there is no 'mape'"),
        (finding(expect="less", a="stateful", b="stateless", metric="mase"), "findings.G: study.margin is of rmse, not of mase; add the key 'margin', in its units"),
        (finding(expect="less", a="stateful", b="stateless", metric="train_seconds"), "set study.interleave: true"),
        (finding(expect="less", a="stateful", b="stateless", ratio=True, margin=0.5), "findings.G.margin: here it is a ratio; give one above 1"),
        (trend(over=[0]), "findings.G.trend.over: has 1 items; give at least 2"),
        (trend(over=[0, 1, 2]), "findings.G.trend.over: has 3 values for 2 pairs"),
        (trend(over=[1, 1]), "findings.G.trend.over: is constant"),
        (without_a_margin(), "findings.G: a trend needs the key 'margin'"),
        (trend(pairs=[("stateful", "nobody"), ("stateful2", "stateless")]), "findings.G.trend.pairs.0.1: there is no 'nobody'"),
        (trend(pairs=[("stateful", "stateless"), ("stateful", "stateless_shuffle")]), "findings.G.trend.pairs: names a scenario twice"),
        (trend(expect="more_stable"), "findings.G.expect: more_stable does not apply to a trend"),
        (trend(a="stateful"), "a finding has expect with a and b, or expect with trend"),
        ({"table": {"file": "x.csv", "metric": "m"}}, "series: the study has a table of its own"),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_refused_networks_series_and_findings(changes, problem):
    if problem is None:
        load_study(merged(shipped_config(), changes), [])
    else:
        assert problem in refused(changes)


def test_networks_that_only_stock_keras_trains_go_to_it():
    config = merged(
        shipped_config(),
        {"scenarios": {
            "deep": NETWORK | {"layers": 2}, "dropping": NETWORK | {"dropout": 0.1},
            "clipped": NETWORK | {"optimizer": {"name": "adam", "clipnorm": 1}},
            "drops_and_updates": NETWORK | {"dropout": 0.1, "refit": {"every": 3, "epochs": 1}},
            "both_ways": NETWORK | {"bidirectional": True},
            "broad": NETWORK | {"units": 257, "timesteps": 2},
                "broad_at_once": NETWORK | {"units": 257}, "gru": NETWORK | {"layer": "gru"},
        }},
    )  # fmt: skip
    study = load_study(config, [])
    engines = {s.name: s.regime.execution.engine for s in study.scenarios}
    stock = {name for name, engine in engines.items() if engine == "keras"}
    assert stock == {"both_ways", "drops_and_updates", "broad"}


def test_the_metric_and_margin_of_a_finding():
    config = merged(
        shipped_config(),
        {"series": {"shampoo": {"margin": 7}}, "findings": {
            "mae": {"claim": "c", "expect": "less", "a": "stateful", "b": "stateless", "metric": "mae"},
            "mase": {"claim": "c", "expect": "less", "a": "stateful", "b": "stateless", "metric": "mase", "margin": 0.1},
            "ratio": {"claim": "c", "expect": "less", "a": "stateful", "b": "stateless", "ratio": True},
        }},
    )  # fmt: skip
    study = load_study(config, [])
    contrasts = {f.id: f.contrasts[0] for f in study.findings if f.id in config["findings"]}
    assert study.source("shampoo").margin == 7
    assert (contrasts["mae"].metric, contrasts["mae"].margin) == ("mae", None)
    assert contrasts["mase"].margin == 0.1
    assert (contrasts["ratio"].estimand, contrasts["ratio"].margin) == ("ratio", 1.25)
    assert study.metrics == ("rmse", "mae", "mase")


def test_selecting_series():
    nile = {"file": "statsmodels:nile", "value": "volume", "test_rows": 20}
    config = merged(
        shipped_config(),
        {"series": {"nile": nile}, "study": {"series": ["nile"], "scenarios": ["stateful"]}},
    )
    study = load_study(config, [])
    assert [source.name for source in study.series] == ["nile"]
    assert study.source("nile").file.endswith("nile.csv")


def test_files_before_one_that_stands_alone_do_not_count(tmp_path):
    files = []
    for name, text in [("a", "study: {seed: 1}"), ("b", "standalone: true"), ("c", "model: {}")]:
        files.append(str(tmp_path / f"{name}.yaml"))
        Path(files[-1]).write_text(text, encoding="utf-8")
    assert config_files([files[1], *files]) == files[1:]
    assert config_files(files) == files[1:]
    assert [Path(file).resolve() for file in config_files(files[::2])] == [
        ROOT / "config.yaml",
        *map(Path, files[::2]),
    ]


def test_a_config_of_the_folder_comes_before_the_projects(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("study: {seed: 1}", encoding="utf-8")
    assert config_files([]) == ["config.yaml"]


def test_shipped_configs_find_their_files_from_everywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    [shipped] = config_files([])
    shampoo = read_layer(shipped)["series"]["shampoo"]
    assert Path(shampoo["file"]).resolve() == ROOT / "data" / "shampoo-sales.csv"
    assert Path(shampoo["published"]).resolve() == ROOT / "data" / "published-2017.csv"
    other = read_layer(str(ROOT / "config" / "series.yaml"))["series"]
    assert other["nile"]["file"] == "statsmodels:nile"
    assert load_study(read_layer(shipped), [shipped]).series[0].test_rows == 12


def test_paths_of_a_users_config_are_taken_from_where_snakemake_runs(tmp_path):
    overlay = tmp_path / "own.yaml"
    overlay.write_text("series: {own: {file: data/own.csv}}", encoding="utf-8")
    assert read_layer(str(overlay))["series"]["own"]["file"] == "data/own.csv"


def less(**fields):
    return finding(expect="less", a="stateful", b="stateless", **fields)["findings"]


INTERLEAVED = {
    "series": {"shampoo": {"published": None}}, "model": {"engine": "keras"},
    "study": {"interleave": True, "findings": ["G"]},
}  # fmt: skip


def contrast_of(changes):
    study = load_study(merged(shipped_config(), changes), [])
    return next(f for f in study.findings if f.id == "G").contrasts[0]


@pytest.mark.parametrize(
    ("studied", "fields", "estimand", "margin"),
    [
        ("rmse", {}, "ratio", 1.25),
        ("rmse", {"margin": 3}, "ratio", 3),
        ("rmse", {"ratio": False, "margin": 0.5}, "mean", 0.5),
        ("train_seconds", {}, "mean", None),
        ("train_seconds", {"margin": 0.5}, "mean", 0.5),
        ("train_seconds", {"ratio": True}, "ratio", 1.25),
    ],
)
def test_times_are_a_ratio_only_beside_another_metric(studied, fields, estimand, margin):
    changes = {"study": {"metric": studied}, "findings": less(metric="train_seconds", **fields)}
    contrast = contrast_of(merged(INTERLEAVED, changes))
    assert (contrast.estimand, contrast.margin) == (estimand, margin)


def test_a_margin_of_times_that_may_be_meant_either_way():
    times = {"findings": less(metric="train_seconds", margin=0.5)}
    both = "here it is a ratio; give one above 1, or ratio: false with a margin in seconds"
    assert f"findings.G.margin: {both}" in refused(merged(INTERLEAVED, times))
    times["findings"]["G"]["ratio"] = True
    assert refused(merged(INTERLEAVED, times)).endswith("here it is a ratio; give one above 1")


def test_speed_of_padding_is_registered_as_a_ratio():
    overlay = yaml.safe_load((ROOT / "config/padding_speed.yaml").read_text(encoding="utf-8"))
    contrasts = [c for f in load_study(overlay, []).findings for c in f.contrasts]
    assert {(c.estimand, c.margin) for c in contrasts} == {("ratio", 2.0)}


def test_a_deterministic_scenario():
    changes = {"scenarios": {"stateful2": {"deterministic": True}}}
    study = load_study(merged(shipped_config(), changes), [])
    assert study.deterministic == ("stateful2",)
    assert shipped_study().deterministic == ()
    assert study.scenario("stateful2").regime == shipped_study().scenario("stateful2").regime
    assert "scenarios.stateful2.deterministic: 1 is not true or false" in refused(
        {"scenarios": {"stateful2": {"deterministic": 1}}}
    )


def test_times_of_a_deterministic_scenario_vary():
    changes = merged(INTERLEAVED, {"scenarios": {"stateful": {"deterministic": True}}})
    assert load_study(merged(shipped_config(), merged(changes, {"findings": less()})), [])
    changes["findings"] = less(metric="train_seconds")
    assert "scenarios.stateful.deterministic: the study compares train_seconds" in refused(changes)


def test_a_series_whose_values_are_too_large(tmp_path):
    lines = Path("data/shampoo-sales.csv").read_text(encoding="utf-8").splitlines()
    lines[3] = lines[3].split(",")[0] + ",-2e100"
    (tmp_path / "large.csv").write_text("\n".join(lines), encoding="utf-8")
    problem = refused({"series": {"shampoo": {"file": str(tmp_path / "large.csv")}}})
    assert "line 4: '-2e100' is beyond ±1e100; give the column in larger units" in problem


def test_a_finding_lacking_its_direction_is_refused():
    config = shipped_config()
    del config["findings"]["E1"]["expect"]
    with pytest.raises(
        ConfigError,
        match=r"findings\.E1: a finding has expect with a and b, or expect with trend, or all_of",
    ):
        load_study(config, [])


def test_errors_name_the_layer_that_set_the_value(tmp_path):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("study: {alpha: 0.9}\n", encoding="utf-8")
    files = ["config.yaml", str(overlay)]
    config = merged(shipped_config(), {"study": {"alpha": 0.9}})
    with pytest.raises(ConfigError, match=r"mine\.yaml: study\.alpha: 0\.9 is out of range"):
        load_study(config, files)
    with pytest.raises(ConfigError, match=r"^--config on the command line: study\.alpha"):
        load_study(merged(config, {"study": {"alpha": 0.8}}), files)


def test_values_of_the_command_line_get_their_types():
    given = {
        "study": {"repeats": "30", "title": "x: [", "seed": 4},
        "list": ["1.5", "true", "2024-13-01", "!!int x"],
    }
    assert command_line_values(given) == {
        "study": {"repeats": 30, "title": "x: [", "seed": 4},
        "list": [1.5, True, "2024-13-01", "!!int x"],
    }


UNREADABLE = {
    "a tab": ("study:\n  seed: 1\n\tname: x\n", ", line 3: begins with a tab; indent with spaces"),
    "a tab in a block": ("study:\n\tname: x\n", ", line 2: begins with a tab"),
    "a date": ("study:\n  title: 2024-01-01\n", ", line 2: YAML reads 2024-01-01 as a date; put it in quotes"),
    "no date": ("study: {title: 2024-13-01}", ", line 1: YAML reads 2024-13-01 as a date"),
    "a date as a key": ("series: {2024-01-01: {}}", ", line 1: YAML reads 2024-01-01 as a date"),
    "a list as a key": ("? [a, b]\n: c", ", line 1: a list or a mapping cannot be a key"),
    "a mapping as a key": ("{{a: b}: c}", ", line 1: a list or a mapping cannot be a key"),
    "no number": ("a: !!int x", ", line 1: 'x' is not what YAML takes it for"),
    "no truth value": ("a: !!bool x", ", line 1: 'x' is not what YAML takes it for"),
    "empty number": ("a: !!float ''", ", line 1: '' is not what YAML takes it for"),
    "a set": ("a: !!set {b, c}", ", line 1: the tag '!!set' has no use in a config; remove it"),
    "binary": ("a: !!binary eA==", ", line 1: the tag '!!binary' has no use"),
    "a tag of one's own": ("a: !mine b", ", line 1: the tag '!mine' has no use"),
    "an equals sign": ("a: =", ", line 1: YAML does not read = as text; put it in quotes"),
    "a colon": ("a: b: c", ", line 1: mapping values are not allowed here; put text that contains a colon"),
    "two documents": ("a: 1\n---\nb: 2", ", line 2: expected a single document in the stream, but found"),
    "a control character": ("a: b\nc: \0", ", line 2: holds the character U+0000; remove it"),
    "no character": ('a: "\\UFFFFFFFF"', ", line 1: holds an escape that is no character; remove it"),
    "a version of YAML that is no number": ("%YAML " + "9" * 5000 + ".1\n---\na: 1", ": is not valid YAML"),
    "too deep": ("a:\n  " + "[" * 2000, ", line 2: a config has at most 10 levels; make it flatter"),
    "too deep in JSON": ('{"a": ' * 2000, ", line 1: a config has at most 10 levels"),
    "an alias as long as a page": (f"a: *{'x' * 2000}", f", line 1: found undefined alias '{'x' * 277}...; correct it"),
    "a merge with itself": ("&a {b: {<<: *a}, ? *a : 1}", ", line 1: a list or a mapping cannot be a key"),
    "a key twice in JSON": ('{"a": {"b": 1,\n\t"b": 2}}', ": the key 'b' appears twice; rename or remove one"),
    "empty": ("# nothing yet", ": has no keys at the top level"),
    "a list": ("- a", ": has no keys at the top level"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_is_no_config_says_where(name, tmp_path):
    content, problem = UNREADABLE[name]
    file = tmp_path / "mine.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_layer(str(file))
    assert f"mine.yaml{problem}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_config_that_is_not_in_utf_8_says_where(tmp_path):
    (tmp_path / "mine.yaml").write_bytes("a: 1\nb: Jänner".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"mine\.yaml, line 2: is not in UTF-8"):
        read_layer(str(tmp_path / "mine.yaml"))


@pytest.mark.parametrize("file", ["none.yaml", "/dev/zero", "data", "x" * 300])
def test_what_is_no_config_file(file):
    with pytest.raises(ConfigError, match=r"there is no such file|is not a regular file"):
        read_layer(file)


def test_json_is_read_as_json(tmp_path):
    file = tmp_path / "mine.json"
    file.write_text('{\n\t"study": {"alpha": 1e-2, "title": "\\ud83d\\ude00"}\n}', encoding="utf-8")
    assert read_layer(str(file)) == {"study": {"alpha": 0.01, "title": "😀"}}


def test_a_key_of_a_mapping_that_is_merged_in_is_no_twin(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("m: {a: &x {<<: &y {k: 2}, k: 1}}\nb: {<<: *x}", encoding="utf-8")
    assert read_layer(str(file)) == {"m": {"a": {"k": 1}}, "b": {"k": 1}}


def less_than(b):
    return f"findings: {{E1: {{b: {b}}}}}"


@pytest.mark.parametrize(
    ("overlay", "problem"),
    [
        (less_than("032"), "findings.E1.b: YAML does not read 032 as text; put it in quotes"),
        (less_than("no"), "findings.E1.b: YAML does not read no as text; put it in quotes"),
        (less_than("1.0e-3"), "findings.E1.b: YAML does not read 1.0e-3 as text; put it in quotes"),
        (less_than(""), "findings.E1.b: has no value; give text"),
        (less_than("1e-3"), "findings.E1.b: there is no '1e-3'"),
        (less_than("None"), "findings.E1.b: there is no 'None'"),
        ("findings: {F9: {b: [stateless, 012]}}", "findings.F9.b.1: YAML does not read 012 as text"),
        ("findings: {F7: {all_of: [{expect: less, a: Yes, b: x}]}}", "findings.F7.all_of.0.a: YAML does not read Yes as text"),
        ("study: {scenarios: [stateful, 0x10]}", "study.scenarios.1: YAML does not read 0x10 as text"),
        ("scenarios: {032: {stateful: true}}", "scenarios.032: YAML does not read 032 as text; put it in quotes"),
        ("series: {on: {}}", "series.on: YAML does not read on as text; put it in quotes"),
        ("findings: {~: {}}", "findings.~: YAML does not read ~ as text; put it in quotes"),
        ("study: {margin: true}", "study.margin: true is not a number; give a number"),
        ("study: {margin: .nan}", "study.margin: nan is not a finite number; give one"),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_what_yaml_reads_as_no_text_is_shown_as_it_is_written(overlay, problem, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(overlay, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_study(merged(shipped_config(), read_layer(str(file))), ["config.yaml", str(file)])
    assert f"{file}: {problem}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", "5"), ("2.5e3", "2500"), ("1.5e300", "1.5e+300"), (".5e-9", "5.0e-10"), (" 1E-3 ", "0.001")],
)  # fmt: skip
def test_a_number_that_yaml_takes_for_text(text, number):
    problem = f"study.margin: YAML reads {text!r} as text; write it as {number}"
    assert problem in refused({"study": {"margin": text}})
    assert yaml.safe_load(number) == float(text)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"study": {"title": "a\0b"}}, r"study.title: 'a\x00b' holds '\x00'; remove that character"),
        ({"study": {"title": "\ud800"}}, r"study.title: '\ud800' holds '\ud800'; remove"),
        ({"scenarios": {"\x1b[0m": {"stateful": True}}}, r"scenarios.'\x1b[0m': '\x1b[0m' holds '\x1b'"),
        ({"scenarios": {"x\n": {"stateful": True}}}, r"scenarios.'x\n': 'x\n' is not a usable name"),
        ({"study": {"title": datetime.date(2024, 1, 1)}}, "study.title: YAML reads 2024-01-01 as a date"),
        ({"study": {"title": b"x"}}, "study.title: b'x' is neither text nor a number"),
        ({"study": {"title": {1, 2}}}, "study.title: {1, 2} is neither text nor a number"),
        ({"study": {"title": ""}}, "study.title: has 0 characters; give at least 1"),
        ({"series": {"shampoo": {"published": "x" * 1001}}}, "published: has 1001 characters; give at most 1000"),
        ({"findings": {"E1": {"b": {"x": 1}}}}, "findings.E1.b: is neither a scenario nor a list"),
        ({"findings": {"F1": {"between": [1, 2, 3]}}}, "findings.F1.between: has 3 items; give at most 2"),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_values_that_no_config_holds(changes, problem):
    assert problem in refused(changes)


@pytest.mark.parametrize("margin", [1e-12, 1e-300, 5e-324])
def test_margins_may_be_as_small_as_the_data(margin):
    changes = {
        "study": {"margin": margin, "repeats": {"min": 30, "max": 90, "half_width": margin}},
        "series": {"shampoo": {"margin": margin}}, "findings": {"E1": {"margin": margin}},
    }  # fmt: skip
    study = load_study(merged(shipped_config(), changes), [])
    assert study.margin == study.stopping.half_width == margin


@pytest.mark.parametrize(
    "file", ["__main__:x", "os:x", ".:x", "data", "x" * 300, "numpy:" + "x" * 300]
)
def test_a_series_file_that_is_none(file):
    assert "config on the command line: series.shampoo.file: " in refused(
        {"series": {"shampoo": {"file": file}}}
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["-n", "--configfile", "a.yaml", "b.yaml", "--cores", "2"],
        ["--configfiles", "a.yaml", "--config", "study={seed: 3}", "--configfile=b.yaml"],
        ["-C", "x=1", "--configfile", "a.yaml", "b.yaml"],
    ],
    ids=itertools.count(),
)
def test_the_overlays_of_a_command_line(arguments):
    assert overlays(arguments) == ["a.yaml", "b.yaml"]
    assert overlays(["--cores", "2", "--config", "x=1"]) == []


def test_the_program_itself_has_no_datasets(monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    problem = "__main__:x: the package __main__ has no dataset x"
    assert problem in refused({"series": {"shampoo": {"file": "__main__:x"}}})


def test_a_new_study_of_tiny_values_has_a_number_for_margin(tmp_path):
    rows = [f"{i},{1e-10 * (i % 7)}" for i in range(60)]
    (tmp_path / "tiny.csv").write_text("\n".join(["t,v", *rows]), encoding="utf-8")
    written = study_of_series(tmp_path / "tiny.csv", "v")
    margin = yaml.safe_load(written.read_text(encoding="utf-8"))["study"]["margin"]
    assert 0 < margin < 1e-10


def test_later_configs_win_key_by_key_and_change_no_earlier_one():
    base = {"a": {"b": 1, "c": {"d": 2}}, "e": 3, "f": {"g": 4}}
    changes = {"a": {"c": {"d": 5, "h": 6}}, "e": {"i": 7}, "f": 8}
    assert merged_configs(base, changes) == {
        "a": {"b": 1, "c": {"d": 5, "h": 6}},
        "e": {"i": 7},
        "f": 8,
    }
    assert base == {"a": {"b": 1, "c": {"d": 2}}, "e": 3, "f": {"g": 4}}


def test_a_job_reads_the_config_without_preparing_any_series(monkeypatch):
    study = shipped_study()
    monkeypatch.setattr("thousandfold.loading.check_data", lambda study: pytest.fail("checked"))
    assert read_study(shipped_config()) == study
    with pytest.raises(ConfigError, match=r"study\.seed"):
        read_study(merged(shipped_config(), {"study": {"seed": -1}}))


OVER_SERIES = {
    "study": {"metric": "mase", "margin": 0.05, "scenarios": ["stateful", "stateless"]},
    "series": {
        "shampoo": {"margin": None, "published": None},
        "nile": {"file": "statsmodels:nile", "value": "volume", "test_rows": 10},
    },
    "findings": {
        "E1": {
            "claim": "c", "source": "s", "expect": "less", "a": "stateful", "b": "stateless",
            "over": "series",
        }
    },
}  # fmt: skip


def loaded_over_series(finding=None, **changes):
    """A study of two series, whose finding is over series; changes that are None remove a key."""
    shipped = {**shipped_config(), "findings": {}, "twins": {}, "identities": {}, "experiments": {}}
    config = merged(shipped, merged(OVER_SERIES, changes | {"findings": {"E1": finding or {}}}))
    of_finding = config["findings"]["E1"].items()
    config["findings"]["E1"] = {key: value for key, value in of_finding if value is not None}
    return load_study(config, [])


def test_a_finding_over_series():
    study = loaded_over_series()
    assert study.findings[0].over == OverSeries("median", None)
    asked = {"on_at_least": 0.8, "expect": "equivalent"}
    assert loaded_over_series(finding=asked).findings[0].over == OverSeries("median", 0.8)
    assert loaded_over_series(finding={"typical": "mean"}).findings[0].over.typical == "mean"
    assert study.clusters is None
    groups = {"shampoo": {"attributes": {"source": "a"}}, "nile": {"attributes": {"source": "b"}}}
    study = loaded_over_series(study={"cluster": "source"}, series=groups)
    assert study.clusters == {"shampoo": "a", "nile": "b"}
    assert study.show_series == ()
    study = loaded_over_series(study={"show_series": ["nile"]})
    assert study.show_series == ("nile",)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"study": {"show_series": ["shampoo", "nil"]}},
            "study.show_series.1: there is no 'nil'",
        ),
        (
            {"finding": {"over": None, "typical": "mean"}},
            "findings.E1.typical: only a claim over series takes it; add over: series, or remove",
        ),
        (
            {"finding": {"over": None, "on_at_least": 0.8}},
            "findings.E1.on_at_least: only a claim over series takes it; add over: series, or",
        ),
        (
            {"finding": {"on_at_least": 0.8, "typical": "median"}},
            "findings.E1.typical: with on_at_least the share decides, not the typical effect; remo",
        ),
        ({"finding": {"on_at_least": 0}}, "findings.E1.on_at_least: 0"),
        ({"finding": {"on_at_least": 1.1}}, "findings.E1.on_at_least: 1.1"),
        ({"finding": {"over": "origins"}}, "findings.E1.over: unknown value 'origins'"),
        ({"finding": {"typical": "mode"}}, "findings.E1.typical: unknown value 'mode'; choose one of median, mean"),
        (
            {"finding": {"expect": "precision", "b": None, "mean_of": 10, "between": [1, 2]}},
            "findings.E1.over: a claim about precision is about one series; remove",
        ),
        (
            {"finding": {"expect": "equivalent"}},
            "findings.E1: that there is no difference on a typical series says little about each; "
            "add on_at_least, the share of series on which there is none",
        ),
        (
            {"finding": {"metric": "rmse", "margin": 5}},
            "findings.E1: rmse has the units of each series, so its differences cannot be taken "
            "together; take metric: mase or smape, or ratio: true",
        ),
        (
            {"series": {"shampoo": {"margin": 0.1}}},
            "findings.E1: the series have different margins; add the key 'margin'",
        ),
        (
            {"study": {"cluster": "source"}, "series": {"shampoo": {"attributes": {"source": "a"}}}},
            "study.cluster: series nile has no attribute 'source'; add it there (series.<name>.att",
        ),
        (
            {"series": {"shampoo": {"attributes": {"source": ["a"]}}}},
            "series.shampoo.attributes.source: ",
        ),
    ],
)  # fmt: skip
def test_a_finding_over_series_that_is_refused(changes, problem):
    with pytest.raises(ConfigError) as caught:
        loaded_over_series(**changes)
    assert problem in str(caught.value)


def test_ratios_and_margins_of_ones_own_are_taken_over_any_series():
    ratio = {"metric": "rmse", "ratio": True, "margin": 1.25}
    assert loaded_over_series(finding=ratio).findings[0].over is not None
    different = {"shampoo": {"margin": 0.1}}
    study = loaded_over_series(finding={"margin": 0.2}, series=different)
    assert study.findings[0].contrasts[0].margin == 0.2
    # A finding about each series has the margin of each.
    assert loaded_over_series(finding={"over": None}, series=different).findings[0].over is None
