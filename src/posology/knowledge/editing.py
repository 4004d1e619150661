"""A site's protocol as it is drafted: forked from the product's, and changed value by value.

Pure: a file and the changes in, the new file out. Whether a site may say so is asked elsewhere
(``site_bounds``); here only what cannot be written at all is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from posology.knowledge.errors import KnowledgeError
from posology.knowledge.protocol_words import value_words
from posology.knowledge.schema import Certainty, Dated, Phase, ProtocolFile, Value
from posology.knowledge.schema.protocols import unusable

NOT_READ = "not read yet"
SITE_SOURCE = "SITE-DEFAULT"
DISCHARGE_MINIMUM = "minimum_min"
CRITERIA = "criteria"  # put back, it takes away what the draft added
MONITORING_PARTS = ("during_every_min", "after_every_min", "after_until_min")
PHASE_PARTS = ("visit_days", "every_days", "sessions", "interval_days")
# An engineering default: a site's protocol is read again within a year and a day, as the product's files are.
LONGEST_REVIEW = timedelta(days=366)
SHORTEST_REASON, LONGEST_REASON = 1, 300


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A new value from a day on, why, and the source that it rests on."""

    name: str
    value: Decimal | str | tuple[Decimal, ...]
    effective_on: date
    why: str
    source: str = SITE_SOURCE
    unit: str | None = None  # of a value that only a site has


@dataclass(frozen=True, slots=True)
class Changes:
    """What an author changes at one time; what is left out stays."""

    title: str | None = None
    review_due: date | None = None
    values: tuple[ValueChange, ...] = ()
    put_back: tuple[str, ...] = ()  # values as they stand in what it was drafted from
    phases: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)  # by phase and part
    monitoring: Mapping[str, int] = field(default_factory=dict)
    minimum_min: int | None = None
    criteria: tuple[str, ...] = ()  # more to be seen before leaving


