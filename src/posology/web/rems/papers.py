"""What the paper of a finalised form says: the text that was signed, and nothing worked out anew."""

import json
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from posology.clinic.rems.models import FinalForm
from posology.knowledge.programmes import load_programmes
from posology.web.components.text import day_text, zone_text
from posology.web.outage.papers import head_of
from posology.web.rems.view_models import PARTS, shown_value


def form_data(final: FinalForm) -> Mapping[str, object]:
    """Return one finalised form on paper; its head says when it was finalised, so the bytes never change."""
    patient = final.session.patient
    zone = ZoneInfo(patient.clinic.zone)
    programme = load_programmes().files[final.programme]
    version = programme.versions.get(final.version)
    title = version.title if version else f"Version {final.version}"
    fields = json.loads(final.body)["fields"]
    foot = f"Form {final.number}, hash {final.sha256[:16]}"
    local = final.at.astimezone(zone)
    kinds = {key: field.kind for key, field in programme.fields.items()}
    return {
        "head": head_of("Monitoring form", patient, patient.clinic, at=final.at, foot=foot).data(),
        "programme": programme.title,
        "version": title,
        "transcription": programme.transcription,
        "signed": f"Finalised by {final.by.full_name}, {day_text(local.date())} {local:%H:%M} "
        f"{zone_text(final.at, zone)}. Form number {final.number} of this session.",
        "because": final.because,
        "contacts": [
            f"{c.say} Telephone {c.telephone}" + (f", fax {c.fax}." if c.fax else ".")
            for c in programme.contacts.values()
        ],
        "parts": [
            {"title": title, "rows": [_row(f, kinds) for f in fields if f["part"] == part]}
            for part, title in PARTS.items()
            if any(f["part"] == part for f in fields)
        ],
        "sha256": final.sha256,
    }


def _row(field: Mapping[str, object], kinds: Mapping[str, str]) -> list[str]:
    value = shown_value(str(field["value"] or ""), kinds.get(str(field["key"]), "text"))
    beside = [str(field[name]) for name in ("detail", "flag") if field[name]]
    if field["by_silence"]:
        beside.append("No entry of this session tells of one.")
    return [str(field["label"]), value, " ".join(beside)]
