"""What differs between two texts of a protocol, in words that a pharmacist can read aloud.

Nothing is left out: every field of both files is walked, and what has no words of its own is told under
the field's name. Two different files never have one diff.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from posology.knowledge.library import in_force
from posology.knowledge.protocol_words import plain, value_text, value_words
from posology.knowledge.schema import Dated, Phase, ProtocolFile, ProtocolStatement, Strict, Value
from posology.knowledge.site_bounds import higher_is_tighter, lower_is_tighter

VALUES, COURSE, WATCHING, LEAVING = "Doses and limits", "Course", "Watching", "Leaving"
SENTENCES, FILE = "Sentences for and against", "About the file"
SECTIONS = (VALUES, COURSE, WATCHING, LEAVING, SENTENCES, FILE)

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "id": "Id",
        "title": "Name",
        "authored_by": "Written by",
        "reviewed_by": "Read by",
        "last_review_date": "Last read on",
        "review_due": "Review due",
        "clinical_sign_off": "Signed off by a clinician",
        "based_on": "Based on",
        "visit_days": "visit days",
        "every_days": "days between visits",
        "sessions": "number of sessions",
        "interval_days": "allowed intervals in days, the usual first",
        "before": "Readings before the dose",
        "at_min": "Readings at fixed minutes",
        "during_every_min": "Minutes between readings while it runs",
        "after_every_min": "Minutes between readings afterwards",
        "after_until_min": "Minutes watched afterwards",
        "readings": "What is read",
        "minimum_min": "Shortest stay in minutes",
        "clock_from": "The stay counts from",
        "criteria": "To be seen before leaving",
    }
)
_FIELDS: Mapping[str, str] = MappingProxyType(
    {"phases": COURSE, "older_adults": VALUES, "monitoring": WATCHING, "discharge": LEAVING,
     "statements": SENTENCES, "values": VALUES}
)  # fmt: skip
_GROUNDS = frozenset({"facts", "sources", "certainty"})
_SHORTER_IS_TIGHTER = frozenset({"during_every_min", "after_every_min", "sessions"})
_LONGER_IS_TIGHTER = frozenset({"minimum_min", "after_until_min", "every_days"})


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One difference: where, of what, from what to what, and which way it goes."""

    section: str
    what: str
    before: str
    after: str
    direction: str = ""  # lower, higher, added, removed
    effect: str = ""  # tighter, looser
    because: str = ""  # what the new one rests on, where it is new
    effective_on: date | None = None  # of a dated value

    @property
    def sentence(self) -> str:
        """The line as it is read aloud."""
        way = ", ".join(w for w in (self.direction, self.effect) if w)
        day = f" from {self.effective_on}" if self.effective_on else ""
        said = f"{self.what}{day}: {self.before} \u2192 {self.after}" + (f" ({way})" if way else "")
        return f"{said}. {self.because}" if self.because else said


def diff(old: ProtocolFile, new: ProtocolFile) -> tuple[DiffLine, ...]:
    """Return every difference between two protocols, doses first; empty when they say the same.

    Parameters
    ----------
    old, new : ProtocolFile
        What holds, and what is proposed.
    """
    found: list[DiffLine] = []
    for name in type(new).model_fields:
        before, after, section = getattr(old, name), getattr(new, name), _FIELDS.get(name, FILE)
        if name == "values":
            found += _values(before, after)
        elif name == "phases":
            found += _phases(before, after)
        elif name == "statements":
            found += _statements(before, after)
        else:
            found += _walk(section, _label(name), name, before, after)
    return tuple(sorted(found, key=lambda line: SECTIONS.index(line.section)))


# ---------------------------------------------------------------- values with their days


def _values(old: Mapping[str, Dated], new: Mapping[str, Dated]) -> Iterator[DiffLine]:
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name, {}), new.get(name, {})
        for day in sorted({*before, *after}):
            if before.get(day) != after.get(day):
                yield _dated(name, day, before, after)


def _dated(name: str, day: date, old: Dated, new: Dated) -> DiffLine:
    """Tell what holds from a day on: before, and after the change."""
    was, now = _holding(old, day), _holding(new, day)
    before, after = _value_words(was), _value_words(now)
    direction = _direction(was and was.value, now and now.value)
    entered = day in new
    grounds = _grounds(new[day]) if entered else "This change of the value is taken away."
    if entered and day in old and _grounds(old[day]) != grounds:
        grounds = f"{grounds} Before: {_grounds(old[day])}"
    return DiffLine(
        VALUES,
        value_words(name),
        before,
        after,
        direction,
        _effect_of(direction, lower=lower_is_tighter(name), higher=higher_is_tighter(name)),
        grounds,
        day,
    )


