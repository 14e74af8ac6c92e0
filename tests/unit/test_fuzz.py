"""Wrong and hostile configs and series: each is a study or one clear error, and nothing else."""

import copy
import datetime
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import ROOT, STATELESS, shipped_config
from workflow.project import merged

from thousandfold.config_files import ConfigError, read_layer
from thousandfold.errors import DataError
from thousandfold.loading import load_study
from thousandfold.names import spelled
from thousandfold.observations import read_series
from thousandfold.recipe import file_digest
from thousandfold.supervised import supervise

FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_~-]{0,79}")

EXTREME = [
    None, True, False, 0, -1, 1, 2, 7, 12, 22, 10**6, 10**9, 10**400, -(10**400), 0.0, 1e-320, 0.5, 1e308,
    float("nan"), float("inf"), "", " ", "stateful", "stateless", "../../etc/passwd", "/dev/zero", "/", ".",
    "a\nb", "a\0b", "{wildcards.series}", "{{ 7 * 7 }}", "$(touch pwned)", "x" * 10_000, "CON", "blocks",
    "1e5", "٣", "__class__", b"bytes", datetime.date(2026, 1, 1), [], {}, [[]], [None], {"a": {"b": {}}},
    ["stateful", "stateless"], {"min": 2, "max": 4, "half_width": 1.0}, {1: 2}, {None: None},
]  # fmt: skip

values = st.one_of(
    st.sampled_from(EXTREME),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.lists(st.sampled_from(EXTREME), max_size=3),
    st.dictionaries(st.text(max_size=8), st.sampled_from(EXTREME), max_size=3),
)


def paths_of(tree, path=()):
    """The paths of all keys and items of a config."""
    items = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    for key, value in items:
        yield (*path, key)
        yield from paths_of(value, (*path, key))


SHIPPED = shipped_config()
PATHS = list(paths_of(SHIPPED))
KEYS = sorted({str(key) for path in PATHS for key in path if isinstance(key, str)})


def changed(config, path, change):
    """A config with the value at a path changed, where the path still exists."""
    node = config
    for key in path[:-1]:
        try:
            node = node[key]
        except (KeyError, IndexError, TypeError):
            return
    is_there = (
        path[-1] in node
        if isinstance(node, dict)
        else (isinstance(node, list) and isinstance(path[-1], int) and path[-1] < len(node))
    )
    if is_there:
        change(node, path[-1])


@st.composite
def configs(draw):
    """The shipped config after one to four changes: values replaced, keys removed, added or renamed."""
    config = copy.deepcopy(SHIPPED)
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(PATHS))
        what = draw(st.sampled_from(["replace", "remove", "add", "rename"]))
        if what == "replace":
            value = draw(values)
            changed(config, path, lambda node, key, value=value: node.__setitem__(key, value))
        elif what == "remove":
            changed(config, path, lambda node, key: node.__delitem__(key))
        else:
            name = draw(st.one_of(st.sampled_from(KEYS), st.text(max_size=12), st.integers()))
            value = draw(values) if what == "add" else None

            def put(node, key, name=name, value=value, what=what):
                if isinstance(node, dict):
                    node[name] = value if what == "add" else node.pop(key, None)

            changed(config, path, put)
    return config


@pytest.fixture(autouse=True)
def in_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def assert_stays_inside(study):
    for parent in ("results", "reports"):
        folder = Path(parent).resolve()
        assert folder in [study.folder(parent).resolve(), *study.folder(parent).resolve().parents]
    assert FOLDER.fullmatch(study.name)
    assert all(FILE.fullmatch(spelled(name)) for name in study.names)


def assert_one_clear_error(error):
    message = str(error)
    assert "\n" not in message.strip()
    assert len(message) < 2000
    place, problem = message.split(": ", 1)
    assert place
    assert problem


