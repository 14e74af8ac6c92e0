"""A config for one's own series, in one step.

python workflow/scripts/new_study.py sales.csv          writes sales.yaml
python workflow/scripts/new_study.py sales.csv units    the same, for the column `units`
"""

import re
import sys
from pathlib import Path
from string import Template

from thousandfold.baselines import baseline_errors
from thousandfold.errors import UserError
from thousandfold.layers import number_in_yaml
from thousandfold.series import Series, SeriesError, columns_of, read_series

TEMPLATE = Path(__file__).parents[1] / "templates" / "new_study.yaml"

TEST_SHARE = 0.2

MARGIN_SHARE = 0.02
"""Of the persistence forecast's RMSE: a start, not an answer."""


class NewStudyError(UserError):
    """A study that cannot be begun; the message names the file and the mend."""


def numeric_column(path: Path) -> str:
    """The last column that holds numbers only. Raises NewStudyError if there is none."""
    for column in reversed(columns_of(path)):
        try:
            read_series("series", path, column, test_rows=1)
        except SeriesError:
            continue
        return column
    raise NewStudyError(f"{path}: no column has a number in every row; name one, or mend it")


def filled_template(path: Path, series: Series, value: str, config: Path) -> str:
    """The config of a study of this series."""
    persistence = baseline_errors(series, "rmse")["persistence"]
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem).strip("_-")[:64] or "series"
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        name=name,
        title=re.sub(r'["\\]', "", path.stem),
        file=path.as_posix(),
        value=value.replace("\\", "\\\\").replace('"', '\\"'),
        config=config.as_posix(),
        rows=len(series.values),
        test_rows=series.test_rows,
        margin=number_in_yaml(float(f"{MARGIN_SHARE * persistence or 1:.2g}")),
    )


def new_study(path: Path, value: str | None = None) -> Path:
    """Write a config beside the series; the file that was written.

    Raises SeriesError or NewStudyError; a config that is there already is left alone.
    """
    config = path.with_suffix(".yaml")
    if config.exists():
        raise NewStudyError(f"{config}: is there already; remove it or rename the series")
    column = value or numeric_column(path)
    rows = len(read_series("series", path, column, test_rows=1).values)
    series = read_series("series", path, column, test_rows=max(1, round(TEST_SHARE * rows)))
    text = filled_template(path, series, column, config)
    config.write_text(text, encoding="utf-8")
    return config


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    try:
        written = new_study(Path(sys.argv[1]), *sys.argv[2:])
    except UserError as error:
        sys.exit(str(error))
    print(f"{written}: look at the lines marked with an arrow, then")
    print(f"snakemake -n --configfile {written}")
