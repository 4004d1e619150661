"""The forms before the dose: the gate, the second person's check, the start, and what a prescriber passes."""

from posology.clinic.care.chairside import Chairside
from posology.knowledge import Route, load_library
from posology.treatment import GateItem, GateKind, Obstacle
from posology.web.components import Field
from posology.web.session.entering import Form
from posology.web.session.panel import Panel, choice, id_of, named, simple, text


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
    fields: list[Field] = []
    ids: list[tuple[str, str]] = []
    if identity_is_open(chair, again):
        ids.append(id_of(form, "id-identity"))
        fields += [
            text(form, "record_number", "Record number", hint="Ask the patient, and type what you hear."),
            text(form, "born_on", "Birth day", kind="day", hint="As in 1981-03-14 or 14-Mar-1981."),
        ]
    for item in items:
        ids.append(id_of(form, f"id-{item.key}"))
        choices = (*item.choices.items(), ("unknown", "Not known"))
        fields.append(choice(form, f"answer-{item.key}", item.sentence, choices, kind=_kind_of(item)))
    if not fields:
        return None
    return Panel(
        "gate",
        "Who sits here, and how they are today",
        "Record the answers",
        named("gate", tuple(fields)),
        tuple(ids),
        tone="primary",
        sentences=tuple(form.sentences),
    )


def _kind_of(item: GateItem) -> str:
    return "segments" if set(item.choices) <= {"yes", "no"} else "radios"


def worksheet_panel(chair: Chairside, form: Form) -> Panel:
    """Return the second person's check: the product in the hand, its lot, and the own result, typed."""
    library, order = load_library(), chair.order
    products = library.products.products
    offered = [(p, products[p].title) for p in products if products[p].form != "device"]
    devices = order.route is Route.NASAL
    if devices:
        offered = [(p, products[p].title) for p in products if products[p].form == "device"]
    fields = [
        choice(
            form,
            "product_id",
            "Which product is in the hand?",
            offered,
            kind="radios",
            hint="Read it off the label; do not choose from memory.",
        ),
        text(form, "lot", "Lot, as on the label"),
    ]
    if devices:
        fields.append(
            text(form, "typed_devices", "Number of devices, counted by the second person", kind="number")
        )
    else:
        fields.append(
            text(
                form,
                "typed_volume_mL",
                "Volume from the vial, worked out by the second person",
                kind="number",
                unit="mL",
                hint="VOLUME, not dose. Worked out alone from the order and the strength on the label.",
            )
        )
    if order.minutes:
        fields.append(
            text(
                form,
                "final_volume_mL",
                "Volume after dilution",
                kind="number",
                unit="mL",
                required=False,
                hint="The whole volume in the syringe or bag. Left empty where nothing is added.",
            )
        )
    others = [(key, name) for key, name in chair.names.items()]
    fields.append(
        choice(
            form,
            "checked_by",
            "Who is the second person?",
            others,
            kind="select",
            hint="Someone other than you.",
        )
    )
    return simple(
        "worksheet_checked",
        "Second-person check of the worksheet",
        "Record the check",
        tuple(fields),
        form,
        tone="primary",
    )


def start_panel(chair: Chairside, form: Form) -> Panel:
    """Return the form by which the dose begins, as its route has it."""
    lot = text(form, "lot", "Lot, as on the label")
    if chair.order.route is Route.INTRAVENOUS:
        rate = text(
            form,
            "pump_rate_mL_per_h",
            "Rate that the pump shows",
            kind="number",
            unit="mL/h",
            hint="Read it back from the pump and type it.",
        )
        return simple(
            "infusion_started", "Start the infusion", "Start the infusion", (lot, rate), form, tone="primary"
        )
    if chair.order.route is Route.NASAL:
        return simple(
            "devices_started",
            "Begin with the devices",
            "Begin with the devices",
            (lot,),
            form,
            tone="primary",
        )
    return simple(
        "dose_given",
        "Give the dose",
        "Record that the dose is given",
        (lot,),
        form,
        intro="Record it at the moment it is given. It cannot be taken back.",
        tone="primary",
    )


def pass_panel(obstacle: Obstacle, form: Form) -> Panel:
    """Return the prescriber's own words by which one hold is passed."""
    mine = form.of("gate_overridden", obstacle.key)
    reason = text(mine, "reason", "Why the dose may be given all the same", kind="area")
    fields = named("gate_overridden", (reason,), obstacle.key.replace("/", "-"))
    return Panel(
        "gate_overridden",
        "Pass this hold",
        "Pass this hold with my reason",
        fields,
        (id_of(mine),),
        subject=obstacle.key,
        hidden=(("rule", obstacle.key),),
        folded=True,
        sentences=tuple(mine.sentences),
    )
