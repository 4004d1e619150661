"""What is chosen to plan, move or cancel a visit: lists, so that a keyboard is enough."""

from collections.abc import Iterable
from datetime import date, datetime, time, tzinfo
from typing import Any

from django import forms

from posology.clinic.visits.actions import MOST_AT_ONCE
from posology.clinic.visits.coming import Coming
from posology.clinic.visits.hours import clocks
from posology.clinic.visits.models import LONGEST_REASON
from posology.protocols.visits import Window
from posology.web.components.text import weekday_text
from posology.web.reading import DayField

ANY = "any"


class PlanForm(forms.Form):
    """The next visits of a course: from which day, at what time, in which chair, how many."""

    first_on = DayField(
        what="first day",
        label="First day",
        help_text="Each visit goes to the open day nearest to its own day by the plan.",
        error_messages={"required": "Write the first day."},
    )
    clock = forms.ChoiceField(
        label="Time",
        choices=[],
        error_messages={"required": "Choose the time.", "invalid_choice": "Choose a time of the list."},
    )
    chair = forms.ChoiceField(
        label="Chair", choices=[], error_messages={"required": "Choose a chair, or any that is free."}
    )
    count = forms.ChoiceField(
        label="How many visits",
        choices=[],
        error_messages={"required": "Choose how many.", "invalid_choice": "Choose a number of the list."},
    )

    def __init__(self, *args: Any, coming: Coming, chairs: int, **more: Any) -> None:
        super().__init__(*args, **more)
        self._offer("clock", [(f"{c:%H:%M}", f"{c:%H:%M}") for c in clocks()])
        self._offer("chair", [(ANY, "Any that is free"), *_chairs(chairs)])
        left = coming.left_in_phase
        self._offer("count", [(str(n), _count(n, left)) for n in range(1, MOST_AT_ONCE + 1)])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def told(self) -> dict[str, Any]:
        """Return what a valid form asks the action for."""
        given = self.cleaned_data
        return {
            "first_on": given["first_on"],
            "clock": time.fromisoformat(given["clock"]),
            "chair": None if given["chair"] == ANY else int(given["chair"]),
            "count": int(given["count"]),
        }


def _chairs(chairs: int) -> list[tuple[str, str]]:
    return [(str(n), f"Chair {n}") for n in range(1, chairs + 1)]


def _count(number: int, left: int | None) -> str:
    return f"{number}, to the end of this phase" if number == left else str(number)


class DayForm(forms.Form):
    """The day to which a visit shall move: inside its window first said, outside said too."""

    on = forms.ChoiceField(
        label="Day", choices=[], error_messages={"invalid_choice": "Choose a day of the list."}
    )

    def __init__(self, *args: Any, days: Iterable[date], window: Window, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["on"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (d.isoformat(), weekday_text(d) + ("" if window.holds(d) else ": outside the window"))
            for d in days
        ]


class MoveForm(forms.Form):
    """The time and the chair on the chosen day; outside the window, why."""

    place = forms.ChoiceField(
        label="Time and chair",
        choices=[],
        error_messages={
            "required": "Choose the time and the chair.",
            "invalid_choice": "This time and chair are not free any more. Choose another.",
        },
    )
    because = forms.CharField(
        label="Why outside the window?",
        required=False,
        max_length=LONGEST_REASON,
        help_text="It stands in the record, and the visit is flagged.",
    )

    def __init__(
        self, *args: Any, free: tuple[tuple[datetime, int], ...], zone: tzinfo, outside: bool, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.free = {f"{start.isoformat()}/{chair}": (start, chair) for start, chair in free}
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (key, f"{start.astimezone(zone):%H:%M}, chair {chair}")
            for key, (start, chair) in self.free.items()
        ]
        if not outside:
            del self.fields["because"]

    def told(self) -> dict[str, Any]:
        """Return what a valid form asks the action for."""
        start, chair = self.free[self.cleaned_data["place"]]
        return {"starts_at": start, "chair": chair, "because": self.cleaned_data.get("because", "")}


class CancelForm(forms.Form):
    """Why a visit is cancelled."""

    because = forms.CharField(
        label="Why is it cancelled?",
        max_length=LONGEST_REASON,
        error_messages={
            "required": "Say why the visit is cancelled.",
            "max_length": f"Say it in {LONGEST_REASON} characters.",
        },
    )
