"""The thirteen attributes of where a rule comes from that a person must be able to look at (SR-48).

They are those that 45 CFR 170.315(b)(11)(iv)(A) lists for an evidence-based intervention. Each says
something, or that it is not used; none is ever empty. What no file records is said to be not recorded.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from posology.knowledge.library import Library
from posology.knowledge.schema import Condition, Rule, RulesFile, Source

NOT_USED = "Not used"
# Data of a person that no rule reads: there is no question for them, and a test holds that there is none.
_NEVER_READ = (
    "Use of race",
    "Use of ethnicity",
    "Use of language",
    "Use of sexual orientation",
    "Use of gender identity",
)
NAMES = (
    "Citation",
    "Developer",
    "Funding of the technical implementation",
    "Release and revision",
    *_NEVER_READ,
    "Use of sex",
    "Use of date of birth",
    "Use of social determinants of health",
    "Use of health status assessments",
)


@dataclass(frozen=True, slots=True)
class SourceAttribute:
    """One attribute of a rule and what is said of it."""

    name: str
    value: str


def source_attributes(rule: Rule, file: RulesFile, library: Library) -> tuple[SourceAttribute, ...]:
    """Return the thirteen attributes of a rule, in the order of the regulation; none is empty."""
    read = tuple(_parts(rule.when))
    facts = tuple(dict.fromkeys(c.fact for c in read if c.fact is not None))
    sex = "sex" in facts or "can_be_pregnant" in facts
    values = (
        "; ".join(_cited(key, library.sources[key]) for key in rule.sources),
        f"{file.authored_by}; read a second time by {file.reviewed_by}",
        "Not recorded in the file",
        f"Version {file.version}, reviewed {file.last_review_date.isoformat()}, "
        f"next review due {file.review_due.isoformat()}",
        *(NOT_USED for _ in _NEVER_READ),
        "Used, as the answer to whether the patient can be pregnant" if sex else NOT_USED,
        "Used, as age" if any(c.age is not None for c in read) else NOT_USED,
        NOT_USED,
        _health(read, facts, library),
    )
    return tuple(SourceAttribute(name, value) for name, value in zip(NAMES, values, strict=True))


def _cited(key: str, source: Source) -> str:
    where = f"doi:{source.doi}" if source.doi else f"PMID {source.pmid}" if source.pmid else source.url or ""
    return ", ".join(part for part in (f"{key}: {source.title}", where) if part)


def _health(read: tuple[Condition, ...], facts: tuple[str, ...], library: Library) -> str:
    """Name the findings, measurements and drugs that a rule reads."""
    questions = library.questions.questions
    named = [questions[key].short for key in facts if key in questions]
    if any(c.bmi is not None for c in read):
        named.append("BMI")
    named += [library.drugs.classes[c.taking].title for c in read if c.taking is not None]
    if any(c.unlisted_drug is not None for c in read):
        named.append("every drug on the list")
    return f"Used: {', '.join(dict.fromkeys(named))}" if named else NOT_USED


def _parts(condition: Condition) -> Iterator[Condition]:
    yield condition
    for inner in (*(condition.any_of or ()), *(condition.all_of or ())):
        yield from _parts(inner)
    if condition.not_ is not None:
        yield from _parts(condition.not_)
