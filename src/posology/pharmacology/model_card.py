"""A model's passport as tables of words: who was studied, each number with its flag, bounds and misses.

The page and the file of a model are both made from it. Numbers are rounded so that they are the same on every
machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from posology.knowledge.models import pk_reference
from posology.knowledge.schema.common import Route
from posology.knowledge.schema.pk import Between, Parameter, PkModelFile, PowerOfWeight, Residual
from posology.knowledge.schema.pk_rows import Gate, Observation
from posology.pharmacology.choice import primary_model
from posology.pharmacology.passport import FLAG_WORDS
from posology.pharmacology.reproduction import Reproduced, not_gated, points_of
from posology.quantities import UNITS, DomainError

_SIMULATED = {"concentration", "cmax", "tmax", "auc", "curve"}


@dataclass(frozen=True, slots=True)
class Listing:
    """A table of words: its columns, and as many cells in each row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def facts_of(file: PkModelFile) -> tuple[tuple[str, str], ...]:
    """Return what is said of a model as a whole, label and words."""
    narrower = (
        (f"by the {route} route only", _joined(few)) for route, few in file.substances_by_route.items()
    )
    roles = "".join(f"; {role} by the {route} route" for route, role in file.role_by_route.items())
    return (
        ("substances", _joined(file.substances)),
        *narrower,
        ("routes", ", ".join(file.routes)),
        ("blood", file.site + (f"; {file.site_note}" if file.site_note else "")),
        ("role", file.role + roles),
        ("what is computed", ", ".join(file.analytes)),
        ("structure", file.structure),
        ("who was studied", f"{file.population.text} ({file.population.flag.value})"),
        ("doses studied", file.population.doses),
        ("sampling", file.population.sampling),
    )


def _joined(substances: tuple[object, ...]) -> str:
    return ", ".join(str(getattr(one, "value", one)) for one in substances)


def flags_of(file: PkModelFile) -> str:
    """Say how the numbers of a model were come by, each flag with its meaning."""
    used = {one.flag for one in file.parameters.values()}
    return "; ".join(f"{flag.value}: {words}" for flag, words in FLAG_WORDS.items() if flag in used)


def parameters_of(file: PkModelFile) -> Listing:
    """List every parameter with its flag, its spread and its source."""
    columns = (
        "parameter", "typical", "flag", "changes with",
        "between persons", "between sessions", "source", "note",
    )  # fmt: skip
    return Listing(columns, tuple(_parameter(name, one) for name, one in file.parameters.items()))


def _parameter(name: str, one: Parameter) -> tuple[str, ...]:
    return (
        name,
        f"{one.value} {_unit(one.unit)}".strip(),
        one.flag.value,
        _scaling(one),
        _between(one.between),
        f"ν² {one.between_occasion.variance}" if one.between_occasion else "",
        ", ".join(one.sources) + (f", {one.where}" if one.where else ""),
        one.note or "",
    )


def _scaling(one: Parameter) -> str:
    scaling = one.scaling
    if scaling is None:
        return ""
    if isinstance(scaling, PowerOfWeight):
        flag = f" ({scaling.flag.value})" if scaling.flag else ""
        return f"(weight / {scaling.reference} kg)^{scaling.exponent}{flag}"
    return f"age: {scaling.slope} {_unit(scaling.slope_unit)} above {scaling.above}"


def _between(between: Between | None) -> str:
    if between is None:
        return ""
    if between.variance is not None:
        return f"ω² {between.variance}"
    if between.cv_percent is not None:
        return f"CV {between.cv_percent} %"
    if between.sd is not None:
        return f"SD {between.sd} on the {between.on}"
    return "SD " + " or ".join(str(sd) for sd in between.try_sd) + ", both run"


def notes_of(file: PkModelFile) -> Iterator[str]:
    """Say what else was published: covariances, residual error, the racemate, further numbers."""
    if file.between_covariances:
        pairs = (
            f"{' and '.join(one.parameters)} {one.covariance} ({one.flag.value})"
            for one in file.between_covariances
        )
        yield f"Covariances between persons: {'; '.join(pairs)}."
    if file.residual:
        left = "; ".join(f"{analyte} {_residual(one)}" for analyte, one in file.residual.items())
        yield (
            f"What the model leaves unexplained of one measured value: {left}. It is not in the bands: they "
            "show persons."
        )
    if file.racemate is not None:
        yield f"The racemate: {file.racemate.note}"
    for effect in file.study_population_effects:
        note = f" {effect.note}" if effect.note else ""
        yield (
            f"Offered for the {effect.population.capitalize()} persons of the studies, never on by itself: "
            f"{effect.parameter} times {effect.multiplier}.{note}"
        )
    for other in file.also_run:
        yield f"Run both ways by the {_joined(other.routes)} route: {other.say} ({other.flag.value})"
    for stated in file.also_published.values():
        yield f"Also published: {stated.say} ({stated.flag.value})"


