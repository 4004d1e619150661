"""Data tables: numbers to the right, one row a line, readable as a list on a phone."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from posology.quantities import Quantity
from posology.web.components.chain import Chain
from posology.web.components.notices import EmptyState
from posology.web.components.status import Chip


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``numeric`` sets its values to the right with figures of one width."""

    label: str
    numeric: bool = False
    hidden_label: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: words, a quantity, a day or a moment; with a link, a second line or a chip where wanted.

    ``None`` shows a dash with ``missing``, and an empty word nothing. ``whole`` words never break: a record
    number, a lot.
    """

    value: Quantity | str | date | datetime | None
    href: str = ""
    sub: str = ""
    chip: Chip | None = None
    missing: str = "not recorded"
    whole: bool = False
    chain: Chain | None = None  # what it rests on, folded under it

    @property
    def kind(self) -> str:
        """Return how the value is written."""
        if isinstance(self.value, Quantity):
            return "quantity"
        if isinstance(self.value, datetime):
            return "moment"
        if isinstance(self.value, date):
            return "day"
        return "missing" if self.value is None else "words"

    @property
    def plain(self) -> bool:
        """Return whether it is words alone, which a long table writes without asking for more."""
        more = self.href or self.sub or self.chip or self.chain or self.whole
        return isinstance(self.value, str) and not more


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; the first cell is its heading. ``id`` is what a link on the page leads to."""

    cells: tuple[Cell, ...]
    marked: bool = False
    id: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption; ``empty`` is shown when it has no rows."""

    template: ClassVar[str] = "web/components/table.html"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: EmptyState | None = None
    show_caption: bool = False
    dense: bool = True

    def __post_init__(self) -> None:
        if any(len(row.cells) != len(self.columns) for row in self.rows):
            raise ValueError(
                f"A row of the table '{self.caption}' has not {len(self.columns)} cells, one a column."
            )

    @property
    def lines(self) -> tuple[tuple[Row, tuple[tuple[Column, Cell], ...]], ...]:
        """Return each row with its cells beside their columns."""
        return tuple((row, tuple(zip(self.columns, row.cells, strict=True))) for row in self.rows)
