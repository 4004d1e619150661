"""What is typed about a dose given elsewhere. What nobody knows is ticked, never left out in silence."""

from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from django import forms

from posology.case import EarlierDose, Origin, OriginKind, UndatedDose
from posology.case.days import last_moment_of_day
from posology.clinic.assessments.elsewhere import LONGEST_WHERE
from posology.knowledge import Route, Substance
from posology.quantities import DomainError, read_number
from posology.web.moments import read_clock
from posology.web.reading import typed_day
from posology.web.words import ROUTE

NOT_KNOWN = "unknown"
SUBSTANCES = (
    (Substance.KETAMINE.value, "ketamine, racemic"),
    (Substance.ESKETAMINE.value, "esketamine"),
    (Substance.ARKETAMINE.value, "arketamine"),
    (NOT_KNOWN, "Not known which"),
)
ROUTES = (*((route.value, ROUTE[route]) for route in Route), (NOT_KNOWN, "not known"))
SAID_BY = (
    (OriginKind.PATIENT.value, "The patient says so"),
    (OriginKind.STAFF.value, "I have seen the record"),
)


class ElsewhereForm(forms.Form):
    """One dose: which drug, by which route, how much, when, and who says so."""

    substance = forms.ChoiceField(
        label="Which drug?",
        choices=SUBSTANCES,
        widget=forms.RadioSelect,
        help_text="Three different drugs; none is converted into another.",
        error_messages={"required": "Choose the drug; “not known which” is an answer."},
    )
    route = forms.ChoiceField(
        label="By which route?",
        choices=ROUTES,
        widget=forms.Select,
        error_messages={"required": "Choose the route; “not known” is an answer."},
    )
    dose = forms.CharField(label="How much?", required=False, max_length=20)
    dose_unknown = forms.BooleanField(label="The amount is not known", required=False)
    weight = forms.CharField(
        label="Weight on that day",
        required=False,
        max_length=20,
        help_text="If it is known. Without it no amount per kg can be said.",
    )
    day = forms.CharField(
        label="On which day?",
        required=False,
        max_length=20,
        help_text="As in 20-Nov-2026; of a month, its last day.",
    )
    clock = forms.CharField(
        label="Time", required=False, max_length=5, help_text="If known; else the whole day counts."
    )
    day_unknown = forms.BooleanField(label="The day is not known", required=False)
    said_by = forms.ChoiceField(
        label="Who says so?",
        choices=SAID_BY,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who says so."},
    )
    where = forms.CharField(
        label="Where was it given?",
        max_length=LONGEST_WHERE,
        help_text="Another clinic, a trial, an anaesthesia: which one.",
        error_messages={
            "required": "Write where it was given.",
            "max_length": f"Say it in {LONGEST_WHERE} characters.",
        },
    )

    def __init__(self, *args: Any, now: datetime, zone: tzinfo, **more: Any) -> None:
        super().__init__(*args, **more)
        self.here = now.astimezone(zone)
        self.zone = zone

    def clean_weight(self) -> Decimal | None:
        return self._number("weight", "weight")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        given["mg"] = self._amount(given)
        given["when"] = self._when(given)
        return given

    def _number(self, name: str, what: str) -> Decimal | None:
        typed = self.cleaned_data.get(name, "").strip()
        if not typed:
            return None
        try:
            return read_number(typed, what=what)
        except DomainError as refusal:
            self.add_error(name, str(refusal))
            return None

    def _amount(self, given: dict[str, Any]) -> Decimal | None:
        typed, unknown = bool(given.get("dose", "").strip()), given.get("dose_unknown")
        if typed and unknown:
            self.add_error("dose", "An amount is written and “not known” is ticked. Keep one of the two.")
        elif not typed and not unknown:
            self.add_error("dose", "Write the amount in mg, or tick that it is not known.")
        return self._number("dose", "amount") if typed and not unknown else None

    def _when(self, given: dict[str, Any]) -> tuple[datetime, Any] | None:
        """Return the last moment it may have been, and its day where no time was written."""
        day, clock = given.get("day", "").strip(), given.get("clock", "").strip()
        if given.get("day_unknown"):
            if day or clock:
                self.add_error("day", "A day is written and “not known” is ticked. Keep one of the two.")
            return None
        if not day:
            self.add_error("day", "Write the day, or tick that it is not known.")
            return None
        try:
            on = typed_day(day, what="day")
        except DomainError as refusal:
            self.add_error("day", str(refusal))
            return None
        if on > self.here.date():
            self.add_error("day", "This day lies ahead. Write when it was given.")
            return None
        if not clock:
            return last_moment_of_day(on, as_of=self.here), on
        return self._at(clock, on)

    def _at(self, clock: str, on: Any) -> tuple[datetime, None] | None:
        try:
            moment = read_clock(clock, day=on, zone=self.zone)
        except DomainError as refusal:
            self.add_error("clock", str(refusal))
            return None
        # The hour that comes twice in autumn is read as the later one: no interval is longer than it was.
        again = moment.astimezone(self.zone).replace(fold=1).astimezone(UTC)
        moment = again if again <= self.here else moment
        if moment > self.here:
            self.add_error("clock", "This moment lies ahead. Write when it was given.")
        return moment, None

    def told(self) -> EarlierDose | UndatedDose:
        """Return the dose of a valid form."""
        given = self.cleaned_data
        told: dict[str, Any] = {
            "substance": None if given["substance"] == NOT_KNOWN else Substance(given["substance"]),
            "route": None if given["route"] == NOT_KNOWN else Route(given["route"]),
            "dose_mg": given["mg"],
            "weight_kg": given["weight"],
            "origin": Origin(OriginKind(given["said_by"]), " ".join(given["where"].split())),
        }
        if given["when"] is None:
            return UndatedDose(**told)
        at, on = given["when"]
        return EarlierDose(at=at, on=on, protocol_id="", **told)


class TakeBackForm(forms.Form):
    """The word that an entry does not count, and why."""

    because = forms.CharField(
        label="Why does it not count?",
        max_length=LONGEST_WHERE,
        help_text="It was not given, it is another person’s, or it counts already.",
        error_messages={
            "required": "Say why it does not count.",
            "max_length": f"Say it in {LONGEST_WHERE} characters.",
        },
    )
