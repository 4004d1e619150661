"""What is typed about a programme: a certification, an enrolment, a contact, an answer."""

from collections.abc import Iterable
from typing import Any

from django import forms

from posology.clinic.rems.models import LONGEST_ANSWER, LONGEST_REASON, Setting
from posology.clinic.rems.queries import SessionForm
from posology.treatment.rems import Ask
from posology.web.components import Choice, Field
from posology.web.reading import DayField, TextField

_DAY_HINT = "As in 28-Nov-2026."


def _text(label: str, longest: int, empty: str, **more: Any) -> TextField:
    return TextField(label=label, max_length=longest, error_messages={"required": empty}, **more)


def _day(label: str, what: str) -> DayField:
    return DayField(
        what=what, label=label, help_text=_DAY_HINT, error_messages={"required": f"Write the {what}."}
    )


class CertifyForm(forms.Form):
    """A certification of the site for one setting."""

    setting = forms.ChoiceField(
        label="Setting",
        choices=Setting.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the setting; each is certified by itself."},
    )
    number = _text("Number", 60, "Write the number that the programme gave.")
    on = _day("Certified on", "day of the certification")
    representative = _text("Authorised representative", 120, "Write who the representative is.")
    address = _text("Address of the site", 300, "Write the address as the programme has it.")


class EndForm(forms.Form):
    """The end of a certification or an enrolment."""

    on = _day("Ended on", "day on which it ended")
    because = _text("Why did it end?", LONGEST_REASON, "Say why it ended.")


class EndSiteForm(EndForm):
    """The end of a certification, of one of those that hold."""

    setting = forms.ChoiceField(label="Setting", error_messages={"required": "Choose the setting."})
    field_order = ("setting", "on", "because")

    def __init__(self, *args: Any, held: Iterable[Setting], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["setting"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(s.value, s.label) for s in held]


class ContactForm(forms.Form):
    """How the programme reaches whoever is signed in."""

    telephone = _text("Your telephone", 40, "Write where you are reached.")
    email = _text("Your email", 120, "Write your email.")


class EnrolForm(forms.Form):
    """An enrolment that both have signed."""

    number = _text("Enrolment number", 60, "Write the number that the programme gave.")
    patient_signed_on = _day("Patient signed on", "day on which the patient signed")
    prescriber_signed_on = _day("You signed on", "day on which you signed")
    on = _day("Enrolled on", "day of the enrolment")


class SettingForm(forms.Form):
    """In which setting a session is, and why it is another than usual here."""

    setting = forms.CharField(error_messages={"required": "Choose the setting."})
    because = _text(
        "Why is it in another setting than usual here?",
        LONGEST_REASON,
        "",
        required=False,
        help_text="It stands on the form, in the patient's record and on the director's list.",
    )


class FinaliseForm(forms.Form):
    """Why a finalised form is amended; nothing where it is the first."""

    because = _text("Why is it amended?", LONGEST_REASON, "Say why it is amended.")


class SentForm(forms.Form):
    """That a form was given to the programme."""

    on = _day("Sent on", "day on which it was sent")
    way = _text("How?", 120, "Write how it was sent.", help_text="As in: programme's portal; fax.")


# ---------------------------------------------------------------- what a person is asked of one session

_YES_NO = (("yes", "Yes"), ("no", "No"))
_HINTS = {
    Ask.MINUTES: "Minutes from the first device.",
    Ask.WHY_NOT: "It was not taken: say why. A value is never made up. One that was taken and not "
    "recorded is told in the session, as a late entry.",
    Ask.TEXT: "",
    Ask.YES_NO: "",
}
_KINDS = {Ask.YES_NO: "segments", Ask.MINUTES: "number", Ask.TEXT: "area", Ask.WHY_NOT: "text"}


def asked_field(
    found: SessionForm, key: str, ask: Ask, *, value: str = "", error: str = "", prefix: str = "answer"
) -> Field:
    """Return the control of one field that a person is asked for; nothing is chosen beforehand."""
    field = found.programme.fields[key]
    choices = tuple(Choice(k, label, chosen=k == value) for k, label in _YES_NO) if ask is Ask.YES_NO else ()
    hint = " ".join(part for part in (_HINTS[ask], field.note) if part)
    return Field(
        name=f"{prefix}-{key}",
        label=field.label + (": why not taken?" if ask is Ask.WHY_NOT else ""),
        kind=_KINDS[ask],
        value=value[:LONGEST_ANSWER],
        hint=hint,
        error=error,
        unit="min" if ask is Ask.MINUTES else "",
        choices=choices,
        id=f"{prefix}_{key}",
    )
