"""Site settings in whole minutes: read from the environment, refused at the start out of bounds."""

import os

from django.conf import settings

from posology.treatment.notices import NOTICE_BOUNDS

# Engineering bounds. Longer than a quarter of an hour, a screen that nobody guards would show names for
# as long as a rest between devices; shorter than two minutes, it would lock while a pressure is measured.
BOUNDS = {
    "IDLE_LOCK_MINUTES": (2, 15),
    "NOTICE_AFTER_MINUTES": tuple(int(bound.total_seconds() // 60) for bound in NOTICE_BOUNDS),
}


def whole_minutes(name: str, default: int) -> int | str:
    """Return a number of minutes from the environment; what is no whole number stays as it was typed."""
    typed = os.environ.get(name, "").strip()
    return int(typed) if typed.isdecimal() else typed or default


def minutes_out_of_bounds() -> list[str]:
    """Return a sentence for each setting that is no whole number within its bounds (hazard H-44)."""
    faults = []
    for name, (least, most) in BOUNDS.items():
        found = getattr(settings, name)
        if not isinstance(found, int) or not least <= found <= most:
            faults.append(
                f"POSOLOGY_{name} is '{found}', which is no whole number from {least} to {most}. "
                "Write one, or unset it."
            )
    return faults
