"""What belongs beside a curve in words: what was given, whose model it is, who was studied, how sure it is.

The same sentences stand in the terminal, in JSON, in the caption of a chart and on a page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from posology.knowledge.schema.common import Route, Substance
from posology.knowledge.schema.pk import Parameter, PkModelFile, PowerOfWeight
from posology.knowledge.schema.pk_effects import ConcentrationRange
from posology.knowledge.schema.pk_parts import Flag
from posology.pharmacology.choice import BY_ROUTE
from posology.pharmacology.domain import sessions_of
from posology.pharmacology.lettering import analyte_name as analyte_name
from posology.pharmacology.lettering import exactly
from posology.pharmacology.people import Person
from posology.pharmacology.regimens import Dose, Regimen
from posology.pharmacology.run_both import run_both
from posology.pharmacology.simulation import Simulation

OF_PERSONS = (
    "The band is of persons, not of measurements: what one measured level scatters beyond that (the residual "
    "error) is in no band."
)
CLOSING = (
    "The curve waives no measurement and no observation, and it sets no dose. It supports and never "
    "replaces a clinician."
)
SUBSTANCES = {
    Substance.KETAMINE: "racemic ketamine",
    Substance.ESKETAMINE: "esketamine",
    Substance.ARKETAMINE: "arketamine",
}
FLAG_WORDS = {
    Flag.MEASURED: "read in the source's own text",
    Flag.SECOND_HAND: "read in a transcription of the source",
    Flag.DERIVED: "worked out from numbers that were read",
    Flag.RECALLED: "nobody read it here",
    Flag.ASSUMED: "no document gives it",
}
_SUREST_FIRST = (Flag.MEASURED, Flag.SECOND_HAND, Flag.DERIVED, Flag.RECALLED, Flag.ASSUMED)
_MINUTES = 60.0
# Parameters of a depot count only where that route is given.
_DEPOTS = {"intramuscular": "_im", "subcutaneous": "_sc", "oral": "_oral", "nasal": "_nasal"}


@dataclass(frozen=True, slots=True)
class Passport:
    """What a reader must know of a simulated curve, in sentences.

    Attributes
    ----------
    given, person : str
        The dose and the person, each in one line.
    model : str
        Id, version and title of the model.
    site : str
        Where the blood is drawn that the curve speaks of.
    studied, evidence : str
        Who was studied, and on what the model rests.
    basis : tuple of str
        How the numbers were come by, the least sure last.
    band : str
        What the band is of, or that there is none.
    remarks : tuple of str
        Why to trust it less for this person or this dose, and what comes out where it is run another way.
    limits : tuple of str
        What the model cannot say.
    sources : tuple of str
        Ids of the sources.
    closing : str
        What the curve is not.
    """

    given: str
    person: str
    model: str
    site: str
    studied: str
    evidence: str
    basis: tuple[str, ...]
    band: str
    remarks: tuple[str, ...]
    limits: tuple[str, ...]
    sources: tuple[str, ...]
    closing: str = CLOSING


def passport(simulation: Simulation) -> Passport:
    """Return everything that is said beside a curve."""
    file = simulation.model
    note = f" {file.site_note}" if file.site_note else ""
    return Passport(
        given=told_regimen(simulation.regimen, simulation.person),
        person=told_person(simulation.person),
        model=f"{file.id}, version {file.version}: {file.title}.",
        site=f"{file.site.capitalize()} blood.{note}",
        studied=f"{file.population.text} ({file.population.flag.value})",
        evidence=file.level_of_evidence,
        basis=tuple(_basis(file, simulation.regimen)),
        band=OF_PERSONS if simulation.has_band else "This curve has no band: the typical person alone.",
        remarks=tuple(remark.sentence for remark in (*simulation.remarks, *run_both(simulation))),
        limits=file.limits,
        sources=_sources(file, simulation.regimen),
    )


def short_name(file: PkModelFile) -> str:
    """Return a model's name for the end of a line: ``Clements 1981``."""
    return " ".join(part.capitalize() for part in file.id.split("-")[1:])


def told_range(level: ConcentrationRange) -> str:
    """Say what was seen at which concentrations, how surely that was read, and where."""
    sources = ", ".join(level.sources)
    told = f"{level.say} ({level.flag.value}: {FLAG_WORDS[level.flag]}; {sources})"
    return f"{told} {level.site_say or f'It was measured in {level.site} blood.'}"


