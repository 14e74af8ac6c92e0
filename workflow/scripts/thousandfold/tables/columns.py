"""What a table is made of: columns, each with its type, unit and description, and typed rows.

A number that is missing is NaN; anything else that is missing is None.
"""

import math
from collections.abc import Iterable
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Annotated, Any, ClassVar, TypeVar, dataclass_transform, get_args

import numpy as np
import pandas as pd

OptionalFloat = Annotated[float, math.nan]
"""A number or, where a cell is empty, NaN. (Other columns that may be empty are `... | None`.)"""

TYPES = {str: "text", int: "integer", float: "number", bool: "boolean"}
"""What a cell can hold, and what that is called."""


def is_empty(value: Any) -> bool:
    """Whether this stands for a missing value."""
    return value is None or (isinstance(value, float) and math.isnan(value))


class CellError(ValueError):
    """A cell that does not hold what its column is declared to hold."""


@dataclass(frozen=True)
class Column:
    """What the cells of a column hold."""

    type: type
    """One of TYPES."""
    description: str
    unit: str = ""
    """Of numbers that have one."""
    is_optional: bool = False
    """Whether a cell may be empty."""
    tasks: tuple[str, ...] = ()
    """The tasks whose studies have the column; (): those of all."""

    @property
    def empty(self) -> float | None:
        """What stands for a missing value."""
        return math.nan if self.type is float else None

    def checked(self, value: Any) -> Any:
        """A cell's value as a plain str, int, float, bool or None. Raises CellError."""
        if isinstance(value, np.generic):
            value = value.item()
        if is_empty(value):
            if not self.is_optional or (value is None) != (self.empty is None):
                raise CellError(f"{value} in a column of type {self.type_name}")
            return value
        wanted = (int, float) if self.type is float else self.type
        if not isinstance(value, wanted) or (isinstance(value, bool) and self.type is not bool):
            raise CellError(f"{value!r} in a column of type {self.type_name}")
        if value == "" and self.is_optional:
            raise CellError("'' where None stands for no text")
        return value

    @property
    def type_name(self) -> str:
        """The type as documentation and errors have it."""
        return TYPES[self.type] + " or empty" * self.is_optional


Columns = dict[str, Column]
"""The columns of a table by name, in order."""


def column(description: str, unit: str = "", *, default: Any = MISSING) -> Any:
    """A field of a Row. Only a column that many rows leave empty has a default."""
    metadata = {"description": description, "unit": unit}
    return field(default=default, metadata=metadata)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(column,))
class Row:
    """A row of the table that a subclass is named for: a frozen dataclass of its cells.

    A subclass declares each cell by its type and a `column`. Unknown and missing cells raise
    TypeError when a row is made; types are checked when it is written.
    """

    table: ClassVar[str]
    columns: ClassVar[Columns]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __init_subclass__(cls, table: str) -> None:
        dataclass(frozen=True, kw_only=True)(cls)
        cls.table = table
        cls.columns = {each.name: _column_of(each) for each in fields(cls)}


AnyRow = TypeVar("AnyRow", bound=Row)


def _column_of(declared: Field[Any]) -> Column:
    type_, *empty = get_args(declared.type) or (declared.type,)
    return Column(type_, **declared.metadata, is_optional=bool(empty))


def frame_of(row_type: type[Row], rows: Iterable[Row]) -> pd.DataFrame:
    """The rows of one type as a data frame."""
    return pd.DataFrame([vars(row) for row in rows], columns=list(row_type.columns))


def check_frame(table: str, columns: Columns, frame: pd.DataFrame) -> None:
    """Check that a data frame has exactly these columns, and holds what they are declared to.

    For tables too large for a Row per row. Raises CellError.
    """
    if list(frame.columns) != list(columns):
        raise CellError(f"table {table} has the columns {', '.join(map(str, frame.columns))}")
    for name, declared in columns.items():
        cells = frame[name]
        if not _IS_OF_TYPE[declared.type](cells):
            raise CellError(
                f"table {table}, column {name}: {cells.dtype}, not {declared.type_name}"
            )
        empty = np.flatnonzero(cells.isna())
        if empty.size and not declared.is_optional:
            raise CellError(f"table {table}, column {name}, row {empty[0] + 1}: is empty")


_IS_OF_TYPE = {
    str: lambda cells: pd.api.types.infer_dtype(cells) in ("string", "empty"),
    int: pd.api.types.is_integer_dtype,
    float: pd.api.types.is_float_dtype,
    bool: pd.api.types.is_bool_dtype,
}
