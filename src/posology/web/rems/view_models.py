"""What the programme's pages show: the clock's list, a form's fields with their origins, what stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from posology.clinic.rems.models import Enrolment, FinalForm, Setting, SiteCertification, Standing
from posology.clinic.rems.queries import FormState, SessionForm
from posology.clinic.rems.standing import rule_of
from posology.quantities import read_day
from posology.treatment.rems import Ask, Filled, Form, Origin, OriginKind
from posology.web.components import Cell, Chip, Column, EmptyState, Row, Status, Table
from posology.web.components.text import day_text
from posology.web.session.words import EVENTS

PARTS = {
    "patient": "Patient",
    "programme": "Programme",
    "medicines": "Other drugs at this session",
    "site": "Clinician and site",
    "treatment": "Treatment",
    "monitoring": "Monitoring",
    "events": "Effects and events",
}
_STATES = {
    FormState.RUNNING: Chip(Status.RUNNING, "Monitoring runs"),
    FormState.OPEN: Chip(Status.DUE, "Not complete"),
    FormState.READY: Chip(Status.DUE, "Ready to finalise"),
    FormState.CHANGED: Chip(Status.CAUTION, "Record changed since"),
    FormState.FINAL: Chip(Status.NOT_SENT, "Finalised, not sent"),
    FormState.SENT: Chip(Status.DONE, "Sent"),
    FormState.NONE: Chip(Status.DONE, "No form in this setting"),
}


def state_chip(found: SessionForm) -> Chip:
    """Return where a form stands, in a word."""
    return _STATES[found.stands]


def left_text(found: SessionForm) -> str:
    """Say how much of the clock is left."""
    left = found.days_left
    if left is None:
        return ""
    if left < 0:
        return f"{_days(-left)} over"
    return "today is the last day" if left == 0 else f"{_days(left)} left"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def clock_cell(found: SessionForm) -> Cell:
    """Return the last day in time, with what is left of the clock; overdue by a word and an icon too."""
    chip = Chip(Status.OVERDUE) if found.is_overdue else None
    return Cell(found.due_on, sub=left_text(found), chip=chip)


def queue_table(forms: Iterable[SessionForm]) -> Table:
    """Build the list of forms that wait, the shortest clock first."""
    rows = tuple(
        Row(
            (
                Cell(str(f.session.patient), href=reverse("session-rems", kwargs={"session": f.session.pk})),
                Cell(f.state.started_at),
                clock_cell(f),
                Cell("", chip=state_chip(f), sub=_open_words(f)),
            ),
            marked=f.is_overdue,
        )
        for f in forms
    )
    columns = tuple(Column(c) for c in ("Patient", "Treated", "In time until", "State"))
    nothing = EmptyState("No form waits", "A form comes here with the first device of a session.")
    return Table("Monitoring forms to send", columns, rows, empty=nothing)


def _open_words(found: SessionForm) -> str:
    if found.stands is not FormState.OPEN:
        return ""
    count = len(found.form.unfinished)
    return "1 field is not known yet" if count == 1 else f"{count} fields are not known yet"


def sent_table(forms: Iterable[SessionForm]) -> Table:
    """Build the list of the last forms that were sent."""
    rows = []
    for f in forms:
        if f.sent is None:
            continue
        on_time = f.due_on is None or f.sent.on <= f.due_on
        late = "" if on_time else "after the last day in time"
        rows.append(
            Row(
                (
                    Cell(
                        str(f.session.patient), href=reverse("session-rems", kwargs={"session": f.session.pk})
                    ),
                    Cell(f.state.started_at),
                    Cell(f.sent.on, sub=late),
                    Cell(f.sent.way, sub=f.sent.by.full_name),
                )
            )
        )
    columns = tuple(Column(c) for c in ("Patient", "Treated", "Sent", "How"))
    return Table("Lately sent", columns, tuple(rows), empty=EmptyState("None was sent yet", ""))


# ---------------------------------------------------------------- one form


@dataclass(frozen=True, slots=True)
class OriginLine:
    """Where one value comes from, in words, with the page that holds it."""

    text: str
    at: datetime | None
    href: str


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field of the form as a line."""

    field: Filled
    value: str
    origins: tuple[OriginLine, ...]
    facts: tuple[str, ...]

    @property
    def note(self) -> str:
        """Return what stands beside the value."""
        return "No entry of this session tells of one." if self.field.by_silence else self.field.detail