def _holding(dated: Dated, day: date) -> Value | None:
    return in_force(dated, on=day) if dated and min(dated) <= day else None


def _value_words(value: Value | None) -> str:
    return "none" if value is None else value_text(value)


def _grounds(value: Value) -> str:
    """Tell everything of a value beside the number: what it rests on, and what was noted."""
    said = [f"{_label(n).lower()}: {plain(getattr(value, n))}" for n in type(value).model_fields
            if n not in {"value", "unit"} and getattr(value, n) not in (None, ())]  # fmt: skip
    return f"Rests on {'; '.join(said).rstrip('.')}."


# ---------------------------------------------------------------- phases and sentences


def _phases(old: tuple[Phase, ...], new: tuple[Phase, ...]) -> Iterator[DiffLine]:
    before, after = {p.id: p for p in old}, {p.id: p for p in new}
    for key in dict.fromkeys((*before, *after)):
        was, now = before.get(key), after.get(key)
        if was is not None and now is not None:
            yield from _walk(COURSE, was.title, key, was, now)
        elif (one := was or now) is not None:
            yield _one_sided(COURSE, f"Phase '{one.title}'", was, now)
    if {*before} == {*after} and [*before] != [*after]:
        yield DiffLine(COURSE, "Order of the phases", plain([*before]), plain([*after]))


def _statements(old: tuple[ProtocolStatement, ...], new: tuple[ProtocolStatement, ...]) -> Iterator[DiffLine]:
    gone, added = [s for s in old if s not in new], [s for s in new if s not in old]
    for one in gone:
        yield _one_sided(SENTENCES, f"Sentence {one.side} it", one, None)
    for one in added:
        yield _one_sided(SENTENCES, f"Sentence {one.side} it", None, one)
    if not gone and not added and old != new:
        before, after = [s.say for s in old], [s.say for s in new]
        yield DiffLine(SENTENCES, "Order of the sentences", plain(before), plain(after))


# ---------------------------------------------------------------- everything else


def _walk(section: str, what: str, name: str, old: Any, new: Any) -> Iterator[DiffLine]:
    """Yield the differences below one part, down to what has no parts."""
    if old == new:
        return
    if isinstance(old, Strict) and type(old) is type(new):
        for field in sorted(type(old).model_fields, key=_GROUNDS.__contains__):  # what it rests on last
            label = _label(field)
            deeper = label if section in {WATCHING, LEAVING} else f"{what}, {label}"
            yield from _walk(section, deeper, field, getattr(old, field), getattr(new, field))
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            if key not in old or key not in new:
                yield _one_sided(section, f"{what} '{key}'", old.get(key), new.get(key))
            else:
                yield from _walk(section, f"{what} '{key}'", name, old[key], new[key])
        if {*old} == {*new} and [*old] != [*new]:
            yield DiffLine(section, f"{what}, order", plain([*old]), plain([*new]))
    elif old is None or new is None:
        yield _one_sided(section, what, old, new)
    else:
        direction = _direction(old, new)
        effect = _effect_of(direction, lower=name in _SHORTER_IS_TIGHTER, higher=name in _LONGER_IS_TIGHTER)
        yield DiffLine(section, what, _told(old), _told(new), direction, effect)


def _one_sided(section: str, what: str, old: Any, new: Any) -> DiffLine:
    return DiffLine(section, what, _told(old), _told(new), "added" if old is None else "removed")


def _told(value: Any) -> str:
    if isinstance(value, Strict):
        parts = ((n, getattr(value, n)) for n in type(value).model_fields)
        return "; ".join(f"{_label(n).lower()}: {_told(v)}" for n, v in parts if v is not None and v != ())
    if isinstance(value, tuple | list) and any(isinstance(v, Strict) for v in value):
        return " / ".join(_told(v) for v in value)
    return plain(value)


def _label(name: str) -> str:
    return _WORDS.get(name, name.replace("_", " ").capitalize())


def _direction(old: Any, new: Any) -> str:
    was, now = _numbers(old), _numbers(new)
    if not was or not now or (min(was), max(was)) == (min(now), max(now)):
        return ""
    if max(now) <= max(was) and min(now) <= min(was):
        return "lower"
    return "higher" if max(now) >= max(was) and min(now) >= min(was) else ""


def _numbers(value: Any) -> tuple[Decimal, ...]:
    many = value if isinstance(value, tuple) else (value,)
    if any(isinstance(v, bool) or not isinstance(v, Decimal | int) for v in many):
        return ()
    return tuple(Decimal(v) for v in many)


def _effect_of(direction: str, *, lower: bool, higher: bool) -> str:
    if direction not in {"lower", "higher"} or not (lower or higher):
        return ""
    return "tighter" if (direction == "lower") == lower else "looser"
