"""What a site's own protocol may say beside the product's: tighter, or chosen within bounds, never looser.

Two questions, both pure. :func:`loosened` compares a site's file with the product's and is asked at every
loading, so that neither an edit nor an upgrade of the product lets a site stand above a hard limit.
:func:`out_of_bounds` adds the bounds of the site settings, and is asked when a site submits a draft. What
no table here names must be as the product has it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from posology.knowledge.library import in_force
from posology.knowledge.protocol_words import plain, value_text, value_words
from posology.knowledge.reference import SiteSetting
from posology.knowledge.schema import Discharge, Monitoring, Phase, ProtocolFile, Value
from posology.knowledge.yaml_reader import Path
from posology.quantities import QuantityError, convert

Fault = tuple[str, Path]

# Values with a direction. A site may only go to the safe side of what the product has on the same day.
_AT_MOST = ("_ceiling", "_total", "dose_start", "dose_start_lower", "_hold_above", "_most")
_AT_LEAST = ("session_interval_min", "_rest")
# Values that a site chooses, within the bounds of the site setting that names them.
CHOSEN = frozenset({"infusion_minutes", "dose_step", "dosing_weight_policy"})
# Values that only a site has: no source gives one, so the product's files have none.
WEIGHT_CAP = "dosing_weight_cap"
ADDED = frozenset(
    {
        WEIGHT_CAP,
        "intra_session_systolic",
        "intra_session_diastolic",
        "intra_session_repeat",
        "saturation_alert",
    }
)
# What is the file's own: who wrote it, and what it is called.
OWN = frozenset(
    {"id", "title", "status", "version", "authored_by", "reviewed_by", "clinical_sign_off",
     "last_review_date", "review_due", "based_on"}
)  # fmt: skip


def loosened(mine: ProtocolFile, base: ProtocolFile) -> Iterator[Fault]:
    """Yield everything in which a site's protocol is looser than the product's, or simply another one."""
    if mine.status == "active" and base.status != "active":
        yield f"{base.title} is not offered by the product, so a site cannot offer it either.", ("status",)
    for name in type(mine).model_fields:
        if name not in OWN:
            check: Callable[..., Iterator[Fault]] = _PARTS.get(name, _same)
            yield from check(name, getattr(mine, name), getattr(base, name), base)


def out_of_bounds(
    mine: ProtocolFile, base: ProtocolFile, settings: Mapping[str, SiteSetting]
) -> Iterator[Fault]:
    """Yield every value that lies outside of the site setting that names it, or is no site's to choose."""
    for name, dated in mine.values.items():
        setting = setting_for(base.id, name, settings)
        before = base.values.get(name)
        for day, value in dated.items():
            if before is not None and _same_value(value, in_force_or_first(before, day)):
                continue
            path = ("values", name, str(day))
            if setting is not None:
                yield from ((problem, path) for problem in _against(setting, name, value))
            elif name in CHOSEN | ADDED:
                yield (
                    f"{value_words(name)} is not a site's to choose for {base.title}. Leave it as it is.",
                    path,
                )


def setting_for(file_id: str, name: str, settings: Mapping[str, SiteSetting]) -> SiteSetting | None:
    """Return the site setting that names a value of a file, or is named after one that only a site has."""
    named = (s for s in settings.values() if any((p.file, p.value) == (file_id, name) for p in s.stands_in))
    return next(named, settings.get(name) if name in ADDED else None)


def is_added(name: str, base: ProtocolFile) -> bool:
    """Say whether a site may add this value to a protocol: a cap of the weight only where weight doses."""
    return name in ADDED and (name != WEIGHT_CAP or base.dose_basis == "mg/kg")


def in_force_or_first(dated: Mapping[date, Value], day: date) -> Value:
    """Return the value of a day; before the first day, the first."""
    return in_force(dated, on=max(day, min(dated)))


def _against(setting: SiteSetting, name: str, value: Value) -> Iterator[str]:
    if setting.choices and value.value not in setting.choices:
        yield f"{value_words(name)} is '{plain(value.value)}'. Choose one of {', '.join(setting.choices)}."
    low, high = setting.low, setting.high
    if low is None or high is None or setting.unit is None:
        return
    for number in _numbers(value, setting.unit):
        if not low <= number <= high:
            yield (
                f"{value_words(name)} is {plain(number, setting.unit)}, and a site chooses from "
                f"{plain(low, setting.unit)} to {plain(high, setting.unit)}. Choose a value between them."
            )


def _numbers(value: Value, unit: str | None) -> tuple[Decimal, ...]:
    """Return the numbers of a value in a unit; of another dimension none can be compared."""
    many = value.value if isinstance(value.value, tuple) else (value.value,)
    numbers = [v for v in many if isinstance(v, Decimal | int) and not isinstance(v, bool)]
    if unit is None or value.unit is None:
        return tuple(Decimal(n) for n in numbers)
    try:
        return tuple(convert(Decimal(n), value.unit, unit) for n in numbers)
    except QuantityError:
        return ()


def _same_value(mine: Value, base: Value) -> bool:
    return (mine.value, mine.unit) == (base.value, base.unit)


