"""A drug that is not in the list is named as not checked, and never taken for another (hazard H-16)."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.case import Answer, Case, Medication
from posology.case.drug_names import read_drug
from posology.knowledge import load_library
from posology.protocols import Verdict, assess
from tests.cases import NOW, STAFF, complete_case

LIBRARY = load_library()
DRUGS = LIBRARY.drugs.drugs
NAMES = {
    name: {key for key, drug in DRUGS.items() if written in (key, *drug.names)}
    for key_, drug_ in DRUGS.items()
    for written in (key_, *drug_.names)
    for name in (written, written.replace("_", " ").replace("-", " "))
}
# Every word that stands in any name, and what a listed name may leave standing alone.
WORDS = {word for name in NAMES for word in re.split(r"[\s-]+", name)}


def one_letter_off(name: str) -> Iterator[str]:
    """Yield every text that is one slip of the finger away: a letter left out, doubled, changed, swapped."""
    for i in range(len(name)):
        yield name[:i] + name[i + 1 :]
        yield name[: i + 1] + name[i] + name[i + 1 :]
        yield name[:i] + name[i + 1 : i + 2] + name[i] + name[i + 2 :]
        for letter in ascii_lowercase:
            yield name[:i] + letter + name[i + 1 :]


def case_with(*drugs: tuple[str, str | None]) -> Case:
    taken = tuple(Medication(text, code, Answer.YES, NOW - timedelta(hours=1), STAFF) for text, code in drugs)
    return replace(complete_case(), medications=taken)


def not_checked(case: Case, protocol: str = "ketamine-iv") -> tuple[Verdict, set[str]]:
    """Return what the rule on unchecked drugs said, and the drugs that it names."""
    found = assess(case, protocol, as_of=NOW, library=LIBRARY).findings
    rule = next(f for f in found if f.rule == "rules-interactions/unlisted-drug")
    return rule.verdict, {seen.shown for seen in rule.because if seen.key == "medications"}


@pytest.mark.hazard("H-16")
def test_a_near_miss_of_a_name_is_never_read_as_another_drug(record_property):
    """Every slip of one letter in every name of the list (N texts). What is still checked holds no word that
    is not a listed name's, and is read as that name's drug alone. The plant: a match by likeness.
    """
    tried = 0
    for name in sorted(NAMES):
        for text in set(one_letter_off(name)) - {name}:
            tried += 1
            read = read_drug(text, None, LIBRARY)
            if not read.is_checked:
                continue
            assert set(read.ingredients) <= named_in(text), text
    record_property("n", tried)
    assert tried > 100_000


def named_in(text: str) -> set[str]:
    """Return the drugs whose names stand in a text word for word."""
    words = f" {_plain(text)} "
    return {key for known, keys in NAMES.items() if f" {_plain(known)} " in words for key in keys}


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text))


@pytest.mark.hazard("H-16")
def test_of_the_near_misses_of_whole_words_all_are_named_as_not_checked(record_property):
    """Slips that make a word which no name has (N texts): each one is not checked, 100 %."""
    rng = random.Random(16)
    single = sorted(name for name in NAMES if name.isalpha() and len(name) > 4)
    tried, missed = 0, []
    for name in single:
        slips = [t for t in set(one_letter_off(name)) if t.isalpha() and t not in WORDS and t != name]
        for text in rng.sample(sorted(slips), 40):
            tried += 1
            read = read_drug(f"{text} 20 MG Oral Tablet", None, LIBRARY)
            if read.is_checked or text not in read.unread:
                missed.append(text)
    record_property("n", tried)
    assert missed == [] and tried > 10_000


@pytest.mark.hazard("H-16")
def test_every_unknown_text_and_code_holds_and_stands_by_its_name(record_property):
    """Made-up names and RxNorm codes of no listed drug, beside listed drugs, through the rules of every
    protocol (N drugs): held, and each is named, 100 %."""
    rng = random.Random(1616)
    listed = {code for d in DRUGS.values() for code in (d.rxnorm, *d.rxnorm_products) if code}
    tried = 0
    for n in range(120):
        unknown: list[tuple[str, str | None]] = []
        while len(unknown) < 8:
            text = "".join(rng.choices(ascii_lowercase, k=rng.randint(4, 14)))
            code = str(rng.randint(1, 2_700_000))
            if not read_drug(text, None, LIBRARY).is_checked and code not in listed:
                unknown.append((text, code if len(unknown) % 2 else None))
        protocol = sorted(LIBRARY.protocols)[n % len(LIBRARY.protocols)]
        verdict, named = not_checked(case_with(("sertraline 50 mg", "36437"), *unknown), protocol)
        assert verdict is Verdict.HOLD
        assert named == {text for text, _ in unknown}
        tried += len(unknown)
    record_property("n", tried)


@given(
    known=st.sampled_from(sorted(NAMES)),
    strange=st.text(alphabet=ascii_lowercase + "éüñ", min_size=5, max_size=16),
    join=st.sampled_from([" / ", " + ", ", ", " and ", " with ", " "]),
    turned=st.booleans(),
)
def test_a_stranger_beside_a_known_drug_is_told_and_the_known_one_warns(known, strange, join, turned):
    """Worse input never yields less caution: the known half's classes speak, and the whole is unchecked."""
    alone, stranger = read_drug(known, None, LIBRARY), read_drug(strange, None, LIBRARY)
    if stranger.is_checked or not stranger.unread:
        return
    text = f"{strange}{join}{known}" if turned else f"{known}{join}{strange}"
    both = read_drug(text, None, LIBRARY)
    assert not both.is_checked and both.unread
    assert alone.classes <= both.classes


@given(name=st.sampled_from(sorted(NAMES)), upper=st.booleans())
def test_case_and_accents_change_nothing(name, upper):
    accented = name.replace("e", "é").replace("o", "ö").replace("n", "ñ")
    text = accented.upper() if upper else accented
    assert read_drug(text, None, LIBRARY) == read_drug(name, None, LIBRARY)


@given(text=st.text(max_size=80))
def test_no_text_breaks_the_reader_and_an_unread_word_is_never_checked(text):
    read = read_drug(text, None, LIBRARY)
    assert read.is_checked == (bool(read.ingredients) and not read.unread)
