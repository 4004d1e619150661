"""What a session's page is told so that it can record without the network: settings, and no observation."""

import json
from typing import Any

from posology.clinic.accounts.models import User
from posology.clinic.care.chairside import Chairside
from posology.clinic.care.rejoin import VERSION
from posology.web.session.entering import READINGS
from posology.web.session.pad import LABELS
from posology.web.session.words import ANOTHER


def told_of(chair: Chairside, user: User) -> str:
    """Return it as JSON. No name stands in it; the ids are opaque."""
    return json.dumps(
        {
            "user": str(user.pk),
            "session": str(chair.session.pk),
            "patient": str(chair.session.patient_id),
            "zone": chair.session.patient.clinic.zone,
            "version": VERSION,
            "another": ANOTHER,
            "bounds": {name: _bounds(chair, name) for name in READINGS},
            "settings": _settings(chair),
        },
        sort_keys=True,
    )


def _bounds(chair: Chairside, name: str) -> dict[str, Any]:
    bounds = chair.library.questions.questions[name].bounds
    assert bounds is not None
    label, unit = LABELS[name]
    return {
        "label": label,
        "unit": unit,
        "absolute": [float(value) for value in bounds.absolute],
        "usual": [float(value) for value in bounds.usual],
    }


def _settings(chair: Chairside) -> dict[str, dict[str, str]]:
    """Return what the order and the checked worksheet say of a start, for what people then did on paper."""
    order, drawn = chair.order, chair.sheet.drawn_mg if chair.sheet else chair.order.dose_mg
    made: dict[str, dict[str, str]] = {"dose_given": {"dose_mg": str(drawn)}}
    if order.minutes:
        made["infusion_started"] = {"dose_mg": str(drawn), "minutes": str(order.minutes)}
    if order.devices:
        made["devices_started"] = {"dose_mg": str(order.dose_mg), "devices": str(order.devices)}
    return made
