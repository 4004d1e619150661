"""The forms before the dose after the gate: the second person's check, the start, and what is passed."""

from posology.clinic.care.chairside import Chairside
from posology.knowledge import Route, load_library
from posology.treatment import Obstacle
from posology.web.session.form import Form
from posology.web.session.panel import Panel, choice, id_of, named, simple, text


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
