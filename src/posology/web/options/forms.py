"""What is typed to sign an order or to decide for none: read here, judged by the action."""

from datetime import date, datetime, tzinfo
from typing import Any

from django import forms

from posology.clinic.orders.alerts import Answered
from posology.protocols import Finding
from posology.quantities import QuantityError, read_number
from posology.web.moments import read_clock
from posology.web.options.alert_models import found_text
from posology.web.reading import typed_day

LONGEST_REASON = 500
# The two answers to a caution that asks.
FOLLOW, PASS = "follow", "pass"


class SignForm(forms.Form):
    """The signature: a reason for each hold, an answer to each caution that asks, identifiers, password."""

    typed_identifier = forms.CharField(
        label="Record number",
        help_text="Type the ID that stands in the banner.",
        max_length=40,
        error_messages={"required": "The record number is not typed. Read it from the banner and type it."},
    )
    typed_born_on = forms.CharField(
        label="Birth day",
        help_text="As in 1981-03-14 or 14-Mar-1981.",
        max_length=20,
        error_messages={"required": "The birth day is not typed. Read it from the banner and type it."},
    )
    on = forms.CharField(label="Day of the session", required=False, max_length=20)
    clock = forms.CharField(
        label="Time", required=False, max_length=5, help_text="24 hours, for example 09:30."
    )
    chair = forms.CharField(label="Chair", required=False, max_length=2)
    password = forms.CharField(
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
        help_text="Your signature. Type it again for each order.",
        error_messages={"required": "Your password is not typed. Without it nothing is signed."},
    )

    def __init__(
        self,
        *args: Any,
        holds: tuple[Finding, ...],
        cautions: tuple[Finding, ...] = (),
        zone: tzinfo,
        planned_on: date | None,
        **kw: Any,
    ) -> None:
        super().__init__(*args, **kw)
        self.holds = holds
        self.cautions = cautions
        self.zone = zone
        self.planned_on = planned_on
        for n, hold in enumerate(holds):
            self.fields[f"reason_{n}"] = forms.CharField(
                label=f"Why go on: {hold.title}",
                help_text=f"{found_text(hold)} {hold.do}",
                widget=forms.Textarea(attrs={"rows": 2}),
                max_length=LONGEST_REASON,
                error_messages={
                    "required": "This holds the dose up. Say why to go on, or choose another option."
                },
            )
        for n, caution in enumerate(cautions):
            self._ask(n, caution)
        asked = [name for n in range(len(cautions)) for name in (f"answer_{n}", f"why_{n}")]
        self.order_fields([*(f"reason_{n}" for n in range(len(holds))), *asked, *self.fields])

    def _ask(self, n: int, caution: Finding) -> None:
        """Add the question that a caution puts, and the place for the reason where it is not followed."""
        self.fields[f"answer_{n}"] = forms.ChoiceField(
            label=caution.title,
            help_text=f"{found_text(caution)} {caution.do}",
            choices=[(FOLLOW, "I do what it says"), (PASS, "I go on without it, and say why")],
            widget=forms.RadioSelect,
            error_messages={"required": "Answer this caution: follow it, or say why not."},
        )
        self.fields[f"why_{n}"] = forms.CharField(
            label=f"Why not: {caution.title}",
            required=False,
            widget=forms.Textarea(attrs={"rows": 2}),
            max_length=LONGEST_REASON,
        )

    def answers(self) -> dict[str, Answered]:
        """Return the answer to each caution that asked, by its rule."""
        return {
            caution.rule: Answered(
                heeded=self.cleaned_data[f"answer_{n}"] == FOLLOW, reason=self.cleaned_data[f"why_{n}"]
            )
            for n, caution in enumerate(self.cautions)
        }

    def reasons(self) -> dict[str, str]:
        """Return the reason given for each hold, by its rule."""
        return {hold.rule: self.cleaned_data[f"reason_{n}"] for n, hold in enumerate(self.holds)}

    def clean_typed_born_on(self) -> date:
        return _day(self.cleaned_data["typed_born_on"], "birth day")

    def clean_on(self) -> date | None:
        return _day(self.cleaned_data["on"], "day of the session") if self.cleaned_data["on"] else None

    def clean_chair(self) -> int | None:
        text = self.cleaned_data["chair"]
        if not text:
            return None
        number = _read(lambda: read_number(text, what="chair"))
        if number != number.to_integral_value():
            raise forms.ValidationError("A chair is a whole number. Choose one from the list.")
        return int(number)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for n in range(len(self.cautions)):
            if cleaned.get(f"answer_{n}") == PASS and not cleaned.get(f"why_{n}"):
                self.add_error(f"why_{n}", "It is not followed. Say why, or follow it.")
        cleaned["scheduled_at"] = None
        on, clock = cleaned.get("on"), cleaned.get("clock", "")
        if clock:
            day = on or self.planned_on
            if day is None:
                self.add_error("on", "The time is given and the day is not. Write the day as well.")
            else:
                try:
                    cleaned["scheduled_at"] = read_clock(clock, day=day, zone=self.zone)
                except QuantityError as fault:
                    self.add_error("clock", str(fault))
        elif on is not None:
            self.add_error("clock", "The day is given and the time is not. Write the time as well.")
        return cleaned


class PlaceForm(forms.Form):
    """The chair and the time of a session that has not begun; what is left empty stays as it is."""

    clock = forms.CharField(
        label="Time",
        required=False,
        max_length=5,
        help_text="24 hours, for example 09:30. Empty: stays as it is.",
    )

    def __init__(self, *args: Any, chairs: int, planned_on: date, zone: tzinfo, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.planned_on, self.zone = planned_on, zone
        self.fields["chair"] = forms.ChoiceField(
            label="Chair",
            required=False,
            help_text="Empty: stays as it is.",
            choices=[("", "Choose"), *((str(n), f"Chair {n}") for n in range(1, chairs + 1))],
        )

    def clean_clock(self) -> datetime | None:
        text = self.cleaned_data["clock"]
        return _read(lambda: read_clock(text, day=self.planned_on, zone=self.zone)) if text else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("clock") and not cleaned.get("chair"):
            raise forms.ValidationError("Nothing is entered yet. Choose a chair, write a time, or both.")
        return cleaned


class NoneForm(forms.Form):
    """The decision for none of the options, or for one that gives no dose: why."""

    reason = forms.CharField(
        label="What you decide, and why",
        help_text="It stands in the record beside what was offered.",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=LONGEST_REASON,
        error_messages={"required": "Say what you decide and why; the record keeps it beside the options."},
    )


def _day(text: str, what: str) -> date:
    return _read(lambda: typed_day(text, what=what))


def _read(reader: Any) -> Any:
    try:
        return reader()
    except QuantityError as fault:
        raise forms.ValidationError(str(fault)) from None


def read_shown_at(text: str) -> datetime | None:
    """Read back the moment at which the options were shown, or nothing where it is not one."""
    try:
        shown_at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return shown_at if shown_at.tzinfo is not None else None
