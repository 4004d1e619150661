"""How the sheets of facts write certainty, read into the codes of the knowledge files.

The sheet of pharmacology has codes of its own: V1 and V2 for read at the source and second hand, R for
recalled. A cell may name several codes, each for a part of the fact.
"""

import re

from posology.knowledge.schema import Certainty

_CODE = re.compile(
    r"(?<![A-Za-z0-9/-])(?:SEED|V1|V2|V|S|N|D|R)(?![A-Za-z0-9-])|(?<=/)(?:V|S|N|D)(?![A-Za-z0-9-])"
)
_OTHER = {
    "V1": Certainty.VERIFIED,
    "V2": Certainty.SECONDARY,
    "R": Certainty.NOT_VERIFIED,
}

# Said to whoever reads a page, so in few words.
CERTAINTY_WORDS = {
    Certainty.VERIFIED: "read at the source",
    Certainty.SECONDARY: "reported by another source",
    Certainty.DERIVED: "worked out from cited facts",
    Certainty.SEED: "practice, not trial",
    Certainty.NOT_VERIFIED: "not verified: a prescriber decides",
    Certainty.SITE_DEFAULT: "set by the site",
}


def certainty_words(code: str) -> str:
    """Return what a certainty code means, in words; codes joined by a stroke, such as V/S, are told each."""
    parts = (part.strip() for part in code.split("/"))
    return "; ".join(
        CERTAINTY_WORDS[Certainty(part)] if part in set(Certainty) else part for part in parts if part
    )


def read_words(code: str) -> str:
    """Return how sure something is that is only read, where nobody decides by it."""
    return certainty_words(code).replace(": a prescriber decides", "")


def codes_in(words: str) -> tuple[Certainty, ...]:
    """Return the certainties that a cell of a sheet names, each once, in its order; none for a dash."""
    found = [_OTHER.get(code) or Certainty(code) for code in _CODE.findall(words)]
    return tuple(dict.fromkeys(found))
