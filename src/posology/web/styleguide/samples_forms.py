"""Samples: form fields in every kind and state."""

from posology.web.components import YES_NO_UNKNOWN, Choice, ErrorSummary, Field, Problem
from posology.web.styleguide.samples import Chapter, Sample


def _answers(chosen: str = "") -> tuple[Choice, ...]:
    return tuple(Choice(value, label, chosen=value == chosen) for value, label in YES_NO_UNKNOWN)


FORMS = Chapter(
    "forms",
    "Forms",
    (
        Sample(
            "Error summary",
            (
                ErrorSummary(
                    (
                        Problem(
                            "'68,4' has a comma, so it could be read two ways. Write 68.4.", "id_weight_bad"
                        ),
                        Problem("14-Mar-2081 lies in the future. Check the year.", "id_born_bad"),
                    )
                ),
            ),
        ),
        Sample(
            "Fields",
            (
                Field("family", "Family name"),
                Field("weight", "Weight", kind="number", unit="kg", hint="Measured today, without shoes"),
                Field("born", "Born", kind="day", hint="As in 14-Mar-1981"),
                Field(
                    "weight_bad",
                    "Weight",
                    kind="number",
                    unit="kg",
                    value="68,4",
                    error="'68,4' has a comma, so it could be read two ways. Write 68.4.",
                ),
                Field(
                    "born_bad",
                    "Born",
                    kind="day",
                    value="14-Mar-2081",
                    hint="As in 14-Mar-1981",
                    error="14-Mar-2081 lies in the future. Check the year.",
                ),
                Field(
                    "pregnant",
                    "Is the patient pregnant?",
                    kind="segments",
                    hint="Ask each time; blank is never taken as no.",
                    choices=_answers(),
                ),
                Field(
                    "glaucoma",
                    "Raised eye pressure or glaucoma?",
                    kind="segments",
                    choices=_answers("unknown"),
                ),
                Field(
                    "route",
                    "Route",
                    kind="radios",
                    choices=(
                        Choice("iv", "Into a vein", "Pump and monitor needed"),
                        Choice("im", "Into a muscle"),
                        Choice("nasal", "Into the nose"),
                    ),
                ),
                Field(
                    "site",
                    "Room",
                    kind="select",
                    choices=(Choice("1", "Chair 1"), Choice("2", "Chair 2")),
                    required=False,
                ),
                Field("note", "Note", kind="area", required=False, hint="What a colleague should know"),
                Field("escort", "An adult will take the patient home", kind="checkbox"),
                Field("password", "Password", kind="password", autocomplete="current-password"),
            ),
        ),
    ),
)
