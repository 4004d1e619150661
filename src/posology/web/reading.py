"""What people type into a form, read by the library's one grammar; a refusal stands beside its field."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from posology.quantities import DomainError, read_day
from posology.web.moments import read_clock

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def typed_day(text: str, *, what: str) -> date:
    """Read a day as 1981-03-14 or as pages show it, 14-Mar-1981; no order of digits is guessed.

    Raises
    ------
    QuantityError
        If it is written in any other way.
    """
    parts = text.strip().split("-")
    if len(parts) == 3 and parts[1].lower() in _MONTHS and len(parts[0]) in (1, 2) and parts[0].isascii():
        month = _MONTHS.index(parts[1].lower()) + 1
        return read_day(f"{parts[2]}-{month:02d}-{parts[0].zfill(2)}", what=what)
    return read_day(text, what=what)


def typed_moment(day: str, clock: str, *, what: str) -> datetime:
    """Read a day and a time of day on the clinic's clock; without a time it is the day's first moment.

    A fact must never count as younger than it is, so a day alone is read as its beginning.

    Raises
    ------
    QuantityError
        If either cannot be read.
    """
    on = typed_day(day, what=f"day of the {what}")
    return read_clock(clock.strip() or "00:00", day=on, zone=timezone.get_current_timezone())


class TextField(forms.CharField):
    """Text as it was typed; Django's own cleaning of other kinds is too kind (``７５`` is a number to it)."""


class DayField(TextField):
    """A day, typed as 1981-03-14 or 14-Mar-1981."""

    widget = forms.DateInput

    def __init__(self, *, what: str, **rest: Any) -> None:
        self.what = what
        super().__init__(max_length=20, **rest)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return typed_day(text, what=self.what)
        except DomainError as refusal:
            raise ValidationError(str(refusal)) from None
