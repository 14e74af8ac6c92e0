"""The tables that a run leaves in results/: their rows, and how they are written and read."""

from thousandfold.tables.columns import AnyRow, Column, Columns, Row, frame_of
from thousandfold.tables.files import read_rows, write_rows
from thousandfold.tables.rows import TABLES

__all__ = ["TABLES", "AnyRow", "Column", "Columns", "Row", "frame_of", "read_rows", "write_rows"]
