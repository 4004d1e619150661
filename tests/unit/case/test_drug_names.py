"""A drug's text is read as a whole, or not at all."""

from dataclasses import replace

import pytest

from posology.case.drug_names import ingredients_of, read_drug
from posology.knowledge import Library, load_library
from posology.knowledge.schema import Drug, DrugClass, DrugsFile


@pytest.fixture(scope="module")
def library() -> Library:
    shipped = load_library()
    names = {
        "acetaminophen": ("paracetamol", "tylenol", "vicodin"),
        "oxycodone": ("oxycontin",),
        "hydrocodone": ("vicodin",),
        "amlodipine": ("norvasc",),
        "hydrochlorothiazide": (),
        "olmesartan": (),
        "docetaxel": (),
        "fluoxetine": ("prozac",),
        "lorazepam": ("ativan",),
        "esketamine": ("spravato",),
        "ketamine": ("ketalar",),
        "potassium_chloride": (),
        "st_johns_wort": ("st john's wort",),
        "lithium": (),
        "leuprolide": (),
    }
    codes = {"lorazepam": "6470", "oxycodone": "7804"}
    atc = {"lorazepam": ("N05BA06",), "oxycodone": ("N02AJ17",), "acetaminophen": ("N02AJ17",)}
    drugs = DrugsFile.model_validate(
        {
            **shipped.drugs.model_dump(exclude={"drugs", "classes"}),
            "classes": {
                "any": DrugClass(title="Any"),
                "benzodiazepine": DrugClass(title="Benzodiazepines", atc=("N05BA",)),
                "opioid": DrugClass(title="Opioids"),
            },
            "drugs": {
                key: Drug(
                    names=known,
                    rxnorm=codes.get(key),
                    rxnorm_products=("857002",) if key == "hydrocodone" else (),
                    atc=atc.get(key, ()),
                    classes=("opioid",) if key in {"oxycodone", "hydrocodone"} else (),
                )
                for key, known in names.items()
            },
        }
    )
    return replace(shipped, drugs=drugs)


@pytest.mark.parametrize(
    ("text", "ingredients"),
    [
        ("Acetaminophen 325 MG / oxyCODONE Hydrochloride 5 MG Oral Tablet", ("acetaminophen", "oxycodone")),
        ("Acetaminophen 300 MG / HYDROcodone Bitartrate 5 MG [Vicodin]", ("acetaminophen", "hydrocodone")),
        (
            "amLODIPine 5 MG / Hydrochlorothiazide 12.5 MG / Olmesartan medoxomil 20 MG Oral Tablet",
            ("amlodipine", "hydrochlorothiazide", "olmesartan"),
        ),
        ("1 ML DOCEtaxel 20 MG/ML Injection", ("docetaxel",)),
        ("0.25 ML Leuprolide Acetate 30 MG/ML Prefilled Syringe", ("leuprolide",)),
        ("Fluoxetine 25MG", ("fluoxetine",)),
        ("24 HR Fluoxetine 90 MG Delayed Release Oral Capsule [Prozac]", ("fluoxetine",)),
        ("PROZAC", ("fluoxetine",)),
        ("Vicodin", ("acetaminophen", "hydrocodone")),
        ("Ativan (lorazepam) 1 mg, once daily at bedtime as needed", ("lorazepam",)),
        ("oxycodone-acetaminophen 5-325", ("oxycodone", "acetaminophen")),
        ("Sértraline 50 mg", None),  # not in this list of drugs, with or without its accent
        ("FLUOXÉTINE 20 mg", ("fluoxetine",)),
        ("N05BA06", ("lorazepam",)),
        ("Temesta 1 mg; ATC N05BA06", ("lorazepam",)),  # a listed code answers for one name
        ("ATC N02AJ17", ("acetaminophen", "oxycodone")),  # a combination's code: each of its ingredients
        ("oxycodone + acetaminophen", ("oxycodone", "acetaminophen")),
        ("Potassium Chloride 20 MEQ Extended Release Oral Tablet", ("potassium_chloride",)),
        ("St. John's wort 300 mg", ("st_johns_wort",)),
        ("lithium carbonate 300 mg", ("lithium",)),
        ("Esketamine 28 MG Nasal Spray [Spravato]", ("esketamine",)),
        ("ketamine", ("ketamine",)),
        (
            "Abuse-Deterrent 12 HR Oxycodone Hydrochloride 10 MG Extended Release Oral Tablet [Oxycontin]",
            ("oxycodone",),
        ),
        ("NDA020503 30 ACTUAT Ketamine 10 MG/ACTUAT Nasal Spray", ("ketamine",)),
    ],
)
def test_it_finds_every_ingredient_of_a_text(text, ingredients, library):
    assert ingredients_of(text, None, library) == ingredients


@pytest.mark.hazard("H-14", n=14)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "none",
        "unknown",
        "Acetaminophen 325 MG / Wondrol 5 MG Oral Tablet",
        "lorazepam and something for sleep",
        "no lorazepam",
        "stopped lorazepam",
        "lorazepamum",
        "5fluorouracil",
        "500 mg",
        "Oral Tablet",
        "Jolivette 28 Day Pack",
        "lorazepam " * 100,
    ],
)
def test_a_text_with_one_unknown_word_is_not_read_at_all(text, library):
    """Fourteen texts, none of which may pass as *checked, nothing listed*."""
    assert ingredients_of(text, None, library) is None


def test_a_known_code_reads_what_its_text_does_not_say(library):
    assert ingredients_of("Home medication", "6470", library) == ("lorazepam",)


def test_a_code_never_speaks_for_the_other_half_of_a_combination(library):
    assert ingredients_of("Wondrol 5 MG / oxycodone 5 MG Oral Tablet", "7804", library) is None


def test_where_code_and_text_differ_both_count(library):
    assert ingredients_of("Prozac", "6470", library) == ("fluoxetine", "lorazepam")


def test_an_unknown_code_adds_nothing(library):
    assert ingredients_of("Prozac", "999999", library) == ("fluoxetine",)


def test_a_product_s_code_is_its_ingredient_s(library):
    assert ingredients_of("Home medication", "857002", library) == ("hydrocodone",)


def test_half_a_combination_that_is_known_warns_and_the_drug_stays_unchecked(library):
    read = read_drug("Wondrol 5 MG / oxycodone 5 MG Oral Tablet", None, library)
    assert (read.is_checked, read.classes, read.unread) == (False, {"opioid"}, ("wondrol",))


@pytest.mark.parametrize("text", ["N05BA19", "etizolam ATC N05BA19", "N05BA"])
def test_a_code_of_a_listed_group_tells_the_class_and_checks_nothing(text, library):
    read = read_drug(text, None, library)
    assert (read.is_checked, read.ingredients, read.classes) == (False, (), {"benzodiazepine"})


def test_a_code_of_no_listed_group_tells_nothing(library):
    read = read_drug("ATC C09AA03", None, library)
    assert (read.is_checked, read.classes, read.unread) == (False, frozenset(), ("C09AA03",))


def test_a_listed_code_never_speaks_for_two_unread_names(library):
    assert ingredients_of("Wondrol + Temesta; ATC N05BA06", None, library) is None


def test_each_library_is_read_by_its_own_index(library):
    assert ingredients_of("spravato", None, library) == ("esketamine",)
    bare = replace(library, drugs=library.drugs.model_copy(update={"drugs": {}}))
    assert ingredients_of("spravato", None, bare) is None
    assert ingredients_of("spravato", None, library) == ("esketamine",)
