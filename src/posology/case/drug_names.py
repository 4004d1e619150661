"""From a drug as it was written down or coded to the ingredients that rules speak of.

A text is read only as a whole: every word of it is a known name, or one of the words that say how
a drug is made up (its salt, strength, form, or when it is taken). One word left over and the drug is
*not checked*, so that a list which could not be read is never taken for a list without interacting
drugs (hazards H-14, H-16). What was recognised in it speaks all the same: half a combination that is
known warns, and the other half keeps the drug among those that were not checked.

Words are compared whole, without regard to case or accents. Nothing is ever guessed from a likeness.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from posology.knowledge import Library
from posology.knowledge.schema import DrugsFile

_Names = Mapping[tuple[str, ...], tuple[str, ...]]

_LONGEST_TEXT = 400
# A code of WHO's index, whole (N05BA06) or of a group (N05BA); no drug is named like it.
_ATC = re.compile(r"[a-v][0-9]{2}[a-z]{2}(?:[0-9]{2})?")
_BRAND = re.compile(r"\[([^\]]*)\]")
# A number with whatever unit hangs on it: 325, 25mg, 0.044, 6.25%, 24hr, 1,000, 70/30.
_AMOUNT = re.compile(r"[0-9][0-9.,]*([a-zµμ%]*)")
# A licence number, which some drug texts begin with: NDA020503.
_LICENCE = re.compile(r"n?a?nda[0-9]{4,8}")
_PARTED = re.compile(r"[\s/+,;()&:]+|(?<![a-z0-9])[-–]+|[-–]+(?![a-z0-9])")

_SALTS = frozenset(
    """
    hydrochloride hcl dihydrochloride hydrobromide hbr bitartrate tartrate succinate maleate mesylate
    hyclate dimesylate besylate tosylate sulfate sulphate acetate phosphate citrate fumarate oxalate
    lactate pamoate decanoate carbonate palmitate xinafoate propionate dipropionate furoate medoxomil
    cilexetil axetil etexilate disoproxil alafenamide sodium potassium calcium magnesium chloride
    bromide nitrate gluconate trihydrate dihydrate monohydrate hydrate hemihydrate anhydrous micronized
    base
    """.split()
)
_FORMS = frozenset(
    """
    oral tablet tablets tab tabs capsule capsules cap caps caplet pill pills solution suspension syrup
    elixir liquid concentrate powder granules injection injectable inj injector auto auto-injector
    autoinjector prefilled syringe pen vial ampule cartridge infusion intravenous intramuscular
    subcutaneous iv im sc sq po sl pr inhalation inhaler inhalant inhaled metered dose mdi hfa diskus
    nebulizer nebulised nasal spray mucosal sublingual buccal film strip lozenge lollipop chewable
    disintegrating effervescent dispersible delayed extended sustained immediate controlled modified
    release abuse-deterrent dry er xr sr cr ir dr la xl cd enteric coated transdermal patch system
    topical cream ointment gel lotion foam shampoo ophthalmic otic drop drops rectal suppository enema
    vaginal intrauterine ring insert implant drug pack kit pads pad for reconstitution preservative free
    generic otc human porcine isophane nph regular atc
    """.split()
)
_UNITS = frozenset(
    """
    mg mcg ug µg μg g gm kg ml l unt unit units iu meq mmol actuat actuation puff puffs spray sprays hr
    hrs hour hours day days week weeks month months min minutes %
    """.split()
)
_WHEN = frozenset(
    """
    a an at by of the in on per as and with once twice thrice one two three times time daily every each
    other day night nightly bedtime morning evening noon needed required prn qd od bid bd tid tds qid
    qds qhs hs qam qpm qod mouth mouthful take takes taking taken
    """.split()
)
_BESIDE = _SALTS | _FORMS | _UNITS | _WHEN


@dataclass(frozen=True, slots=True)
class DrugReading:
    """What one drug was read as.

    ``classes`` are those of every part that was recognised, also where the drug as a whole was not;
    ``unread`` are the words and codes that nothing here explains.
    """

    ingredients: tuple[str, ...]
    classes: frozenset[str]
    unread: tuple[str, ...]
    is_checked: bool


def read_drug(text: str, rxnorm: str | None, library: Library) -> DrugReading:
    """Read one drug: its ingredients, the classes that rules speak of, and what could not be read.

    Parameters
    ----------
    text : str
        As written: a product (``"Acetaminophen 325 MG / oxyCODONE Hydrochloride 5 MG Oral Tablet"``), a
        brand name, an ingredient, or an ATC code among the words (``"N05BA06"``), in any case.
    rxnorm : str or None
        Its code, if it has one. A code of the drugs file adds its ingredient; other codes say nothing
        here, and the text decides.
    library : Library
        The knowledge in use.

    Returns
    -------
    DrugReading
        *Not checked* if any part of it is not in the list.
    """
    if len(text) > _LONGEST_TEXT:
        return DrugReading((), frozenset(), (f"{text[:40]}…",), is_checked=False)
    index = _index(library.drugs)
    coded = index.rxnorm.get((rxnorm or "").strip())
    outside, brands = _split_brands(text)
    read = _match(_words(outside), index)
    for brand in brands:
        inside = _match(_words(brand), index)
        # A brand in brackets repeats the ingredients before it; alone, it has to be known itself.
        known = not inside.left or not read.found
        read = _Matched(
            read.found + (inside.found if known else ()),
            read.classes | inside.classes,
            read.left + (inside.left if known else ()),
        )
    together = tuple(dict.fromkeys((*read.found, *((coded,) if coded else ()))))
    answered = not read.left or _code_answers(outside, coded is not None, index)
    classes = read.classes | {c for name in together for c in library.drugs.drugs[name].classes}
    return DrugReading(together, classes, read.left, is_checked=answered and bool(together))


def ingredients_of(text: str, rxnorm: str | None, library: Library) -> tuple[str, ...] | None:
    """Resolve one drug to the ingredient keys of the drugs file, or to ``None`` where it was not checked.

    Returns
    -------
    tuple of str or None
        Every ingredient, in the order of the text; ``None`` if any part of it is not in the list.
    """
    read = read_drug(text, rxnorm, library)
    return read.ingredients if read.is_checked else None


@dataclass(frozen=True, slots=True)
class _Matched:
    """What a row of words holds: ingredients, classes told by a code alone, and words left over."""

    found: tuple[str, ...]
    classes: frozenset[str]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Index:
    """The names and codes of one drugs file, as they are looked up."""

    names: _Names
    rxnorm: Mapping[str, str]
    atc: _Names
    groups: tuple[tuple[str, str], ...]  # the beginning of an ATC code, and the class it tells


def _code_answers(text: str, is_coded: bool, index: _Index) -> bool:
    """Answer whether a known code may speak for words that were not read: they name one thing only."""
    parts = [words for part in _parts(text) if (words := _words(part))]
    by_code = [words for words in parts if any((word,) in index.atc for word in words)]
    beside = [words for words in parts if not all((word,) in index.atc or word == "atc" for word in words)]
    return (is_coded or bool(by_code)) and len(beside) == 1


def _split_brands(text: str) -> tuple[str, list[str]]:
    folded = _folded(text)
    return _BRAND.sub(" ", folded), _BRAND.findall(folded)


def _folded(text: str) -> str:
    """Return a text without case and accents; full-width letters and other scripts stay what they are."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"\s/\s|\+|;|,|\band\b|\bwith\b", text) if part.strip()]


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word.strip(".'’\"") for word in _PARTED.split(_folded(text)))
    return tuple(word for word in words if word)