@pytest.mark.slow
@settings(
    max_examples=2000,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(configs())
def test_a_config_is_a_study_or_one_clear_error(config):
    try:
        study = load_study(config, [])
    except ConfigError as error:
        assert_one_clear_error(error)
    else:
        assert_stays_inside(study)
        assert study.trainings
    assert not Path("pwned").exists()


def test_some_changes_make_a_study_and_most_do_not():
    """Otherwise the fuzzing would show nothing."""
    outcomes = {True: 0, False: 0}

    @settings(max_examples=500, deadline=None, database=None, derandomize=True)
    @given(configs())
    def count(config):
        try:
            load_study(config, [])
            outcomes[True] += 1
        except ConfigError:
            outcomes[False] += 1

    count()
    assert outcomes[True] >= 10
    assert outcomes[False] >= 100


SNIPPETS = [
    "032", "true", "no", "~", "", "2024-01-01", "12:30", "!!int x", "!!timestamp x", "!!set {a}", "&a [*a]", "? [a]",
    "*x", "<<", "=", "0x_", ".nan", "1e999", "9" * 5000, "__main__:x", "{1: 2}", "\t", "\n", ": ", "#", "'", "|\n  x",
    '"\\ud800"', '"\\0"', '"\\UFFFFFFFF"', "\x85", "\ufeff", "!!python/name:os.system", "%", "x" * 300,
]  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.integers(0), st.integers(0, 20), st.sampled_from(SNIPPETS)),
        min_size=1,
        max_size=3,
    )
)
def test_a_config_file_is_a_study_or_one_clear_error(tmp_path, changes):
    text = (ROOT / "config/smoke.yaml").read_text(encoding="utf-8")
    for start, length, snippet in changes:
        place = start % len(text)
        text = text[:place] + snippet + text[place + length :]
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        load_study(merged(SHIPPED, read_layer(str(file))), ["config.yaml", str(file)])
    except ConfigError as error:
        assert_one_clear_error(error)


HOSTILE_YAML = {
    "python object": "study: !!python/object/apply:os.system ['touch pwned']\n",
    "template": "__use_yte__: true\nstudy:\n  ?__import__('os').system('touch pwned'): 1\n",
    "deep": "a: " + "[" * 5000 + "]" * 5000,
    "binary": b"\xff\xfe\x00\x01" * 100,
    "tab": "study:\n\tname: x\n",
    "huge number": "study: {seed: " + "9" * 5000 + "}\n",
    "no date": "study: {title: 2026-99-99}\n",
    "unknown anchor": "study: *nothing\n",
}


@pytest.mark.parametrize("name", HOSTILE_YAML)
def test_hostile_yaml_is_refused_and_not_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = HOSTILE_YAML[name]
    (tmp_path / "mine.yaml").write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    with pytest.raises(ConfigError, match=r"^mine\.yaml"):
        read_layer("mine.yaml")
    assert not (tmp_path / "pwned").exists()


def test_aliases_of_aliases_are_refused():
    laughs = ["lol"]
    for _ in range(12):
        laughs = [laughs] * 10
    with pytest.raises(ConfigError, match="at most 100000 values in 10 levels"):
        load_study({**SHIPPED, "study": {**SHIPPED["study"], "scenarios": laughs}}, [])
    endless = {}
    endless["again"] = endless
    with pytest.raises(ConfigError, match="at most 100000 values in 10 levels"):
        load_study({**SHIPPED, "model": endless}, [])


def csv_text(separator=",", quote="", decimal=".", header=("Month", "Sales"), newline="\n"):
    rows = [
        header,
        *((f"{i // 12 + 1}-{i % 12 + 1:02d}", f"{100 + i * 7 % 31}{decimal}5") for i in range(36)),
    ]
    return (
        newline.join(separator.join(f"{quote}{field}{quote}" for field in row) for row in rows)
        + newline
    )


GOOD_FILES = {
    "plain": csv_text().encode(),
    "byte-order mark": csv_text().encode("utf-8-sig"),
    "quotes": csv_text(quote='"').encode(),
    "Windows newlines": csv_text(newline="\r\n").encode(),
    "blank lines": csv_text(newline="\n\n").encode(),
    "spaces": csv_text().replace(",1", ", 1").encode(),
    "umlauts": csv_text(header=("Monat, Jahr".replace(", ", "_"), "Sales"))
    .replace("1-01", "Jänner")
    .encode(),
    "UTF-16": csv_text().encode("utf-16"),
    "Latin-1": csv_text(header=("Monät", "Sales")).encode("latin-1"),
    "semicolons": csv_text(separator=";").encode(),
    "tabs": csv_text(separator="\t").encode(),
    "quoted decimal commas": csv_text(decimal=",", quote='"').encode(),
    "semicolons and decimal commas": csv_text(separator=";", decimal=",").encode(),
    "a note": (csv_text() + "\nSource: an office\n").encode(),
}

