"""Delimited text: its encoding, the separator, and the lines that are not data."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from thousandfold.errors import DataError
from thousandfold.names import composed
from thousandfold.reading.options import ReadOptions
from thousandfold.reading.sheets import LARGEST_TEXT, Sheet, check_size, counted

SEPARATORS = ("\t", ";", "|", ",")
"""Looked for in this order: a comma is as likely a decimal mark."""

MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
"""What a text may begin with, and the encoding that it gives away."""

SEPARATOR_WORDS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas", " ": "blanks"}

NO_TEXTS = {
    b"PK\x03\x04": "a workbook or an archive; name a workbook .xlsx, or unpack the archive",
    b"\xd0\xcf\x11\xe0": "a workbook of an old Excel; save it as .xlsx",
    b"%PDF": "a PDF; save its table as CSV",
    b"\x1f\x8b": "packed by gzip; let its name end in .gz",
    b"PAR1": "Parquet; let its name end in .parquet",
}
"""What files begin with that are no text, and what an error says of them."""

LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""What Python splits lines at."""

LONGEST_PREAMBLE = 30
"""Lines before a header that can be left out unasked."""


@dataclass(frozen=True)
class _Split:
    """A text split at one separator."""

    header: list[str]
    rows: list[tuple[int, list[str]]]
    """The line that each row ends in, and its fields."""
    separator: str

    @property
    def share_of_header_length(self) -> float:
        """The share of the rows that have as many fields as the header."""
        same = sum(len(row) == len(self.header) for _, row in self.rows)
        return same / len(self.rows) if self.rows else 1.0


def delimited_sheet(path: Path, options: ReadOptions) -> Sheet:
    """A text file whose rows all have the same number of fields. Raises DataError."""
    text, assumed = _decoded(path, _content(path), options.encoding)
    check_size(path, rows=sum(map(text.count, LINE_ENDS)))
    lines = text.splitlines(keepends=True)
    first = options.skip_first or _comment_lines(lines)
    split = _split(path, lines[first:], first, options.separator)
    if not options.skip_first and (preamble := _preamble(split)):
        first = split.rows[preamble - 1][0] - 1
        split = _split(path, lines[first:], first, split.separator)
    if first:
        assumed.append(f"the first {counted(first, 'line')} left out")
    if split.separator != "," and len(split.header) > 1:
        separator = SEPARATOR_WORDS.get(split.separator, repr(split.separator))
        assumed.append(f"separated by {separator}")
    check_size(path, columns=len(split.header), cells=len(split.header) * len(split.rows))
    header, body = _of_one_length(split)
    rows = _without_note(header, body, options.skip_last, assumed)
    for line, row in rows:
        if len(row) != len(header):
            raise DataError(
                f"{path}: line {line} has {counted(len(row), 'field')} where the header has "
                f"{len(header)}; put fields that hold a separator ({split.separator!r}) in quotes"
                f"{', decimal commas too,' if split.separator == ',' else ','} or leave lines that "
                "are no data out by read: {skip_first: 1} or read: {skip_last: 1}"
            )
    if rows and header and all(_is_value(name) for name in header):
        raise DataError(
            f"{path}: begins with {','.join(header)[:60]!r} and has no header; write the columns' "
            "names into its first line"
        )
    return Sheet(
        path,
        tuple(name.strip() for name in header),
        [[field.strip() for field in row] for _, row in rows],
        [f"line {line}" for line, _ in rows],
        split.separator,
        tuple(assumed),
    )


def _is_value(text: str) -> bool:
    """Whether a cell is a number or a date rather than the name of a column."""
    return re.fullmatch(r"\s*[-+]?\d[\d.,:/ T-]*(e[-+]?\d+)?\s*%?\s*", text, re.I) is not None


def _preamble(split: _Split) -> int:
    """How many rows come before the header: their length differs from nearly all others."""
    lengths = Counter(len(row) for _, row in split.rows)
    usual, number = max(lengths.items(), key=lambda item: item[1], default=(0, 0))
    if usual < 2 or len(split.header) == usual or number < 0.8 * len(split.rows):
        return 0
    for place, (_, row) in enumerate(split.rows[:LONGEST_PREAMBLE], 1):
        if len(row) == usual:
            return place if (not any(map(_is_value, row)) and place > 1) or _is_header(row) else 0
    return 0


def _is_header(row: list[str]) -> bool:
    """Whether all fields are names of columns."""
    return all(field.strip() and not _is_value(field) for field in row)


