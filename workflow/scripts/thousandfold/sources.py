"""From an entry of the config's series to what it stands for: one series, or many."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from thousandfold.errors import DataError, NoColumnError
from thousandfold.members import Collection, CollectionError, Sampled, members_of
from thousandfold.observations import series_path
from thousandfold.reading.competitions import competition_file
from thousandfold.reading.options import LabelColumns, ReadOptions, Treatment
from thousandfold.schema import BadKeyError, config_schema, is_name
from thousandfold.study import SeriesSource
from thousandfold.synthetic import MOST_VALUES, Echo, Labels, Synthetic

PLACES = ("file", "collection", "synthetic")
"""Where an entry's values can come from: it has one of these keys."""

OF_TABLES = ("value", "date", "pieces", "sort", "missing", "gaps", "read", "inputs")
"""The keys about the columns and rows of a file."""

OF_LABELS = ("sequence", "label", "time", "label_each")
"""The keys about the columns of a file of sequences with labels."""

NOT_OF_LABELS = (
    "value", "date", "pieces", "sort", "missing", "gaps", "horizon", "origins", "period",
    "published",
)  # fmt: skip
"""The keys that sequences with labels have no use for."""

OF_ONE_SERIES = ("title", "where", "published")
"""The keys that cannot be the same for many series."""


def sources_of(
    name: str, fields: Mapping[str, Any], settings: Mapping[str, Any]
) -> list[SeriesSource]:
    """The series that an entry stands for. Raises BadKeyError."""
    key = ("series", name)
    places = [place for place in PLACES if fields.get(place) is not None]
    if not places:
        raise BadKeyError(
            key,
            "the key 'file' is missing; add it, or else collection, for many series at once, or "
            "synthetic, for one that is made up",
        )
    if len(places) > 1:
        raise BadKeyError((*key, places[1]), f"there is {places[0]} as well; remove one")
    if fields.get("published") and settings["metric"] != "rmse":
        raise BadKeyError(
            (*key, "published"),
            "published tables are of the RMSE; remove it, or set study.metric: rmse",
        )
    common = SeriesSource(
        name=name,
        title=fields.get("title", name),
        unit=fields["unit"],
        margin=settings["margin"] if fields["margin"] is None else fields["margin"],
        attributes=tuple(fields["attributes"].items()),
        test_rows=fields["test_rows"],
        horizon=fields["horizon"],
        steps_ahead=_steps_ahead(key, fields),
        origins=_origins(key, fields),
        period=fields["period"],
        published=fields["published"],
    )
    if places == ["file"]:
        return [_of_a_file(key, fields, common)]
    if places == ["synthetic"]:
        return [_made_up(key, fields, common)]
    return list(_collected(key, fields, common))


def _origins(key: tuple[str, str], fields: Mapping[str, Any]) -> tuple[int, ...]:
    """How many observations earlier a series ends, at each of its earlier ends."""
    asked, test_rows = fields["origins"], fields["test_rows"]
    if asked is None:
        return ()
    if asked["every"] < test_rows:
        problem = f"{asked['every']} is less than the {test_rows} test_rows, so that test windows"
        raise BadKeyError((*key, "origins", "every"), f"{problem} overlap; give at least that")
    return tuple(asked["every"] * (index + 1) for index in range(asked["count"]))


def _steps_ahead(key: tuple[str, str], fields: Mapping[str, Any]) -> int:
    """How many steps ahead the test forecasts."""
    steps, test_rows = int(fields["steps_ahead"]), fields["test_rows"]
    if steps > test_rows:
        problem = (
            f"{steps} is more than the {test_rows} test_rows, so that no forecast of that many"
        )
        raise BadKeyError((*key, "steps_ahead"), f"{problem} can be measured; give at most that")
    return steps


def _of_a_file(
    key: tuple[str, str], fields: Mapping[str, Any], common: SeriesSource
) -> SeriesSource:
    asked = fields["file"]
    try:
        file, *others = map(series_path, [asked] if isinstance(asked, str) else asked)
    except DataError as error:
        raise BadKeyError((*key, "file"), str(error)) from None
    if others and fields["label"] is not None:
        problem = "sequences with labels are read from one file; join these"
        raise BadKeyError((*key, "file"), problem)
    return replace(_of_columns(key, fields, common, file), further_files=tuple(others))


def _of_columns(
    key: tuple[str, str], fields: Mapping[str, Any], common: SeriesSource, file: str
) -> SeriesSource:
    """A series of a file, or all that those of a file have in common."""
    if fields["label"] is not None:
        return _of_labels(key, fields, common, file)
    _refuse(key, fields, OF_LABELS, "a series; sequences with labels have the key 'label'")
    _refuse(key, fields, ("split_seed",), "a series, of which the last values are the test")
    if "value" not in fields:
        raise BadKeyError(key, "the key 'value' is missing; add it")
    treatment = Treatment(
        ReadOptions(**fields["read"]),
        tuple(fields["where"].items()),
        *(fields[each] for each in ("sort", "missing", "gaps")),
    )
    return replace(
        common,
        file=file,
        value=fields["value"],
        date=fields["date"],
        pieces=fields["pieces"],
        inputs=tuple(fields["inputs"]),
        treatment=treatment,
    )


def _of_labels(
    key: tuple[str, str], fields: Mapping[str, Any], common: SeriesSource, file: str
) -> SeriesSource:
    """Sequences with labels of a file."""
    _refuse_keys_of_series(key, fields, "label")
    for each, what in (("sequence", "the sequences' names"), ("inputs", "their values")):
        if not fields[each]:
            raise BadKeyError(
                key, f"with 'label', the key {each!r} is missing; name the column with {what}"
            )
    return replace(
        common,
        file=file,
        inputs=tuple(fields["inputs"]),
        treatment=Treatment(ReadOptions(**fields["read"]), tuple(fields["where"].items())),
        labelled=LabelColumns(
            fields["sequence"], fields["label"], fields["time"], fields["label_each"] == "step"
        ),
        split_seed=fields["split_seed"],
    )


