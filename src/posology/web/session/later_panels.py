"""The forms once the dose runs, those for any time, and those for the way home."""

from posology.clinic.care.chairside import Chairside
from posology.knowledge import Route
from posology.treatment import SessionPhase
from posology.web.session.form import Form
from posology.web.session.panel import (
    YES_NO,
    YES_NO_UNKNOWN,
    Panel,
    choice,
    id_of,
    named,
    simple,
    text,
    when,
)
from posology.web.session.words import ADVERSE, ANOTHER, GRADES, SERIOUS, SYMPTOMS, WAYS


def dose_panels(chair: Chairside, form: Form) -> tuple[Panel, ...]:
    """Return what can be done with the running dose, the likeliest first."""
    phase = chair.state.phase
    if chair.order.route is Route.NASAL:
        return (_device_panel(chair, form), _stop_panel(form, "No further device"))
    if phase is SessionPhase.PAUSED:
        resumed = form.of("infusion_resumed")
        return (
            simple(
                "infusion_resumed",
                "Resume the infusion",
                "Resume at the rate before",
                (),
                resumed,
                tone="primary",
            ),
            _rate_panel(form),
            _stop_panel(form, "Stop the infusion"),
        )
    return (
        simple("infusion_paused", "Pause", "Pause the infusion", (), form.of("infusion_paused")),
        _stop_panel(form, "Stop the infusion"),
        _rate_panel(form),
    )


def _stop_panel(form: Form, title: str) -> Panel:
    mine = form.of("infusion_stopped")
    fields = (
        choice(mine, "complete", "Was the whole dose given?", YES_NO),
        text(mine, "reason", "Why it ends now", hint="For example: the dose is in; the patient asked."),
        when(mine),
    )
    return simple("infusion_stopped", title, title, fields, mine, tone="stop", folded=True)


def _rate_panel(form: Form) -> Panel:
    mine = form.of("infusion_rate_changed")
    fields = (
        text(mine, "pump_rate_mL_per_h", "New rate that the pump shows", kind="number", unit="mL/h"),
        text(mine, "reason", "Why", required=False),
        when(mine),
    )
    return simple(
        "infusion_rate_changed", "Change the rate", "Record the new rate", fields, mine, folded=True
    )


def _device_panel(chair: Chairside, form: Form) -> Panel:
    mine = form.of("device_given")
    number = len(chair.state.devices) + 1
    fields = (
        text(mine, "lot", "Lot, as on the device"),
        choice(
            mine,
            "complete",
            "Were both sprays given whole?",
            YES_NO,
            hint="A lost or partial spray is recorded as it was, and never given again.",
        ),
        text(mine, "note", "Note", required=False),
        when(mine),
    )
    return simple(
        "device_given",
        f"Device {number} of {chair.state.planned_devices}",
        f"Record device {number}",
        fields,
        mine,
        hidden=(("number", str(number)),),
        tone="primary",
    )


# ---------------------------------------------------------------- at any time


def event_panels(chair: Chairside, form: Form, *, asked_above: bool = False) -> tuple[Panel, ...]:
    """Return what may be written down at any time; ``asked_above`` where a flag asks for symptoms already."""
    harm, drug, note = form.of("adverse_event"), form.of("drug_given"), form.of("note_written")
    panels = [
        _harm_panel(harm),
        simple(
            "drug_given",
            "Another drug given",
            "Record the drug",
            (
                text(
                    drug,
                    "text",
                    "Drug, dose and route",
                    hint="As given, for example ondansetron 4 mg by mouth.",
                ),
                when(drug),
            ),
            drug,
            folded=True,
        ),
        *(() if chair.before_the_dose or asked_above else (symptoms_panel(form),)),
        simple(
            "note_written",
            "Note",
            "Write the note",
            (text(note, "text", "Note", kind="area", rows=3),),
            note,
            folded=True,
        ),
    ]
    if chair.before_the_dose:
        gone = form.of("session_cancelled")
        panels.append(
            simple(
                "session_cancelled",
                "Cancel this session",
                "Cancel this session",
                (text(gone, "reason", "Why it does not take place", kind="area"),),
                gone,
                tone="stop",
                folded=True,
            )
        )
    return tuple(panels)


def symptoms_panel(form: Form, *, folded: bool = True) -> Panel:
    """Return the question that comes before any number: are there symptoms of an emergency?"""
    mine = form.of("symptoms_checked")
    fields = (
        choice(mine, "present", "Any of these now?", YES_NO, hint=SYMPTOMS),
        text(mine, "which", "Which", required=False),
    )
    return simple(
        "symptoms_checked", "Symptoms of an emergency", "Record what I saw", fields, mine, folded=folded
    )


def decision_panel(form: Form) -> Panel:
    """Return the prescriber's decision how the session goes on."""
    mine = form.of("pressure_decided")
    fields = (
        choice(mine, "way", "How does the session go on?", WAYS),
        text(mine, "reason", "Why", kind="area"),
    )
    return simple(
        "pressure_decided", "Decide", "Record my decision", fields, mine, tone="primary", folded=True
    )


def _harm_panel(form: Form) -> Panel:
    """Return the form of an adverse event: grade, seriousness and relatedness are three fields (S-AE-31).

    It stands open and short: the rest of it comes once a word is chosen.
    """
    terms = (*((word, word) for word in ADVERSE), (ANOTHER, "Something else"))
    grades = tuple((str(g), f"{g} · {words}") for g, words in GRADES.items())
    fields = (
        choice(form, "term", "Adverse event", terms),
        text(form, "another_term", "What happened", hint="One event a form.", required=False),
        choice(form, "grade", "Grade: how severe", grades, kind="radios"),
        choice(form, "serious", "Serious", YES_NO, hint=SERIOUS),
        choice(form, "related", "Related to the dose", YES_NO_UNKNOWN),
        text(form, "action", "What was done", kind="area", required=False),
        when(form),
    )
    return simple("adverse_event", "Adverse event", "Record the adverse event", fields, form)


# ---------------------------------------------------------------- the way home


def criteria_panel(chair: Chairside, form: Form) -> Panel | None:
    """Return the criteria that are unmet, and only those, to be looked at one by one."""
    mine = form.of("criteria")
    unmet = {u.key: u.sentence for u in chair.unmet if u.key in chair.protocol.discharge.criteria}
    if not unmet:
        return None
    fields = tuple(choice(mine, f"met-{key}", sentence, YES_NO) for key, sentence in unmet.items())
    ids = tuple(id_of(mine, f"id-{key}") for key in unmet)
    return Panel(
        "criteria",
        "What must be seen before leaving",
        "Record what I saw",
        named("criteria", fields),
        ids,
        tone="primary",
        sentences=tuple(mine.sentences),
    )


def discharge_panel(form: Form) -> Panel:
    """Return the form by which the patient leaves."""
    mine = form.of("discharged")
    fields = (choice(mine, "with_escort", "Does a responsible adult go home with the patient?", YES_NO),)
    return simple("discharged", "Discharge", "Discharge the patient", fields, mine, tone="primary")


def leave_anyway_panel(form: Form) -> Panel:
    """Return the prescriber's own words by which a patient leaves with something unmet."""
    mine = form.of("discharge_overridden")
    fields = (text(mine, "reason", "Why the patient may leave all the same", kind="area"),)
    return simple(
        "discharge_overridden",
        "Let the patient leave all the same",
        "Pass it with my reason",
        fields,
        mine,
        folded=True,
    )
