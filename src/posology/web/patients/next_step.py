"""The steps of the loop for one patient, and what comes next, with the one button that leads there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.urls import reverse

from posology.clinic.accounts.permissions import may
from posology.clinic.care.overview import Overview
from posology.clinic.care.standing import STEPS
from posology.knowledge import load_library
from posology.recommendation import Prompt
from posology.treatment import SessionPhase
from posology.web.components import LOOP, Button, LoopSteps
from posology.web.components.text import weekday_text
from posology.web.page import OpenPatient
from posology.web.words import PHASE, order_words

NAMES = dict(zip(STEPS, LOOP, strict=True))


@dataclass(frozen=True, slots=True)
class NextStep:
    """What comes next: a sentence, and a button for who may do it."""

    title: str
    text: str
    button: Button | None


def steps_of(opened: OpenPatient, overview: Overview) -> LoopSteps:
    """Build the steps, each with its page where there is one already."""
    standing = overview.standing
    hrefs = [
        ("Assessment", opened.url("assessment", part="psychiatric")),
        ("Eligibility", opened.url("eligibility")),
        ("Options", opened.url("options")),
    ]
    if standing.session is not None:
        hrefs.append(("Order", reverse("order", kwargs={"order": standing.session.order_id})))
        hrefs.append(("Session", reverse("session", kwargs={"session": standing.session.pk})))
    if standing.course is not None and may(opened.by, "record_form"):
        hrefs.append(("Outcome", opened.url("form", instrument="phq-9")))
    return LoopSteps(NAMES[standing.step], tuple(NAMES[s] for s in standing.done), tuple(hrefs))


def next_step_of(opened: OpenPatient, overview: Overview) -> NextStep:
    """Say what comes next, and which checkpoint of the course is due or comes first."""
    step = _NEXT[overview.standing.step](opened, overview)
    return replace(step, text=" ".join((step.text, *_checkpoints(overview))))


def _checkpoints(overview: Overview) -> Iterator[str]:
    """Name every checkpoint that is due, else the first that lies ahead; the options tell them whole."""
    due = [p for p in overview.advice.prompts if p.is_due]
    for prompt in due:
        yield f"Due since {weekday_text(prompt.due_on)}: {_in_a_sentence(prompt)}"
    if not due and overview.advice.prompts:
        first = overview.advice.prompts[0]
        yield f"Ahead, {weekday_text(first.due_on)}: {_in_a_sentence(first)}"


def _in_a_sentence(prompt: Prompt) -> str:
    return f"{prompt.title[:1].lower()}{prompt.title[1:]}."


def first_open_part(overview: Overview) -> str:
    """Return the part of the assessment in which the first open question stands."""
    questions = load_library().questions.questions
    return next((questions[m.key].part for m in overview.open_questions if m.key in questions), "psychiatric")


def _assessment(opened: OpenPatient, overview: Overview) -> NextStep:
    count = len(overview.open_questions)
    are = "question is" if count == 1 else "questions are"
    text = f"{count} {are} open before anything can be said about a dose."
    button = Button(
        "Answer what is open", kind="primary", href=opened.url("assessment", part=first_open_part(overview))
    )
    return NextStep("Assessment", text, button)


def _eligibility(opened: OpenPatient, overview: Overview) -> NextStep:
    text = "Everything that was asked is answered, and no protocol is open to this patient as it stands."
    return NextStep(
        "Eligibility",
        text,
        Button("See what stands in the way", kind="primary", href=opened.url("eligibility")),
    )


def _options(opened: OpenPatient, overview: Overview) -> NextStep:
    count = len(overview.advice.options)
    text = (
        f"{count} {'way' if count == 1 else 'ways'} to begin, each with its sum, its dates and its reasons."
    )
    return NextStep(
        "Options", text, Button("Compare the options", kind="primary", href=opened.url("options"))
    )


def _session(opened: OpenPatient, overview: Overview) -> NextStep:
    standing = overview.standing
    assert standing.session is not None and standing.order is not None
    href = reverse("session", kwargs={"session": standing.session.pk})
    phase = SessionPhase(standing.session.phase)
    title = f"Session {standing.order.session_number}: {order_words(standing.order)}"
    if phase is SessionPhase.SCHEDULED:
        when = weekday_text(standing.next_on) if standing.next_on else "no day yet"
        chair = f", chair {standing.session.chair}" if standing.session.chair else ", no chair yet"
        return NextStep(
            title, f"Planned for {when}{chair}.", Button("Open the session", kind="primary", href=href)
        )
    return NextStep(title, f"{PHASE[phase]}.", Button("Go to the session", kind="primary", href=href))


def _outcome(opened: OpenPatient, overview: Overview) -> NextStep:
    text = "No PHQ-9 since the last session. The next dose is chosen from its score."
    button = Button("Fill in PHQ-9", kind="primary", href=opened.url("form", instrument="phq-9"))
    return NextStep("Outcome", text, button if may(opened.by, "record_form") else None)


def _next(opened: OpenPatient, overview: Overview) -> NextStep:
    on = overview.standing.next_on
    when = f" The earliest date among them is {weekday_text(on)}." if on else ""
    count = len(overview.advice.options)
    if not count:
        text = "The course cannot go on as the record stands. See what is needed."
    else:
        text = f"{count} {'way' if count == 1 else 'ways'} to go on, made from the scores.{when}"
    return NextStep(
        "Next dose", text, Button("Compare the next options", kind="primary", href=opened.url("options"))
    )


_NEXT = {
    "assessment": _assessment,
    "eligibility": _eligibility,
    "options": _options,
    "session": _session,
    "outcome": _outcome,
    "next": _next,
}
