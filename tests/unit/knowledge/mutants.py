"""A protocol with one leaf changed: every field of the file in turn, each to another allowed value."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from posology.knowledge.schema import Certainty, ProtocolFile, Route, Strict, Substance

_CHOICES = (
    [c.value for c in Certainty],
    [s.value for s in Substance],
    [r.value for r in Route],
    ["draft", "active", "retired"],
    ["approved", "off-label"],
    ["mg", "mg/kg"],
    ["for", "against"],
    ["usual", "lower"],
    ["first_device", "administration_end", "dose"],
    ["blood_pressure", "heart_rate", "spo2", "respiratory_rate", "sedation"],
)


def plain(value: Any) -> Any:
    """Return a model as plain dicts and tuples, by the keys that the file has."""
    if isinstance(value, Strict):
        fields = type(value).model_fields
        return {f.alias or name: plain(getattr(value, name)) for name, f in fields.items()}
    if isinstance(value, Mapping):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(v) for v in value)
    return value


def mutants(file: ProtocolFile) -> Iterator[tuple[str, ProtocolFile]]:
    """Yield the place and the file for each leaf, item and key that can be changed."""
    whole = plain(file)
    for path, changed in _changes(whole, ()):
        try:
            made = ProtocolFile.model_validate(changed)
        except ValidationError:
            continue
        if made != file:
            yield ".".join(map(str, path)), made


def _changes(part: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(part, dict):
        for key, value in part.items():
            for where, changed in _changes(value, (*path, key)):
                yield where, {**part, key: changed}
            yield (*path, key, "gone"), {k: v for k, v in part.items() if k != key}
            if isinstance(key, date):
                yield (
                    (*path, key, "later"),
                    {(k + timedelta(days=1) if k == key else k): v for k, v in part.items()},
                )
    elif isinstance(part, tuple):
        for i, value in enumerate(part):
            for where, changed in _changes(value, (*path, i)):
                yield where, (*part[:i], changed, *part[i + 1 :])
            yield (*path, i, "gone"), (*part[:i], *part[i + 1 :])
        if len(part) > 1:
            yield (*path, "turned"), part[::-1]
    else:
        for other in _others(part):
            yield path, other


def _others(leaf: Any) -> Iterator[Any]:
    if isinstance(leaf, bool):
        yield not leaf
    elif isinstance(leaf, int):
        yield leaf + 1
    elif isinstance(leaf, Decimal):
        yield leaf + Decimal("0.01")
    elif isinstance(leaf, date):
        yield leaf + timedelta(days=1)
    elif isinstance(leaf, str):
        for choices in _CHOICES:
            if str(leaf) in choices:
                yield next(c for c in choices if c != str(leaf))
        yield f"{leaf}x"
    elif leaf is None:
        yield from ("x", date(2030, 1, 1), 1)
