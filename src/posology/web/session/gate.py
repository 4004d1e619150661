"""The gate as one form: two identifiers typed, what may be read out together, what is asked alone.

Nothing is chosen beforehand (hazard H-24). Where a person says of a group that all of it is so, the answer
that stands beside each line is recorded, each under its own id; the other button opens the lines one by one.
"""

from dataclasses import dataclass
from typing import ClassVar

from posology.clinic.care.chairside import Chairside
from posology.treatment import GateItem, GateKind
from posology.web.components import Field
from posology.web.session.entering import ALL_SO, ONE_BY_ONE, together_name
from posology.web.session.form import Form
from posology.web.session.panel import Panel, choice, field_id, id_of, named, text

GROUPS = {"arranged": "Arranged for today", "state": "How the patient comes"}


@dataclass(frozen=True, slots=True)
class GateLine:
    """One question of a group, and the answer that is recorded where all of the group is so."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class GateGroup:
    """Questions that may be answered by one word, with the way to answer each by itself."""

    template: ClassVar[str] = "session/gate_group.html"
    key: str
    title: str
    lines: tuple[GateLine, ...]
    fields: tuple[Field, ...]  # the same questions, one by one
    chosen: str = ""
    error: str = ""

    @property
    def name(self) -> str:
        """Return the name under which the choice is sent."""
        return together_name(self.key)

    @property
    def dom_id(self) -> str:
        """Return the id of the group; the error summary leads there."""
        return field_id("gate", self.name)

    @property
    def all_so(self) -> str:
        """Return the value that says that every line is so."""
        return ALL_SO

    @property
    def one_by_one(self) -> str:
        """Return the value that opens the lines."""
        return ONE_BY_ONE


def open_items(chair: Chairside, again: str = "") -> tuple[GateItem, ...]:
    """Return the questions of the gate that still stand in the way, and the one to be answered again."""
    answered = {e.payload.item for e in chair.state.gate}
    return tuple(
        item
        for item in chair.gate
        if item.kind is GateKind.ANSWER
        and (item.key == again or item.key not in answered or _is_stale(chair, item))
    )


def _is_stale(chair: Chairside, item: GateItem) -> bool:
    """Say whether an answer stands in the way without holding: it is unknown, or too old."""
    said = chair.state.gate_answer(item.key)
    return (
        chair.obstacle(item.key) is not None and said is not None and said.payload.answer not in item.holding
    )


def identity_is_open(chair: Chairside, again: str = "") -> bool:
    """Say whether the two identifiers are to be typed."""
    return again == "identity" or chair.state.identity is None or chair.obstacle("identity") is not None


def gate_panel(chair: Chairside, form: Form, again: str = "") -> Panel | None:
    """Return the gate's questions that are open, in one form; every answer has an id of its own."""
    items = open_items(chair, again)
    ids = [id_of(form, f"id-{item.key}") for item in items]
    fields: list[Field | GateGroup] = []
    if identity_is_open(chair, again):
        ids.insert(0, id_of(form, "id-identity"))
        fields += named("gate", _identifiers(form))
    grouped = {key: _members(items, key, again) for key in GROUPS}
    taken = {item.key for members in grouped.values() for item in members}
    fields += [_group(key, members, form) for key, members in grouped.items() if members]
    fields += [_question(item, form) for item in items if item.key not in taken]
    if not fields:
        return None
    return Panel(
        "gate",
        "Who sits here, and how they are today",
        "Record the answers",
        tuple(fields),
        tuple(ids),
        tone="primary",
        sentences=tuple(form.sentences),
    )


def _identifiers(form: Form) -> tuple[Field, ...]:
    return (
        text(form, "record_number", "Record number", hint="Ask the patient, and type what you hear."),
        text(form, "born_on", "Birth day", kind="day", hint="As in 1981-03-14 or 14-Mar-1981."),
    )


def _members(items: tuple[GateItem, ...], group: str, again: str) -> tuple[GateItem, ...]:
    """Return the open questions of a group; one that is left alone, or asked again, stands by itself."""
    members = tuple(i for i in items if i.group == group and i.usual and i.key != again)
    return members if len(members) > 1 else ()


def _group(key: str, members: tuple[GateItem, ...], form: Form) -> GateGroup:
    name = together_name(key)
    fields = tuple(_question(item, form) for item in members)
    told = any(form.value(f.name) or f.error for f in fields)
    return GateGroup(
        key,
        GROUPS[key],
        tuple(GateLine(item.sentence, item.choices[item.usual]) for item in members),
        fields,
        ONE_BY_ONE if told else form.value(name),
        form.fault(name),
    )


def _question(item: GateItem, form: Form) -> Field:
    choices = (*item.choices.items(), ("unknown", "Not known"))
    kind = "segments" if set(item.choices) <= {"yes", "no"} else "radios"
    return named("gate", (choice(form, f"answer-{item.key}", item.sentence, choices, kind=kind),))[0]
