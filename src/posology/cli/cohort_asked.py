"""What ``posology cohort`` was asked: a study file, options, or options that stand in for lines of the file.

Everything is read strictly. A line that is not known is refused, and nothing that a study needs is guessed.
"""

from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from posology.knowledge.schema.common import Route, Substance
from posology.knowledge.yaml_reader import read_yaml
from posology.pharmacology.choice import chosen_model
from posology.pharmacology.cohort_study import DEFAULT_SEED, PIECE, Spread, Study
from posology.pharmacology.people import ChildPugh, Person
from posology.pharmacology.regimens import Regimen, devices, infusion, single
from posology.quantities import DomainError, number_of, read_number

_Word = TypeVar("_Word", Substance, Route, ChildPugh)

KEYS = (
    "model substance route dose_mg dose_mg_per_kg minutes devices rest_minutes sessions_days until_days"
    " members seed piece_members weights_kg ages_years levels_ng_per_mL child_pugh pregnant dialysis"
    " intensive_care study_population drugs"
).split()
"""The lines of a study file."""

_OF_ROUTE = {"minutes": Route.INTRAVENOUS, "devices": Route.NASAL, "rest_minutes": Route.NASAL}
_SPREAD = ("low", "high", "mean", "sd", "median", "cv_percent")
_LARGEST_BYTES = 1_000_000
_DAY_H = 24.0


class StudyRefused(DomainError):
    """A study that cannot be run as it was given."""

    code = "study-refused"


def read_file(path: Path) -> Mapping[str, Any]:
    """Read a study file, YAML or JSON.

    Raises
    ------
    DomainError
        If it cannot be read, or holds a line that is not known.
    """
    if path.suffix.lower() not in {".yaml", ".yml", ".json"}:
        raise StudyRefused(f"{path}: its name ends in none of .yaml, .yml and .json. Rename it.")
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise StudyRefused(f"{path}: it is larger than a study can be. Give the study alone.")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise StudyRefused(f"{path}: it cannot be read ({reason}). Check its name and the rights.") from None
    data = read_yaml(text, name=path.name).data
    if not isinstance(data, dict):
        raise StudyRefused(
            f"{path.name}: it holds no 'key: value' lines. Write one for each part of the study."
        )
    for key in data:
        if key not in KEYS:
            near = get_close_matches(str(key), KEYS, n=1)
            remedy = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(KEYS)}."
            raise StudyRefused(f"{path.name}: there is no line '{str(key)[:60]}' in a study. {remedy}")
    return data


def spread_of_option(text: str, what: str) -> Any:
    """Read ``70``, or ``mean=78,sd=15,low=45,high=120``, as a study file would hold it."""
    if "=" not in text:
        return read_number(text, what=what)
    found: dict[str, Decimal] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        if name.strip() in found:
            raise StudyRefused(f"The {what} gives {name.strip()} twice. Give it once.")
        found[name.strip()] = read_number(value, what=f"{name.strip()} of the {what}")
    return found


def levels_of_options(texts: list[str]) -> dict[str, list[Decimal]]:
    """Read ``ketamine=100``, which may be given several times."""
    found: dict[str, list[Decimal]] = {}
    for text in texts:
        analyte, equals, level = text.partition("=")
        if not equals:
            raise StudyRefused(f"The level '{text[:40]}' names no analyte. Write it as in ketamine=100.")
        found.setdefault(analyte.strip(), []).append(read_number(level, what="level in ng/mL"))
    return found


def study_of(asked: Mapping[str, Any]) -> Study:
    """Build the study from its lines.

    Parameters
    ----------
    asked : mapping of str to object
        Lines by their names in ``KEYS``; what is left out or None was not given.

    Raises
    ------
    DomainError
        With one sentence, at the first line that is missing or has no meaning.
    """
    given = {key: value for key, value in asked.items() if value is not None}
    substance = _word(given, "substance", Substance)
    route = _word(given, "route", Route)
    named = None if "model" not in given else str(given["model"])
    model = chosen_model(named, substance, route)
    weight, weights = _covariate(given, "weights_kg", "weight in kg")
    age, ages = _covariate(given, "ages_years", "age in years")
    per_kg = _per_kg(given)
    until = _number(given, "until_days")
    return Study(
        model=model.id,
        session=_session(given, substance, route),
        members=_whole(given, "members", None),
        per_kg=per_kg,
        sessions_h=tuple(day * _DAY_H for day in _numbers(given, "sessions_days", [Decimal(0)])),
        person=_person(given, weight, age),
        weights=weights,
        ages=ages,
        levels=_levels(given),
        until_h=None if until is None else until * _DAY_H,
        seed=_whole(given, "seed", DEFAULT_SEED),
        piece_members=_whole(given, "piece_members", PIECE),
    )


def _per_kg(given: Mapping[str, Any]) -> bool:
    if ("dose_mg" in given) == ("dose_mg_per_kg" in given):
        found = "both dose_mg and dose_mg_per_kg" if "dose_mg" in given else "no dose"
        raise StudyRefused(f"The study has {found}. Give one of dose_mg and dose_mg_per_kg.")
    return "dose_mg_per_kg" in given


