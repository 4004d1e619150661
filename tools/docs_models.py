"""The pages of the pharmacokinetic models: a passport each, and what all of them reproduce.

A passport says whose model it is, who was studied, every number with its flag, where it holds, and by how
much it misses what was seen. Numbers are rounded so that they are the same on every machine.
"""

from collections.abc import Iterator
from typing import Any

from posology.knowledge.models import pk_covariates, pk_effects, pk_models, pk_reference
from posology.knowledge.schema.common import Route
from posology.knowledge.schema.pk import PkModelFile
from posology.pharmacology.choice import primary_model
from posology.pharmacology.passport import CLOSING, FLAG_WORDS
from posology.pharmacology.reproduction import Reproduced, not_gated, points_of, reproduce
from posology.quantities import UNITS, DomainError


def cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def row(*cells: Any) -> str:
    return "| " + " | ".join(cell(c) for c in cells) + " |"


def header(*names: str) -> str:
    return f"{row(*names)}\n|{'---|' * len(names)}"


def digits(value: float) -> str:
    """Write three digits, without an exponent."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    return f"{rounded:.0f}" if abs(rounded) >= 100 else f"{rounded:.3g}"


def unit_of(code: str) -> str:
    return UNITS[code].shown if code != "1" else ""


# ---------------------------------------------------------------- passports
def passport(file: PkModelFile) -> Iterator[str]:
    yield f"# {file.title}\n"
    yield (
        f"`{file.id}`, version {file.version}, {file.status}; written by {file.authored_by}, read by "
        f"{file.reviewed_by} on {file.last_review_date}; next review by {file.review_due}.\n"
    )
    yield f"**{file.level_of_evidence}**\n\n{CLOSING}\n"
    yield header("", "")
    yield row("substances", ", ".join(one.value for one in file.substances))
    for route, fewer in file.substances_by_route.items():
        yield row(f"by the {route} route only", ", ".join(one.value for one in fewer))
    yield row("routes", ", ".join(file.routes))
    yield row("blood", f"{file.site}{'; ' + file.site_note if file.site_note else ''}")
    yield row(
        "role",
        file.role + "".join(f"; {role} by the {route} route" for route, role in file.role_by_route.items()),
    )
    yield row("what is computed", ", ".join(file.analytes))
    yield row("structure", file.structure)
    yield row("who was studied", f"{file.population.text} ({file.population.flag.value})")
    yield row("doses studied", file.population.doses)
    yield row("sampling", file.population.sampling)
    yield from _parameters(file)
    yield from _spread(file)
    yield from _domain(file)
    yield from _reproduces(file)
    yield "\n## Limits\n"
    yield from (f"- {one}" for one in file.limits)
    yield ""


def _parameters(file: PkModelFile) -> Iterator[str]:
    used = {one.flag for one in file.parameters.values()}
    words = "; ".join(f"*{flag.value}*: {FLAG_WORDS[flag]}" for flag in FLAG_WORDS if flag in used)
    yield f"\n## Parameters\n\nHow each number was come by: {words}.\n"
    yield header(
        "parameter",
        "typical",
        "flag",
        "changes with",
        "between persons",
        "between sessions",
        "source",
        "note",
    )
    for name, one in file.parameters.items():
        yield row(
            name,
            f"{one.value} {unit_of(one.unit)}".strip(),
            one.flag.value,
            _scaling(one),
            _between(one.between),
            f"ν² {one.between_occasion.variance}" if one.between_occasion else "",
            ", ".join(one.sources) + (f", {one.where}" if one.where else ""),
            one.note or "",
        )


def _scaling(one: Any) -> str:
    scaling = one.scaling
    if scaling is None:
        return ""
    if scaling.covariate == "weight":
        flag = f" ({scaling.flag.value})" if scaling.flag else ""
        return f"(weight / {scaling.reference} kg)^{scaling.exponent}{flag}"
    return f"age: {scaling.slope} {unit_of(scaling.slope_unit)} above {scaling.above}"


def _between(between: Any) -> str:
    if between is None:
        return ""
    if between.variance is not None:
        return f"ω² {between.variance}"
    if between.cv_percent is not None:
        return f"CV {between.cv_percent} %"
    if between.sd is not None:
        return f"SD {between.sd} on the {between.on}"
    return "SD " + " or ".join(str(sd) for sd in between.try_sd) + ", both run"


def _spread(file: PkModelFile) -> Iterator[str]:
    if file.between_covariances:
        yield (
            "\nCovariances between persons: "
            + "; ".join(
                f"{' and '.join(one.parameters)} {one.covariance} ({one.flag.value})"
                for one in file.between_covariances
            )
            + "."
        )
    if file.residual:
        yield (
            "\nWhat the model leaves unexplained of one measured value: "
            + "; ".join(f"{analyte} {_residual(one)}" for analyte, one in file.residual.items())
            + ". It is not in the bands: they show persons."
        )
    if file.racemate is not None:
        yield f"\nThe racemate: {file.racemate.note}"
    if file.study_population_effects:
        yield "\n" + header("offered, never on by itself", "parameter", "times", "note")
        for effect in file.study_population_effects:
            yield row(effect.population, effect.parameter, effect.multiplier, effect.note or "")
    if file.also_published:
        yield "\nAlso published:\n"
        yield from (f"- {one.say} ({one.flag.value})" for one in file.also_published.values())


def _residual(one: Any) -> str:
    told = (
        f"{one.proportional_sd} proportional"
        if one.proportional_sd is not None
        else f"{one.log_sd} on the logarithm"
    )
    return told + (f" and {one.additive.value} {unit_of(one.additive.unit)}" if one.additive else "")


def _domain(file: PkModelFile) -> Iterator[str]:
    yield "\n## Where it holds\n"
    yield header("bound", "from", "to", "outside of it", "what the clinician reads")
    for bounds, outside in ((file.domain.hard, "not run"), (file.domain.soft, "run, with this sentence")):
        for bound in bounds:
            routes = f" ({', '.join(bound.routes)})" if bound.routes else ""
            low, high = (
                "" if end is None else f"{end} {unit_of(bound.unit)}".strip()
                for end in (bound.low, bound.high)
            )
            yield row(bound.what.replace("-", " ") + routes, low, high, outside, bound.say)


def _reproduces(file: PkModelFile) -> Iterator[str]:
    found = reproduce(file.id)
    yield "\n## What it reproduces, and by how much it misses\n"
    if not found:
        yield "No public observation is gated against it: it stands beside the primary model."
        return
    yield from _table(found)


def _table(found: tuple[Reproduced, ...]) -> Iterator[str]:
    yield header("row", "what was seen", "observed", "simulated", "miss", "allowed", "verdict")
    for one in found:
        yield row(
            one.row,
            _what(one.observation),
            _numbers([point.observed for point in one.points], one.observation.unit),
            _numbers([point.simulated for point in one.points], one.observation.unit),
            ", ".join(_miss(point.miss_percent) for point in one.points),
            _allowed(one.gate),
            one.verdict.value,
        )


def _miss(percent: float) -> str:
    told = f"{percent:+.0f}" if abs(percent) >= 10 else f"{percent:+.1f}"
    return f"{'0.0' if told in {'+0.0', '-0.0'} else told} %"


def _what(observation: Any) -> str:
    form = f"{observation.of.value}, " if observation.of is not None else ""
    when = f" at {observation.at} {observation.time_unit}" if observation.at is not None else ""
    if observation.curve:
        when = " at " + ", ".join(str(hour) for hour, _ in observation.curve) + " h"
    return f"{form}{observation.analyte} {observation.quantity}{when}"


def _numbers(values: list[float], unit: str) -> str:
    return f"{', '.join(digits(value) for value in values)} {unit_of(unit)}".strip()


def _allowed(gate: Any) -> str:
    if gate.kind == "within-range":
        return f"{gate.low} to {gate.high}"
    return f"± {gate.percent} %" + (", median of the points" if gate.kind == "median-error" else "")


# ---------------------------------------------------------------- all of them
def overview() -> Iterator[str]:
    files = pk_models()
    yield "# Pharmacokinetic models\n"
    yield f"What a dose becomes in the blood, by published models. {CLOSING}\n"
    yield header("model", "substances", "routes", "blood", "role")
    for file in files.values():
        substances = ", ".join(one.value for one in file.substances)
        yield row(f"[{file.title}]({file.id}.md)", substances, ", ".join(file.routes), file.site, file.role)
    found = reproduce()
    met = sum(one.verdict.value == "met" for one in found)
    yield "\n## Observed and simulated\n"
    yield f"{met} of {len(found)} gated observations are met. No parameter was moved to meet one.\n"
    yield from _table(found)
    yield "\n## Not asked of any model\n"
    yield "Where a model describes the dose, what it gives stands beside, without a verdict.\n"
    yield header("row", "what was seen", "observed", "simulated", "why nothing is asked")
    for name, observation in not_gated():
        simulated = _without_verdict(name, observation)
        yield row(name, _what(observation), _seen(observation), simulated, observation.gate.reason)
    yield "\n## The rows\n"
    yield header("row", "what it says", "blood", "n", "flag", "sources")
    for name, one in pk_reference().rows.items():
        yield row(
            name,
            one.say,
            one.site,
            one.n or one.n_text or "not stated",
            one.flag.value,
            ", ".join(one.sources),
        )
    yield "\n" + "\n".join(f"- {sentence}" for sentence in pk_reference().limits)
    yield from _effects()
    yield from _covariates()
    yield ""


_SIMULATED = {"concentration", "cmax", "tmax", "auc", "curve"}


def _without_verdict(name: str, observation: Any) -> str:
    """What the primary model of the route gives, where it describes the dose and computes what was seen."""
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


def _seen(observation: Any) -> str:
    if observation.value is not None:
        told = str(observation.value) + (f" ± {observation.sd}" if observation.sd is not None else "")
    else:
        told = f"{observation.low} to {observation.high}"
    return f"{told} {unit_of(observation.unit)}".strip()


def _effects() -> Iterator[str]:
    yield "\n## Effects beside a curve\n"
    yield header("what", "says", "what it is not", "flag", "sources")
    for file in pk_effects().values():
        for site in file.effect_sites.values():
            yield row(site.endpoint, site.say, site.is_not, site.flag.value, ", ".join(site.sources))
        for level in file.ranges.values():
            yield row(level.what, level.say, "", level.flag.value, ", ".join(level.sources))
        for seen in file.observed.values():
            yield row(seen.what, seen.say, seen.is_not, seen.flag.value, ", ".join(seen.sources))


def _covariates() -> Iterator[str]:
    known = pk_covariates()
    yield "\n## What changes a curve, and for whom none is drawn\n"
    yield header("id", "says", "flag", "sources")
    listed = (
        *known.fold_changes,
        *known.multipliers,
        *known.genotypes,
        *known.weight_extremes,
        *known.optional,
    )
    for one in (*listed, *known.refusals):
        yield row(one.id, one.say, one.flag.value, ", ".join(one.sources))


def pages() -> dict[str, Iterator[str]]:
    """Every page by its path below docs/reference."""
    made = {f"models/{file.id}.md": passport(file) for file in pk_models().values()}
    return {"models/README.md": overview(), **made}