@dataclass(frozen=True, slots=True)
class PartOfForm:
    """The fields of one part."""

    title: str
    lines: tuple[FieldLine, ...]


def parts_of(found: SessionForm) -> tuple[PartOfForm, ...]:
    """Return the form in its parts, each field with its value and its origins."""
    lines = [(f.part, field_line(f, found)) for f in found.form.fields]
    grouped = {key: tuple(line for part, line in lines if part == key) for key in PARTS}
    return tuple(PartOfForm(PARTS[key], grouped[key]) for key in PARTS if grouped[key])


def field_line(field: Filled, found: SessionForm) -> FieldLine:
    """Return one field as a line."""
    origins = tuple(origin_line(o, found) for o in field.origins)
    return FieldLine(field, shown(field, found), origins, found.programme.fields[field.key].facts)


def shown(field: Filled, found: SessionForm) -> str:
    """Return a value as people read it: a day as 23-Nov-2026."""
    return shown_value(field.value, found.programme.fields[field.key].kind)


def shown_value(value: str, kind: str) -> str:
    """Return a value of the form as people read it."""
    return day_text(read_day(value, what="day")) if kind == "day" and value else value


def origin_line(origin: Origin, found: SessionForm) -> OriginLine:
    """Say where a value comes from; the words are the record's own."""
    session, patient = found.session.pk, found.session.patient_id
    match origin.kind:
        case OriginKind.EVENT:
            entry = next((e for e in found.state.entries if e.event_id == origin.id), None)
            text = EVENTS[entry.kind] if entry else "An entry of this session"
            return OriginLine(text, origin.at, reverse("session-record", kwargs={"session": session}))
        case OriginKind.ANSWER:
            row = next((a for a in found.answers.values() if a.pk == origin.id), None)
            who = f", {row.by.full_name}" if row else ""
            return OriginLine(f"Asked for this session{who}", origin.at, "")
        case OriginKind.PATIENT:
            return OriginLine("Patient's record", None, reverse("patient", kwargs={"patient": patient}))
        case OriginKind.ENROLMENT:
            return OriginLine("Enrolment", origin.at, reverse("patient-rems", kwargs={"patient": patient}))
        case OriginKind.STAFF:
            return OriginLine("The clinician's own contact", origin.at, reverse("rems-site"))
        case _:
            return OriginLine("The site's certification and name", origin.at, reverse("rems-site"))


@dataclass(frozen=True, slots=True)
class OpenLine:
    """One field that another page supplies: why it is open, who can tell, and where."""

    label: str
    why: str
    who: str
    href: str
    link: str


_PAGES = {
    "enrolled": ("patient-rems", "Record the enrolment"),
    "clinician_telephone": ("rems-site", "Go to the contacts"),
    "clinician_email": ("rems-site", "Go to the contacts"),
    "site_address": ("rems-site", "Record the certification"),
}


def open_lines(found: SessionForm) -> tuple[OpenLine, ...]:
    """Return the open fields that are told on another page."""
    return tuple(
        _open_line(f, found) for f in found.form.unfinished if f.missing and f.missing.ask is Ask.LINK
    )


def _open_line(field: Filled, found: SessionForm) -> OpenLine:
    assert field.missing is not None
    name, link = _PAGES.get(field.key, ("session", "Go to the session"))
    kwargs = {
        "patient-rems": {"patient": found.session.patient_id},
        "session": {"session": found.session.pk},
    }.get(name, {})
    return OpenLine(field.label, field.missing.why, field.missing.who, reverse(name, kwargs=kwargs), link)


def finals_table(finals: Iterable[FinalForm]) -> Table:
    """Build the list of a session's finalised forms, the latest first."""
    rows = tuple(
        Row(
            (
                Cell(f"Number {f.number}", sub=f.because),
                Cell(f.at, sub=f.by.full_name),
                Cell(f.version, sub=f"hash {f.sha256[:16]}"),
                Cell("PDF", href=reverse("rems-pdf", kwargs={"final": f.pk})),
                Cell("JSON", href=reverse("rems-json", kwargs={"final": f.pk})),
                Cell(f.sent.on, sub=f.sent.way) if hasattr(f, "sent") else Cell(None, missing="not sent"),
            )
        )
        for f in reversed(tuple(finals))
    )
    columns = tuple(Column(c) for c in ("Form", "Finalised", "Version", "Paper", "Data", "Sent"))
    return Table("Finalised forms", columns, rows)


