"""The one function that fills a programme's form: each field by its own filler, none by two."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from posology.knowledge.schema.programmes import FormField
from posology.quantities import DomainError, check_aware
from posology.treatment import rems_events
from posology.treatment.rems import (
    Ask,
    Clinician,
    Filled,
    Form,
    Origin,
    OriginKind,
    Stated,
    Told,
    event_origins,
    not_known,
)
from posology.treatment.rems_events import answered, filled, gap

Filler = Callable[[str, FormField, Told], Filled]


class FormError(DomainError):
    """A form that cannot be made or kept."""

    code = "rems-form"


def form_of(told: Told) -> Form:
    """Return the form of one session, every field with its value and origin, or with what is missing.

    Parameters
    ----------
    told : Told
        One session's state, the programme and the version of its form, and the standing facts around it.

    Returns
    -------
    Form
        The same for the same facts, whatever the moment; nothing of another session can stand in it.

    Raises
    ------
    FormError
        If the programme has no such version, or lists a field that nothing here fills.

    References
    ----------
    REMS-PMF: S-PMF-01 to S-PMF-11, S-DSCH-05.
    """
    check_aware(told.at, what="moment of the form")
    version = told.programme.versions.get(told.version)
    if version is None:
        known = ", ".join(told.programme.versions)
        raise FormError(f"There is no version '{told.version[:20]}' of this form. Choose one of {known}.")
    fields = tuple(_fill(key, told.programme.fields[key], told) for key in version.fields)
    return Form(told.programme.id, told.version, told.state.session_id, fields)


def _fill(key: str, field: FormField, told: Told) -> Filled:
    if field.question is not None:
        return rems_events.from_gate(key, field, told)
    filler = FILLERS.get(key)
    if filler is None:
        raise FormError(f"Nothing fills the field '{key}' of this form. Take it out of the file, or fill it.")
    return filler(key, field, told)


# ---------------------------------------------------------------- standing facts


def _of_patient(read: Callable[[Told], str]) -> Filler:
    def fill(key: str, field: FormField, told: Told) -> Filled:
        return filled(key, field, read(told), [Origin(OriginKind.PATIENT, told.patient.id)])

    return fill


def _enrolled(key: str, field: FormField, told: Told) -> Filled:
    enrolment, day = told.patient.enrolment, told.treatment_on
    if enrolment is None:
        return gap(key, field, not_known(field, "No enrolment is recorded.", Ask.LINK))
    origins = [Origin(OriginKind.ENROLMENT, enrolment.id, enrolment.at)]
    on = f"{enrolment.on:%d-%b-%Y}"
    if day is not None and enrolment.on > day:
        return filled(key, field, "No", origins, flag=f"Enrolled on {on}, after this session.")
    return filled(key, field, "Yes", origins, detail=f"Since {on}, number {enrolment.number}.")


def _clinician(told: Told) -> Clinician | None:
    """Return who ended the monitoring."""
    ended = told.state.discharge
    return None if ended is None else told.people.get(ended.by)


def _clinician_name(key: str, field: FormField, told: Told) -> Filled:
    who, ended = _clinician(told), told.state.discharge
    if who is None or ended is None:
        return gap(key, field, not_known(field, "The monitoring has not ended.", Ask.LINK))
    return filled(key, field, who.name, event_origins([ended]))


def _contact(read: Callable[[Clinician], Stated | None]) -> Filler:
    def fill(key: str, field: FormField, told: Told) -> Filled:
        who = _clinician(told)
        if who is None:
            return gap(key, field, not_known(field, "The monitoring has not ended.", Ask.LINK))
        said = read(who)
        if said is None:
            return gap(key, field, not_known(field, f"It is not recorded for {who.name}.", Ask.LINK))
        return filled(key, field, said.value, [Origin(OriginKind.STAFF, said.id, said.at)])

    return fill


def _site_name(key: str, field: FormField, told: Told) -> Filled:
    return filled(key, field, told.site.name, [Origin(OriginKind.SITE, told.site.id)])


def _site_address(key: str, field: FormField, told: Told) -> Filled:
    said = told.site.address
    if said is None:
        return gap(key, field, not_known(field, "No certification of the site is recorded.", Ask.LINK))
    return filled(key, field, said.value, [Origin(OriginKind.CERTIFICATION, said.id, said.at)])


def _asked(why: str) -> Filler:
    return lambda key, field, told: answered(key, field, told, why, Ask.YES_NO)


FILLERS: Mapping[str, Filler] = MappingProxyType(
    {
        "patient_name": _of_patient(lambda t: t.patient.name),
        "born_on": _of_patient(lambda t: t.patient.born_on.isoformat()),
        "sex": _of_patient(lambda t: t.patient.sex),
        "first_treatment": _asked("Only a person can say it: other sessions are not read for this form."),
        "enrolled": _enrolled,
        "clinician_name": _clinician_name,
        "clinician_telephone": _contact(lambda c: c.telephone),
        "clinician_email": _contact(lambda c: c.email),
        "site_name": _site_name,
        "site_address": _site_address,
        "treatment_on": rems_events.treatment_on,
        "dose": rems_events.dose,
        "lots": rems_events.lots,
        "minutes_monitored": rems_events.minutes_monitored,
        "minutes_ready": rems_events.minutes_ready,
        "vitals_before": _asked("Whether they were acceptable is a judgement, and no entry holds it."),
        "vitals_at_end": rems_events.criteria_met,
        "pressure_before": rems_events.pressure_before,
        "pressure_at_40": rems_events.pressure_at_40,
        "pressure_at_end": rems_events.pressure_at_end,
        "sedation": rems_events.effect,
        "dissociation": rems_events.effect,
        "respiratory_depression": rems_events.effect,
        "serious_event": rems_events.serious_event,
        "serious_account": rems_events.serious_account,
    }
)
