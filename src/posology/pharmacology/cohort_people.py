"""Who the members of a study are: their weights and ages, and what both change in the model.

Weights and ages come from streams of their own for each block of members, independently of each other and of
the model's spread. Whoever is drawn outside the study's ends, or outside what the model may be run for, is
drawn again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from posology.knowledge.models import pk_covariates
from posology.knowledge.schema.pk import Parameter, PowerOfWeight
from posology.knowledge.schema.pk_domain import Bound
from posology.pharmacology.cohort_study import Spread, Study
from posology.pharmacology.covariates import Adjusted, adjust
from posology.pharmacology.domain import Remark, check_domain, sessions_of
from posology.pharmacology.errors import ModelError, OutsideDomain
from posology.pharmacology.model import Model, load, within
from posology.pharmacology.people import Person
from posology.pharmacology.population import BLOCK, typical
from posology.pharmacology.stages import FloatArray

IntArray = npt.NDArray[np.int64]

_WEIGHT, _AGE = 1, 2  # streams beside those of the model's spread
_ROUNDS = 400  # of drawing again


@dataclass(frozen=True)
class Prepared:
    """A study that was checked against its model.

    Attributes
    ----------
    study : Study
        The study.
    model : Model
        Its model.
    reference : Person
        Against whom members are scaled: the middle of what is drawn.
    weights, ages : Spread or None
        What is drawn, between the study's ends and those of the model.
    remarks : tuple of Remark
        Why to trust the study less than usual, as far as it holds for all members.
    """

    study: Study
    model: Model
    reference: Person
    weights: Spread | None
    ages: Spread | None
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """The members of one block: weights (kg) and ages (years), or None where all share the study's own."""

    weight_kg: FloatArray | None
    age_years: FloatArray | None


@lru_cache(maxsize=8)
def prepare(study: Study) -> Prepared:
    """Check a study against its model, before anything is drawn.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    Prepared
        With spreads that end where the model may not be run any more.

    Raises
    ------
    OutsideDomain, Mixed, ModelError
        If the model must not be run for such persons or such a course; the sentence says why.
    """
    model = load(study.model)
    for analyte, _ in study.levels:
        if analyte not in model.file.analytes:
            raise ModelError(
                f"The study counts hours above a level of {analyte}, which {model.file.id} does not compute. "
                f"It computes {', '.join(model.file.analytes)}."
            )
    if len(sessions_of(study.session)) > 1:
        raise ModelError(
            "The doses of the session lie so far apart that they are several sessions. Give one session, and "
            "the hours at which it is repeated."
        )
    if len(sessions_of(study.course(1.0))) != len(study.sessions_h):
        raise ModelError(
            "Two sessions lie so near that they would be taken for one. Give sessions further apart, or "
            "put their doses into one session."
        )
    weights = _cut(study.weights, _weight_ends(model, study), "weights", "kg")
    ages = _cut(study.ages, _ends(model, study, "age"), "ages", "years")
    remarks = _at_the_ends(model, study, weights, ages)
    reference = _person(study, _middle(weights), _middle(ages))
    prepared = Prepared(study, model, reference, weights, ages, remarks)
    if not any(one.between for one in model.file.parameters.values()) and weights is None and ages is None:
        raise ModelError(
            f"The model {model.file.id} was published without a spread between persons, so all members would "
            "be the same. Give a spread of weights, or take another model."
        )
    draw_block(prepared, 0)
    return prepared


def draw_block(prepared: Prepared, block: int) -> Block:
    """Draw weights and ages of one block of members.

    Raises
    ------
    ModelError
        If so little of a spread lies between its ends that it cannot be drawn from.
    """
    seed = prepared.study.seed
    return Block(
        _drawn(prepared.weights, seed, block, _WEIGHT, "weights"),
        _drawn(prepared.ages, seed, block, _AGE, "ages"),
    )