# ---------------------------------------------------------------- values


def _values(_: str, mine: Mapping[str, Any], base: Mapping[str, Any], file: ProtocolFile) -> Iterator[Fault]:
    for name in base:
        if name not in mine:
            yield f"{value_words(name)} is gone, and the product has it. Put it back.", ("values",)
    for name, dated in mine.items():
        if is_added(name, file) and name not in base:
            continue  # its bounds are those of the site setting
        if name not in base:
            yield (
                f"{value_words(name)} is no value of {file.title}. Take it away.",
                ("values", name),
            )
            continue
        if min(dated) > min(base[name]):
            yield (
                f"{value_words(name)} holds from {min(dated)} only, and the product's "
                f"from {min(base[name])}. Keep the earlier values.",
                ("values", name),
            )
            continue
        for day in sorted({*dated, *base[name]}):
            now, was = in_force_or_first(dated, day), in_force_or_first(base[name], day)
            for problem in _looser_value(name, now, was, file):
                yield f"on {day} {problem}", ("values", name, str(day))


def _looser_value(name: str, mine: Value, base: Value, file: ProtocolFile) -> Iterator[str]:
    if mine.cleared_by is not base.cleared_by:
        clears = mine.cleared_by or "nobody"
        yield f"{value_words(name)} may be passed by the {clears} here, which is the product's to say."
    if _same_value(mine, base) or name in CHOSEN:
        return
    told = f"{value_words(name)} is {value_text(mine)}, and the product's is {value_text(base)}"
    numbers, limits = _numbers(mine, base.unit), _numbers(base, base.unit)
    if not numbers or not limits:
        yield f"{told}. It cannot be compared; write a number in {base.unit or 'the same form'}."
    elif name == "dose_levels":
        # A level left out below makes two steps one; one added below lowers what counts as a tenfold slip.
        if numbers != limits[: len(numbers)]:
            yield (
                f"{told}. Keep the product's doses from the lowest on; a site may leave out the "
                "highest ones, none between and none below."
            )
    elif name.endswith(_AT_MOST):
        if max(numbers) > min(limits):
            yield f"{told}. A site may go lower, never higher."
    elif name.endswith(_AT_LEAST):
        if min(numbers) < max(limits):
            yield f"{told}. A site may go higher, never lower."
    else:
        yield f"{told}. This is not a site's to choose; leave it as it is."


# ---------------------------------------------------------------- the other parts


def _same(name: str, mine: Any, base: Any, file: ProtocolFile) -> Iterator[Fault]:
    if mine != base:
        words = name.replace("_", " ")
        yield f"the {words} differs from that of {file.title}. Leave it as it is.", (name,)


def _narrower(name: str, mine: tuple[str, ...], base: tuple[str, ...], file: ProtocolFile) -> Iterator[Fault]:
    """Jurisdictions and products: some of the product's, at least one."""
    if base and (not mine or set(mine) - set(base)):
        yield f"the {name} are {plain(mine)}; keep to some of {plain(base)}.", (name,)


def _older(_: str, mine: Any, base: Any, file: ProtocolFile) -> Iterator[Fault]:
    if mine is None and base is None:
        return
    if mine is None or base is None:
        yield "the first dose of older adults is not a site's to add or to take away.", ("older_adults",)
    elif mine.unit != base.unit or mine.dose_start > base.dose_start or mine.from_age > base.from_age:
        yield (
            f"older adults would begin with {plain(mine.dose_start, mine.unit)} from {mine.from_age} years; "
            f"keep to {plain(base.dose_start, base.unit)} from {base.from_age} years, or lower.",
            ("older_adults",),
        )


def _phases(_: str, mine: tuple[Phase, ...], base: tuple[Phase, ...], file: ProtocolFile) -> Iterator[Fault]:
    if [p.id for p in mine] != [p.id for p in base]:
        yield (
            f"the phases are {plain([p.id for p in mine])}; keep {plain([p.id for p in base])}, so that a "
            "running course finds its place.",
            ("phases",),
        )
        return
    for i, (now, was) in enumerate(zip(mine, base, strict=True)):
        for problem in _looser_phase(now, was):
            yield f"{was.title}: {problem}", ("phases", i)


