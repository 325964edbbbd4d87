"""Tables: one description, rendered as text here and as HTML by `page`."""

import textwrap
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct, structs

Kind = Literal["text", "number", "mark"]
GAP = "  "
NOTE_WIDTH = 96


class Column(Struct, frozen=True):
    """A column's heading and what is in it; numbers are aligned at their right."""

    title: str
    kind: Kind = "number"


class Table(Struct, frozen=True):
    """Cells are text already; a leading blank in the first one is a level of its hierarchy."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def without_empty_columns(self) -> "Table":
        """Only the columns in which some row has something."""
        kept = [index for index in range(len(self.columns)) if any(row[index] for row in self.rows)]
        return structs.replace(
            self,
            columns=[self.columns[index] for index in kept],
            rows=[[row[index] for index in kept] for row in self.rows],
        )

    def lines(self) -> list[str]:
        """The table in columns of plain text, under its title."""
        table = [[column.title for column in self.columns], *self.rows]
        widths = [max(len(row[index]) for row in table) for index in range(len(self.columns))]
        lines = [self.title] if self.title else []
        for row in table:
            cells = [
                cell.rjust(width) if column.kind == "number" else cell.ljust(width)
                for cell, width, column in zip(row, widths, self.columns, strict=True)
            ]
            lines.append(GAP.join(cells).rstrip())
        return lines + textwrap.wrap(self.note, NOTE_WIDTH)
