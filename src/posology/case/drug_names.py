"""From a drug as it was written down or coded to the ingredients that rules speak of.

A text is read only as a whole: every word of it is a known name, or one of the words that say how
a drug is made up (its salt, strength, form, or when it is taken). One word left over and the answer
is ``None``, *not in our list*, so that a list which could not be read is never taken for a list
without interacting drugs (hazard H-14).
"""

import re
from collections.abc import Iterator, Mapping

from posology.knowledge import Library
from posology.knowledge.schema import DrugsFile

_Names = Mapping[tuple[str, ...], tuple[str, ...]]

_LONGEST_TEXT = 400
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
    generic otc human porcine isophane nph regular
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


def ingredients_of(text: str, rxnorm: str | None, library: Library) -> tuple[str, ...] | None:
    """Resolve one drug to the ingredient keys of the drugs file.

    Parameters
    ----------
    text : str
        As written: a product (``"Acetaminophen 325 MG / oxyCODONE Hydrochloride 5 MG Oral Tablet"``), a
        brand name, or an ingredient, in any case.
    rxnorm : str or None
        Its code, if it has one. A code of the drugs file adds its ingredient; other codes (products)
        say nothing here, and the text decides.
    library : Library
        The knowledge in use.

    Returns
    -------
    tuple of str or None
        Every ingredient, in the order of the text; ``None`` if any part of it is not in the list.
    """
    names, codes = _index(library.drugs)
    coded = codes.get((rxnorm or "").strip())
    outside, brands = _split_brands(text)
    words = _words(outside)
    if len(text) > _LONGEST_TEXT:
        return None
    found, left = _match(words, names)
    for brand in brands:
        inside, unknown = _match(_words(brand), names)
        # A brand in brackets repeats the ingredients before it; alone, it has to be known itself.
        found += () if unknown and found else inside
        left += unknown if not found else ()
    if left and not (coded and len(_parts(outside)) == 1):
        return None
    together = tuple(dict.fromkeys((*found, *((coded,) if coded else ()))))
    return together or None


def _split_brands(text: str) -> tuple[str, list[str]]:
    folded = text.casefold()
    return _BRAND.sub(" ", folded), _BRAND.findall(folded)


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"\s/\s|\+|;|,|\band\b|\bwith\b", text) if part.strip()]


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word.strip(".'’\"") for word in _PARTED.split(text.casefold()))
    return tuple(word for word in words if word)


def _match(words: tuple[str, ...], names: _Names) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ingredients named, longest names first, and the words that nothing here explains."""
    found: list[str] = []
    left: list[str] = []
    i = 0
    while i < len(words):
        length = next((n for n in range(min(6, len(words) - i), 0, -1) if words[i : i + n] in names), 0)
        if length:
            found.extend(names[words[i : i + length]])
        elif words[i] not in _BESIDE and not _is_amount(words[i]):
            left.append(words[i])
        i += length or 1
    return tuple(found), tuple(left)


def _is_amount(word: str) -> bool:
    """Answer whether a word is a number, alone or with a unit: ``5mg`` is one, ``5fluorouracil`` a drug."""
    if _LICENCE.fullmatch(word):
        return True
    amount = _AMOUNT.fullmatch(word)
    return amount is not None and (not amount[1] or amount[1] in _UNITS)


# The index of the drugs file used last. Kept beside the file it was made of and compared by identity,
# so that another library (a site's, a test's) never reads an index that is not its own.
_last: tuple[DrugsFile, tuple[_Names, Mapping[str, str]]] | None = None


def _index(drugs: DrugsFile) -> tuple[_Names, Mapping[str, str]]:
    global _last
    if _last is None or _last[0] is not drugs:
        _last = (drugs, (_names_of(drugs), {d.rxnorm: key for key, d in drugs.drugs.items() if d.rxnorm}))
    return _last[1]


def _names_of(drugs: DrugsFile) -> _Names:
    names: dict[tuple[str, ...], tuple[str, ...]] = {}
    for key, name in _all_names(drugs):
        words = _words(name)
        if words and key not in names.get(words, ()):
            names[words] = (*names.get(words, ()), key)  # one brand may hold several ingredients
    return names


def _all_names(drugs: DrugsFile) -> Iterator[tuple[str, str]]:
    for key, drug in drugs.drugs.items():
        yield key, key.replace("_", " ").replace("-", " ")
        yield key, key
        for name in drug.names:
            yield key, name