def _looser_phase(mine: Phase, base: Phase) -> Iterator[str]:
    if was_checked(base) and not was_checked(mine):
        yield "its checkpoint is gone. Put it back."
    for field in type(mine).model_fields:
        if field not in _PLANNED and getattr(mine, field) != getattr(base, field):
            yield f"its {field.replace('_', ' ')} differs from the product's. Leave it as it is."
    if _pattern(mine) != _pattern(base):
        yield "it is planned by another pattern than the product's. Change its days only."
        return
    if base.visit_days and mine.visit_days:
        if len(mine.visit_days) > len(base.visit_days):
            yield f"it has {len(mine.visit_days)} visits; the product has {len(base.visit_days)} at most."
        if len(mine.visit_days) < 2 <= len(base.visit_days):
            yield "it has one visit, so no gap between two can be read from it. Keep two visits or more."
        for n, (day, was) in enumerate(zip(mine.visit_days, base.visit_days, strict=False), start=1):
            if day < was:
                yield f"visit {n} is on day {day}; the product has day {was}. Keep that day or a later one."
        if _gaps(mine.visit_days) and min(_gaps(mine.visit_days)) < min(_gaps(base.visit_days), default=0):
            yield f"two visits lie closer than {min(_gaps(base.visit_days))} days. Move them apart."
    if base.every_days and mine.every_days and mine.sessions and base.sessions:
        if mine.every_days < base.every_days:
            yield f"visits come every {mine.every_days} days; keep {base.every_days} days or more."
        if mine.sessions > base.sessions:
            yield f"it has {mine.sessions} sessions; the product has {base.sessions} at most."
    if base.interval_days and mine.interval_days:
        if min(mine.interval_days) < min(base.interval_days):
            yield (
                f"an interval of {min(mine.interval_days)} days is shorter than the product's shortest, "
                f"{min(base.interval_days)} days. Choose a longer one."
            )


_PLANNED = frozenset(
    {"title", "visit_days", "every_days", "sessions", "interval_days", "checkpoint"}
    | {"facts", "sources", "certainty"}
)


def was_checked(phase: Phase) -> bool:
    """Say whether a phase has a checkpoint."""
    return bool(phase.checkpoint and phase.checkpoint.strip())


def _pattern(phase: Phase) -> tuple[bool, ...]:
    return (bool(phase.visit_days), bool(phase.every_days), bool(phase.interval_days))


def _gaps(days: Iterable[int]) -> list[int]:
    return [later - earlier for earlier, later in pairwise(days)]


def _monitoring(_: str, mine: Monitoring, base: Monitoring, file: ProtocolFile) -> Iterator[Fault]:
    at = ("monitoring",)
    if base.before and not mine.before:
        yield "the readings before the dose are gone. Put them back.", at
    for word, kept, asked in (
        ("reading", {str(r) for r in mine.readings}, [str(r) for r in base.readings]),
        ("fixed time", {f"{m} min" for m in mine.at_min}, [f"{m} min" for m in base.at_min]),
    ):
        gone = [one for one in asked if one not in kept]
        if gone:
            yield f"the {word} {plain(gone)} is gone. Put it back.", at
    for words, now, was, longest in (
        ("the step while it runs", mine.during_every_min, base.during_every_min, True),
        ("the step afterwards", mine.after_every_min, base.after_every_min, True),
        ("the time watched afterwards", mine.after_until_min, base.after_until_min, False),
    ):
        if was is None:
            if now is not None:
                yield f"{words} is {plain(now, 'min')}, and the product has none. Take it away.", at
            continue
        if not now or (now > was if longest else now < was):
            limit = "or less" if longest else "or more"
            yield f"{words} is {plain(now, 'min')}; keep {plain(was, 'min')} {limit}.", at
    yield from _others_same(mine, base, "monitoring", _WATCHED)


_GROUNDS = frozenset({"facts", "sources", "certainty"})
_WATCHED = _GROUNDS | {
    "before",
    "readings",
    "at_min",
    "during_every_min",
    "after_every_min",
    "after_until_min",
}


def _discharge(_: str, mine: Discharge, base: Discharge, file: ProtocolFile) -> Iterator[Fault]:
    at = ("discharge",)
    if mine.minimum_min < base.minimum_min:
        yield (
            f"the shortest stay is {plain(mine.minimum_min, 'min')}; keep {plain(base.minimum_min, 'min')} "
            "or more.",
            at,
        )
    for key, sentence in base.criteria.items():
        if mine.criteria.get(key) != sentence:
            yield f"the criterion '{sentence}' is gone or worded otherwise. Put it back as it was.", at
    yield from _others_same(mine, base, "discharge", frozenset({"minimum_min", "criteria", *_GROUNDS}))


def _others_same(mine: Any, base: Any, name: str, known: frozenset[str]) -> Iterator[Fault]:
    for field in type(mine).model_fields:
        if field not in known and getattr(mine, field) != getattr(base, field):
            words = field.replace("_", " ")
            yield f"{name}: the {words} differs from the product's. Leave it as it is.", (name,)


def _statements(_: str, mine: Any, base: Any, file: ProtocolFile) -> Iterator[Fault]:
    said = {(s.say, s.side, s.about) for s in mine}
    for one in base:
        if one.side == "against" and (one.say, one.side, one.about) not in said:
            yield f"a sentence that speaks against it is gone: '{one.say}' Put it back.", ("statements",)


_PARTS: Mapping[str, Callable[..., Iterator[Fault]]] = {
    "jurisdictions": _narrower,
    "products": _narrower,
    "values": _values,
    "older_adults": _older,
    "phases": _phases,
    "monitoring": _monitoring,
    "discharge": _discharge,
    "statements": _statements,
}


def lower_is_tighter(name: str) -> bool:
    """Say whether a value guards by being low, as a ceiling does."""
    return name.endswith(_AT_MOST) or name == "dose_levels"


def higher_is_tighter(name: str) -> bool:
    """Say whether a value guards by being high, as a smallest gap does."""
    return name.endswith(_AT_LEAST)