def _match(words: tuple[str, ...], index: _Index) -> _Matched:
    """Return the ingredients named, longest names first, and the words that nothing here explains."""
    found: list[str] = []
    classes: set[str] = set()
    left: list[str] = []
    i = 0
    while i < len(words):
        length = next((n for n in range(min(6, len(words) - i), 0, -1) if words[i : i + n] in index.names), 0)
        if length:
            found.extend(index.names[words[i : i + length]])
        else:
            one = _match_word(words[i], index)
            found.extend(one.found)
            classes |= one.classes
            left.extend(one.left)
        i += length or 1
    return _Matched(tuple(found), frozenset(classes), tuple(left))


def _match_word(word: str, index: _Index) -> _Matched:
    """Read a word that is no name: a word beside the names, an amount, a code, or names joined by hyphens."""
    if word in _BESIDE or _is_amount(word):
        return _NOTHING
    if _ATC.fullmatch(word):
        return _match_code(word, index)
    halves = tuple(half for half in re.split(r"[-–]", word) if half)
    if len(halves) > 1 and all((half,) in index.names or _is_amount(half) for half in halves):
        return _Matched(tuple(n for half in halves for n in index.names.get((half,), ())), frozenset(), ())
    return _Matched((), frozenset(), (word,))


def _match_code(code: str, index: _Index) -> _Matched:
    """Read an ATC code: a listed one is its drug, one of a listed group tells the class and no more."""
    if (code,) in index.atc:
        return _Matched(index.atc[(code,)], frozenset(), ())
    told = frozenset(name for start, name in index.groups if code.startswith(start))
    return _Matched((), told, (code.upper(),))


_NOTHING = _Matched((), frozenset(), ())


def _is_amount(word: str) -> bool:
    """Answer whether a word is a number, alone or with a unit: ``5mg`` is one, ``5fluorouracil`` a drug."""
    if _LICENCE.fullmatch(word):
        return True
    amount = _AMOUNT.fullmatch(word)
    return amount is not None and (not amount[1] or amount[1] in _UNITS)


# The index of the drugs file used last. Kept beside the file it was made of and compared by identity,
# so that another library (a site's, a test's) never reads an index that is not its own.
_last: tuple[DrugsFile, _Index] | None = None


def _index(drugs: DrugsFile) -> _Index:
    global _last
    if _last is None or _last[0] is not drugs:
        _last = (drugs, _index_of(drugs))
    return _last[1]


def _index_of(drugs: DrugsFile) -> _Index:
    codes = {
        code: key for key, d in drugs.drugs.items() for code in (*d.rxnorm_products, d.rxnorm or "") if code
    }
    groups = tuple(
        (_folded(start), name) for name, drug_class in drugs.classes.items() for start in drug_class.atc
    )
    return _Index(
        _gathered(_all_names(drugs)),
        codes,
        _gathered((key, code) for key, d in drugs.drugs.items() for code in d.atc),
        groups,
    )


def _gathered(named: Iterable[tuple[str, str]]) -> _Names:
    """Return the ingredients that go by each name; one brand or code may hold several."""
    names: dict[tuple[str, ...], tuple[str, ...]] = {}
    for key, name in named:
        words = _words(name)
        if words and key not in names.get(words, ()):
            names[words] = (*names.get(words, ()), key)
    return names


def _all_names(drugs: DrugsFile) -> Iterator[tuple[str, str]]:
    for key, drug in drugs.drugs.items():
        yield key, key.replace("_", " ").replace("-", " ")
        yield key, key
        for name in drug.names:
            yield key, name
