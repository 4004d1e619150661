"""What one knowledge file says of another must be true: sources, questions, classes, values, products.

These are the faults that validate cleanly file by file and would make a rule fall silent (hazard H-18).
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from posology.knowledge.errors import KnowledgeError
from posology.knowledge.library import Library, in_force
from posology.knowledge.limit_values import limit_faults
from posology.knowledge.schema import (
    AdjustmentsFile,
    Certainty,
    Cited,
    Condition,
    Dated,
    DosingWeightsFile,
    DrugsFile,
    Header,
    ProductsFile,
    ProtocolFile,
    Question,
    Route,
    Rule,
    RulesFile,
    SourcesFile,
    Strict,
    Substance,
    Value,
    WeightPolicy,
)
from posology.knowledge.site_bounds import loosened
from posology.knowledge.yaml_reader import Document, Path

# What the decisions read from a protocol; one of each must stand in its values.
_NEEDED = ("dose_levels", "dose_start", "dose_ceiling", "dose_step", "session_interval_min")
_NEEDED_BY_WEIGHT = ("dosing_weight_policy",)
_NEEDED_BY_RATE = ("infusion_minutes", "rate_ceiling")
_DOSES = ("dose_levels", "dose_start", "dose_start_lower", "dose_ceiling")


# What the next options are decided by.
_NEEDED_ADJUSTMENTS = (
    "partial_fall_percent",
    "score_good_for_days",
    "baseline_good_for_days",
    "futility_fall_percent",
    "missed_after_days",
    "long_break_days",
    "poor_adverse_event_grade",
    "fair_adverse_event_grade",
    "poor_sedation_at_most",
    "fair_sedation_at_most",
    "fair_systolic_from",
    "fair_diastolic_from",
)


# What the dosing weight is worked out by, each in its unit.
_NEEDED_WEIGHTS = {
    "ideal_base_male": "kg",
    "ideal_base_female": "kg",
    "ideal_per_inch": "kg",
    "ideal_from_height": "[in_i]",
    "ideal_from_bmi": "kg/m2",
}


def check_across_files(
    library: Library, documents: Mapping[str, Document], parsed: Mapping[str, Header]
) -> None:
    """Refuse a set of files in which one says something untrue of another.

    Raises
    ------
    KnowledgeError
        At the first fault, naming file, line and remedy.
    """
    for name, file in parsed.items():
        document = documents[name]
        for problem, path in _faults(file, library):
            raise KnowledgeError(f"{name}:{document.line_of(path)}: {problem}")


def _faults(file: Header, library: Library) -> Iterator[tuple[str, Path]]:
    if not isinstance(file, SourcesFile):
        yield from unknown_sources(file, library)
    if isinstance(file, RulesFile):
        for i, rule in enumerate(file.rules):
            for problem in _rule_faults(rule, file, library):
                yield f"rule '{rule.id}': {problem}", ("rules", i)
        for i, size in enumerate(file.sizes):
            if size.drug not in library.drugs.drugs:
                yield (
                    f"the size of '{size.drug}' is of no drug in the drugs file, so nobody would see it. "
                    "Mend its spelling, or list the drug.",
                    ("sizes", i),
                )
        ids = [rule.id for rule in file.rules]
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            yield f"two rules carry the id '{twice}'. Give one of them another id.", ("rules",)
    if isinstance(file, ProtocolFile):
        yield from _protocol_faults(file, library)
    if isinstance(file, ProductsFile):
        for name, product in file.products.items():
            for route in product.routes:
                for problem in _refused(product.substance, route, library):
                    yield problem, ("products", name)
    if isinstance(file, AdjustmentsFile):
        for name in _NEEDED_ADJUSTMENTS:
            if name not in file.values:
                yield f"the value '{name}' is missing; the next options need it. Add it.", ("values",)
    if isinstance(file, DosingWeightsFile):
        yield from _weight_faults(file)
    if isinstance(file, DrugsFile):
        yield from _drug_faults(file)


def _refused(substance: Substance, route: Route, library: Library) -> Iterator[str]:
    for name, refusal in library.products.refusals.items():
        if (refusal.substance, refusal.route) == (substance, route):
            yield f"{substance} by the {route} route is refused ('{name}'): {refusal.say} Take it away."


def _weight_faults(file: DosingWeightsFile) -> Iterator[tuple[str, Path]]:
    for name, unit in _NEEDED_WEIGHTS.items():
        if name not in file.values:
            yield f"the value '{name}' is missing; the ideal weight needs it. Add it.", ("values",)
        for value in file.values.get(name, {}).values():
            if value.unit != unit or not isinstance(value.value, Decimal) or value.value <= 0:
                yield f"'{name}' is not one number above 0 in {unit}. Mend it.", ("values", name)


def _policy_faults(file: ProtocolFile) -> Iterator[tuple[str, Path]]:
    """Yield each policy of the dosing weight that cannot be followed on some day."""
    policies, caps = file.values.get("dosing_weight_policy", {}), file.values.get("dosing_weight_cap", {})
    for day, value in policies.items():
        path = ("values", "dosing_weight_policy", str(day))
        if value.value not in set(WeightPolicy):
            yield f"'{value.value}' is no dosing weight. Choose one of {', '.join(WeightPolicy)}.", path
        if value.value == WeightPolicy.CAPPED and (not caps or min(caps) > day):
            yield (
                "the dosing weight is capped and no cap is set on that day. No source gives one: the site "
                "sets its own as dosing_weight_cap, in kg.",
                path,
            )
    for day, value in caps.items():
        if value.unit != "kg" or not isinstance(value.value, Decimal) or value.value <= 0:
            yield (
                "dosing_weight_cap is not one number above 0 in kg.",
                ("values", "dosing_weight_cap", str(day)),
            )


def _drug_faults(file: DrugsFile) -> Iterator[tuple[str, Path]]:
    for name, drug in file.drugs.items():
        for unknown in sorted(set(drug.classes) - set(file.classes)):
            yield (
                f"'{name}' is of the class '{unknown}', which is not listed, so no rule would see it. "
                "List it, or mend its spelling.",
                ("drugs", name),
            )


def unknown_sources(file: Header, library: Library) -> Iterator[tuple[str, Path]]:
    """Yield each source that a file cites and sources.yaml does not have, with its place."""
    for path, cited in cited_with_place(file, ()):
        for source in cited.sources:
            if source not in library.sources:
                yield (
                    f"the source '{source}' does not stand in sources.yaml. Add it, or mend its spelling.",
                    path,
                )


def cited_with_place(part: object, path: Path) -> Iterator[tuple[Path, Cited]]:
    """Yield everything in a file that cites, with its place, so that a fault can name the line."""
    if isinstance(part, Cited):
        yield path, part
    if isinstance(part, Strict):
        for name, field in type(part).model_fields.items():
            yield from cited_with_place(getattr(part, name), (*path, field.alias or name))
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield from cited_with_place(value, (*path, str(key)))
    elif isinstance(part, tuple):
        for i, value in enumerate(part):
            yield from cited_with_place(value, (*path, i))


def _rule_faults(rule: Rule, file: RulesFile, library: Library) -> Iterator[str]:
    for condition in _conditions(rule.when):
        yield from _condition_faults(condition, file.values, library)
    for name in (*rule.applies_to.protocols, *rule.applies_to.except_protocols):
        if name not in library.protocols:
            yield f"there is no protocol '{name}'. Mend its spelling, or the rule falls silent."


def _conditions(condition: Condition) -> Iterator[Condition]:
    yield condition
    below: Iterable[Condition] = (
        *(condition.any_of or ()),
        *(condition.all_of or ()),
        *((condition.not_,) if condition.not_ else ()),
    )
    for inner in below:
        yield from _conditions(inner)


def _condition_faults(condition: Condition, values: Mapping[str, Dated], library: Library) -> Iterator[str]:
    if condition.taking is not None and condition.taking not in library.drugs.classes:
        yield f"there is no drug class '{condition.taking}'. Add it to the drugs file."
    if condition.fact is None:
        return
    question = library.questions.questions.get(condition.fact)
    if question is None:
        yield f"there is no question '{condition.fact}'. Add it to the questions file."
        return
    yield from _test_faults(condition, question, values)


def _test_faults(condition: Condition, question: Question, values: Mapping[str, Dated]) -> Iterator[str]:
    compares = [
        c for c in (condition.above, condition.at_least, condition.below, condition.at_most) if c is not None
    ]
    answer = condition.is_ or condition.known
    if answer is not None and question.kind == "yes_no" and answer not in {"yes", "no"}:
        yield f"'{condition.fact}' is answered yes or no, not '{answer}'."
    if answer is not None and question.kind == "choice" and answer not in (question.choices or {}):
        yield f"'{answer}' is no choice of '{condition.fact}'."
    if answer is not None and question.kind not in {"yes_no", "choice"}:
        yield f"'{condition.fact}' is a {question.kind}; 'is' and 'known' cannot test it."
    numeric = compares or condition.changed_by_more_than_percent is not None
    if numeric and question.kind != "quantity":
        yield f"'{condition.fact}' is a {question.kind}, not a quantity; it cannot be compared."
    if condition.within_days is not None and question.kind != "day":
        yield f"'{condition.fact}' is a {question.kind}, not a day; within_days cannot test it."
    for reference in (*compares, condition.within_days):
        if isinstance(reference, str) and reference not in values:
            yield f"there is no value '{reference}' in this file."


def _site_faults(file: ProtocolFile, library: Library) -> Iterator[tuple[str, Path]]:
    """Yield what speaks against a site's own protocol beside the product's that it is based on."""
    if file.based_on is None:
        return
    base = library.protocols.get(file.based_on)
    if base is None:
        yield f"there is no protocol '{file.based_on}' to be based on. Mend its spelling.", ("based_on",)
    elif base.based_on is not None:
        yield f"'{base.id}' is a site's own. Base it on one of the product's.", ("based_on",)
    else:
        yield from loosened(file, base)


def _protocol_faults(file: ProtocolFile, library: Library) -> Iterator[tuple[str, Path]]:
    yield from _site_faults(file, library)
    for problem in _refused(file.substance, file.route, library):
        yield problem, ("route",)
    needed = list(_NEEDED)
    if file.dose_basis == "mg/kg":
        needed += _NEEDED_BY_WEIGHT
    if file.route == "intravenous":
        needed += _NEEDED_BY_RATE
    for name in needed:
        if name not in file.values:
            yield (
                f"the value '{name}' is missing, and the dose is decided by it. Add it under values.",
                ("values",),
            )
    yield from _policy_faults(file)
    for product_id in file.products:
        product = library.products.products.get(product_id)
        if product is None:
            yield f"there is no product '{product_id}' in the products file.", ("products",)
        elif product.substance is not file.substance or file.route not in product.routes:
            yield (
                f"the product '{product_id}' is not {file.substance} for the {file.route} route.",
                ("products",),
            )
    for condition in _conditions(file.only_where) if file.only_where else ():
        for problem in _condition_faults(condition, {}, library):
            yield f"only_where: {problem}", ("only_where",)
    if file.only_where is not None and file.only_where.reads_the_protocol:
        yield (
            "only_where: 'first_session' says nothing of whom a protocol is offered to. Take it out.",
            ("only_where",),
        )
    for phase in file.phases:
        if phase.certainty is Certainty.NOT_VERIFIED:
            yield (
                f"the phase '{phase.id}' rests on an unverified fact; a schedule needs a source.",
                ("phases",),
            )
    for day, value in file.values.get("dose_levels", {}).items():
        levels = value.value
        if (
            not isinstance(levels, tuple)
            or list(levels) != sorted(levels)
            or not all(isinstance(x, Decimal) and x > 0 for x in levels)
        ):
            yield "dose_levels is a list of numbers above 0, rising.", ("values", "dose_levels", str(day))
    for problem, name in (*_dose_faults(file), *limit_faults(file)):
        yield problem, ("values", name)
    older = file.older_adults
    if older is not None and (
        older.unit != file.dose_basis
        or any(
            older.dose_start not in (v.value if isinstance(v.value, tuple) else ()) for v in levels_of(file)
        )
    ):
        yield "the first dose of older adults is none of the dose levels.", ("older_adults",)


def levels_of(file: ProtocolFile) -> Iterable[Value]:
    """Return a protocol's lists of dose levels, of all days."""
    return file.values.get("dose_levels", {}).values()


def _dose_faults(file: ProtocolFile) -> Iterator[tuple[str, str]]:
    """Yield what makes a protocol's doses contradict each other on any day on which one of them changes."""
    doses = {n: file.values[n] for n in _DOSES if n in file.values}
    for name, dated in doses.items():
        if any(v.unit != file.dose_basis for v in dated.values()):
            yield f"'{name}' is not in {file.dose_basis}, the unit of this protocol's doses.", name
    if not {"dose_levels", "dose_start", "dose_ceiling"} <= set(doses):
        return
    for day in sorted({d for dated in doses.values() for d in dated}):
        held = {n: in_force(dated, on=day).value for n, dated in doses.items() if min(dated) <= day}
        levels, ceiling = held.get("dose_levels"), held.get("dose_ceiling")
        if not isinstance(levels, tuple) or not isinstance(ceiling, Decimal):
            continue  # not yet in force on this day, or refused above
        if any(isinstance(x, Decimal) and x > ceiling for x in levels):
            yield f"on {day} a dose level is above the ceiling {ceiling}.", "dose_levels"
        for name in ("dose_start", "dose_start_lower"):
            if name in held and held[name] not in levels:
                yield f"on {day} '{name}' is none of the dose levels.", name
