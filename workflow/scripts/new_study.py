"""Write a config for a file of your own, in one step.

python workflow/scripts/new_study.py sales.csv                 writes sales.yaml
python workflow/scripts/new_study.py sales.csv --value units   the same, for the column `units`
python workflow/scripts/new_study.py --table scores.csv        of runs that were trained elsewhere
"""

import argparse
import os
import re
import shlex
import sys
from pathlib import Path
from string import Template

from thousandfold.config_files import snakemake_command
from thousandfold.disk import write_text
from thousandfold.errors import UserError
from thousandfold.observations import in_words
from thousandfold.proposals import name_made_of, number, quoted, text_of
from thousandfold.proposals.series import column_to_forecast, propose_series, series_section
from thousandfold.proposals.table import propose_table, table_parts
from thousandfold.reading.files import read_sheet
from thousandfold.reading.sheets import stem_of

TEMPLATES = Path(__file__).parents[1] / "templates"

MOST_SHOWN = 10
"""Series of a panel that are listed."""


class NewStudyError(UserError):
    """A study that cannot be created; the message names the file and the fix."""


def config_for(path: Path) -> Path:
    """Where the config of a file goes. Raises NewStudyError if there is one already."""
    config = path.with_name(f"{stem_of(path)}.yaml")
    if config.exists():
        raise NewStudyError(f"{config}: exists already; remove it or rename the file")
    return config


def shared_parts(path: Path, config: Path) -> dict[str, str]:
    """The parts of both templates that come from the file's name."""
    stem = stem_of(path)
    return {
        "name": quoted(name_made_of(stem) or "study"),
        "title": re.sub(r'["\\]', "", stem),
        "script": shlex.quote(os.path.relpath(__file__)),
        "argument": shlex.quote(path.as_posix()),
        "plan": snakemake_command("-n", "--configfile", str(config)),
        "train": snakemake_command("--cores", "2", "--configfile", str(config)),
        "analyse": snakemake_command("--cores", "2", "analyse", "--configfile", str(config)),
    }


def study_of_series(path: Path, value: str | None) -> Path:
    """Write a config for a series; returns the file that was written.

    Raises DataError or NewStudyError; an existing config is left alone.
    """
    config = config_for(path)
    if value is None:
        column = column_to_forecast(read_sheet(path))
        value = column.name
        skipped = "".join(f"; {name!r} {reason}" for name, reason in column.skipped.items())
        print(f"{path}: takes the column {value!r}{skipped} (another one: --value)")
    proposals = propose_series(path, value)
    for proposal in proposals[:MOST_SHOWN]:
        print(proposal.problem or in_words(proposal.series))
    parts = shared_parts(path, config)
    text = Template((TEMPLATES / "new_study.yaml").read_text(encoding="utf-8")).substitute(
        parts,
        series=series_section(path, value, proposals),
        margin=number(min(proposal.margin for proposal in proposals)),
    )
    write_text(config, text)
    return config


def study_of_table(path: Path, value: str | None) -> Path:
    """Write a config for a table of trained runs; returns the file that was written.

    Raises DataError or NewStudyError; an existing config is left alone.
    """
    config = config_for(path)
    proposal = propose_table(str(path), value)
    print(f"{path}: {'; '.join(proposal.told)}")
    text = Template((TEMPLATES / "new_table_study.yaml").read_text(encoding="utf-8")).substitute(
        shared_parts(path, config),
        file_key=text_of(path.as_posix()),
        **table_parts(proposal),
    )
    write_text(config, text)
    return config


def main() -> None:
    """Read the command line, write the config, say what to do next."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, help="a series, or with --table a table of trained runs")
    parser.add_argument("column", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("--value", help="the column to forecast, or of a table to compare")
    parser.add_argument("--table", action="store_true", help="the file is a table of trained runs")
    asked = parser.parse_args()
    make = study_of_table if asked.table else study_of_series
    try:
        written = make(asked.file, asked.value or asked.column)
    except UserError as error:
        sys.exit(str(error))
    target = ["analyse"] if asked.table else []
    print(f"{written}: look at the lines marked with an arrow, then")
    print(snakemake_command("-n", *target, "--configfile", str(written)))


if __name__ == "__main__":
    main()