# ------------------------------------------------------------------------------------------ dose and person
def told_regimen(regimen: Regimen, person: Person) -> str:
    """Say what is given: substance, amount, route, length, devices and sessions."""
    sessions = sessions_of(regimen)
    first = sessions[0]
    same = len({round(sum(dose.amount_mg for dose in one), 6) for one in sessions}) == 1
    amount = sum(dose.amount_mg for dose in (first if same else regimen.doses))
    told = f"{SUBSTANCES[regimen.substance]} {exactly(amount)} mg"
    if same and person.weight_kg is not None and Route.NASAL not in regimen.routes:
        told += f" ({exactly(round(amount / person.weight_kg, 3))} mg/kg)"
    told += " " + " and ".join(BY_ROUTE[route.value] for route in regimen.routes)
    if same:
        told += _how(first)
    if len(sessions) > 1:
        hours = ", ".join(exactly(round(one[0].start_h, 3)) for one in sessions)
        told += f"{', in each of' if same else ' in all, in'} {len(sessions)} sessions, at {hours} h"
    return told[0].upper() + told[1:]


def _how(doses: tuple[Dose, ...]) -> str:
    """Over how long, or in how many devices."""
    if all(dose.route is Route.INTRAVENOUS for dose in doses):
        minutes = (max(dose.end_h for dose in doses) - doses[0].start_h) * _MINUTES
        steps = f" in {len(doses)} steps" if len(doses) > 1 else ""
        return f"{steps} over {exactly(round(minutes, 3))} min"
    if all(dose.route is Route.NASAL for dose in doses):
        return _devices(doses)
    return f" in {len(doses)} doses" if len(doses) > 1 else ""


def _devices(doses: tuple[Dose, ...]) -> str:
    each = {round(dose.amount_mg, 6) for dose in doses}
    if len(doses) == 1:
        return " from 1 device"
    amount = f" of {exactly(each.pop())} mg" if len(each) == 1 else ""
    rests = {round((b.start_h - a.start_h) * _MINUTES, 3) for a, b in pairwise(doses)}
    rest = f", {exactly(rests.pop())} min apart" if len(rests) == 1 else ""
    return f" from {len(doses)} devices{amount}{rest}"


def told_person(person: Person) -> str:
    """Say for whom the curve is: weight, age, liver, drugs; what is not known is said too."""
    parts = [
        "weight not known" if person.weight_kg is None else f"{exactly(person.weight_kg)} kg",
        "age not known" if person.age_years is None else f"{exactly(person.age_years)} years",
    ]
    if person.child_pugh is not None:
        liver = person.child_pugh.value
        parts.append("no liver disease" if liver == "none" else f"Child-Pugh {liver}")
    if person.kidney_impaired:
        parts.append("impaired kidneys")
    parts.extend(f"with {drug}" for drug in person.drugs)
    if person.study_population:
        parts.append(f"as the {person.study_population.capitalize()} persons of the studies")
    return ", ".join(parts)


# ------------------------------------------------------------------------------------------------ how sure
def _basis(file: PkModelFile, regimen: Regimen) -> Iterator[str]:
    """Say of each flag which numbers carry it; where all carry one, say that instead of a list."""
    by_flag: dict[Flag, list[str]] = {}
    by_weight: dict[Flag, list[str]] = {}
    for name, one in _used(file, regimen).items():
        by_flag.setdefault(one.flag, []).append(name)
        if isinstance(one.scaling, PowerOfWeight) and one.scaling.flag not in (None, one.flag):
            by_weight.setdefault(one.scaling.flag, []).append(name)
    most = max(by_flag, key=lambda flag: len(by_flag[flag]))
    for flag in _SUREST_FIRST:
        which = []
        if flag in by_flag:
            alone = "every number of the model" if len(by_flag) == 1 else "all other numbers"
            which.append(alone if flag is most else ", ".join(by_flag[flag]))
        if flag in by_weight:
            which.append(f"how {', '.join(by_weight[flag])} change with weight")
        if which:
            yield f"{flag.value.capitalize()} ({FLAG_WORDS[flag]}): {'; '.join(which)}."
    if regimen.substance is Substance.KETAMINE and file.racemate is not None:
        yield f"The racemate from a model of the S-form (derived): {file.racemate.note}"


def _used(file: PkModelFile, regimen: Regimen) -> dict[str, Parameter]:
    """The parameters that count for the routes that are used."""
    given = {route.value for route in regimen.routes}
    return {
        name: one
        for name, one in file.parameters.items()
        if all(route in given for route, end in _DEPOTS.items() if name.endswith(end))
    }


def _sources(file: PkModelFile, regimen: Regimen) -> tuple[str, ...]:
    """The sources of what was used of a model, the most cited first."""
    cited = [source for one in _used(file, regimen).values() for source in one.sources]
    given = {route.value for route in regimen.routes}
    cited += (source for one in file.also_run if given <= set(one.routes) for source in one.sources)
    cited += file.population.sources
    return tuple(sorted(dict.fromkeys(cited), key=lambda one: -cited.count(one)))
