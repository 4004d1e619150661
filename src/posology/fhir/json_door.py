"""The door for JSON: text in, plain Python out, or one sentence.

Python's own reader takes more than JSON: ``NaN``, ``1e999`` as infinity, the last of two equal keys,
nesting up to a crash, floats that round. Here each of these is refused, and every number keeps its
digits (hazards H-07 and H-08, requirement SR-35).
"""

import gzip
import io
import json
import re
import zlib
from decimal import Decimal
from itertools import accumulate
from typing import Any

from posology.fhir.errors import FhirError

LARGEST_BYTES = 50 * 1024 * 1024
DEEPEST = 60

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_STEP = {"{": 1, "[": 1, "}": -1, "]": -1}
_LONGEST_NUMBER = 40
_WIDEST = 30  # powers of ten on either side; beyond them a number is of nothing that is measured


class ExponentNumber(Decimal):
    """A number written with an exponent: read, so that its document can be, but measured by no one."""


def read_json(text: str, *, name: str = "the file") -> Any:
    """Read one JSON document strictly.

    Returns
    -------
    Any
        dicts, lists, strings, ``int``, ``Decimal``, ``bool`` and ``None``.

    Raises
    ------
    FhirError
        If the text is not JSON, repeats a key, holds NaN, infinity or a number beyond bounds, or is
        larger or deeper than is read here.
    """
    if len(text) > LARGEST_BYTES:
        raise _too_large(name)
    if _depth(text) > DEEPEST:
        raise FhirError(
            f"{name}: it is nested deeper than {DEEPEST} levels, so it is not read. Export it flatter."
        )
    try:
        return json.loads(
            text,
            parse_float=_fraction,
            parse_int=_whole,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise FhirError(
            f"{name}:{error.lineno}: it cannot be read as JSON ({error.msg.lower()}). Export it again."
        ) from None
    except _Refused as refused:
        raise FhirError(f"{name}: {refused}") from None
    except RecursionError:
        raise FhirError(f"{name}: it is nested too deeply to be read. Export it flatter.") from None


def decode(raw: bytes, *, name: str) -> str:
    """Return the text of a file's bytes, unpacked when they are gzip and never beyond the limit.

    Raises
    ------
    FhirError
        If they cannot be unpacked, are too large, or are not UTF-8.
    """
    if raw[:2] == b"\x1f\x8b":
        raw = _unpacked(raw, name)
    if len(raw) > LARGEST_BYTES:
        raise _too_large(name)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FhirError(f"{name}: it is not UTF-8 text, so it cannot be read. Save it as UTF-8.") from None


def _unpacked(raw: bytes, name: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
            return packed.read(LARGEST_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise FhirError(f"{name}: it is damaged and cannot be unpacked. Fetch it again.") from None


def _too_large(name: str) -> FhirError:
    return FhirError(
        f"{name}: it is larger than {LARGEST_BYTES // (1024 * 1024)} MB, so it is not read. "
        "Export one patient, and only the years that matter."
    )


def _depth(text: str) -> int:
    """Return how deep the brackets nest, those inside strings apart; nothing is built for it."""
    brackets = re.sub(r"[^\[\]{}]+", "", _STRING.sub("", text))
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0)


class _Refused(Exception):
    """Raised inside the reader, where the file's name is not known."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Refused(
            f"the key '{twice[:40]}' stands twice in one object, so either could be meant. Export it again."
        )
    return found


def _constant(text: str) -> Any:
    raise _Refused(f"it holds {text}, which is not a number of anything. Mend it where it was measured.")


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise _Refused(
            f"it holds the number {text[:20]}…, beyond anything that is measured. Mend it at its source."
        )
    return int(text)


def _fraction(text: str) -> Decimal:
    if "e" not in text and "E" not in text:
        # Charts carry long tails such as 83.70000000000001; they are kept, digit by digit.
        if len(text) > _LONGEST_NUMBER:
            raise _Refused(
                f"it holds the number {text[:20]}…, longer than any that is measured. Mend it at its source."
            )
        return Decimal(text)
    number = ExponentNumber(text) if len(text) <= _LONGEST_NUMBER else None
    if number is None or (number and abs(number.adjusted()) > _WIDEST):
        raise _Refused(
            f"it holds the number {text[:20]}, beyond anything that is measured. Mend it at its source."
        )
    return number
