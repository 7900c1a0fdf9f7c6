"""Where something stands in a bake file, and what is told of a fault there, as HCL's diagnostics tell it."""

from __future__ import annotations

from dockercompat.errors import BakeFailed
from dockercompat.record import Record


class Range(Record):
    """From a line and column to another; columns count characters from 1, the end is behind the last one."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        end = f"{self.end_column}" if self.line == self.end_line else f"{self.end_line},{self.end_column}"
        return f"{self.file}:{self.line},{self.column}-{end}"


def opening(at: Range) -> Range:
    """The first character of a range."""
    return Range(at.file, at.line, at.column, at.line, at.column + 1)


def fault(at: Range, summary: str, detail: str, others: int = 0) -> BakeFailed:
    """The error that HCL's diagnostics make; others: how many more of them there are."""
    return BakeFailed(f"{at}: {summary}; {detail}", at.file, (at.line, at.end_line), others)
