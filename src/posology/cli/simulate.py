"""``posology simulate``: the planned curve of a dose, with its band, as a table, JSON, CSV or a picture.

What is asked for is read strictly and never completed by a guess: a number that a dose needs and that was not
given is asked for in one sentence.
"""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np

from posology.knowledge.schema.common import Route, Substance
from posology.knowledge.schema.pk_effects import ConcentrationRange
from posology.pharmacology.choice import chosen_model, dissociation_range, second_opinion
from posology.pharmacology.domain import sessions_of
from posology.pharmacology.people import ChildPugh, Person
from posology.pharmacology.regimens import Regimen, devices, infusion, single
from posology.pharmacology.simulation import DEFAULT_SEED, Simulation, simulate
from posology.pharmacology.stages import FloatArray
from posology.quantities import DomainError, read_number

_Word = TypeVar("_Word", Substance, Route, ChildPugh)

# Bookkeeping of this command, no clinical numbers: how far a table looks, where its rows stand, and how much
# it takes on before it sends the reader to the command that was made for more.
_HOURS_SHOWN = 4.0
_LOOKS_MIN = (0, 5, 10, 20, 40, 60, 80, 100, 120, 180, 240, 360, 480, 720, 1440, 2880, 4320)
_MOST_MEMBERS = 20_000
_MOST_SESSIONS = 60
_MOST_HOURS = 24 * 366


