"""Names of people, as they are compared when a second person is asked for (requirement SR-16).

Too many names counting as one costs a clinic another reader; too few would let one person read alone what
they wrote. So everything that can be written in two ways for one person is taken away before comparing.
"""

import unicodedata

# What stands beside a name and makes no other person of it.
TITLES = frozenset(
    "dr doctor prof professor mr mrs ms miss mx md mbbs phd rn np pa pharmd frcpsych mrcpsych".split()
)
# Letters that look like a Latin one in small or in capitals, and Latin ones that are no accented letter.
_LOOKS_LIKE = str.maketrans(
    "авекмнорстухіјѕԁһԛԝѵӏ" + "αβεζηικμνορτυχ" + "øłđı",
    "abekmhopctyxijsdhqwvl" + "abezhikmnoptyx" + "oldi",
)
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\u2800")  # no letters, and yet printable
_EAST_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"})


def normalised(text: str) -> str:
    """Return a text without accents, widths, case and what is not seen; look-alike letters are one."""
    bare = unicodedata.normalize("NFKD", text)
    seen = "".join(c for c in bare if c.isspace() or not _is_unseen(c))
    return " ".join(unicodedata.normalize("NFKD", seen.casefold()).translate(_LOOKS_LIKE).split())


def same_name(one: str, other: str) -> bool:
    """Say whether two names may be of one person: in any order, with any signs, with or without a title."""
    mine, theirs = _words(one), _words(other)
    if not mine or not theirs:
        return False
    return sorted(mine) == sorted(theirs) or "".join(mine) == "".join(theirs)


def why_no_name(text: str) -> str | None:
    """Return the sentence that says why a name cannot be an account's; none where it can.

    Parameters
    ----------
    text : str
        What was typed as a person's or an account's name.
    """
    if not text.isprintable() or any(c in _UNSEEN for c in text):
        return "The name has a character that cannot be seen. Type it again by hand."
    scripts = sorted({_script(c) for c in unicodedata.normalize("NFKC", text) if _is_letter(c)})
    if len(scripts) > 1:
        mixed = " and ".join(s.capitalize() for s in scripts)
        return f"The name mixes letters that look alike, of {mixed} writing. Type it in one of them."
    return None


def _words(text: str) -> list[str]:
    """Return the words of a name; a title counts only where nothing else is left."""
    plain = "".join(_sign(c) for c in normalised(text))
    words = plain.split()
    return [w for w in words if w not in TITLES] or words


def _sign(character: str) -> str:
    """Return a letter as it is, an apostrophe as nothing, and any other sign as a space."""
    if character in "'’ʼ`´":
        return ""
    return " " if unicodedata.category(character)[0] in "PSZ" else character


def _is_unseen(character: str) -> bool:
    return character in _UNSEEN or unicodedata.category(character) in {"Cc", "Cf", "Mn", "Me"}


def _is_letter(character: str) -> bool:
    return unicodedata.category(character) in {"Lu", "Ll", "Lt", "Lo"}


def _script(letter: str) -> str:
    first = unicodedata.name(letter, "unknown").split()[0]
    return "EAST ASIAN" if first in _EAST_ASIAN else first
