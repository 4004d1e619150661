"""The forms of the patients' pages."""

from django import forms

from posology.case import Sex
from posology.web.reading import DayField

SORTS = (
    ("name", "Name"),
    ("identifier", "ID"),
    ("born", "Born"),
    ("next", "Next session"),
    ("registered", "Newest first"),
)


class SearchForm(forms.Form):
    text = forms.CharField(
        label="Name or ID",
        required=False,
        max_length=80,
        error_messages={
            "max_length": "Names and IDs have at most 80 characters, so nothing was searched. Write fewer."
        },
    )
    sort = forms.ChoiceField(label="Sort by", choices=SORTS, required=False, initial="name")
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)


class NewPatientForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    family_name = forms.CharField(
        label="Family name", max_length=80, error_messages={"required": "Write the family name."}
    )
    given_name = forms.CharField(
        label="Given name", max_length=80, error_messages={"required": "Write the given name."}
    )
    born_on = DayField(
        label="Born on",
        what="day of birth",
        help_text="Such as 1981-03-14 or 14-Mar-1981",
        error_messages={"required": "Write the day of birth."},
    )
    sex = forms.ChoiceField(
        label="Sex, as recorded",
        choices=[(s.value, "Not known" if s is Sex.UNKNOWN else s.value.capitalize()) for s in Sex],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one; “not known” is an answer."},
    )
    identifier = forms.CharField(
        label="Record number",
        max_length=40,
        help_text="As it stands on the chart or wristband; it is typed again before every dose",
        error_messages={"required": "Write the record number."},
    )
    someone_else = forms.BooleanField(label="This is somebody else", required=False)


class CloseTaskForm(forms.Form):
    note = forms.CharField(
        label="What was done",
        max_length=500,
        widget=forms.Textarea,
        help_text="Whom you spoke with, what you found, what happens next",
        error_messages={"required": "Say what was done."},
    )
