"""From rows to a table; no row may have a column that the table does not have."""

from collections.abc import Sequence
from typing import Any

import pandas as pd


def table_of(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """The rows as a table of these columns; what a row lacks is empty. Raises ValueError."""
    unknown = {name for row in rows for name in row} - set(columns)
    if unknown:
        raise ValueError(f"the table has no column {', '.join(sorted(unknown))}")
    return pd.DataFrame(rows, columns=list(columns))
