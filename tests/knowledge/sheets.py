"""Read the fact tables of the clinical sheets, where they lie beside the repository.

The sheets are the brief that the knowledge files were made from. They are no part of the package, so what
compares with them runs only where they are there.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "shared/clinical"
BY_ROW = ("protocols", "assessment", "safety", "evidence", "pharmacology")
# The model sheet's own ids may stand inside a sentence of a gate; all others open a row of a table.
_ID = re.compile(r"(?:PR|A|S|E)-[A-Z]+-\d+[a-z]?|P-[A-Z]+\d+")
_FLAG = re.compile(r"\b(?:V1|V2|R|D)\b")
_INLINE = re.compile(r"(P-[A-Z]+\d+): (.*)")


@dataclass(frozen=True)
class Row:
    """One fact as its sheet has it: its certainty in the sheet's words, and the whole row with its heads."""

    sheet: str
    certainty: str
    text: str


def facts() -> dict[str, Row]:
    """Return every fact of the sheets by its id; the first row of an id is its own."""
    found: dict[str, Row] = {}
    for sheet in BY_ROW:
        for key, row in _of_sheet(sheet):
            found.setdefault(key, row)
    return found


def text_of(sheet: str) -> str:
    return (FOLDER / f"{sheet}.md").read_text(encoding="utf-8")


def _of_sheet(sheet: str):
    head: list[str] | None = None
    section = ""
    for line in text_of(sheet).splitlines():
        if line.startswith("#"):
            section, head = line, None
        inline = [_INLINE.match(part) for part in re.split(r"(?=P-[A-Z]+\d+: )", line)]
        for match in filter(None, inline):
            yield match[1], Row(sheet, ", ".join(dict.fromkeys(_FLAG.findall(match[2]))), match[2])
        if not line.startswith("|"):
            head = None
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if head is None:
            head = cells
        elif _ID.fullmatch(cells[0]):
            yield cells[0], Row(sheet, _certainty(head, cells, section), f"{' '.join(head)} {line}")


def _certainty(head: list[str], cells: list[str], section: str) -> str:
    for i, name in enumerate(head):
        if "Cert" in name:
            return cells[i]
        if "flag" in name:
            return ", ".join(dict.fromkeys(_FLAG.findall(cells[i]))) or "V1"
    if "recalled but not read" in section:  # N, unless a bracket in the row says S of a part
        return "S, N" if "[" in cells[-1] else "N"
    return ", ".join(dict.fromkeys(_FLAG.findall(section)))  # a table whose heading carries the flag


_MARK = re.compile(r"(?<=[\s|(;,])([Vv?])(?=[\s|),.;:]|$)")


def marks(text: str) -> set[str]:
    """Return the certainties that the marks of a passage of measures or codes stand for."""
    return {{"V": "V", "v": "S", "?": "N"}[mark] for mark in _MARK.findall(text)}


def numbers_in(text: str) -> set[Decimal]:
    """Return every number that a text writes, without its sign."""
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return {Decimal(n) for n in re.findall(r"\d*\.?\d+", plain)}
