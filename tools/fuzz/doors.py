"""The doors of the library through which an order can come; each says what passed it, or why it refused.

A refusal is a ``DomainError`` with a code. Anything else that is raised is a *crash*, reported apart: nothing
got through, and somebody has to look. What passed is laid before the oracle.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any
from uuid import UUID

from posology.case import Case
from posology.case.case_file import read_case_file
from posology.fhir import read_bundle, read_json
from posology.knowledge import load_library
from posology.protocols.history import Given, History
from posology.protocols.limits import Intended, check_dose, check_limits, check_rate, dose_for_level
from posology.quantities import DomainError
from posology.recommendation import recommend
from posology.treatment import Order, worksheet
from tools.fuzz.oracle import beyond, exact, too_fast
from tools.fuzz.orders import TODAY, Tried, right, spoiled

LIBRARY = load_library()
NO_ONE = UUID(int=0)
NOW = datetime.combine(TODAY, time(15), UTC)


class Escape(Exception):
    """A dose that passed a door, and may not be."""


def refusal(error: DomainError) -> str:
    return getattr(error, "limit", None) or error.code


def _judged(reason: str | None, what: object) -> str:
    if reason is not None:
        raise Escape(f"{reason}: {what}")
    return "passed"


def by_check(chance: Random) -> str:
    """Ask the limits of a dose that somebody else worked out."""
    one = spoiled(chance)
    protocol = LIBRARY.protocols[one.protocol]
    check_dose(
        protocol, level=one.level, dose_mg=one.dose_mg, weight_kg=one.weight_kg, minutes=one.minutes,
        devices=one.devices, on=one.on,
    )  # fmt: skip
    return _judged(_beyond(one), one)


def by_level(chance: Random) -> str:
    """Let a dose be worked out from a level and a weight."""
    one = spoiled(chance)
    dose = dose_for_level(LIBRARY.protocols[one.protocol], one.level, one.weight_kg, one.on)
    reason = beyond(one.protocol, one.on, dose_mg=dose, weight_kg=one.weight_kg, level=one.level, whole=False)
    return _judged(reason, (one, dose))


def by_rate(chance: Random) -> str:
    """Set another rate."""
    one = right(chance)._replace(protocol="ketamine-iv")
    weight = one.weight_kg or Decimal(72)
    usual = chance.choice((Fraction(1, 40), Fraction(1, 60), Fraction(1, 39), Fraction(1), Fraction(10)))
    times = chance.choice((1, Fraction(1, 2), Fraction(100_001, 100_000), 10, Fraction(1, 10)))
    rate = usual * Fraction(weight) * times
    given: Any = rate if chance.random() < 0.8 else Decimal(chance.randrange(1, 10_000)) / 1000
    check_rate(LIBRARY.protocols["ketamine-iv"], rate_mg_per_min=given, weight_kg=weight, on=TODAY)
    return _judged(too_fast("ketamine-iv", TODAY, mg_per_min=given, weight_kg=weight), (given, weight))


def _beyond(one: Tried) -> str | None:
    return beyond(
        one.protocol, one.on, dose_mg=one.dose_mg, weight_kg=one.weight_kg, level=one.level,
        minutes=one.minutes, devices=one.devices,
    )  # fmt: skip


def order_of(one: Tried, product: str) -> Order:
    """Return an order as a record would hold it, nothing checked."""
    protocol = LIBRARY.protocols[one.protocol]
    return Order(
        id=NO_ONE, patient_id=NO_ONE, protocol_id=protocol.id, protocol_version=protocol.version,
        protocol_sha256="", knowledge_sha256="", substance=protocol.substance, route=protocol.route,
        dose_mg=one.dose_mg, level=one.level, basis=protocol.dose_basis, weight_kg=one.weight_kg,
        weight_policy=None, weight_at=None, minutes=one.minutes, devices=one.devices, product_id=product,
        phase="induction", session_number=1, planned_on=one.on, option_id="",
    )  # fmt: skip


def by_worksheet(chance: Random) -> str:
    """Prepare an order, with the right product in the hand or another."""
    one = spoiled(chance)
    products = list(LIBRARY.products.products)
    ordered = chance.choice(LIBRARY.protocols[one.protocol].products)
    hand = ordered if chance.random() < 0.7 else chance.choice(products)
    final = chance.choice((None, Decimal(50), Decimal(100), Decimal("0.1"), Decimal("NaN")))
    sheet = worksheet(order_of(one, ordered), product_id=hand, final_volume_mL=final)
    if hand != ordered:
        raise Escape(f"another product in the hand: {hand} for {ordered}")
    if exact(sheet.drawn_mg) is None or sheet.drawn_mg > one.dose_mg:
        raise Escape(f"more is drawn than ordered: {sheet.drawn_mg} of {one}")
    return _judged(_beyond(one), one)


def by_limits(chance: Random) -> str:
    """Ask every limit, with sessions given before: also how soon, and how much over days."""
    one = spoiled(chance)
    protocol = LIBRARY.protocols[one.protocol]
    at = datetime.combine(one.on, time(15), UTC)
    gaps = sorted(chance.choice((1, 24, 47, 48, 72, 168, 400)) for _ in range(chance.randrange(4)))
    given = tuple(
        Given(
            at - timedelta(hours=hours),
            one.protocol,
            protocol.substance,
            Decimal(36),
            Decimal("0.5"),
            Decimal(72),
        )
        for hours in reversed(gaps)
    )
    intended = Intended(one.level, one.dose_mg, one.weight_kg, one.minutes, one.devices, len(given) + 1)
    check_limits(protocol, intended, history=History(given), at=at, library=LIBRARY)
    if given and gaps[0] < 48:
        raise Escape(f"{gaps[0]} h after the last one: {one}")
    return _judged(_beyond(one), one)


# ---------------------------------------------------------------- whole cases
def _plain() -> Case:
    from posology.canary.doors import plain_case
    from posology.knowledge.background import load_background

    return plain_case(load_background().canaries, "US", LIBRARY, as_of=NOW)


_plains: list[Case] = []


def plain() -> Case:
    """Return a patient who may be treated; read once a process."""
    if not _plains:
        _plains.append(_plain())
    return _plains[0]


def advised(case: Case, at: datetime) -> Iterator[tuple[str, Any]]:
    """Yield every dose that a recommendation proposes, by its protocol."""
    for option in recommend(case, as_of=at).options:
        if option.dose is not None:
            yield option.protocol_id, option.dose


def _judge_advice(case: Case, told_kg: Fraction | None, what: object) -> str:
    """Lay each proposed dose before the oracle, with the weight that was told, not the one that was read."""
    found = "nothing proposed"
    for protocol_id, dose in advised(case, NOW):
        by_weight = dose.weight is not None
        if by_weight and told_kg is None:
            raise Escape(f"a dose without a weight that can be read: {what}")
        # The weight that was used may be rounded from the one told, by no more than the last digit shown.
        reason = beyond(
            protocol_id, TODAY, dose_mg=dose.dose_mg, level=dose.level, minutes=dose.minutes,
            devices=dose.devices, weight_kg=told_kg if by_weight else None,
        )  # fmt: skip
        _judged(reason, (protocol_id, dose.dose_mg, what))
        found = "passed"
    return found


WEIGHTS = (
    "72 kg", "158.7 [lb_av]", "158.7 lb", "72kg", "72", "7.2e1 kg", "７２ kg", "72,5 kg", "7_2 kg", "NaN kg",
    "-72 kg", "0 kg", "1e999 kg", "720 kg", "39.9 kg", "40 kg", "160 kg", "160.1 kg", "72 cm", "72000 g",
    "٧٢ kg", "72 KG", "72 kg kg", "inf kg", ".5 kg", "072 kg", "400 kg", "400.1 kg", "20 kg", "19.9 kg",
)  # fmt: skip
_KG = {"kg": Fraction(1), "[lb_av]": Fraction("0.45359237")}


def _weight(chance: Random) -> tuple[str, Fraction | None]:
    """Return a weight as it is typed, and in kg as anybody would read it; ``None`` where nobody should."""
    if chance.random() < 0.5:
        text = chance.choice(WEIGHTS)
    else:
        unit = chance.choice(("kg", "[lb_av]", "kg", "kg", "lbs", "st"))
        text = f"{chance.randrange(1, 5000) / 10} {unit}"
    number, _, unit = text.partition(" ")
    if unit in _KG and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", number):
        return text, Fraction(number) * _KG[unit]
    return text, None


def by_case_file(chance: Random) -> str:
    """Tell a weight in a case file, the way the command line reads it, and ask for doses."""
    text, kg = _weight(chance)
    hours = chance.choice((1, 1, 719, 721))
    at = (NOW - timedelta(hours=hours)).isoformat()
    drugs = chance.choice(("", "", f"medications: [{{name: theophylline, active: yes, at: {at}}}]\n"))
    told = (
        "case: Synthetic, Fuzz\njurisdiction: US\nborn_on: 1981-03-14\nsex: female\n"
        f"facts: {{weight: {{value: {json.dumps(text)}, at: {at}}}}}\n{drugs}"
    )
    read = read_case_file(told, name="fuzz", now=NOW, library=LIBRARY).case
    kept = tuple(f for f in plain().facts if f.key != "weight")
    case = replace(plain(), facts=(*kept, *read.facts), medications=read.medications)
    # Older than thirty days no weight counts.
    return _judge_advice(case, kg if hours < 720 else None, (text, hours))


def _bundle(status: str) -> dict[str, Any]:
    """Return a record that tells a weight; the quantity itself is put in as text, right or wrong."""
    person = {"resourceType": "Patient", "id": "1", "birthDate": "1981-03-14"}
    weight = {
        "resourceType": "Observation",
        "id": "2",
        "status": status,
        "subject": {"reference": "urn:uuid:1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "effectiveDateTime": (NOW - timedelta(hours=1)).isoformat(),
        "valueQuantity": "QUANTITY",
    }
    entries = [{"fullUrl": "urn:uuid:1", "resource": person}, {"resource": weight}]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def by_record(chance: Random) -> str:
    """Tell a weight in a FHIR record, with units and numbers as exports have them, and ask for doses."""
    number = chance.choice(
        ("72", "158.7", "72.0", "7.2e1", "NaN", "1e999", "-72", '"72"', "72000", "null", "0", "39.9")
    )
    if chance.random() < 0.5:
        number = str(chance.randrange(1, 5000) / 10)
    code = chance.choice(("kg", "kg", "[lb_av]", "g", "lb", "", "mg", "cm", "KG"))
    unit = chance.choice((code, code, "kg", "lbs", "lb", ""))
    system = chance.choice(("http://unitsofmeasure.org",) * 3 + ("http://elsewhere.example",))
    status = chance.choice(("final", "final", "final", "preliminary", "entered-in-error"))
    quantity = f'{{"value":{number},"system":"{system}","code":"{code}","unit":"{unit}"}}'
    text = json.dumps(_bundle(status)).replace('"QUANTITY"', quantity)
    record = read_bundle(read_json(text), as_of=NOW, jurisdiction="US", library=LIBRARY)
    factor = {"kg": Fraction(1), "[lb_av]": Fraction("0.45359237"), "g": Fraction(1, 1000)}.get(code or unit)
    said = {"kg": "kg", "lbs": "[lb_av]", "lb": "[lb_av]", "": None}.get(unit, unit)
    sure = factor and status == "final" and (not code or system.startswith("http://unit"))
    sure = sure and number.replace(".", "", 1).isdigit() and (said is None or not code or said == code)
    kept = tuple(f for f in plain().facts if f.key != "weight")
    case = replace(plain(), facts=(*kept, *record.case.facts))
    return _judge_advice(
        case, Fraction(number) * factor if sure else None, (number, code, unit, system, status)
    )


def by_recommendation(chance: Random) -> str:
    """Ask for doses of somebody of any age and weight, with what was said before spoiled."""
    kg = Decimal(chance.randrange(200, 4000)) / 10
    case = plain()
    facts = tuple(
        replace(f, value=replace(f.value, magnitude=kg)) if f.key == "weight" else f
        for f in case.facts
        if f.key == "weight" or chance.random() > 0.01
    )
    born = TODAY - timedelta(days=chance.randrange(10 * 366, 100 * 365))
    where = chance.choice(("US", "EU", "UK"))
    return _judge_advice(
        replace(case, facts=facts, born_on=born, jurisdiction=where), Fraction(kg), (kg, born, where)
    )


DOORS: dict[str, tuple[Callable[[Random], str], int]] = {
    "limits of a dose (check_dose)": (by_check, 5000),
    "dose from a level (dose_for_level)": (by_level, 2900),
    "a new rate (check_rate)": (by_rate, 1200),
    "preparation (worksheet)": (by_worksheet, 500),
    "all limits with what was given (check_limits)": (by_limits, 330),
    "recommendation (recommend)": (by_recommendation, 30),
    "case file and command line (read_case_file)": (by_case_file, 20),
    "FHIR record (read_json, read_bundle)": (by_record, 20),
}
"""Each door with its share of ten thousand orders: the dear ones less."""