def _drawn(spread: Spread | None, seed: int, block: int, what: int, name: str) -> FloatArray | None:
    if spread is None:
        return None
    stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 0, block, what])))
    values = spread.draw(stream, BLOCK)
    for _ in range(_ROUNDS):
        outside = (values < spread.low) | (values > spread.high)
        if not outside.any():
            return values
        values[outside] = spread.draw(stream, int(outside.sum()))
    raise ModelError(
        f"Almost none of the {name} that are drawn lie between {spread.low:g} and {spread.high:g}, where the "
        "study or its model ends. Give a spread that lies within."
    )


# --------------------------------------------------------------------------------------- where it may be run
def _ends(model: Model, study: Study, what: str) -> list[tuple[float, float, str]]:
    """What the hard bounds of the model leave of a covariate: low, high, sentence."""
    return [(*_low_high(bound), bound.say) for bound in _bounds(model.file.domain.hard, study, what)]


def _weight_ends(model: Model, study: Study) -> list[tuple[float, float, str]]:
    """What the hard bounds leave of weights, also by the dose that follows from them."""
    total_mg = study.session.total_mg
    ends = _ends(model, study, "weight")
    if study.per_kg:
        for bound in _bounds(model.file.domain.hard, study, "dose"):
            low, high = _low_high(bound)
            ends.append((low / total_mg, high / total_mg, bound.say))
    else:
        for bound in _bounds(model.file.domain.hard, study, "dose-per-kg"):
            low, high = _low_high(bound)
            ends.append((total_mg / high, total_mg / low if low else np.inf, bound.say))
    return ends


def _bounds(bounds: Sequence[Bound], study: Study, what: str) -> list[Bound]:
    routes = {route.value for route in study.session.routes}
    return [one for one in bounds if one.what == what and (not one.routes or set(one.routes) & routes)]


def _low_high(bound: Bound) -> tuple[float, float]:
    return (
        0.0 if bound.low is None else float(bound.low),
        np.inf if bound.high is None else float(bound.high),
    )


def _cut(
    spread: Spread | None, ends: Sequence[tuple[float, float, str]], name: str, unit: str
) -> Spread | None:
    """End a spread where the model may not be run any more."""
    if spread is None:
        return None
    for low, high, say in ends:
        if max(low, spread.low) >= min(high, spread.high):
            raise OutsideDomain(
                f"{say} No {name} from {spread.low:g} to {spread.high:g} {unit} lie there; give others."
            )
        spread = spread.within(low, high)
    return spread


def _at_the_ends(
    model: Model, study: Study, weights: Spread | None, ages: Spread | None
) -> tuple[Remark, ...]:
    """Hold the lightest and youngest, and the heaviest and oldest, against the model.

    What holds for both is told. What lies past a soft bound at one end alone holds for some members,
    who are counted.
    """
    told: list[tuple[Remark, ...]] = []
    for end in ("low", "high"):
        weight = getattr(weights, end) if weights else study.person.weight_kg
        age = getattr(ages, end) if ages else study.person.age_years
        person = _person(study, weight, age)
        course = study.course(weight)
        remarks = check_domain(model.file, person, course)
        adjusted = adjust(model.file, person, course)
        # The model says itself what it misses, and where a parameter would come to nothing.
        model.parameters(person, typical(model.file), changes=adjusted.changes)
        told.append((*remarks, *adjusted.remarks))
    return tuple(one for one in dict.fromkeys(told[0]) if one in told[1])


def _person(study: Study, weight_kg: float | None, age_years: float | None) -> Person:
    person = study.person
    return replace(
        person,
        weight_kg=person.weight_kg if weight_kg is None else weight_kg,
        age_years=person.age_years if age_years is None else age_years,
    )


def _middle(spread: Spread | None) -> float | None:
    return None if spread is None else (spread.low + spread.high) / 2


def past_soft_bounds(prepared: Prepared, block: Block, n_members: int = BLOCK) -> Mapping[str, int]:
    """Count the members past each soft bound, and at each extreme of weight, by its sentence."""
    study = prepared.study
    counts: dict[str, int] = {}
    weight = _or_fixed(block.weight_kg, prepared.reference.weight_kg, n_members)
    age = _or_fixed(block.age_years, prepared.reference.age_years, n_members)
    total_mg = study.session.total_mg
    values = {
        "weight": weight,
        "age": age,
        "dose": total_mg * weight if study.per_kg else np.full(n_members, total_mg),
        "dose-per-kg": np.full(n_members, total_mg) if study.per_kg else total_mg / weight,
    }
    for what, value in values.items():
        for bound in _bounds(prepared.model.file.domain.soft, study, what):
            low, high = _low_high(bound)
            counts[bound.say] = counts.get(bound.say, 0) + int(((value < low) | (value > high)).sum())
    for sentence, past in _extremes(study, weight):
        counts[sentence] = int(past.sum())
    return counts