def _residual(one: Residual) -> str:
    told = (
        f"an SD of {one.log_sd} on the logarithm"
        if one.log_sd is not None
        else f"an SD of {one.proportional_sd} times the value"
    )
    return told + (f" and of {one.additive.value} {_unit(one.additive.unit)}" if one.additive else "")


def bounds_of(file: PkModelFile) -> Listing:
    """List where a model holds, what happens outside of it, and the sentence that a clinician reads."""
    rows = []
    for bounds, outside in ((file.domain.hard, "not run"), (file.domain.soft, "run, with this sentence")):
        for bound in bounds:
            routes = f" ({', '.join(bound.routes)})" if bound.routes else ""
            low, high = (
                "" if end is None else f"{end} {_unit(bound.unit)}".strip() for end in (bound.low, bound.high)
            )
            rows.append((bound.what.replace("-", " ") + routes, low, high, outside, bound.say))
    return Listing(("bound", "from", "to", "outside of it", "what the clinician reads"), tuple(rows))


# ------------------------------------------------------------------------------------ observed, simulated
def reproduced(found: tuple[Reproduced, ...]) -> Listing:
    """List what was observed, what is simulated, the miss, what is allowed and the verdict."""
    rows = tuple(
        (
            one.row,
            _what(one.observation),
            _numbers([point.observed for point in one.points], one.observation.unit),
            _numbers([point.simulated for point in one.points], one.observation.unit),
            ", ".join(_miss(point.miss_percent) for point in one.points),
            _allowed(one.gate),
            one.verdict.value,
        )
        for one in found
    )
    return Listing(("row", "what was seen", "observed", "simulated", "miss", "allowed", "verdict"), rows)


def not_asked() -> Listing:
    """List the observations of which nothing is asked, why, and what the primary model of the route gives."""
    rows = tuple(
        (name, _what(seen), _seen(seen), _without_verdict(name, seen), seen.gate.reason or "")
        for name, seen in not_gated()
    )
    return Listing(("row", "what was seen", "observed", "simulated", "why nothing is asked"), rows)


def _without_verdict(name: str, observation: Observation) -> str:
    reference = pk_reference().rows[name]
    first = reference.design.inputs[0]
    rapid = first.route == "intravenous" and not first.duration  # where no model holds
    if observation.quantity not in _SIMULATED or first.route == "rectal" or rapid:
        return ""
    try:
        chosen = primary_model(first.substance, Route(first.route))
        if observation.analyte not in chosen.analytes:
            return ""
        points = tuple(points_of(chosen.id, reference, observation))
    except DomainError:  # nothing describes the dose, or what a model needs was not published
        return ""
    return _numbers([point.simulated for point in points], observation.unit)


def _what(observation: Observation) -> str:
    form = f"{observation.of.value}, " if observation.of is not None else ""
    when = f" at {observation.at} {observation.time_unit}" if observation.at is not None else ""
    if observation.curve:
        when = " at " + ", ".join(str(hour) for hour, _ in observation.curve) + " h"
    return f"{form}{observation.analyte} {observation.quantity}{when}"


def _numbers(values: list[float], unit: str) -> str:
    return f"{', '.join(digits(value) for value in values)} {_unit(unit)}".strip()


def _miss(percent: float) -> str:
    told = f"{percent:+.0f}" if abs(percent) >= 10 else f"{percent:+.1f}"
    return f"{'0.0' if told in {'+0.0', '-0.0'} else told} %"


def _allowed(gate: Gate) -> str:
    if gate.kind == "within-range":
        return f"{gate.low} to {gate.high}"
    return f"± {gate.percent} %" + (", median of the points" if gate.kind == "median-error" else "")


def _seen(observation: Observation) -> str:
    if observation.value is not None:
        told = str(observation.value) + (f" ± {observation.sd}" if observation.sd is not None else "")
    else:
        told = f"{observation.low} to {observation.high}"
    return f"{told} {_unit(observation.unit)}".strip()


def digits(value: float) -> str:
    """Write three digits, without an exponent."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    return f"{rounded:.0f}" if abs(rounded) >= 100 else f"{rounded:.3g}"


def _unit(code: str) -> str:
    return UNITS[code].shown if code != "1" else ""