def _content(path: Path) -> bytes:
    """A file's bytes, unpacked."""
    try:
        if path.suffix.lower() != ".gz":
            return path.read_bytes()
        with gzip.open(path) as packed:
            content = packed.read(LARGEST_TEXT + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}); correct the file") from None
    check_size(path, len(content))
    return content


def _decoded(path: Path, content: bytes, encoding: str | None) -> tuple[str, list[str]]:
    """The text, in composed form, and what was assumed about its encoding."""
    for beginning, problem in NO_TEXTS.items():
        if content.startswith(beginning):
            raise DataError(f"{path}: is {problem}")
    assumed = []
    marked = next((name for mark, name in MARKS if content.startswith(mark)), None)
    if marked not in (None, "utf-8"):
        assumed.append(f"in {str(marked).upper()}")
    try:
        text = content.decode(encoding or marked or "utf-8")
    # Not all codecs say of a byte why they cannot decode it.
    except UnicodeError as error:
        if encoding or marked:
            reason = getattr(error, "reason", error)
            raise DataError(
                f"{path}: is not in {encoding or marked} ({reason}); correct read.encoding "
                "or save the file in UTF-8"
            ) from None
        text = content.decode("cp1252", errors="replace")
        if "�" in text:
            text = content.decode("latin-1")
        assumed.append("in Windows-1252 (Latin-1), because it is not in UTF-8")
    except LookupError:
        raise DataError(
            f"{path}: there is no encoding {encoding!r}; correct read.encoding"
        ) from None
    if "\0" in text:
        raise DataError(
            f"{path}: holds zero bytes, so it is not text, or it is UTF-16 without a byte order "
            "mark; save it in UTF-8, or give read: {encoding: utf-16-le}"
        )
    return composed(text.removeprefix("\ufeff")), assumed


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
    """The text split at the separator that gives the most rows of the header's length."""
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
    several = [split for split in tried if len(split.header) > 1] or tried
    best = max(several, key=lambda split: split.share_of_header_length, default=None)
    if separator is None and (best is None or len(best.header) == 1):
        best = _split_at_blanks(lines, first) or best
    if best is not None:
        return best
    if problem == "is empty":
        raise DataError(f"{path}: is empty; it needs a header and a row per observation")
    raise DataError(f"{path}: cannot be read as columns of text ({problem}); correct the file")


def _split_at_blanks(lines: list[str], first: int) -> _Split | None:
    """The text split at blanks, if that gives several columns in every row."""
    try:
        rows = list(_fields([line.strip() + "\n" for line in lines], first, " "))
    except csv.Error:
        return None
    if len(rows) < 2:
        return None
    (_, header), *body = rows
    lengths = {len(row) for _, row in body}
    is_table = len(lengths) == 1 and lengths <= {len(header), len(header) + 1}
    return _Split(header, body, " ") if is_table and min(lengths) > 1 else None


def _fields(lines: list[str], first: int, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows between the first line and the last that are not blank, with the line of each."""
    reader = csv.reader(
        io.StringIO("".join(lines), newline=""),
        delimiter=separator,
        strict=True,
        skipinitialspace=separator == " ",
    )
    blank: list[int] = []
    columns = 0
    no_value = [""]
    for row in reader:
        line = first + reader.line_num
        if not any(field.strip() for field in row):
            # An empty line among the values of a single column is a missing value.
            if columns == 1 or len(row) > 1:
                blank.append(line)
            continue
        columns = columns or len(row)
        # One list for all, as a wide header would make much of many short lines.
        no_value = no_value if len(no_value) == columns else [""] * columns
        yield from ((place, no_value) for place in blank)
        blank.clear()
        yield line, row


def _of_one_length(split: _Split) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header and rows, where each row has one field more than the header.

    It is an empty one after a separator at the end, or R's name of the row at the beginning (but
    between commas or semicolons it may as well come from a decimal comma).
    """
    header, rows = split.header, split.rows
    if not rows or any(len(row) != len(header) + 1 for _, row in rows):
        return header, rows
    if not any(row[-1].strip() for _, row in rows):
        return header, [(line, row[:-1]) for line, row in rows]
    if split.separator in (" ", "\t") and len({row[0] for _, row in rows}) == len(rows):
        return ["", *header], rows
    return header, rows


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
    """Whether a row is a line of text: no field but the first says anything that is a value."""
    first, *others = (field.strip() for field in row)
    has_words = any(c.isalpha() for c in first) and (" " in first or ":" in first)
    if any(others):
        return len(row) != columns and has_words and not any(map(_is_value, others))
    return any(c.isalpha() for c in first) if len(row) < columns else has_words
