"""A protocol written out as the YAML that the strict reader takes: what is read back equals what was written.

A site edits its protocol by a form; the file is written from the model, so that no form can write what
the reader refuses, and the text can be shown, hashed and kept.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from posology.knowledge.schema import ProtocolFile, Strict

_PLAIN_KEY = re.compile(r"[a-z_][a-z0-9_]*")
_WIDTH = 2
# What JSON leaves as it is, and a YAML reader would break a line at, or refuse.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")


def write_protocol(file: ProtocolFile) -> str:
    """Write a protocol as YAML, every given part of it, one line a value.

    Raises
    ------
    TypeError
        If a part is of a kind that no knowledge file holds.
    """
    return "\n".join(_mapping(_given(file), 0)) + "\n"


def _given(model: Strict) -> dict[str, Any]:
    """Return the parts of a model that differ from what is understood without them."""
    fields = type(model).model_fields
    return {
        field.alias or name: getattr(model, name)
        for name, field in fields.items()
        if field.is_required() or getattr(model, name) != field.get_default(call_default_factory=True)
    }


def _mapping(parts: Mapping[Any, Any], depth: int) -> Iterator[str]:
    indent = " " * _WIDTH * depth
    for key, value in parts.items():
        name = f"{indent}{_key(key)}:"
        value = _given(value) if isinstance(value, Strict) and not _is_short(value) else value
        if isinstance(value, Mapping) and value:
            yield name
            yield from _mapping(value, depth + 1)
        elif isinstance(value, tuple) and value and isinstance(value[0], Strict):
            yield name
            for item in value:
                yield f"{indent}  - {_flow(item)}"
        else:
            yield f"{name} {_flow(value)}"


def _is_short(value: Strict) -> bool:
    """Say whether a part fits one line: it holds numbers and words only."""
    return not any(isinstance(v, Strict | Mapping) for v in _given(value).values())


def _flow(value: Any) -> str:
    if isinstance(value, Strict):
        value = _given(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_flow(v) for v in value) + "]"
    return _scalar(value)


def _key(key: Any) -> str:
    if isinstance(key, date):
        return key.isoformat()
    text = str(key)
    return text if _PLAIN_KEY.fullmatch(text) and text not in {"true", "false", "null"} else json.dumps(text)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, StrEnum | str):
        return _UNSAFE.sub(_escaped, json.dumps(str(value), ensure_ascii=False))
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is nothing that a knowledge file holds")
