"""What is odd among the readings of one message: told on each of them, and never changed or left out.

Whether a reading is believed is decided when a person or the session's record takes it; here it is only
marked, so that nobody has to find it (hazard H-42).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from posology.hl7v2.codes import CodeTable
from posology.hl7v2.reading import Flag, Reading
from posology.hl7v2.table import Sign
from posology.knowledge import Library

_BEYOND = {Flag.IMPOSSIBLE: "absolute", Flag.UNUSUAL: "usual"}


def marked(
    readings: Iterable[Reading], codes: CodeTable, library: Library
) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
    """Return the readings with their flags, and a sentence for each thing that concerns several.

    Parameters
    ----------
    readings : iterable of Reading
        Those of one message.
    codes : CodeTable
        Whose bounds each sign is looked at in.
    library : Library
        Where the bounds stand.

    Returns
    -------
    tuple of tuple of Reading, and tuple of str
        All readings in their order, with the flags that hold; and the sentences.
    """
    found = list(readings)
    flags: dict[int, list[Flag]] = defaultdict(list)
    said: list[str] = []
    for i, reading in enumerate(found):
        flags[i].extend(_alone(reading, codes, library))
    _doubled(found, flags, said)
    _pairs(found, flags, said)
    return (
        tuple(replace(r, flags=tuple(flags[i])) if flags[i] else r for i, r in enumerate(found)),
        tuple(said),
    )


def _alone(reading: Reading, codes: CodeTable, library: Library) -> list[Flag]:
    flags = []
    if reading.at is None:
        flags.append(Flag.NO_MOMENT)
    elif reading.at.or_later is not None:
        flags.append(Flag.TWO_MOMENTS)
    if reading.marks:
        flags.append(Flag.MARKED_BY_DEVICE)
    question = codes.unit_of(reading.sign).bounds_of
    bounds = library.questions.questions[question].bounds if question else None
    if bounds is not None:
        for flag, name in _BEYOND.items():
            low, high = getattr(bounds, name)
            if not low <= reading.value.magnitude <= high:
                flags.append(flag)
                break
    elif reading.value.magnitude <= 0:
        flags.append(Flag.IMPOSSIBLE)
    return flags


def _doubled(found: list[Reading], flags: Mapping[int, list[Flag]], said: list[str]) -> None:
    """Mark each sign that comes more than once at one moment."""
    same: dict[object, list[int]] = defaultdict(list)
    for i, reading in enumerate(found):
        same[reading.sign, reading.at and reading.at.at].append(i)
    for places in same.values():
        if len(places) > 1:
            for i in places:
                flags[i].append(Flag.SEVERAL)
            each = "; ".join(
                f"{found[i].value} ({found[i].method}, channel '{found[i].channel}')" for i in places
            )
            when = "at one moment" if found[places[0]].at else "without a time"
            said.append(
                f"The {found[places[0]].sign.words} comes {len(places)} times {when}: {each}. All are kept; "
                "a person says which counts."
            )


def _pairs(found: list[Reading], flags: Mapping[int, list[Flag]], said: list[str]) -> None:
    """Mark pressures of one measurement that cannot be together, and one whose other half is missing."""
    together: dict[object, dict[Sign, list[int]]] = defaultdict(lambda: defaultdict(list))
    for i, reading in enumerate(found):
        key = (reading.method, reading.device, reading.at and reading.at.at, _container(reading.channel))
        together[key][reading.sign].append(i)
    for signs in together.values():
        high, low, mean = (signs[s] for s in (Sign.SYSTOLIC, Sign.DIASTOLIC, Sign.MEAN_PRESSURE))
        for half, other in ((high, low), (low, high)):
            if half and not other:
                for i in half:
                    flags[i].append(Flag.HALF_A_PRESSURE)
        if len(high) != 1 or len(low) != 1:
            continue
        top, bottom = found[high[0]].value, found[low[0]].value
        if top.magnitude <= bottom.magnitude:
            for i in (*high, *low):
                flags[i].append(Flag.IMPOSSIBLE_PAIR)
            said.append(f"Systolic {top} is not above diastolic {bottom}, which cannot be. Measure again.")
        elif len(mean) == 1 and not bottom.magnitude <= found[mean[0]].value.magnitude <= top.magnitude:
            flags[mean[0]].append(Flag.IMPOSSIBLE_PAIR)
            said.append(
                f"The mean pressure {found[mean[0]].value} does not lie between {bottom} and {top}, which "
                "cannot be. Measure again."
            )


def _container(channel: str) -> str:
    """Return the channel that holds this one: of ``1.0.1.2`` it is ``1.0.1``."""
    return channel.rpartition(".")[0]
