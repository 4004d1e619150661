"""The file of monitor codes: its shape, read strictly, once a process.

It stands beside the knowledge files and not among them: nothing is decided by it, so it changes the hash of
no order, and the background, which no door may read, is not its place either.
"""

import hashlib
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import ValidationError, model_validator

from posology.knowledge import Certainty, Cited, KnowledgeError, KnowledgeStamp, read_yaml
from posology.knowledge.schema import Header, Number, Source, Strict, Texts
from posology.quantities import UNITS

_NAME = "monitor-codes.yaml"


class Sign(StrEnum):
    """What is read from a monitor."""

    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    MEAN_PRESSURE = "mean_pressure"
    HEART_RATE = "heart_rate"
    PULSE_RATE = "pulse_rate"
    SPO2 = "spo2"
    RESPIRATORY_RATE = "respiratory_rate"

    @property
    def words(self) -> str:
        """The sign in the words of a sentence."""
        return _WORDS.get(self.value, self.value.replace("_", " "))


_WORDS = {"systolic": "systolic pressure", "diastolic": "diastolic pressure", "spo2": "oxygen saturation"}


class SignUnit(Strict):
    """The unit of one sign, and the question in whose bounds it is looked at."""

    unit: str
    bounds_of: str | None = None


class SignCode(Cited):
    """One code and the sign that it stands for."""

    system: Literal["MDC", "MDIL", "LN"]
    code: str
    texts: Texts = ()
    sign: Sign
    narrowed_to: tuple[Sign, ...] = ()  # what another code beside it may say more exactly
    method: str

    @property
    def needs_text(self) -> bool:
        """Whether the code was not itself seen, so that its words must stand beside it."""
        return self.certainty is Certainty.DERIVED


class UnitCode(Cited):
    """One code of a unit, and what a number in it is in UCUM."""

    system: Literal["MDC", "MDIL", "UCUM"]
    code: str
    texts: Texts = ()
    unit: str
    times: Number = Decimal(1)
    over: Number = Decimal(1)

    @model_validator(mode="after")
    def _can_be_computed(self) -> "UnitCode":
        if self.unit not in UNITS:
            raise ValueError(f"'{self.unit}' is not a UCUM code that is read here")
        if self.times <= 0 or self.over <= 0:
            raise ValueError("a factor is not above 0")
        return self


class MonitorCodesFile(Header):
    """Every code and unit that is read from a monitor."""

    kind: Literal["monitor-codes"]
    sources: dict[str, Source]
    signs: dict[Sign, SignUnit]
    codes: tuple[SignCode, ...]
    units: tuple[UnitCode, ...]

    @model_validator(mode="after")
    def _holds_together(self) -> "MonitorCodesFile":
        for entries in (self.codes, self.units):
            keys = [(entry.system, entry.code) for entry in entries]
            if twice := next((key for key in keys if keys.count(key) > 1), None):
                raise ValueError(f"the code {' '.join(twice)} stands twice; keep one of them")
            for entry in entries:
                if unknown := set(entry.sources) - set(self.sources):
                    raise ValueError(f"{entry.code}: the source '{min(unknown)}' is not listed; add it")
                if entry.certainty is Certainty.NOT_VERIFIED:
                    raise ValueError(f"{entry.code} was not verified, and nothing may be read by it")
                if entry.certainty is Certainty.DERIVED and not entry.texts:
                    raise ValueError(f"{entry.code} is derived and names no text to go with it; add one")
        if missing := set(Sign) - set(self.signs):
            raise ValueError(f"the unit of '{min(missing)}' is missing; add it under signs")
        return self


def parse_codes(raw: bytes, *, name: str = _NAME) -> tuple[MonitorCodesFile, KnowledgeStamp]:
    """Read a file of codes strictly.

    Parameters
    ----------
    raw : bytes
        The file, UTF-8.
    name : str
        Its name, for messages.

    Returns
    -------
    tuple of MonitorCodesFile and KnowledgeStamp
        The file, and what says which text of it was read.

    Raises
    ------
    KnowledgeError, UnreadableFile
        At its first fault, with the place.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise KnowledgeError(f"{name}: the file is not UTF-8 text. Save it as UTF-8.") from None
    document = read_yaml(text, name=name)
    try:
        file = MonitorCodesFile.model_validate(document.data)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the file"
        line = document.line_of(fault["loc"])
        said = fault["msg"].removeprefix("Value error, ")
        raise KnowledgeError(f"{name}:{line}: {where}: {said}. Mend the file.") from None
    return file, KnowledgeStamp(file.id, file.version, hashlib.sha256(raw).hexdigest())


@lru_cache(maxsize=1)
def shipped_codes() -> tuple[MonitorCodesFile, KnowledgeStamp]:
    """Return the codes that ship with the package."""
    return parse_codes(Path(str(files("posology.hl7v2") / "data" / _NAME)).read_bytes())
