"""What a config may say about how a file is read."""

from dataclasses import dataclass

from thousandfold.names import DATA_SETS, SERIES, Noun


@dataclass(frozen=True)
class ReadOptions:
    """How a file is to be read; None means that it is inferred."""

    separator: str | None = None
    """Between fields."""
    decimal: str | None = None
    """Before the decimals: "." or ","."""
    thousands: str | None = None
    """Between groups of three digits."""
    encoding: str | None = None
    """As Python calls it, such as latin-1."""
    sheet: str | None = None
    """Of a workbook; None: the first."""
    skip_first: int = 0
    """Lines before the header."""
    skip_last: int | None = None
    """Lines after the data."""
    dates: str | None = None
    """day_first or month_first, where both are possible; text: no dates, just labels."""


FOUND_OUT = ReadOptions()
"""Where nothing is said."""


@dataclass(frozen=True)
class Treatment:
    """What is done to a file's rows before they are a series."""

    read: ReadOptions = FOUND_OUT
    where: tuple[tuple[str, str], ...] = ()
    """(column, text) that a row needs to take part."""
    sort: bool = False
    """Whether rows are put in the order of their dates."""
    missing: str | None = None
    """interpolate, drop, or None: missing values are refused."""
    gaps: str | None = None
    """interpolate, ignore, or None: missing dates are refused."""


AS_IT_IS = Treatment()
"""Where nothing is said."""


@dataclass(frozen=True)
class LabelColumns:
    """The columns of a file of sequences with labels, beside those of their values."""

    sequence: str
    """Which sequence a row belongs to."""
    label: str
    time: str | None = None
    """Numbers by which a sequence's rows are put in order; None: they are in order."""
    each_step: bool = False
    """Whether each row has a label of its own, or each sequence."""


@dataclass(frozen=True)
class RowsWith:
    """The rows that have one of some texts in a column."""

    column: str
    values: tuple[str, ...]


SERIES_COLUMNS = {
    "dataset": DATA_SETS, "data_set": DATA_SETS, "data set": DATA_SETS, "dataset_name": DATA_SETS,
    "data": DATA_SETS, "corpus": Noun("corpus", "corpora"), "task": Noun("task", "tasks"),
    "benchmark": Noun("benchmark", "benchmarks"), "problem": Noun("problem", "problems"),
    "env": Noun("environment", "environments"),
    "environment": Noun("environment", "environments"), "game": Noun("game", "games"),
}  # fmt: skip
"""What tables call the column of series where they call it something else, in small letters, and
what series are then called."""


@dataclass(frozen=True)
class TableForm:
    """How a table of trained runs is laid out."""

    files: tuple[str, ...]
    read: ReadOptions = FOUND_OUT
    columns: tuple[tuple[str, str], ...] = ()
    """(scenario, repeat or series, what the table calls it) pairs."""
    wide: tuple[str, ...] = ()
    """The columns that are a scenario each; () if a row is one training."""
    failed: RowsWith | None = None
    """The runs that failed."""
    left_out: RowsWith | None = None
    """The runs that are not looked at."""
    pooled: tuple[str, ...] = ()
    """Columns in which repeats of one scenario may differ."""

    @property
    def noun(self) -> Noun:
        """What its series are called in prose, after the column that names them."""
        column = dict(self.columns).get("series", "series")
        return SERIES_COLUMNS.get(column.casefold(), SERIES)

    @property
    def name(self) -> str:
        """What an error calls the table."""
        first, *others = self.files
        return f"{first} and {len(others)} more" if others else first
