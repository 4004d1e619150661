"""One questionnaire as a form: an answer an item, none chosen, and any of them may stay open."""

from datetime import datetime, tzinfo
from typing import Any

from django import forms

from posology.knowledge.schema import MeasureFile
from posology.quantities import QuantityError
from posology.web.moments import latest_clock


class Questionnaire(forms.Form):
    """The items of one instrument."""

    clock = forms.CharField(
        label="Time, if not now",
        required=False,
        max_length=5,
        help_text="When it was answered, for example 14:05.",
    )

    def __init__(self, *args: Any, measure: MeasureFile, now: datetime, zone: tzinfo, **more: Any) -> None:
        super().__init__(*args, **more)
        self.measure, self.now, self.zone = measure, now, zone
        choices = [(str(answer.value), answer.text or str(answer.value)) for answer in measure.answers]
        for item in measure.items:
            self.fields[f"item_{item.number}"] = forms.ChoiceField(
                label=f"{item.number}. {item.text or item.short}",
                choices=choices,
                widget=forms.RadioSelect,
                required=False,
                error_messages={"invalid_choice": "This is no answer of the list. Choose one."},
            )
        self.order_fields([*(f"item_{item.number}" for item in measure.items), "clock"])

    @property
    def items(self) -> list[forms.BoundField]:
        """Return the items in their order."""
        return [self[f"item_{item.number}"] for item in self.measure.items]

    def answers(self) -> dict[int, int | None]:
        """Return the answers by item; what is open stays open."""
        given = {item.number: self.cleaned_data.get(f"item_{item.number}", "") for item in self.measure.items}
        return {number: int(text) if text else None for number, text in given.items()}

    def clean_clock(self) -> datetime:
        text = self.cleaned_data["clock"]
        if not text:
            return self.now
        try:
            return latest_clock(text, now=self.now, zone=self.zone)
        except QuantityError as fault:
            raise forms.ValidationError(str(fault)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        answered = [name for name in self.fields if name.startswith("item_") and cleaned.get(name)]
        if not answered and not self.errors:
            raise forms.ValidationError("No item is answered yet, so there is nothing to record.")
        return cleaned
