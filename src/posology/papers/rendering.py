"""From a template's name and plain data to the bytes of a PDF.

The data reach the template as one JSON text, which it reads and never runs. A template reads no file outside
its folder, fetches no package, knows no clock, and uses the letters that the typesetter carries, so that the
same data give the same bytes on every machine.
"""

import json
import math
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import typst

from posology.quantities import DomainError

_FOLDER = Path(str(files("posology.papers"))) / "templates"
_SHARED = frozenset({"house", "parts"})  # what templates import; no paper by itself
# A moment that never moves: what a paper says about time stands in its data.
_NO_CLOCK = 0
_DEEPEST = 12


class PaperError(DomainError):
    """A paper that cannot be made from what was given."""

    code = "paper"


def paper_names() -> tuple[str, ...]:
    """Return the names of the papers there are."""
    return tuple(sorted({path.stem for path in _FOLDER.glob("*.typ")} - _SHARED))


def render(name: str, data: Mapping[str, object]) -> bytes:
    """Return one paper as PDF.

    Parameters
    ----------
    name : str
        Name of the template, such as ``session-record``.
    data : mapping
        What the template shows, ``head`` (see :class:`Head`) among it: texts, whole numbers, finite numbers,
        yes and no, nothing, lists and mappings of these. Quantities come as text, with their unit.

    Returns
    -------
    bytes
        The PDF; the same for the same data.

    Raises
    ------
    PaperError
        If there is no such paper, or the data hold what a paper cannot show or lack what it shows.
    """
    if name not in paper_names():
        raise PaperError(f"There is no paper '{name}', so nothing can be printed. Choose {_listed()}.")
    _check_plain(data, where="data", depth=0)
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, allow_nan=False)
    try:
        made = typst.compile(
            str(_FOLDER / f"{name}.typ"),
            root=str(_FOLDER),
            font_paths=[],
            ignore_system_fonts=True,
            sys_inputs={"data": text},
            format="pdf",
            timestamp=_NO_CLOCK,
            package_path=str(_FOLDER / "no-packages"),
            package_cache_path=str(_FOLDER / "no-packages"),
        )
    except typst.TypstError as fault:
        raise PaperError(
            f"The paper '{name}' could not be made: {fault}. Give it what its template shows."
        ) from fault
    assert isinstance(made, bytes)
    return made


def _listed() -> str:
    return ", ".join(paper_names())


def _check_plain(value: object, *, where: str, depth: int) -> None:
    """Refuse what JSON would change or lose on its way to the page."""
    if depth > _DEEPEST:
        raise PaperError(f"{where} lies more than {_DEEPEST} levels deep, which no paper shows. Flatten it.")
    if value is None or isinstance(value, str | bool | int):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise PaperError(
                f"{where} is {value}, which cannot be printed. Leave it out, or say why in words."
            )
        return
    if isinstance(value, Mapping):
        for key, part in value.items():
            if not isinstance(key, str):
                raise PaperError(f"{where} has the key {key!r}, and a template reads only words. Name it.")
            _check_plain(part, where=f"{where}.{key}", depth=depth + 1)
        return
    if isinstance(value, list | tuple):
        for place, part in enumerate(value):
            _check_plain(part, where=f"{where}[{place}]", depth=depth + 1)
        return
    raise PaperError(
        f"{where} is a {type(value).__name__}, which would be printed by guess. Give it as text."
    )
