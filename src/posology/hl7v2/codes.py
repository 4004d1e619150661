"""Which sign a coded field stands for, and which unit.

A monitor says most things twice: a number and its reference name, a code and words, one code and another
beside it. What is said twice must agree. Where it does not, neither is believed, and that is told: one public
simulator gives systolic pressure the number of something else.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Generic, TypeVar

from posology.hl7v2.delimiters import fit_to_show
from posology.hl7v2.errors import Hl7Error
from posology.hl7v2.messages import Coded
from posology.hl7v2.table import MonitorCodesFile, Sign, SignCode, SignUnit, UnitCode, shipped_codes
from posology.knowledge import KnowledgeStamp
from posology.quantities import UNITS

_SYSTEMS = {"MDC": "MDC", "MDIL": "MDIL", "LN": "LN", "LOINC": "LN", "UCUM": "UCUM"}
_REFERENCE = "MDC_"
# UCUM's curly braces are remarks without meaning: {beats}/min is /min.
_REMARK = re.compile(r"\{[^{}]*\}")

Entry = TypeVar("Entry", SignCode, UnitCode)
Found = TypeVar("Found")
_MOST_REMEMBERED, _LONGEST_REMEMBERED = 1024, 200


class Disagreement(Hl7Error):
    """A code of which two parts say different things, or one part alone is not enough."""

    code = "hl7-code"


class _Index(Generic[Entry]):
    """Entries by their code in a system, and by their words."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.by_code: dict[tuple[str, str], Entry] = {(entry.system, entry.code): entry for entry in entries}
        self.by_text: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.by_code.values():
            for text in entry.texts:
                self.by_text[text].append(entry)

    def of_code(self, system: str, code: str) -> Entry | None:
        return self.by_code.get((system, code))

    def of_words(self, words: str) -> list[Entry]:
        return self.by_text.get(words, [])

    def of_any_system(self, code: str) -> Entry | None:
        return next((entry for (_, known), entry in self.by_code.items() if known == code), None)


@dataclass(frozen=True, slots=True)
class ReadUnit:
    """A unit in UCUM, and how a number in the sent unit becomes one in it."""

    unit: str
    times: Decimal = Decimal(1)
    over: Decimal = Decimal(1)

    def convert(self, number: Decimal) -> Decimal:
        """Return the number in ``unit``."""
        return number if self.times == self.over else number * self.times / self.over


