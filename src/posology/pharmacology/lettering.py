"""Words and numbers on a chart: how wide they are, where a line is broken, how a number is written.

A chart is laid out without a browser, so the width of a text is reckoned from the widths of a common
sans-serif, with some room to spare for wider ones.
"""

import re
from html import escape
from math import floor, log10

from posology.knowledge.schema.common import Substance

_ROOM = 1.1  # fonts differ; a text that needs less room than reckoned does no harm
_BOLD = 1.08
_WIDTHS = {
    **dict.fromkeys("ijl'|!,.:;", 0.26),
    **dict.fromkeys("ftrI()[]/-·", 0.33),
    **dict.fromkeys(" \u00a0", 0.28),
    **dict.fromkeys("ckszvxyJ", 0.5),
    **dict.fromkeys("mM", 0.85),
    **dict.fromkeys("wW%", 0.85),
    **dict.fromkeys("ABEFKLPSTVXYZ", 0.67),
    **dict.fromkeys("CDGHNOQRU", 0.75),
}
_OTHER = 0.56
_UNWRITABLE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_UNIT = re.compile(r"(?<=\d) (?=(?:mg|kg|h|min|ng|mL|years|%|sessions|devices)(?![A-Za-z]))|(?<=\d) ±")


def analyte_name(analyte: str, substance: Substance) -> str:
    """Return what is measured in the blood, named after what was given."""
    if substance is Substance.ESKETAMINE:
        return "esketamine" if analyte == "ketamine" else f"S-{analyte}"
    return analyte


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how much room a text takes, px.

    Parameters
    ----------
    text : str
        One line.
    size : float
        Size of the letters, px.
    bold : bool
        Whether it is set in bold.

    Returns
    -------
    float
        A width that common sans-serif fonts do not exceed.
    """
    ems = sum(_WIDTHS.get(letter, _OTHER) for letter in text)
    return ems * size * _ROOM * (_BOLD if bold else 1.0)


def written(text: str) -> str:
    """Return a text as it may stand in a picture: nothing in it is read as a tag or ends an attribute.

    What XML cannot hold, and what turns the direction of writing round, is shown as a mark in its place.
    """
    return escape(_UNWRITABLE.sub("\ufffd", text), quote=True)


def bound(text: str) -> str:
    """Return a text whose numbers are not parted from their units by the end of a line."""
    return _UNIT.sub(lambda found: found.group(0).replace(" ", "\u00a0"), text).replace("± ", "±\u00a0")


def wrapped(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than ``width`` px; a single word that is wider stays whole."""
    lines: list[str] = []
    for word in bound(text).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def shown(value: float) -> str:
    """Write a computed number with three significant digits: ``118``, ``1,230``, ``0.52``.

    Parameters
    ----------
    value : float
        A number of 0 or more, in any unit.

    Returns
    -------
    str
        Without an exponent and without trailing zeros; ``<0.01`` for what is too small to matter.
    """
    if value < 0.01:
        return "0" if value <= 0 else "<0.01"
    places = 2 - floor(log10(value))
    text = f"{round(value, places):,.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def exactly(value: float) -> str:
    """Write a number that was given, such as a dose, with every digit that it was given with."""
    text = f"{value:,.6f}"
    return text.rstrip("0").rstrip(".")
