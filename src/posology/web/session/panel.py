"""What every form at the chair is made of; what a person must look at is empty at first (hazard H-24)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from posology.web.components import Choice, Component, Field
from posology.web.page import new_id
from posology.web.session.form import Form


class Asked(Component, Protocol):
    """What a form asks: a field, or several that belong together; ``error`` says what is wrong with it."""

    @property
    def error(self) -> str: ...


YES_NO = (("yes", "Yes"), ("no", "No"))
YES_NO_UNKNOWN = (*YES_NO, ("unknown", "Not known"))


@dataclass(frozen=True, slots=True)
class Panel:
    """One form: what it records, its fields, and what its button does."""

    kind: str
    title: str
    submit: str
    fields: tuple[Asked, ...] = ()
    ids: tuple[tuple[str, str], ...] = ()
    intro: str = ""
    tone: str = "secondary"
    subject: str = ""
    sentences: tuple[str, ...] = ()
    folded: bool = False
    hidden: tuple[tuple[str, str], ...] = field(default=())

    @property
    def key(self) -> str:
        """Return the word that its address in the page is made of."""
        return f"{self.kind}-{self.subject}" if self.subject else self.kind

    @property
    def open(self) -> bool:
        """Whether it stands open: because it is not folded, or because something in it has to be mended."""
        return not self.folded or bool(self.sentences) or any(f.error for f in self.fields)


def id_of(form: Form, name: str = "id") -> tuple[str, str]:
    """Return the id of an event: new, or the one that was sent with this very form."""
    return name, form.value(name) or new_id()


def text(
    form: Form,
    name: str,
    label: str,
    *,
    kind: str = "text",
    unit: str = "",
    hint: str = "",
    required: bool = True,
    rows: int = 2,
) -> Field:
    """Return a field that is empty, or shows back what was just sent with its fault."""
    return Field(
        name,
        label,
        kind=kind,
        value=form.value(name),
        hint=hint,
        error=form.fault(name),
        unit=unit,
        required=required,
        rows=rows,
    )


def choice(
    form: Form,
    name: str,
    label: str,
    choices: Iterable[tuple[str, str]],
    *,
    hint: str = "",
    kind: str = "segments",
    required: bool = True,
) -> Field:
    """Return a choice of which none is made, or the one that was just sent."""
    made = tuple(Choice(value, words, chosen=form.value(name) == value) for value, words in choices)
    return Field(name, label, kind=kind, choices=made, hint=hint, error=form.fault(name), required=required)


def when(form: Form) -> Field:
    """Return the field for the time of what was not done just now."""
    return text(
        form, "clock", "Time, if not now", kind="time", hint="24 hours, for example 14:05.", required=False
    )


def simple(kind: str, title: str, submit: str, fields: tuple[Field, ...], form: Form, **more: Any) -> Panel:
    """Return a form that records one event."""
    return Panel(
        kind, title, submit, named(kind, fields), (id_of(form),), sentences=tuple(form.sentences), **more
    )


def named(kind: str, fields: tuple[Field, ...], subject: str = "") -> tuple[Field, ...]:
    """Give each field an id of its own, so that two forms of a page may have a field of one name."""
    where = f"{kind}-{subject}" if subject else kind
    return tuple(replace(f, id=field_id(where, f.name)) for f in fields)


def field_id(where: str, name: str) -> str:
    """Return the id of a field in the page."""
    return f"{where}-{name}"
