"""The numbers that the ledger goes by, each from knowledge, and the days it reminds of."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from posology.clinic.accounts.models import Clinic
from posology.knowledge import load_library, number_in_force
from posology.knowledge.drug_records import EVERYWHERE, load_drug_records
from posology.knowledge.schema import Product
from posology.treatment.ledger import Lot
from posology.treatment.ledger_signs import Limits

_SATURDAY = 5


def day_at(clinic: Clinic, at: datetime) -> date:
    """Return the calendar day at a clinic."""
    return at.astimezone(ZoneInfo(clinic.zone)).date()


def end_of(day: date, clinic: Clinic) -> datetime:
    """Return the moment at which a day is over at a clinic."""
    following = day + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(clinic.zone))


def start_of(day: date, clinic: Clinic) -> datetime:
    """Return the first moment of a day at a clinic."""
    return end_of(day - timedelta(days=1), clinic)


def _number(place: str, name: str, unit: str, on: date) -> int:
    return int(number_in_force(load_drug_records()[place].values, name, on=on, unit=unit))


def witness_within(on: date) -> timedelta:
    """Return how long a witness's own password stands for an entry."""
    return timedelta(seconds=_number(EVERYWHERE, "witness_within", "s", on))


def limits(on: date) -> Limits:
    """Return what the signs of diversion go by."""
    return Limits(
        settle_within=timedelta(seconds=_number(EVERYWHERE, "settle_within", "s", on)),
        one_witness_wastes=_number(EVERYWHERE, "one_witness_wastes", "1", on),
    )


@dataclass(frozen=True, slots=True)
class Law:
    """What a jurisdiction asks of the ledger, as far as a pack says it."""

    keep_years: int
    inventory_years: int
    notice_days: int  # business days
    report_days: int


def law_of(clinic: Clinic, on: date) -> Law | None:
    """Return what holds where a clinic is; ``None`` where no pack says anything."""
    place = clinic.jurisdiction
    if place not in load_drug_records():
        return None
    return Law(
        _number(place, "records_kept", "a", on),
        _number(place, "inventory_every", "a", on),
        _number(place, "loss_notice_within", "d", on),
        _number(place, "loss_report_within", "d", on),
    )


def years_later(day: date, years: int) -> date:
    """Return the same day some years later; of 29 February the 28th, so that nothing falls due late."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def business_days_later(day: date, count: int) -> date:
    """Return the day so many working days later; public holidays are not known, so it is never too late."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY
    return day


def product_of(lot: Lot) -> Product | None:
    """Return the product of a lot, if the shelf knows it."""
    return load_library().products.products.get(lot.product_id)


def content_ug(product: Product) -> int:
    """Return what one unopened container of a product holds, µg, by its label."""
    mg = product.device_mg
    if mg is None:
        assert product.strength_mg_per_mL is not None and product.volume_mL is not None
        mg = product.strength_mg_per_mL * product.volume_mL
    return int(mg * 1000)
