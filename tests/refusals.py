"""Refusals and holds of limits as they are read: the ground taken off, every blank a plain one."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from posology.knowledge import load_library
from posology.protocols.limits import LimitExceeded

DAY = date(2026, 11, 24)
IN_2019 = date(2019, 12, 31)  # the last day of the lower ceilings of the infusion
IV = load_library().protocol("ketamine-iv")
IM = load_library().protocol("ketamine-im")
US = load_library().protocol("esketamine-nasal-us")
EU = load_library().protocol("esketamine-nasal-eu")
NO_GROUND: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

# What passes: 36 mg for 72 kg in 40 min, and 56 mg from two devices.
INFUSION: dict[str, Any] = {
    "level": Decimal("0.5"),
    "dose_mg": Decimal(36),
    "weight_kg": Decimal(72),
    "minutes": 40,
    "devices": None,
    "on": DAY,
}
SPRAYS: dict[str, Any] = {
    "level": Decimal(56),
    "dose_mg": Decimal(56),
    "weight_kg": None,
    "minutes": None,
    "devices": 2,
    "on": DAY,
}


class Said(NamedTuple):
    """A refusal as it is read."""

    limit: str
    sentence: str
    facts: tuple[str, ...]
    sources: tuple[str, ...]


def plain(text: object) -> str:
    return str(text).replace("\N{NO-BREAK SPACE}", " ")


def refused(asked: Callable[[], object]) -> Said:
    """Return what a refusal says, its ground and who may pass it checked and taken off."""
    with pytest.raises(LimitExceeded) as caught:
        asked()
    told = caught.value
    ground = ", ".join(told.facts + told.sources)
    end = f"{f' The limit rests on {ground}.' if ground else ''} Nobody may override it."
    sentence = plain(told)
    assert sentence.endswith(end)
    assert told.may_override == "nobody"
    return Said(told.limit, sentence.removesuffix(end), told.facts, told.sources)
