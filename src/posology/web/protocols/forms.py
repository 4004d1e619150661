"""What is typed into a draft: one row a value, read by the one number grammar; empty means unchanged.

The numbers of a list are parted by spaces, so that a comma can never be read as a point (hazard H-07).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TypeVar

from django.http import QueryDict

from posology.knowledge.editing import CRITERIA, MONITORING_PARTS, SITE_SOURCE, Changes, ValueChange
from posology.knowledge.library import in_force
from posology.knowledge.protocol_words import plain, value_text, value_words
from posology.knowledge.schema import Phase, ProtocolFile, Value
from posology.knowledge.submission import Room
from posology.quantities import DomainError, QuantityError, read_number
from posology.web.components import Choice, Field
from posology.web.reading import typed_day

LONGEST_TITLE, LONGEST_CRITERION = 120, 200
_Read = TypeVar("_Read")

PART_WORDS: Mapping[str, tuple[str, str]] = {
    "during_every_min": ("Between two readings while it runs", "min"),
    "after_every_min": ("Between two readings afterwards", "min"),
    "after_until_min": ("How long readings go on afterwards", "min"),
    "visit_days": ("Visit days, counted from day 1", ""),
    "every_days": ("Days from one visit to the next", "d"),
    "sessions": ("Number of sessions", ""),
    "interval_days": ("Days allowed between visits, the usual first", "d"),
}


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value: what it is called, what holds, what the draft says, and the fields to change it."""

    name: str
    label: str
    now: str
    now_from: date | None
    drafted: str  # empty where the draft changes nothing
    drafted_from: date | None
    note: str
    fields: tuple[Field, ...]
    put_back: Field | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Fields under one heading."""

    title: str
    fields: tuple[Field, ...]


class Typed:
    """The changes of one form as they were read, and what is wrong with them, field by field."""

    def __init__(self, post: QueryDict, file: ProtocolFile, room: Mapping[str, Room]) -> None:
        self.post, self.file, self.room = post, file, room
        self.errors: dict[str, str] = {}
        self.changes = Changes(
            title=self._title(),
            review_due=self._read("review_due", lambda t: typed_day(t, what="day of the review")),
            values=tuple(self._values()),
            put_back=tuple(name for name in (*file.values, *room, CRITERIA) if post.get(f"back_{name}")),
            phases=self._phases(),
            monitoring=self._monitoring(),
            minimum_min=self._read("minimum_min", _whole),
            criteria=self._criteria(),
        )

    def _title(self) -> str | None:
        text = " ".join(self.post.get("title", "").split())
        if len(text) > LONGEST_TITLE or not text.isprintable():
            self.errors["title"] = f"A name has at most {LONGEST_TITLE} characters. Shorten it."
        return text or None

    def _criteria(self) -> tuple[str, ...]:
        text = " ".join(self.post.get("criterion", "").split())
        if len(text) > LONGEST_CRITERION or not text.isprintable():
            self.errors["criterion"] = f"Say it in at most {LONGEST_CRITERION} characters."
        return (text,) if text else ()

    def _values(self) -> Iterable[ValueChange]:
        for name in names_of(self.file, self.room):
            if name not in self.room:
                self._refuse_sent(f"value_{name}", value_words(name))
                continue
            dated = self.file.values.get(name)
            last = dated[max(dated)] if dated else None
            new = self._read(f"value_{name}", partial(read_like, value=last))
            on = self._read(f"from_{name}", lambda text: typed_day(text, what="effective day"))
            why = " ".join(self.post.get(f"why_{name}", "").split())
            if new is None:
                if (on or why) and f"value_{name}" not in self.errors:
                    self.errors[f"value_{name}"] = "The new value is not typed. Type it, or empty this row."
                continue
            if on is None:
                self.errors.setdefault(f"from_{name}", "Type the day from which it is to hold.")
                continue
            if not why:
                self.errors[f"why_{name}"] = (
                    f"Say why {value_words(name)[:1].lower()}{value_words(name)[1:]} changes."
                )
                continue
            source = self.post.get(f"source_{name}") or SITE_SOURCE
            yield ValueChange(name, new, on, why, source, self.room[name].unit)

    def _refuse_sent(self, field: str, words: str) -> None:
        """Refuse what was sent for a part that the form does not have, instead of passing it by."""
        if self.post.get(field, "").strip():
            self.errors[field] = f"{words} is not a site's to choose here. Leave it as it is."

    def _phases(self) -> dict[tuple[str, str], tuple[int, ...]]:
        found: dict[tuple[str, str], tuple[int, ...]] = {}
        for phase in self.file.phases:
            for part in parts_of(phase):
                many = self._read(f"phase_{phase.id}_{part}", _wholes)
                if many:
                    found[phase.id, part] = many
        return found

    def _monitoring(self) -> dict[str, int]:
        held = watched_parts(self.file)
        for part in MONITORING_PARTS:
            if part not in held:
                self._refuse_sent(part, PART_WORDS[part][0])
        read = ((part, self._read(part, _whole)) for part in held)
        return {part: number for part, number in read if number is not None}

    def _read(self, name: str, reader: Callable[[str], _Read]) -> _Read | None:
        text = self.post.get(name, "").strip()
        if not text:
            return None
        try:
            return reader(text)
        except DomainError as refusal:
            self.errors[name] = str(refusal)
            return None


def names_of(file: ProtocolFile, room: Mapping[str, Room]) -> tuple[str, ...]:
    """Return the values of a draft, and those that only a site has and this one does not have yet."""
    return (*file.values, *(name for name in room if name not in file.values))


def read_like(text: str, value: Value | None) -> Decimal | str | tuple[Decimal, ...]:
    """Read what was typed in the form that a value has: a number, numbers parted by spaces, or a word."""
    if value is None:
        return read_number(text, what="value")
    if isinstance(value.value, tuple):
        return tuple(read_number(part, what="value") for part in text.split())
    if isinstance(value.value, str):
        return text
    return read_number(text, what="value")


def _whole(text: str) -> int:
    number = read_number(text, what="number")
    if number != number.to_integral_value() or number < 0:
        raise QuantityError(f"'{text[:20]}' is no whole number. Write plain digits.")
    return int(number)


def _wholes(text: str) -> tuple[int, ...]:
    return tuple(_whole(part) for part in text.split())


def parts_of(phase: Phase) -> tuple[str, ...]:
    """Return the parts of a phase that a site may plan otherwise."""
    return tuple(p for p in ("visit_days", "every_days", "sessions", "interval_days") if getattr(phase, p))


def watched_parts(file: ProtocolFile) -> tuple[str, ...]:
    """Return the steps between readings that a protocol has; a site adds none."""
    return tuple(p for p in MONITORING_PARTS if getattr(file.monitoring, p) is not None)


# ---------------------------------------------------------------- what is shown


def value_rows(
    file: ProtocolFile,
    before: ProtocolFile,
    *,
    on: date,
    room: Mapping[str, Room],
    sources: tuple[Choice, ...],
    post: QueryDict | None,
    errors: Mapping[str, str],
) -> tuple[ValueRow, ...]:
    """Build the row of each value that a site may change."""
    typed = post or QueryDict()
    return tuple(
        _row(name, file, before, on, room[name], sources, typed, errors)
        for name in names_of(file, room)
        if name in room
    )


def _row(
    name: str,
    file: ProtocolFile,
    before: ProtocolFile,
    on: date,
    room: Room,
    sources: tuple[Choice, ...],
    typed: QueryDict,
    errors: Mapping[str, str],
) -> ValueRow:
    held, mine = before.values.get(name), file.values.get(name)
    now = in_force(held, on=max(on, min(held))) if held else None
    changed = mine != held and mine is not None
    day = max(mine) if mine else on
    drafted = mine[day] if mine else None
    fields = (
        _new_field(name, now, room, typed, errors),
        _typed_field("from", name, "Holds from", "day", "As in 2026-12-01.", typed, errors),
        _typed_field("why", name, "Why", "area", "Shown beside the value.", typed, errors),
        _source_field(name, sources, typed),
    )
    return ValueRow(
        name=name,
        label=value_words(name),
        now=value_text(now) if now else "none",
        now_from=max(d for d in held if d <= max(on, min(held))) if held else None,
        drafted=value_text(drafted) if changed and drafted else "",
        drafted_from=day if changed else None,
        note=(drafted.note or "") if changed and drafted else "",
        fields=fields,
        put_back=Field(f"back_{name}", "Put it back as it was", "checkbox", required=False)
        if changed
        else None,
        is_open=any(f.value or f.error for f in fields),
    )


def _typed_field(
    what: str, name: str, label: str, kind: str, hint: str, typed: QueryDict, errors: Mapping[str, str]
) -> Field:
    key = f"{what}_{name}"
    return Field(key, label, kind, typed.get(key, ""), hint=hint, error=errors.get(key, ""), rows=2)


def _source_field(name: str, sources: tuple[Choice, ...], typed: QueryDict) -> Field:
    key = f"source_{name}"
    options = tuple(replace(c, chosen=c.value == typed.get(key)) for c in sources)
    hint = "Left open, it counts as this site's own decision."
    return Field(key, "Rests on", "select", typed.get(key, ""), hint=hint, choices=options, required=False)


def _new_field(
    name: str, now: Value | None, room: Room, typed: QueryDict, errors: Mapping[str, str]
) -> Field:
    key = f"value_{name}"
    value, error = typed.get(key, ""), errors.get(key, "")
    if room.choices:
        options = tuple(Choice(w, w, chosen=w == value) for w in room.choices)
        return Field(key, "New", "select", value, error=error, choices=options)
    many = now is not None and isinstance(now.value, tuple)
    hint = " ".join(part for part in (room.says, "All of them, parted by spaces." if many else "") if part)
    width = "medium" if many else "short"
    return Field(
        key,
        "New",
        "number",
        value,
        hint=hint,
        error=error,
        unit=(now.unit if now else room.unit) or "",
        width=width,
    )


def course_groups(file: ProtocolFile, post: QueryDict | None, errors: Mapping[str, str]) -> tuple[Group, ...]:
    """Return the fields of each phase: its days, as the draft has them."""
    groups = []
    for phase in file.phases:
        fields = []
        for part in parts_of(phase):
            many = getattr(phase, part)
            held = " ".join(map(str, many)) if isinstance(many, tuple) else str(many)
            fields.append(_plain_field(f"phase_{phase.id}_{part}", part, held, post, errors))
        groups.append(Group(phase.title, tuple(fields)))
    return tuple(groups)


def watching_group(file: ProtocolFile, post: QueryDict | None, errors: Mapping[str, str]) -> Group:
    """Return the fields of the readings: the steps that this protocol has."""
    return Group(
        "Readings",
        tuple(
            _plain_field(p, p, str(getattr(file.monitoring, p)), post, errors) for p in watched_parts(file)
        ),
    )


def leaving_group(
    file: ProtocolFile, before: ProtocolFile, post: QueryDict | None, errors: Mapping[str, str]
) -> Group:
    """Return the fields of the stay."""
    held = post.get("minimum_min", "") if post else str(file.discharge.minimum_min)
    stay = Field(
        "minimum_min", "Shortest stay", "number", held, unit="min", error=errors.get("minimum_min", "")
    )
    more = Field(
        "criterion",
        "One more thing to see before the patient leaves",
        "text",
        post.get("criterion", "") if post else "",
        hint="A sentence that a nurse confirms. Those of the product stay.",
        error=errors.get("criterion", ""),
        required=False,
    )
    added = set(file.discharge.criteria) - set(before.discharge.criteria)
    back = Field("back_criteria", "Take away what this draft added to it", "checkbox", required=False)
    return Group("Leaving", (stay, more, back) if added else (stay, more))


def head_group(file: ProtocolFile, post: QueryDict | None, errors: Mapping[str, str]) -> Group:
    """Return name and review day."""
    title = post.get("title", "") if post else file.title
    due = post.get("review_due", "") if post else file.review_due.isoformat()
    return Group(
        "About it",
        (
            Field("title", "Name", value=title, error=errors.get("title", "")),
            Field("review_due", "Review due", "day", due, error=errors.get("review_due", "")),
        ),
    )


def _plain_field(name: str, part: str, held: str, post: QueryDict | None, errors: Mapping[str, str]) -> Field:
    label, unit = PART_WORDS[part]
    many = part in {"visit_days", "interval_days"}
    return Field(
        name,
        label,
        "number",
        post.get(name, "") if post else held,
        hint="Parted by spaces." if many else "",
        unit=unit,
        error=errors.get(name, ""),
        width="medium" if many else "short",
    )


def fixed_values(file: ProtocolFile, *, on: date, room: Mapping[str, Room]) -> tuple[tuple[str, str], ...]:
    """Return the values that no site chooses, with what holds."""
    return tuple(
        (value_words(name), plain(v.value, v.unit))
        for name, dated in file.values.items()
        if name not in room
        for v in (in_force(dated, on=max(on, min(dated))),)
    )