BAD_FILES = {
    "decimal commas": (csv_text(decimal=",").encode(), "line 2 has 3 fields where the header has 2"),
    "one field too many": (csv_text().replace("1-03", "1-03,x").encode(), "line 4 has 3 fields where the header has 2"),
    "one field too few": (csv_text().replace("1-03,", "1-03").encode(), "line 4 has 1 field where the header has 2"),
    "open quote": (csv_text().replace("1-03", '"1-03').encode(), "cannot be read as columns of text"),
    "one column twice": (csv_text(header=("Sales", "Sales")).encode(), "has the column 'Sales' more than once"),
    "binary": (bytes(range(256)) * 400, "holds zero bytes"),
    "zeros": (b"\0" * 4096, "holds zero bytes"),
    "UTF-16 without a mark": (csv_text().encode("utf-16-le"), "holds zero bytes"),
    "a field without end": (b"Month,Sales\n1," + b"1" * 200_000, "field larger than field limit"),
    "too large a number": (csv_text().replace("107.5", "1e200").encode(), "line 3: '1e200' is beyond ±1e100"),
    "header only": (b"Month,Sales\n", None),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD_FILES)
def test_a_series_that_can_be_read(name, tmp_path):
    path = tmp_path / "series.csv"
    path.write_bytes(GOOD_FILES[name])
    series = read_series("s", path, "Sales", 12)
    assert series.values.tolist() == [100.5 + i * 7 % 31 for i in range(36)]
    assert len(series.labels) == 36


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_series_that_cannot_be_read_is_refused(name, tmp_path):
    content, problem = BAD_FILES[name]
    path = tmp_path / "series.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=problem) as refusal:
        supervise(read_series("s", path, "Sales", 12), STATELESS.preparation)
    assert_one_clear_error(refusal.value)


def test_a_very_large_file_is_refused_unread(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.write(b"Month,Sales\n")
        file.truncate(200_000_000)
    with pytest.raises(DataError, match="is larger than 20 MB"):
        read_series("s", path, "Sales", 12)


def test_a_very_large_config_is_refused_unread(tmp_path):
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(21_000_000)
    with pytest.raises(ConfigError, match=r"large\.yaml: is larger than 20 MB; correct the file"):
        read_layer(str(path))


@pytest.mark.parametrize("path", ["/", "a\0b"])
def test_what_is_no_file_is_refused(path):
    with pytest.raises(DataError, match="there is no such file"):
        read_series("s", Path(path), "Sales", 12)


@pytest.mark.parametrize("path", ["/dev/zero", "/proc/cpuinfo", "/proc/self/fd/0"])
def test_special_files_are_refused_wherever_a_config_names_one(path):
    config = shipped_config()
    series = {**config["series"]["shampoo"], "published": path}
    refusals = [
        (DataError, lambda: read_series("s", Path(path), "Sales", 12)),
        (ConfigError, lambda: read_layer(path)),
        (ConfigError, lambda: load_study({**config, "series": {"shampoo": series}}, [])),
        (DataError, lambda: file_digest(path)),
    ]
    for error, read in refusals:
        with pytest.raises(error, match=f"{path}: is not a regular file; save its content"):
            read()


@settings(
    max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(alphabet='0123456789.,;"\n\r\t -eSalesMonth\ufeff', max_size=400),
    )
)
def test_any_bytes_are_a_series_or_one_clear_error(tmp_path, content):
    path = tmp_path / "series.csv"
    head = b"Month,Sales\n"
    path.write_bytes(content if isinstance(content, bytes) else head + content.encode())
    try:
        series = read_series("s", path, "Sales", 12)
        data = supervise(series, STATELESS.preparation)
    except DataError as error:
        assert_one_clear_error(error)
    else:
        assert len(data.train) >= 2