class EditRefused(KnowledgeError):
    """A change that cannot be written; ``field`` names what to mend."""

    code = "protocol-edit"

    def __init__(self, sentence: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(sentence)


def fork(
    base: ProtocolFile, *, name: str, title: str, author: str, version: int, on: date, review_due: date
) -> ProtocolFile:
    """Return the first draft of a site's own protocol, or of its next version.

    Parameters
    ----------
    base : ProtocolFile
        The product's protocol, or the site's version that is in force.
    name : str
        The id of the site's protocol.
    on, review_due : date
        The day of the draft, and until when it will count as read.
    """
    return _checked(
        base,
        id=name,
        based_on=base.based_on or base.id,
        title=title,
        status="draft",
        version=version,
        authored_by=author,
        reviewed_by=NOT_READ,
        clinical_sign_off=None,
        last_review_date=on,
        review_due=review_due,
    )


def approved(file: ProtocolFile, *, author: str, reviewer: str, on: date) -> ProtocolFile:
    """Return a draft as it goes into force: active, with who wrote and who read it."""
    return _checked(file, status="active", authored_by=author, reviewed_by=reviewer, last_review_date=on)


def edited(file: ProtocolFile, changes: Changes, *, before: ProtocolFile) -> ProtocolFile:
    """Return a draft with the changes made; ``before`` is what it was drafted from.

    Raises
    ------
    EditRefused
        If something cannot be written, naming the field.
    """
    update: dict[str, Any] = {}
    if changes.title is not None:
        if not changes.title.strip():
            raise EditRefused("The draft has no name. Type one.", field="title")
        update["title"] = changes.title
    if changes.review_due is not None:
        latest = file.last_review_date + LONGEST_REVIEW
        if changes.review_due > latest:
            raise EditRefused(
                f"The review is due on {changes.review_due}, more than a year ahead. Choose {latest} or an "
                "earlier day.",
                field="review_due",
            )
        update["review_due"] = changes.review_due
    update["values"] = _values(file, changes, before)
    update["phases"] = tuple(_phase(phase, changes.phases) for phase in file.phases)
    if changes.monitoring:
        update["monitoring"] = _part(file.monitoring, "monitoring", dict(changes.monitoring))
    if changes.minimum_min is not None or changes.criteria or CRITERIA in changes.put_back:
        update["discharge"] = _part(file.discharge, DISCHARGE_MINIMUM, _discharge(file, changes, before))
    return _checked(file, **update)


def _values(file: ProtocolFile, changes: Changes, before: ProtocolFile) -> dict[str, Dated]:
    values = dict(file.values)
    for name in changes.put_back:
        if name in before.values:
            values[name] = before.values[name]
        else:
            values.pop(name, None)
    for change in changes.values:
        if change.name not in values and change.unit is None:
            raise EditRefused(f"There is no value '{change.name[:60]}' here.", field=change.name)
        values[change.name] = _dated(values.get(change.name, {}), change)
    return values


def _dated(dated: Dated, change: ValueChange) -> Dated:
    """Return a value's days with the new one; what was planned for later is overtaken by it."""
    why = " ".join(change.why.split())
    if not SHORTEST_REASON <= len(why) <= LONGEST_REASON:
        raise EditRefused(
            f"Say in 1 to {LONGEST_REASON} characters why {value_words(change.name)} changes.",
            field=f"why_{change.name}",
        )
    held = {day: value for day, value in dated.items() if day < change.effective_on}
    if dated and not held and change.unit is None:
        raise EditRefused(
            f"{value_words(change.name)} cannot change before {min(dated)}, its first day. "
            "Choose a later one.",
            field=f"from_{change.name}",
        )
    last = held[max(held)] if held else None
    try:
        new = Value(
            value=change.value,
            unit=last.unit if last else change.unit,
            facts=last.facts if last else (),
            sources=(change.source,),
            certainty=Certainty.SITE_DEFAULT,
            note=why,
            cleared_by=last.cleared_by if last else None,  # who may pass a limit is never the site's to say
        )
    except ValidationError as fault:
        raise EditRefused(_sentence(fault, value_words(change.name)), field=f"value_{change.name}") from None
    if (why_not := unusable(change.name, new)) is not None:
        raise EditRefused(f"{value_words(change.name)}: {why_not}.", field=f"value_{change.name}")
    return {**held, change.effective_on: new}


def _phase(phase: Phase, changes: Mapping[tuple[str, str], tuple[int, ...]]) -> Phase:
    mine = {part: numbers for (name, part), numbers in dict(changes).items() if name == phase.id}
    if not mine:
        return phase
    update = {p: (n[0] if p in {"every_days", "sessions"} else n) for p, n in mine.items() if n}
    made: Phase = _part(phase, f"phase_{phase.id}_{next(iter(mine))}", update)
    return made


def _discharge(file: ProtocolFile, changes: Changes, before: ProtocolFile) -> dict[str, Any]:
    update: dict[str, Any] = {}
    if changes.minimum_min is not None:
        update["minimum_min"] = changes.minimum_min
    if changes.criteria or CRITERIA in changes.put_back:
        put_back = CRITERIA in changes.put_back
        known = dict((before if put_back else file).discharge.criteria)
        for sentence in changes.criteria:
            known[_free_key(known)] = sentence
        update["criteria"] = known
    return update


def _free_key(known: Iterable[str]) -> str:
    taken = set(known)
    return next(key for n in range(1, len(taken) + 2) if (key := f"site_{n}") not in taken)


def _part(part: Any, field: str, update: Mapping[str, Any]) -> Any:
    """Return a part with the changes, which rest on the site's decision; what changes nothing stays cited."""
    if all(getattr(part, name) == value for name, value in update.items()):
        return part
    sources = tuple(dict.fromkeys((*part.sources, SITE_SOURCE)))
    grounds = {"sources": sources, "certainty": Certainty.SITE_DEFAULT}
    try:
        return type(part).model_validate({**_fields(part), **update, **grounds})
    except ValidationError as fault:
        raise EditRefused(_sentence(fault, field.replace("_", " ").capitalize()), field=field) from None


def _checked(file: ProtocolFile, **update: Any) -> ProtocolFile:
    """Return a file with parts replaced, validated anew: a copy of a model checks nothing."""
    try:
        return ProtocolFile.model_validate({**_fields(file), **update})
    except ValidationError as fault:
        raise EditRefused(_sentence(fault, "The draft"), field="title") from None


def _fields(model: Any) -> dict[str, Any]:
    return {field.alias or name: getattr(model, name) for name, field in type(model).model_fields.items()}


def _sentence(fault: ValidationError, what: str) -> str:
    first = fault.errors(include_url=False, include_context=False)[0]
    return f"{what}: {first['msg'].removeprefix('Value error, ')}. Mend it."