def _extremes(study: Study, weight_kg: FloatArray) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Yield each extreme of weight that is known to change the curve on this route, and who is there."""
    routes = {route.value for route in study.session.routes}
    for extreme in pk_covariates().weight_extremes:
        if extreme.route in routes:
            below = 0.0 if extreme.below is None else float(extreme.below)
            above = np.inf if extreme.above is None else float(extreme.above)
            yield extreme.say, (weight_kg < below) | (weight_kg > above)


def _or_fixed(drawn: FloatArray | None, fixed: float | None, n_members: int) -> FloatArray:
    return drawn if drawn is not None else np.full(n_members, np.nan if fixed is None else fixed)


# ------------------------------------------------------------------------------------- what members change
def changes_of(prepared: Prepared, block: Block) -> tuple[Mapping[str, FloatArray], Mapping[str, FloatArray]]:
    """Return what weights, ages, livers and drugs change, against the reference person.

    Returns
    -------
    tuple of two mappings of str to ndarray of float, shape (n_members,)
        Multipliers of parameters by name, and of outputs by analyte.
    """
    changes: dict[str, FloatArray] = {}
    for name, one in prepared.model.file.parameters.items():
        ratio = _ratio(prepared, name, one, block)
        if ratio is not None:
            changes[name] = ratio
    factors: dict[str, FloatArray] = {}
    factors |= {name: np.full(BLOCK, prepared.model.factor(name)) for name in prepared.model.file.analytes}
    for members, adjusted in _adjusted(prepared, block):
        for name, value in adjusted.changes.items():
            changes.setdefault(name, np.ones(BLOCK))[members] *= value
        for analyte, factor in factors.items():
            spread = adjusted.spread(analyte, BLOCK)
            if spread is not None:
                factor[members] *= spread[members]
    return changes, factors


def _ratio(prepared: Prepared, name: str, one: Parameter, block: Block) -> FloatArray | None:
    """What a parameter of each member is, in terms of that of the reference person."""
    reference = prepared.reference
    if block.weight_kg is not None and reference.weight_kg is not None:
        ratio = block.weight_kg / reference.weight_kg
        if isinstance(one.scaling, PowerOfWeight):
            powered: FloatArray = ratio ** float(one.scaling.exponent)
            return powered
        if name == "V1_per_kg":
            return ratio
    if block.age_years is not None and reference.age_years is not None and one.scaling is not None:
        if not isinstance(one.scaling, PowerOfWeight):
            slope, above = within(one.scaling.slope, one.scaling.slope_unit), float(one.scaling.above)
            value = prepared.model.values[name]
            mine = value + slope * np.maximum(0.0, block.age_years - above)
            aged: FloatArray = mine / (value + slope * max(0.0, reference.age_years - above))
            return aged
    return None


def _adjusted(prepared: Prepared, block: Block) -> list[tuple[IntArray, Adjusted]]:
    """Part the members by what an extreme of weight changes; each part with what holds for it."""
    study, file = prepared.study, prepared.model.file
    if block.weight_kg is None:
        everyone = np.arange(BLOCK)
        adjusted = adjust(file, prepared.reference, study.course(prepared.reference.weight_kg))
        return [(everyone, adjusted)]
    kinds = np.zeros(BLOCK, dtype=int)
    for _, past in _extremes(study, block.weight_kg):
        kinds = 2 * kinds + past
    parted = []
    for kind in np.unique(kinds):
        members = np.nonzero(kinds == kind)[0]
        weight_kg = float(block.weight_kg[members[0]])
        person = replace(prepared.reference, weight_kg=weight_kg)
        parted.append((members, adjust(file, person, study.course(weight_kg))))
    return parted
