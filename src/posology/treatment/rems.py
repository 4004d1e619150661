"""A programme's monitoring form as a view of one session: each field with its value and where it comes from.

The form is worked out anew from the session's own events, the patient's and the site's standing facts, and
what a person was asked for this session alone. It is given nothing of any other session, so nothing that was
seen of the patient before can stand in it. What no entry tells is *not known yet*, with who can supply it;
silence is told as silence.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any
from uuid import UUID

from posology.knowledge import number_in_force
from posology.knowledge.schema.programmes import FormField, ProgrammeFile
from posology.quantities import check_aware
from posology.treatment.session_state import Entry, SessionState


class OriginKind(StrEnum):
    """What a value of the form was read from."""

    EVENT = "event"  # of this session
    ANSWER = "answer"  # a person was asked, for this session
    PATIENT = "patient"
    ENROLMENT = "enrolment"
    SITE = "site"
    CERTIFICATION = "certification"
    STAFF = "staff"


class Ask(StrEnum):
    """How a person may supply what no entry tells; ``LINK`` is a page of its own."""

    YES_NO = "yes_no"
    MINUTES = "minutes"
    TEXT = "text"
    WHY_NOT = "why_not"  # why a reading was not taken: a value is never made up
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one value comes from: of which kind, the row's or the event's id, when, and what it said."""

    kind: OriginKind
    id: UUID
    at: datetime | None = None
    says: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a value is not known yet, who can supply it, and how."""

    why: str
    who: str
    ask: Ask


@dataclass(frozen=True, slots=True)
class Filled:
    """One field of the form: its value with its origins, or what is missing.

    Attributes
    ----------
    value : str
        As the form has it; empty where it is missing.
    detail : str
        What stands beside it: how long, how deep, of what.
    flag : str
        What a reader must not overlook, such as a stay below the minimum.
    by_silence : bool
        Whether it is *no* because no entry tells of it.
    """

    key: str
    label: str
    part: str
    value: str = ""
    detail: str = ""
    flag: str = ""
    by_silence: bool = False
    origins: tuple[Origin, ...] = ()
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact of a patient, a site or a person, stated once, with the row that holds it."""

    id: UUID
    value: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A patient's enrolment as it stands: its row, the day, and the programme's number for it."""

    id: UUID
    on: date
    number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What the form says of the patient."""

    id: UUID
    name: str
    born_on: date
    sex: str
    enrolment: Enrolled | None = None


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What the form says of the site, and the zone in which its days are counted."""

    id: UUID
    name: str
    zone: tzinfo
    address: Stated | None = None


@dataclass(frozen=True, slots=True)
class Clinician:
    """How a person of the staff is called and reached."""

    id: UUID
    name: str
    telephone: Stated | None = None
    email: Stated | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that fills one form: one session, and the standing facts around it."""

    state: SessionState
    programme: ProgrammeFile
    version: str
    patient: PatientFacts
    site: SiteFacts
    people: Mapping[str, Clinician]  # by an event's author
    answers: Mapping[str, Stated]  # what was asked for this session, by field
    at: datetime
    # On the patient's list when the session began, by class.
    drugs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """Return one number of the programme that is in force on the day of the form."""
        day = self.at.astimezone(self.site.zone).date()
        return int(number_in_force(self.programme.values, name, on=day))

    @property
    def treatment_on(self) -> date | None:
        """The site's day on which the first of the drug was given."""
        given = self.state.started_at
        return None if given is None else given.astimezone(self.site.zone).date()

    def minute_of(self, at: datetime) -> int:
        """Return the whole minutes from the first device to a moment."""
        assert self.state.first_device_at is not None
        return int((at - self.state.first_device_at).total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one session at one moment."""

    programme: str
    version: str
    session_id: UUID | None
    fields: tuple[Filled, ...]

    @property
    def unfinished(self) -> tuple[Filled, ...]:
        """The fields that nobody has told yet."""
        return tuple(f for f in self.fields if f.missing is not None)

    @property
    def by_silence(self) -> tuple[Filled, ...]:
        """The fields that say *no* because no entry tells of it; whoever finalises looks at each."""
        return tuple(f for f in self.fields if f.by_silence)

    def field(self, key: str) -> Filled | None:
        """Return one field, or ``None`` where this version has none of that key."""
        return next((f for f in self.fields if f.key == key), None)

    def canonical(self) -> bytes:
        """Return the form as canonical JSON: what is hashed, stored and given out."""
        return json.dumps(
            {
                "programme": self.programme,
                "version": self.version,
                "session": str(self.session_id),
                "fields": [_plain(f) for f in self.fields],
            },
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        ).encode()

    @property
    def sha256(self) -> str:
        """The hash of its content."""
        return hashlib.sha256(self.canonical()).hexdigest()


def _plain(field: Filled) -> dict[str, object]:
    return {
        "key": field.key,
        "label": field.label,
        "part": field.part,
        "value": field.value or None,
        "detail": field.detail,
        "flag": field.flag,
        "by_silence": field.by_silence,
        "origins": [
            {
                "kind": str(o.kind),
                "id": str(o.id),
                "at": None if o.at is None else check_aware(o.at, what="moment").isoformat(),
                "says": o.says,
            }
            for o in field.origins
        ],
    }


def due_on(given_at: datetime, programme: ProgrammeFile, *, zone: tzinfo) -> date:
    """Return the last day on which a session's form is in time, in the site's calendar days.

    Parameters
    ----------
    given_at : datetime
        When the first of the drug was given, aware.
    programme : ProgrammeFile
        Whose clock holds; S-REMS-04.
    zone : tzinfo
        Of the site.
    """
    day = check_aware(given_at, what="moment").astimezone(zone).date()
    return day + timedelta(days=int(number_in_force(programme.values, "form_due_within", on=day, unit="d")))


@dataclass(frozen=True, slots=True)
class Change:
    """One field that says something else than a finalised form did."""

    label: str
    before: str
    now: str


def changes_since(body: str, form: Form) -> tuple[Change, ...]:
    """Return what a form says now and did not when it was finalised.

    Parameters
    ----------
    body : str
        The finalised form, as :meth:`Form.canonical` wrote it.
    form : Form
        The form of the same session now, in the same version.
    """
    then = {f["key"]: f for f in json.loads(body)["fields"]}
    found = []
    for one in form.fields:
        before, now = then.get(one.key, {}), _plain(one)
        if _said(before) != _said(now):
            found.append(Change(one.label, _said(before), _said(now)))
    return tuple(found)


def _said(plain: Mapping[str, object]) -> str:
    return " ".join(str(plain[k]) for k in ("value", "detail", "flag") if plain.get(k)) or "not known"


# ---------------------------------------------------------------- what fillers share


def event_origins(entries: Iterable[Entry[Any]], says: str = "") -> tuple[Origin, ...]:
    """Return the events behind a value."""
    return tuple(Origin(OriginKind.EVENT, e.event_id, e.at, says) for e in entries)


def not_known(field: FormField, why: str, ask: Ask) -> Missing:
    """Return a field's gap, in its own words for who can supply it."""
    return Missing(why, field.who, ask)