class NotSimulated(DomainError):
    """What was asked for cannot be simulated as it was given."""

    code = "not-simulated"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line was given, as it was written."""

    substance: str
    route: str
    dose_mg: str | None = None
    dose_mg_per_kg: str | None = None
    minutes: str | None = None
    devices: str | None = None
    rest_minutes: str | None = None
    sessions_h: str | None = None
    weight_kg: str | None = None
    age: str | None = None
    child_pugh: str | None = None
    drugs: tuple[str, ...] = ()
    pregnant: bool | None = None
    dialysis: bool | None = None
    intensive_care: bool | None = None
    study_population: str | None = None
    model: str | None = None
    beside: str | None = None
    second_opinion: bool = True
    until_h: str | None = None
    members: str = "1000"
    seed: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """For whom: the person, the exact weight, and whence both are."""

    person: Person
    weight_kg: Decimal | None
    told: str = ""  # the case, the weight with its date; empty where it was given by hand


@dataclass(frozen=True)
class Answer:
    """What is shown: the curve, the second opinion, the range, and the rows of the table."""

    simulation: Simulation
    beside: Simulation | None
    level: ConcentrationRange | None
    rows_h: tuple[float, ...]
    told: str = ""
    beside_wanted: bool = True

    @property
    def level_low(self) -> float | None:
        """Where the range begins, ng/mL; None where no range is known."""
        return None if self.level is None else float(self.level.range.low)


def run_simulate(
    asked: Asked,
    case: Path | None,
    as_of: str | None,
    jurisdiction: str | None,
    *,
    as_json: bool,
    as_csv: bool,
    svg: Path | None,
) -> None:
    """Simulate, and show it in the one form that was asked for."""
    if as_json + as_csv + (svg is not None) > 1:
        raise NotSimulated("--json, --csv and --svg were asked for together. Give one of them.")
    if svg is not None:
        _check_picture(svg)
    subject = _subject(asked, case, as_of, jurisdiction)
    answer = answer_of(asked, subject)
    from posology.cli import simulate_shown as show

    if as_json:
        show.print_as_json(answer)
    elif as_csv:
        show.print_as_csv(answer)
    elif svg is not None:
        show.write_picture(answer, svg)
        print(f"Wrote {svg}.")
    else:
        show.print_table(answer)


def answer_of(asked: Asked, subject: Subject) -> Answer:
    """Simulate what was asked for.

    Raises
    ------
    DomainError
        With one sentence, if something is missing, cannot be read, or must not be simulated.
    """
    substance = _word(asked.substance, Substance, "substance")
    route = _word(asked.route, Route, "route")
    regimen = regimen_of(asked, substance, route, subject.weight_kg)
    file = chosen_model(asked.model, substance, route)
    until_h = _until(asked, regimen)
    rows, t_h = looks(regimen, until_h)
    members = _whole(asked.members, "number of members", most=_MOST_MEMBERS)
    seed = DEFAULT_SEED if asked.seed is None else _whole(asked.seed, "seed", most=2**31)
    main = simulate(file.id, regimen, subject.person, t_h=t_h, members=members, seed=seed)
    beside = None
    wanted = asked.second_opinion or asked.beside is not None
    if wanted:
        other = second_opinion(file, substance, route, named=asked.beside)
        if other is not None:
            beside = simulate(other.id, regimen, subject.person, t_h=t_h, members=0)
    return Answer(main, beside, dissociation_range(substance, file.site), rows, subject.told, wanted)


# ------------------------------------------------------------------------------------------------- the dose
def regimen_of(asked: Asked, substance: Substance, route: Route, weight_kg: Decimal | None) -> Regimen:
    """Return what is given, or say what is missing to know it."""
    _check_fits(asked, route)
    mg = _amount(asked, weight_kg)
    if route is Route.INTRAVENOUS:
        one = infusion(substance, float(mg), float(_needed(asked.minutes, "--minutes", "an infusion")))
    elif route is Route.NASAL:
        one = _devices(asked, substance, mg)
    else:
        one = single(substance, route, float(mg))
    return one if asked.sessions_h is None else one.repeated(_sessions(asked.sessions_h, one))


def _check_fits(asked: Asked, route: Route) -> None:
    """Refuse an option that belongs to another route: it would be left out in silence otherwise."""
    wrong = [
        name
        for name, value, only in (
            ("--minutes", asked.minutes, Route.INTRAVENOUS),
            ("--devices", asked.devices, Route.NASAL),
            ("--rest-minutes", asked.rest_minutes, Route.NASAL),
        )
        if value is not None and route is not only
    ]
    if wrong:
        raise NotSimulated(f"{wrong[0]} says nothing of a dose by the {route.value} route. Leave it out.")


def _amount(asked: Asked, weight_kg: Decimal | None) -> Decimal:
    if (asked.dose_mg is None) == (asked.dose_mg_per_kg is None):
        found = "no dose" if asked.dose_mg is None else "both --dose-mg and --dose-mg-per-kg"
        raise NotSimulated(f"The command has {found}. Give one of --dose-mg and --dose-mg-per-kg.")
    if asked.dose_mg is not None:
        return read_number(asked.dose_mg, what="dose in mg")
    assert asked.dose_mg_per_kg is not None
    if weight_kg is None:
        raise NotSimulated(
            "The dose is in mg/kg, and the weight is not known, so there is no dose in mg. Give --weight-kg."
        )
    return read_number(asked.dose_mg_per_kg, what="dose in mg/kg") * weight_kg


def _devices(asked: Asked, substance: Substance, mg: Decimal) -> Regimen:
    if substance is not Substance.ESKETAMINE:
        return single(substance, Route.NASAL, float(mg))  # for which no model will be found
    needed = _needed(asked.devices, "--devices", "a nasal dose; it is shared out equally among them")
    count = _whole(str(needed), "number of devices", least=1, most=12)
    rest = Decimal(0)
    if count > 1:
        rest = _needed(asked.rest_minutes, "--rest-minutes", "more than one device")
        if rest < 0:
            raise NotSimulated(f"A rest of {rest} min between devices is no time. Give 0 or more.")
    _check_device(mg, count, substance)
    return devices(count, mg_each=float(mg / count), rest_minutes=float(rest))


def _check_device(mg: Decimal, count: int, substance: Substance) -> None:
    """Refuse a share that no device gives: a device holds a fixed amount and is emptied whole."""
    from posology.knowledge import load_library  # a curve by another way is drawn without it

    sizes = {
        one.device_mg
        for one in load_library().products.products.values()
        if one.substance is substance and one.device_mg is not None
    }
    if mg / count not in sizes:
        each = ", ".join(f"{size.normalize():f} mg" for size in sorted(sizes))
        raise NotSimulated(
            f"{mg.normalize():f} mg from {count} device{'s' if count > 1 else ''} cannot be given: a device "
            f"gives {each} and is not divided. Give the number of devices that makes up the dose."
        )


def _sessions(text: str, one: Regimen) -> list[float]:
    hours = [float(read_number(part, what="hour of a session")) for part in text.split(",")]
    if len(hours) > _MOST_SESSIONS:
        raise NotSimulated(f"{len(hours)} sessions are more than {_MOST_SESSIONS}. Give fewer.")
    if hours[0] != 0 or any(b - a <= one.end_h for a, b in pairwise(hours)):
        raise NotSimulated(
            f"The sessions at {text} h do not begin at 0, or one begins before the one before it has ended. "
            "Give rising hours from 0 on, such as 0,72,168."
        )
    return hours


# ------------------------------------------------------------------------------------------------ the times
def _until(asked: Asked, regimen: Regimen) -> float:
    last = regimen.doses[-1].start_h
    if asked.until_h is None:
        return max(sessions_of(regimen)[-1][0].start_h + _HOURS_SHOWN, regimen.end_h + 1.0)
    until = float(read_number(asked.until_h, what="hour until which to look"))
    if not last < until <= _MOST_HOURS:
        raise NotSimulated(
            f"The curve was asked for until {until:g} h, and the last dose begins at {last:g} h. Give an "
            f"hour after it, and no more than {_MOST_HOURS}."
        )
    return until


def looks(regimen: Regimen, until_h: float) -> tuple[tuple[float, ...], FloatArray]:
    """Return the times of the table, h, and the denser ones of the curve, the first among them.

    Parameters
    ----------
    regimen : Regimen
        What is given.
    until_h : float
        How far to look, h.
    """
    rows: set[float] = set()
    starts = [session[0].start_h for session in sessions_of(regimen)]
    for start, end in zip(starts, [*starts[1:], until_h], strict=True):
        rows.update(start + minutes / 60 for minutes in _LOOKS_MIN if start + minutes / 60 < end)
    rows.update(dose.end_h for dose in regimen.doses if dose.end_h < until_h)
    rows.update(dose.start_h for dose in regimen.doses)
    kept: list[float] = []
    for hour in sorted({*rows, until_h}):
        if not kept or hour - kept[-1] > 1e-6:
            kept.append(hour)
    parts = min(8, max(2, 400 // len(kept)))
    between = [np.linspace(a, b, parts, endpoint=False) for a, b in pairwise(kept)]
    return tuple(kept), np.concatenate([*between, [kept[-1]]])


# ----------------------------------------------------------------------------------------------- the person
def _subject(asked: Asked, case: Path | None, as_of: str | None, jurisdiction: str | None) -> Subject:
    if case is not None:
        from posology.cli.simulate_case import subject_of_case

        return subject_of_case(asked, case, as_of, jurisdiction)
    if as_of is not None or jurisdiction is not None:
        raise NotSimulated("--as-of and --jurisdiction belong to a case, and none was given. Leave them out.")
    weight = None if asked.weight_kg is None else read_number(asked.weight_kg, what="weight in kg")
    if asked.age is None:
        raise NotSimulated(
            "The age is not known, so no curve is drawn: none is for a person under 18 years. Give --age."
        )
    age = float(read_number(asked.age, what="age in years"))
    liver = None if asked.child_pugh is None else _word(asked.child_pugh, ChildPugh, "Child-Pugh class")
    person = Person(
        weight_kg=None if weight is None else float(weight),
        age_years=age,
        child_pugh=liver,
        pregnant=asked.pregnant,
        dialysis=asked.dialysis,
        intensive_care=asked.intensive_care,
        study_population=study_population(asked.study_population),
        drugs=tuple(dict.fromkeys(asked.drugs)),
    )
    return Subject(person, weight)


def study_population(text: str | None) -> str | None:
    """Return a study population that the models know a difference for; none by itself."""
    if text is None or text in ("asian", "japanese"):
        return text
    raise NotSimulated(f"There is no study population '{text[:30]}' here. Give asian or japanese, or none.")


# ----------------------------------------------------------------------------------------------- small parts
def _word(text: str, kind: type[_Word], what: str) -> _Word:
    for one in kind:
        if text == one.value:
            return one
    names = ", ".join(one.value for one in kind)
    raise NotSimulated(f"There is no {what} '{text[:30]}' here. Give one of {names}.")


def _needed(text: str | None, option: str, for_what: str) -> Decimal:
    if text is None:
        raise NotSimulated(f"{option} is missing, and it is needed for {for_what}. Give it.")
    return read_number(text, what=option)


def _whole(text: str, what: str, *, least: int = 0, most: int) -> int:
    number = read_number(text, what=what)
    if number != int(number) or not least <= number <= most:
        raise NotSimulated(f"The {what} is {text.strip()}. Give a whole number from {least} to {most:,}.")
    return int(number)


def _check_picture(path: Path) -> None:
    """Refuse a name that is no picture's, so that no case file is written over by a slip."""
    if path.suffix.lower() != ".svg":
        raise NotSimulated(f"{path}: its name does not end in .svg, so nothing is written. Give such a name.")
    if not path.absolute().parent.is_dir():
        raise NotSimulated(f"{path}: there is no such folder, so nothing is written. Make it first.")