def _session(given: Mapping[str, Any], substance: Substance, route: Route) -> Regimen:
    """Return the doses of one session, mg or mg/kg."""
    for key, only in _OF_ROUTE.items():
        if key in given and route is not only:
            raise StudyRefused(
                f"The line {key} says nothing of a dose by the {route.value} route. Leave it out."
            )
    amount = _number(given, "dose_mg_per_kg" if _per_kg(given) else "dose_mg")
    assert amount is not None
    if route is Route.INTRAVENOUS:
        return infusion(substance, amount, _needed(given, "minutes"))
    if route is Route.NASAL:
        count = _whole(given, "devices", None)
        rest = _needed(given, "rest_minutes") if count > 1 else 0.0
        if not 1 <= count <= 12 or rest < 0:
            raise StudyRefused(
                f"{count} devices with {rest:g} min from one to the next cannot be given. Give 1 to 12 "
                "devices, and minutes of 0 or more."
            )
        return devices(count, mg_each=amount / count, rest_minutes=rest)
    return single(substance, route, amount)


def _person(given: Mapping[str, Any], weight: float | None, age: float | None) -> Person:
    population = given.get("study_population")
    if population not in (None, "asian", "japanese"):
        raise StudyRefused(
            f"There is no study population '{str(population)[:30]}'. Give asian, japanese or none."
        )
    drugs = given.get("drugs", [])
    if not isinstance(drugs, list) or not all(isinstance(drug, str) for drug in drugs):
        raise StudyRefused("The line drugs holds no list of names. Write it as in [clarithromycin].")
    return Person(
        weight_kg=weight,
        age_years=age,
        child_pugh=_word(given, "child_pugh", ChildPugh) if "child_pugh" in given else None,
        pregnant=_yes_or_no(given, "pregnant"),
        dialysis=_yes_or_no(given, "dialysis"),
        intensive_care=_yes_or_no(given, "intensive_care"),
        study_population=population,
        drugs=tuple(dict.fromkeys(drugs)),
    )


def _covariate(given: Mapping[str, Any], key: str, what: str) -> tuple[float | None, Spread | None]:
    """Return one value for all members, or a spread."""
    value = given.get(key)
    if value is None:
        return None, None
    if not isinstance(value, dict):
        return float(number_of(value, what=what)), None
    for name in value:
        if name not in _SPREAD:
            raise StudyRefused(
                f"The line {key} has no part '{str(name)[:30]}'. Give low and high, with mean and sd, or "
                "with median and cv_percent."
            )
    if "low" not in value or "high" not in value:
        raise StudyRefused(f"The line {key} has no ends. Give low and high: nobody is drawn outside of them.")
    return None, Spread(
        **{name: float(number_of(one, what=f"{name} of {key}")) for name, one in value.items()}
    )


def _levels(given: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    levels = given.get("levels_ng_per_mL", {})
    if not isinstance(levels, dict):
        raise StudyRefused("The line levels_ng_per_mL names no analytes. Write it as in {ketamine: [100]}.")
    return tuple(
        (str(analyte), float(number_of(one, what="level in ng/mL")))
        for analyte, values in levels.items()
        for one in (values if isinstance(values, list) else [values])
    )


# ---------------------------------------------------------------------------------------------- small parts
def _word(given: Mapping[str, Any], key: str, kind: type[_Word]) -> _Word:
    names = ", ".join(one.value for one in kind)
    if key not in given:
        raise StudyRefused(f"The study names no {key}. Give one of {names}.")
    for one in kind:
        if given[key] == one.value:
            return one
    raise StudyRefused(
        f"There is no {key.replace('_', '-')} '{str(given[key])[:30]}' here. Give one of {names}."
    )


def _number(given: Mapping[str, Any], key: str) -> float | None:
    return float(number_of(given[key], what=key)) if key in given else None


def _needed(given: Mapping[str, Any], key: str) -> float:
    number = _number(given, key)
    if number is None:
        raise StudyRefused(f"The study has no {key}, and its dose needs it. Give it.")
    return number


def _numbers(given: Mapping[str, Any], key: str, otherwise: list[Decimal]) -> list[float]:
    values = given.get(key, otherwise)
    if not isinstance(values, list) or not values:
        raise StudyRefused(f"The line {key} holds no list of numbers. Write it as in [0, 3, 7].")
    return [float(number_of(one, what=f"number in {key}")) for one in values]


def _whole(given: Mapping[str, Any], key: str, otherwise: int | None) -> int:
    if key not in given:
        if otherwise is None:
            raise StudyRefused(f"The study has no {key}. Give a whole number.")
        return otherwise
    number = number_of(given[key], what=key)
    if number != int(number):
        raise StudyRefused(f"The line {key} is {number}. Give a whole number.")
    return int(number)


def _yes_or_no(given: Mapping[str, Any], key: str) -> bool | None:
    value = given.get(key)
    if value is not None and not isinstance(value, bool):
        raise StudyRefused(f"The line {key} is '{str(value)[:30]}'. Write true or false, or leave it out.")
    return value