class CodeTable:
    """What the codes of a file stand for."""

    def __init__(self, file: MonitorCodesFile, stamp: KnowledgeStamp) -> None:
        self.stamp = stamp
        self._signs = file.signs
        self._codes = _Index(file.codes)
        self._units = _Index(file.units)
        self._known_signs: dict[Coded, SignCode | None] = {}
        self._known_units: dict[Coded, ReadUnit | None] = {}

    def unit_of(self, sign: Sign) -> SignUnit:
        """Return the unit of a sign."""
        return self._signs[sign]

    def sign_of(self, coded: Coded) -> SignCode | None:
        """Return what an observation is of.

        Returns
        -------
        SignCode or None
            None where it is nothing that is read here.

        Raises
        ------
        Disagreement
            If its parts say different things, or a code that was not itself seen has no words beside it.
        """
        return _remembered(self._known_signs, coded, self._read_sign)

    def _read_sign(self, coded: Coded) -> SignCode | None:
        found = [entry for triplet in _triplets(coded) if (entry := self._sign_of(*triplet)) is not None]
        exact = [e for e in found if not any(other.sign in e.narrowed_to for other in found)]
        if len({entry.sign for entry in exact}) > 1:
            said = " and ".join(f"{entry.sign.words} ({entry.code})" for entry in found)
            raise Disagreement(f"its two codes mean {said}. Mend the sender's codes")
        return exact[0] if exact else None

    def _sign_of(self, code: str, text: str, system: str) -> SignCode | None:
        by_code = self._codes.of_code(system, code) if system else self._codes.of_any_system(code)
        names = [word for word in (text, code) if word.startswith(_REFERENCE)]
        by_name = [entry for name in names for entry in self._codes.of_words(name)]
        if by_code is None:
            if by_name and system in {"", "MDC"} and code.isdecimal():
                raise Disagreement(_not_the_number(code, names[0], "codes"))
            return by_name[0] if by_name else None
        if names and by_code not in by_name:
            raise Disagreement(_not_the_number(code, names[0], "codes"))
        same_words = [entry for entry in self._codes.of_words(text) if entry.system == by_code.system]
        if same_words and all(entry.sign is not by_code.sign for entry in same_words):
            raise Disagreement(
                f"the code {code} means {by_code.sign.words} and its words '{fit_to_show(text)}' mean "
                f"{same_words[0].sign.words}. Mend the sender's codes"
            )
        if (by_code.needs_text or not system) and by_code not in same_words:
            expected = f" '{by_code.texts[0]}'" if by_code.texts else ""
            raise Disagreement(
                f"the code {code} alone is not enough to take it for the {by_code.sign.words}. Have the "
                f"sender add the code's system and words{expected}"
            )
        return by_code

    def read_unit(self, coded: Coded) -> ReadUnit | None:
        """Return the unit of an observation.

        Returns
        -------
        ReadUnit or None
            None where it is no unit that is known here.

        Raises
        ------
        Disagreement
            If its parts say different things.
        """
        return _remembered(self._known_units, coded, self._read_unit)

    def _read_unit(self, coded: Coded) -> ReadUnit | None:
        found: dict[ReadUnit, str] = {}
        for code, text, system in _triplets(coded):
            for unit, said in self._units_of(code, text, system):
                found.setdefault(unit, said)
        if len(found) > 1:
            raise Disagreement(
                f"its unit is told as {' and as '.join(found.values())}, which differ. "
                "Mend the sender's units"
            )
        return next(iter(found), None)

    def _units_of(self, code: str, text: str, system: str) -> Iterator[tuple[ReadUnit, str]]:
        numbered = self._units.of_code(system, code)
        names = [word for word in (code, text) if word.startswith(_REFERENCE)]
        named = [entry for name in names for entry in self._units.of_words(name)]
        if names and code.isdecimal() and (numbered is not None) != bool(named):
            raise Disagreement(_not_the_number(code, names[0], "units"))
        for entry in (numbered, *named):
            if entry is not None:
                yield ReadUnit(entry.unit, entry.times, entry.over), f"'{fit_to_show(entry.code)}'"
        for word in (code, text):
            if not word.startswith(_REFERENCE) and (plain := self._plain(word)) is not None:
                yield plain, f"'{fit_to_show(word)}'"

    def _plain(self, word: str) -> ReadUnit | None:
        """Return the unit that a word is in UCUM, or as monitors write it."""
        bare = _REMARK.sub("", word)
        entry = self._units.of_code("UCUM", bare) or next(iter(self._units.of_words(word)), None)
        if entry is not None:
            return ReadUnit(entry.unit, entry.times, entry.over)
        return ReadUnit(bare) if bare in UNITS and bare != "1" else None


def _remembered(known: dict[Coded, Found], coded: Coded, read: Callable[[Coded], Found]) -> Found:
    """Return what a code was read as before: a monitor says the same few in every message.

    What cannot be read is read anew each time, and the store is emptied before it can grow.
    """
    try:
        return known[coded]
    except KeyError:
        found = read(coded)
    if len(known) >= _MOST_REMEMBERED:
        known.clear()
    if sum(map(len, astuple(coded))) <= _LONGEST_REMEMBERED:
        known[coded] = found
    return found


def _not_the_number(code: str, name: str, kind: str) -> str:
    return f"{fit_to_show(code)} is not the number of {fit_to_show(name)}. Mend the sender's {kind}"


def _triplets(coded: Coded) -> Iterator[tuple[str, str, str]]:
    for code, text, system in (
        (coded.code, coded.text, coded.system),
        (coded.other_code, coded.other_text, coded.other_system),
    ):
        if code or text:
            yield code, text, _SYSTEMS.get(system.upper(), system and f"other:{system}")


@lru_cache(maxsize=1)
def load_codes() -> CodeTable:
    """Return the codes that ship with the package, read once a process."""
    return CodeTable(*shipped_codes())