def _made_up(key: tuple[str, str], fields: Mapping[str, Any], common: SeriesSource) -> SeriesSource:
    made = fields["synthetic"]
    of_files = (*OF_TABLES, *OF_LABELS, "where", "published", "split_seed")
    _refuse(key, fields, of_files, "what is made up")
    if made["labels"] is not None:
        return _made_up_labels(key, fields, common)
    if made["observations"] <= common.test_rows:
        problem = f"{made['observations']} is not more than the {common.test_rows} test_rows"
        raise BadKeyError((*key, "synthetic", "observations"), f"{problem}; give more")
    echo = None if made["echo"] is None else Echo(**made["echo"])
    return replace(common, synthetic=Synthetic(made["observations"], made["seed"], echo))


def _made_up_labels(
    key: tuple[str, str], fields: Mapping[str, Any], common: SeriesSource
) -> SeriesSource:
    """Sequences with labels that are made up."""
    made, at = fields["synthetic"], (*key, "synthetic", "labels")
    _refuse_keys_of_series(key, fields, "labels")
    labels = Labels(**made["labels"])
    if made["echo"] is not None:
        raise BadKeyError((*key, "synthetic", "echo"), "does not go with labels; remove one")
    if labels.sequences <= common.test_rows:
        problem = f"{labels.sequences} is not more than the {common.test_rows} test_rows; give more"
        raise BadKeyError((*at, "sequences"), problem)
    if labels.sequences * made["observations"] > MOST_VALUES:
        problem = f"{labels.sequences} of {made['observations']} observations are more than"
        raise BadKeyError((*at, "sequences"), f"{problem} {MOST_VALUES:,} values; give fewer")
    shortest = made["observations"] if labels.shortest is None else labels.shortest
    if shortest > made["observations"]:
        problem = f"{shortest} is more than the {made['observations']} observations of the longest"
        raise BadKeyError((*at, "shortest"), f"{problem}; lower it")
    if labels.last > shortest:
        problem = f"{labels.last} is more than the {shortest} values of the shortest sequence"
        raise BadKeyError((*at, "last"), f"{problem}; lower it")
    return replace(common, synthetic=Synthetic(made["observations"], made["seed"], labels=labels))


def _refuse_keys_of_series(key: tuple[str, str], fields: Mapping[str, Any], asked_by: str) -> None:
    """Refuse what sequences with labels, which a key asks for, have no use for."""
    what = f"sequences with labels, which {asked_by} asks for"
    _refuse(key, fields, NOT_OF_LABELS, what)
    if fields["steps_ahead"] != 1:
        raise BadKeyError((*key, "steps_ahead"), f"does not go with {what}; remove it")


def _refuse(
    key: tuple[str, str], fields: Mapping[str, Any], keys: tuple[str, ...], what: str
) -> None:
    """Refuse keys that would have no effect."""
    known = config_schema()["properties"]["series"]["additionalProperties"]["properties"]
    for each in keys:
        value = fields.get(each)
        default = known[each].get("default")
        if any(value.values()) if isinstance(value, dict) else value != default:
            raise BadKeyError((*key, each), f"does not go with {what}; remove it")


def _collected(
    key: tuple[str, str], fields: Mapping[str, Any], common: SeriesSource
) -> Iterator[SeriesSource]:
    """The members of a collection, as series of the study."""
    asked = fields["collection"]
    at = (*key, "collection")
    _refuse(key, fields, (*OF_ONE_SERIES, *OF_LABELS, "split_seed"), "a collection of series")
    try:
        is_competition = competition_file(asked["from"]) is not None
    except DataError as error:
        raise BadKeyError((*at, "from"), str(error)) from None
    if is_competition:
        _refuse(key, fields, OF_TABLES, "the series of a competition")
        if asked["series"] is not None:
            raise BadKeyError((*at, "series"), "does not go with a competition; remove it")
        shared = common
    else:
        if asked["series"] is None:
            raise BadKeyError(
                at,
                "with a file in 'from', the key 'series' is missing; name the column with the "
                "series' names",
            )
        shared = _of_columns(key, fields, common, asked["from"])
    if asked["first"] is not None and asked["sample"] is not None:
        raise BadKeyError((*at, "sample"), "there is first as well; remove one")
    collection = Collection(
        asked["from"],
        asked["series"],
        asked["about"],
        tuple((column, str(text)) for column, text in asked["where"].items()),
        asked["min_in_sample"],
        asked["first"],
        None if asked["sample"] is None else Sampled(**asked["sample"]),
        tuple(asked["attributes"]),
    )
    try:
        members = members_of(collection, shared.treatment.read, common.rows_after_training)
    except NoColumnError as error:
        place = "series" if error.column == collection.series else "attributes"
        place = "where" if error.column in dict(collection.where) else place
        raise BadKeyError((*at, place), str(error)) from None
    except CollectionError as error:
        raise BadKeyError((*at, *error.key), str(error)) from None
    for member in members:
        if not is_name(member.name):
            problem = f"{member.name!r} is not a usable name of a series"
            fix = "take 1 to 100 characters in one line, without blanks at the ends"
            raise BadKeyError((*at, "series"), f"{asked['from']}: {problem}; {fix}")
        yield replace(
            shared,
            name=member.name,
            title=member.name,
            attributes=tuple({**dict(common.attributes), **dict(member.attributes)}.items()),
            file=member.file,
            competitor=member.competitor,
            treatment=replace(shared.treatment, where=member.rows_with),
            entry=common.name,
        )
