"""Text in columns: its encoding, what stands between fields, and the lines that are no data."""

import codecs
import csv
import gzip
import io
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from thousandfold.errors import DataError
from thousandfold.reading.options import ReadOptions
from thousandfold.reading.sheets import LARGEST_FILE, Sheet, check_size, counted

SEPARATORS = ("\t", ";", "|", ",")
"""Looked for in this order: a comma is as likely a decimal mark."""

MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
"""What a text may begin with, and the encoding that it tells of."""

SEPARATOR_WORDS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas", " ": "blanks"}


@dataclass(frozen=True)
class _Split:
    """A text split at one separator."""

    header: list[str]
    rows: list[tuple[int, list[str]]]
    """The line that each row ends in, and its fields."""
    separator: str

    @property
    def share_of_header_length(self) -> float:
        """Which share of the rows has as many fields as the header."""
        same = sum(len(row) == len(self.header) for _, row in self.rows)
        return same / len(self.rows) if self.rows else 1.0


def delimited_sheet(path: Path, options: ReadOptions) -> Sheet:
    """A text file whose rows are all of one length. Raises DataError."""
    text, assumed = _decoded(path, _content(path), options.encoding)
    lines = text.splitlines(keepends=True)
    first = options.skip_first or _comment_lines(lines)
    split = _split(path, lines[first:], first, options.separator)
    if first:
        assumed.append(f"the first {counted(first, 'line')} left out")
    if split.separator != "," and len(split.header) > 1:
        separator = SEPARATOR_WORDS.get(split.separator, repr(split.separator))
        assumed.append(f"separated by {separator}")
    header = split.header
    rows = _without_note(header, _without_empty_end(split), options.skip_last, assumed)
    for line, row in rows:
        if len(row) != len(header):
            raise DataError(
                f"{path}: line {line} has {counted(len(row), 'field')} where the header has "
                f"{len(header)}; put fields that hold a separator ({split.separator!r}) in quotes"
                f"{', decimal commas too,' if split.separator == ',' else ','} or leave lines that "
                "are no data out by read: {skip_first: 1} or read: {skip_last: 1}"
            )
    return Sheet(
        path,
        tuple(name.strip() for name in header),
        [[field.strip() for field in row] for _, row in rows],
        [f"line {line}" for line, _ in rows],
        split.separator,
        tuple(assumed),
    )


def _content(path: Path) -> bytes:
    """A file's bytes, unpacked."""
    try:
        if path.suffix.lower() != ".gz":
            return path.read_bytes()
        with gzip.open(path) as packed:
            content = packed.read(LARGEST_FILE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}); mend the file") from None
    check_size(path, len(content))
    return content


def _decoded(path: Path, content: bytes, encoding: str | None) -> tuple[str, list[str]]:
    """The text, letters composed, and what was assumed of its encoding."""
    assumed = []
    marked = next((name for mark, name in MARKS if content.startswith(mark)), None)
    if marked not in (None, "utf-8"):
        assumed.append(f"in {str(marked).upper()}")
    try:
        text = content.decode(encoding or marked or "utf-8")
    except UnicodeDecodeError as error:
        if encoding or marked:
            raise DataError(
                f"{path}: is not in {encoding or marked} ({error.reason}); correct read.encoding "
                "or save the file in UTF-8"
            ) from None
        text = content.decode("cp1252", errors="replace")
        if "�" in text:
            text = content.decode("latin-1")
        assumed.append("in Windows-1252 (Latin-1), as it is not in UTF-8")
    except LookupError:
        raise DataError(
            f"{path}: there is no encoding {encoding!r}; correct read.encoding"
        ) from None
    if "\0" in text:
        raise DataError(
            f"{path}: holds zero bytes, so it is no text, or in UTF-16 without a mark; save it in "
            "UTF-8, or give read: {encoding: utf-16-le}"
        )
    return unicodedata.normalize("NFC", text.removeprefix("\ufeff")), assumed


def _comment_lines(lines: list[str]) -> int:
    """How many lines at the beginning are comments; a header may begin with # as well."""
    marked = next((i for i, line in enumerate(lines) if not line.startswith("#")), 0)

    def marks(line: str) -> list[int]:
        return [line.count(separator) for separator in SEPARATORS]

    is_header = (
        marked and any(marks(lines[marked])) and marks(lines[marked - 1]) == marks(lines[marked])
    )
    return marked - 1 if is_header else marked


def _split(path: Path, lines: list[str], first: int, separator: str | None) -> _Split:
    """The text split where it makes the most rows of the header's length."""
    begin = next((line for line in lines if line.strip()), "")
    candidates = [separator] if separator else [s for s in SEPARATORS if s in begin] or [",", ";"]
    tried, problem = [], "is empty"
    for candidate in candidates:
        try:
            rows = list(_fields(lines, first, candidate))
        except csv.Error as error:
            problem = str(error)
            continue
        if rows:
            tried.append(_Split(rows[0][1], rows[1:], candidate))
    if not tried:
        if problem == "is empty":
            raise DataError(f"{path}: is empty; it needs a header and a row per observation")
        raise DataError(f"{path}: cannot be read as columns of text ({problem}); mend the file")
    several = [split for split in tried if len(split.header) > 1] or tried
    return max(several, key=lambda split: split.share_of_header_length)


def _fields(lines: list[str], first: int, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows between the first line and the last that are not blank, with the line of each."""
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=separator, strict=True)
    blank: list[int] = []
    columns = 0
    for row in reader:
        line = first + reader.line_num
        if not any(field.strip() for field in row):
            # An empty line among the values of a single column is a missing value.
            if columns == 1 or len(row) > 1:
                blank.append(line)
            continue
        columns = columns or len(row)
        yield from ((place, [""] * columns) for place in blank)
        blank.clear()
        yield line, row


def _without_empty_end(split: _Split) -> list[tuple[int, list[str]]]:
    """The rows; where each ends in a separator and the header does not, without the field after."""
    ends = [row[-1].strip() for _, row in split.rows if len(row) == len(split.header) + 1]
    if len(ends) < len(split.rows) or any(ends):
        return split.rows
    return [(line, row[:-1]) for line, row in split.rows]


def _without_note(
    header: list[str],
    rows: list[tuple[int, list[str]]],
    skip_last: int | None,
    assumed: list[str],
) -> list[tuple[int, list[str]]]:
    """The rows before a note of text alone, such as the source, that many tables end with."""
    end = len(rows)
    if skip_last is not None:
        end = max(end - skip_last, 0)
    else:
        while end and len(header) > 1 and _is_note(rows[end - 1][1], len(header)):
            end -= 1
    if end < len(rows):
        assumed.append(f"the last {counted(len(rows) - end, 'line')} left out")
    return rows[:end]


def _is_note(row: list[str], columns: int) -> bool:
    """Whether a row is a line of text: one field where the header has several, and no number."""
    first, *others = (field.strip() for field in row)
    is_alone = not any(others) and (len(row) < columns or columns > 2)
    is_sentence = len(row) != columns and " " in " ".join(row).strip()
    return any(c.isalpha() for c in first) and (is_alone or is_sentence)
