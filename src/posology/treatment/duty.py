"""What a day's staff and equipment put in the way of a start: not recorded, not there, not ready."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from posology.knowledge import Role, Route, Substance
from posology.knowledge.schema.duty import DutyFile, DutyPart, Need
from posology.treatment.policies import Obstacle

KEY = "duty/"
NOT_RECORDED = KEY + "record"
RECORD_IT = "Record today's staff and equipment"


@dataclass(frozen=True, slots=True)
class DutyDay:
    """One day as it was recorded last; ``None`` where nothing was recorded of it.

    Parameters
    ----------
    roles : collection of str, optional
        The roles that somebody has today.
    ready : mapping of str to bool, optional
        What was looked at, and whether it is ready.
    decided : collection of str
        The parts without which a prescriber decided to go on today.
    """

    roles: Collection[str] | None = None
    ready: Mapping[str, bool] | None = None
    decided: Collection[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Dose:
    """For what a day is asked: the drug, its route, and where it is given."""

    substance: Substance
    route: Route
    jurisdiction: str
    setting: str = "outpatient"


NOTHING_RECORDED = DutyDay()
_Speaks = Callable[[str], bool]


def duty_obstacles(file: DutyFile, dose: Dose, day: DutyDay, *, speaks: _Speaks) -> Iterator[Obstacle]:
    """Yield what a day still asks before a dose is given (S-STF-01 to S-STF-09).

    Parameters
    ----------
    speaks : callable
        Says of a rule whether it speaks about the patient; asked only where the answer decides.
    """
    parts: Mapping[str, DutyPart] = MappingProxyType({**file.roles, **file.equipment})
    wanted = {key: needs for key, part in parts.items() if (needs := _needs(part, dose))}
    if not wanted:
        return
    blank = [word for word, told in (("staff", day.roles), ("equipment", day.ready)) if told is None]
    if blank:
        what = " and ".join(blank)
        verb = "is" if blank == ["equipment"] else "are"
        yield Obstacle(NOT_RECORDED, f"Today's {what} {verb} not recorded. {RECORD_IT}, then start.")
    for key, needs in wanted.items():
        fault = _role_fault(key, day) if key in file.roles else _thing_fault(key, day)
        if not fault:
            continue
        certain = [need for need in needs if not need.only_holds and _holds_for(need, speaks)]
        if certain:
            yield Obstacle(KEY + key, f"{parts[key].title}: {fault}")
        elif key not in day.decided and any(_holds_for(need, speaks) for need in needs):
            yield Obstacle(
                KEY + key,
                f"{parts[key].title}: {fault} This rests on a fact that nobody has checked at its source, so "
                "a prescriber may decide to go on today, with a reason.",
                Role.PRESCRIBER,
            )


def needed(part: DutyPart, dose: Dose) -> bool:
    """Return whether a dose may need a role or a thing, whatever is known of the patient."""
    return bool(_needs(part, dose))


def may_be_decided(part: DutyPart, jurisdiction: str) -> bool:
    """Return whether all that asks for a part in a jurisdiction is unverified, so that it only holds."""
    asked = [n for n in part.needs if not n.jurisdictions or jurisdiction in n.jurisdictions]
    return bool(asked) and all(need.only_holds for need in asked)


def _needs(part: DutyPart, dose: Dose) -> tuple[Need, ...]:
    return tuple(
        need
        for need in part.needs
        if need.reaches(dose.substance, dose.route, dose.jurisdiction)
        and (not need.settings or dose.setting in need.settings)
    )


def _holds_for(need: Need, speaks: _Speaks) -> bool:
    return not need.when_rules or any(speaks(rule) for rule in need.when_rules)


def _role_fault(key: str, day: DutyDay) -> str:
    if day.roles is None or key in day.roles:
        return ""
    return "nobody of today's staff. Call somebody, and record the change."


def _thing_fault(key: str, day: DutyDay) -> str:
    if day.ready is None or day.ready.get(key):
        return ""
    if key in day.ready:
        return "not ready today. Ready it, then look at it again and record that."
    return "not looked at today. Look at it, and record that."