def silent(form: Form) -> tuple[str, ...]:
    """Return the labels of the fields that say no because nothing was recorded."""
    return tuple(f.label for f in form.by_silence)


def flags(form: Form) -> tuple[str, ...]:
    """Return what must not be overlooked before the form is finalised."""
    return tuple(f"{f.label}: {f.flag}" for f in form.fields if f.flag)


# ---------------------------------------------------------------- site and patient


def certifications_table(rows: Iterable[SiteCertification], *, empty: str) -> Table:
    """Build what was certified and what ended, the latest first."""
    lines = tuple(
        Row(
            (
                Cell(row.get_setting_display()),
                Cell("Certified" if row.kind == Standing.BEGINS else "Ended", sub=row.because),
                Cell(row.on),
                Cell(row.number or None, missing="", whole=True, sub=row.representative),
                Cell(row.address),
                Cell(row.by.full_name, sub=day_text(row.at.date())),
            )
        )
        for row in reversed(tuple(rows))
    )
    columns = tuple(Column(c) for c in ("Setting", "What", "From", "Number", "Address", "Recorded by"))
    return Table("Certifications", columns, lines, empty=EmptyState("Not certified", empty))


def enrolments_table(rows: Iterable[Enrolment], *, empty: str) -> Table:
    """Build a patient's enrolments and their ends, the latest first."""
    lines = tuple(
        Row(
            (
                Cell("Enrolled" if row.kind == Standing.BEGINS else "Ended", sub=row.because),
                Cell(row.on),
                Cell(row.number or None, missing="", whole=True),
                Cell(row.patient_signed_on, missing=""),
                Cell(row.prescriber_signed_on, missing="", sub=_name(row)),
                Cell(row.by.full_name, sub=day_text(row.at.date())),
            )
        )
        for row in reversed(tuple(rows))
    )
    columns = tuple(
        Column(c) for c in ("What", "From", "Number", "Patient signed", "Prescriber signed", "Recorded by")
    )
    return Table("Enrolments", columns, lines, empty=EmptyState("Not enrolled", empty))


def _name(row: Enrolment) -> str:
    return row.prescriber.full_name if row.prescriber else ""


# ---------------------------------------------------------------- the setting


@dataclass(frozen=True, slots=True)
class SaidSetting:
    """What somebody said of a session's setting, whether it counts, and what is usual at the site."""

    title: str
    usual: str
    by: str
    at: datetime
    because: str
    counts: bool
    is_usual: bool


def setting_words(found: SessionForm) -> str:
    """Return in which setting a session was, in the programme's words."""
    return rule_of(found.programme, found.setting).title


def said_setting(found: SessionForm) -> SaidSetting | None:
    """Return what was last said of a session's setting; ``None`` where nobody said anything."""
    said = found.said
    if said is None:
        return None
    return SaidSetting(
        rule_of(found.programme, Setting(said.value)).title,
        rule_of(found.programme, found.usual).title,
        said.by.full_name,
        said.at,
        said.because,
        counts=found.setting == said.value,
        is_usual=said.value == found.usual,
    )


def other_settings(found: SessionForm) -> list[tuple[str, str]]:
    """Return the settings that may be said: every one but that in which the session is."""
    return [(key, rule.title) for key, rule in found.programme.settings.items() if key != found.setting]


def apart_table(forms: Iterable[SessionForm]) -> Table:
    """Build the list of sessions of which somebody said another setting than is usual."""
    rows = []
    for f in forms:
        said = said_setting(f)
        if said is None:
            continue
        chip = None if said.counts else Chip(Status.HOLD, "Does not count")
        rows.append(
            Row(
                (
                    Cell(
                        str(f.session.patient), href=reverse("session-rems", kwargs={"session": f.session.pk})
                    ),
                    Cell(f.state.started_at or f.session.scheduled_at),
                    Cell(said.title, sub=f"usual: {said.usual.lower()}", chip=chip),
                    Cell(said.because or None, missing="no reason given"),
                    Cell(said.by, sub=day_text(said.at.date())),
                )
            )
        )
    columns = tuple(Column(c) for c in ("Patient", "Session", "Setting", "Why", "Said by"))
    return Table("Sessions in another setting than usual", columns, tuple(rows))
