"""The patients of the synthetic week, drawn from a seed. All of it is invented; the names say so."""

from datetime import date, timedelta
from random import Random
from types import MappingProxyType

from posology.case import Sex
from posology.server.demo.story import Complaint, Course, Story, Today

FIRST_NUMBER = 101  # the twelve stories of the demo stand below it
_FAMILIES = (
    "Acacia Almond Apple Apricot Aspen Banyan Baobab Bay Beech Boxwood Camphor Carob Cassia Catalpa Cherry "
    "Chestnut Citron Clove Cypress Damson Ebony Elder Fig Ginkgo Guava Gum Hemlock Hickory Holly Hornbeam "
    "Jarrah Karri Laurel Lemon Lime Linden Locust Loquat Mango Medlar Mulberry Myrtle Nutmeg Oak Olive "
    "Orange Osier Palm Papaya Peach Pear Pecan Pine Plane Plum Poplar Quince Redwood Rowan Rubber"
).split()
_GIVEN = (
    ("Anna", Sex.FEMALE), ("Bob", Sex.MALE), ("Carla", Sex.FEMALE), ("David", Sex.MALE),
    ("Edith", Sex.FEMALE), ("Frank", Sex.MALE), ("Greta", Sex.FEMALE), ("Hugo", Sex.MALE),
    ("Ines", Sex.FEMALE), ("Jack", Sex.MALE), ("Karin", Sex.FEMALE), ("Leo", Sex.MALE),
)  # fmt: skip
_DRUGS = (
    "Sertraline 100 mg oral tablet",
    "Venlafaxine 150 mg oral capsule",
    "Escitalopram 20 mg oral tablet",
    "Duloxetine 60 mg oral capsule",
)
_COMPLAINTS = (
    Complaint("Nausea", 1, 35, "Rested; it passed while still in the chair."),
    Complaint("Dizziness", 2, 45, "Lay flat and was watched until it passed."),
    Complaint("Headache", 1, 55, "No treatment needed."),
)
_COMPLAINS = 6  # one in so many has a complaint in the first session
_OLDEST = date(1962, 1, 1)
_BORN_WITHIN = 14_000  # days: adults below 65, so that no rule for older people speaks


def person(count: int, chance: Random, *, protocol: str, product: str, level: str) -> Story:
    """Return the patient of a place in the week; the same for the same seed.

    Parameters
    ----------
    count : int
        Which one of the week this is, from 0.
    chance : Random
        Drawn from in one order.
    protocol, product, level : str
        What the patient is given.
    """
    given, sex = _GIVEN[count % len(_GIVEN)]
    family = _FAMILIES[count % len(_FAMILIES)] + ("" if count < len(_FAMILIES) else f"-{count}")
    first = chance.randint(16, 22)
    second = first - chance.randint(1, 3)
    complaint = _COMPLAINTS[count // _COMPLAINS % len(_COMPLAINTS)]
    complains = {1: complaint} if count % _COMPLAINS == _COMPLAINS - 1 else {}
    return Story(
        number=FIRST_NUMBER + count,
        family=f"{family}-Synthetic",
        given=given,
        born_on=_OLDEST + timedelta(days=chance.randrange(_BORN_WITHIN)),
        sex=sex,
        weight_kg=str(chance.randint(540, 980) / 10),
        height_cm=str(chance.randint(158, 188)),
        today=Today.IN_THE_WEEK,
        course=Course(
            protocol, product, 0, (1, 4), (level, level), (first, second), MappingProxyType(complains)
        ),
        phq9_today=second - chance.randint(0, 2),
        pressure=(chance.randint(112, 130), chance.randint(70, 80)),
        rise=chance.randint(10, 18),
        drugs=(chance.choice(_DRUGS),),
    )
