"""Form fields with hint and error, and the summary of what needs another look. What was typed is kept.

Numbers are typed into ``type=text inputmode=decimal``: a number box drops what it cannot read, turns a
dose with the wheel of a mouse, and takes ``1e2`` (hazard H-07).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField

YES_NO_UNKNOWN = (("yes", "Yes"), ("no", "No"), ("unknown", "Not known"))


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a list; ``chosen`` only shows back what was sent or is stored."""

    value: str
    label: str
    hint: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A field: label, hint, error, control.

    ``kind`` is ``text``, ``number``, ``day``, ``time``, ``password``, ``email``, ``code``, ``file``,
    ``area``, ``select``, ``radios``, ``segments`` (yes, no, not known), ``checkbox`` or ``checkboxes``.
    """

    template: ClassVar[str] = "web/components/field.html"
    name: str
    label: str
    kind: str = "text"
    value: str = ""
    hint: str = ""
    error: str = ""
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    required: bool = True
    autocomplete: str = "off"
    width: str = ""
    rows: int = 4
    id: str = ""

    @property
    def dom_id(self) -> str:
        """Return the id of the control; the error summary leads there."""
        return self.id or f"id_{self.name}"

    @property
    def described_by(self) -> str:
        """Return the ids of hint and error, as far as there are any."""
        parts = (("hint", self.hint), ("error", self.error))
        return " ".join(f"{self.dom_id}-{part}" for part, text in parts if text)

    @property
    def input_type(self) -> str:
        """Return the type of the input; every number, day and time is typed as text."""
        return self.kind if self.kind in {"password", "email", "file"} else "text"

    @property
    def input_mode(self) -> str:
        """Return the keyboard a tablet should offer."""
        return {"number": "decimal", "time": "numeric", "code": "numeric", "email": "email"}.get(
            self.kind, ""
        )

    @property
    def is_group(self) -> bool:
        """Return whether the control is several, so that they need a legend instead of a label."""
        return self.kind in {"radios", "segments", "checkboxes"}

    @property
    def control_width(self) -> str:
        """Return the width class: numbers are short, so that the box says how much is expected."""
        return self.width or {"number": "short", "day": "medium", "time": "short", "code": "short"}.get(
            self.kind, ""
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that needs another look, and the id of the field where it is mended."""

    text: str
    field_id: str = ""


@dataclass(frozen=True, slots=True)
class ErrorSummary:
    """What needs another look before this can be saved, each with a link to its field."""

    template: ClassVar[str] = "web/components/error_summary.html"
    problems: tuple[Problem, ...]
    title: str = ""

    @property
    def heading(self) -> str:
        """Return the heading, with the count in words a person would say."""
        if self.title:
            return self.title
        count = len(self.problems)
        return "One answer needs another look" if count == 1 else f"{count} answers need another look"


_KINDS: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radios"),
    (forms.CheckboxInput, "checkbox"),
    (forms.Select, "select"),
    (forms.Textarea, "area"),
    (forms.PasswordInput, "password"),
    (forms.EmailInput, "email"),
    (forms.FileInput, "file"),
    (forms.DateInput, "day"),
    (forms.TimeInput, "time"),
    (forms.NumberInput, "number"),
)


def field_of(bound: BoundField, **changes: Any) -> Field:
    """Build a field from a field of a Django form: its label, hint, errors and what was typed.

    Keyword arguments replace what the form says (``kind="segments"``, ``unit="kg"``).
    """
    kind = changes.pop("kind", None) or _kind_of(bound)
    described: dict[str, Any] = {
        "name": bound.html_name,
        "label": str(bound.label or ""),
        "kind": kind,
        "value": _typed(bound, kind),
        "hint": str(bound.help_text or ""),
        "error": " ".join(str(error) for error in bound.errors),
        "choices": _choices(bound),
        "required": bound.field.required,
        "autocomplete": bound.field.widget.attrs.get("autocomplete", "off"),
        "id": bound.auto_id or f"id_{bound.html_name}",
    }
    return Field(**{**described, **changes})


def errors_of(form: forms.BaseForm) -> ErrorSummary | None:
    """Collect the errors of a form into a summary, or return nothing where there are none."""
    problems = [Problem(str(error)) for error in form.non_field_errors()]
    for bound in form:
        problems += [Problem(str(error), bound.auto_id or f"id_{bound.html_name}") for error in bound.errors]
    return ErrorSummary(tuple(problems)) if problems else None


def _kind_of(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(bound.field, forms.DecimalField | forms.FloatField | forms.IntegerField):
        return "number" if not isinstance(widget, forms.Select | forms.RadioSelect) else _widget_kind(widget)
    return _widget_kind(widget)


def _widget_kind(widget: forms.Widget) -> str:
    return next((kind for cls, kind in _KINDS if isinstance(widget, cls)), "text")


def _typed(bound: BoundField, kind: str) -> str:
    if kind in {"password", "file", "checkboxes"}:
        return ""
    value = bound.value()
    if kind == "checkbox":
        return "on" if value else ""
    return "" if value is None else str(value)


def _choices(bound: BoundField) -> tuple[Choice, ...]:
    pairs: Iterable[tuple[Any, Any]] = getattr(bound.field, "choices", ())
    value = bound.value()
    chosen = (
        {str(v) for v in value} if isinstance(value, list | tuple) else {"" if value is None else str(value)}
    )
    return tuple(
        Choice(str(key), str(label), chosen=str(key) in chosen and str(key) != "")
        for key, label in pairs
        if key not in (None, "")
    )
