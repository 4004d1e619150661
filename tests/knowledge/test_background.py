"""What is read and decides nothing: it is marked, it is apart, and nothing that decides can reach it."""

import ast
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import posology
from posology.knowledge import Certainty, KnowledgeError, Level, Role, load_library, read_files
from posology.knowledge.background import build_background, load_background, values_of
from posology.knowledge.certainties import codes_in
from posology.knowledge.coverage import coverage_of, deciding_files
from posology.knowledge.library import Library, citations_in
from posology.knowledge.loading import build_library
from posology.knowledge.schema import Phase, Rule, Value
from posology.knowledge.schema.rules import InteractionSize
from tests.knowledge.changed import changed
from tools.knowledge_manifest import DATA

LIBRARY, BACKGROUND = load_library(), load_background()
FACTS = BACKGROUND.facts
LISTED = BACKGROUND.fact_ids.facts
UNVERIFIED = sorted(key for key, entry in LISTED.items() if entry.is_unverified)

# Only what shows knowledge to a reader may read the background, and the models.
READERS = (
    "knowledge/",
    "cli/knowledge.py",
    "cli/coverage.py",
    "cli/explaining.py",
    "web/knowledge/",
    "server/demo/week_site.py",  # a synthetic site signs limits of its own, as people do who read the page
)
FORBIDDEN = {f"posology.knowledge.{module}" for module in ("background", "reference", "coverage", "uses")}
# What decides may not read the models either; what simulates and what shows may.
DECIDERS = (
    "quantities/",
    "case/",
    "protocols/",
    "measures/",
    "recommendation/",
    "treatment/",
    "fhir/",
    "canary/",
)
MODELS = ("posology.knowledge.models", "posology.knowledge.model_checks", "posology.knowledge.schema.pk")
# Curves stand beside options and change nothing of them: these rooms may read models, and nothing that
# decides may read these rooms.
DRAWING = tuple(f"recommendation/{room}.py" for room in ("curves", "dose_curves", "curve_people"))
DRAWN = tuple(f"posology.{room.removesuffix('.py').replace('/', '.')}" for room in DRAWING)


# ---------------------------------------------------------------- nothing that decides can read it
def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


@pytest.mark.hazard("H-17")
def test_nothing_but_what_shows_knowledge_reads_the_background(record_property):
    """Every module of the package, by its imports: none outside the readers names the background. N is the
    number of modules."""
    root = Path(posology.__file__).parent
    tried = 0
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if not name.startswith(READERS):
            assert not imports_of(path) & FORBIDDEN, name
            tried += 1
    record_property("n", tried)
    assert tried > 150


@pytest.mark.hazard("H-17")
def test_nothing_that_decides_reads_the_models(record_property):
    """Every module of the floors that decide, by its imports: none names the models' files, nor the rooms
    that draw curves of options. N is the number of modules."""
    root = Path(posology.__file__).parent
    tried = 0
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name.startswith(DECIDERS) and name not in DRAWING:
            assert not any(one.startswith((*MODELS, *DRAWN)) for one in imports_of(path)), name
            tried += 1
    record_property("n", tried)
    assert tried > 80


def test_a_recommendation_does_not_wait_for_the_models():
    """What the library loads leaves the models' shapes and their files alone."""
    said = (
        "import sys, posology.recommendation; from posology.knowledge import load_library; load_library(); "
    )
    said += "print(*(name for name in sys.modules if 'knowledge' in name))"
    told = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout
    assert "posology.knowledge.loading" in told.split()
    assert not any(name.startswith(MODELS) for name in told.split())
    assert not [name for name in read_files(DATA, parts=("",)) if "/" in name]


def test_the_library_that_decides_holds_nothing_of_it():
    assert not set(LIBRARY.stamps) & {file.id for file in BACKGROUND.files}
    assert not any(name in Library.__dataclass_fields__ for name in ("references", "trials", "fact_ids"))
    without = {name: file for name, file in read_files(DATA).items() if not name.startswith("background/")}
    assert build_library(without).sha256 == build_library(read_files(DATA)).sha256 == LIBRARY.sha256


# ---------------------------------------------------------------- what is not verified
@pytest.mark.parametrize("key", FACTS)
def test_a_reference_fact_is_one_sentence_marked_as_what_it_is(key):
    fact = FACTS[key]
    assert fact.facts == (key,)
    assert fact.say[0].isupper() or fact.say[0].isdigit()
    assert (fact.status == "unverified") == (fact.certainty is Certainty.NOT_VERIFIED)
    if fact.status == "unverified":
        assert not fact.values, "a number that software may read must have been read by someone"


@pytest.mark.hazard("H-18", n=len(UNVERIFIED))
@pytest.mark.parametrize("key", UNVERIFIED)
def test_a_fact_that_was_not_verified_feeds_no_value_no_stop_and_no_permission(key):
    """Each id that its sheet calls N alone: cited by no value, phase, stop or hold that nobody lifts, and no
    protocol, product or measure rests on it."""
    for file in deciding_files(LIBRARY):
        for one in citations_in(file):
            if key not in one.facts:
                continue
            assert not isinstance(one, Value | Phase), file.id
            assert file.kind in {"rules", "questions", "adjustments", "protocol"}, file.id
            if isinstance(one, Rule):
                assert one.level is not Level.STOP, one.id
                assert one.level is Level.CAUTION or one.cleared_by is not Role.NOBODY, one.id
            elif not isinstance(one, InteractionSize):  # a size is told as unverified, and computes nothing
                assert file.kind == "questions" or len(one.facts) > 1, f"{file.id} rests on {key} alone"


def test_rates_of_two_bases_never_stand_in_one_fact():
    for file in BACKGROUND.references:
        if file.id == "reference-adverse-events":
            assert "same basis" in (file.note or "")
            rated = [f for f in file.facts.values() if any(v.unit == "%" for v in f.values.values())]
            assert len(rated) > 20 and all(fact.basis for fact in rated)


# ---------------------------------------------------------------- coverage
def test_every_fact_is_accounted_for_and_none_is_invented():
    found = coverage_of(LIBRARY, BACKGROUND)
    lost = [row.fact for row in found.rows if not row.is_accounted_for]
    assert not lost, "say in background/fact-ids.yaml why_not, or encode it"
    assert not found.unknown
    assert found.is_whole and found.accounted == len(found.rows) >= 600


def test_a_reason_stands_only_where_nothing_holds_the_fact():
    for row in coverage_of(LIBRARY, BACKGROUND).rows:
        if row.why_not:
            assert not row.decides and not row.shown, row.fact
            assert row.why_not.endswith("."), row.fact


def test_a_lost_and_an_invented_fact_are_found():
    """The plants: a fact that stands nowhere, and a file that cites what no sheet has."""
    lost = changed(
        "background/fact-ids.yaml", "facts:\n", 'facts:\n  A-XX-99: {sheet: safety, certainty: "V"}\n'
    )
    found = coverage_of(LIBRARY, build_background(lost, LIBRARY))
    assert [row.fact for row in found.rows if not row.is_accounted_for] == ["A-XX-99"]
    assert not found.is_whole
    known = BACKGROUND.fact_ids.model_copy(
        update={"facts": {k: v for k, v in LISTED.items() if k != "PR-IV-01"}}
    )
    found = coverage_of(LIBRARY, replace(BACKGROUND, fact_ids=known))
    assert {name.split(" (")[0] for name in found.unknown} == {"PR-IV-01"} and not found.is_whole


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("V", "V"),
        ("V/S", "V S"),
        ("SEED/V", "SEED V"),
        ("V (design) / N (numbers)", "V N"),
        ("S (CA-BC), N (SANA17)", "S N"),
        ("V1, R", "V N"),
        ("V2", "S"),
        ("V (part read)", "V"),
        ("V (as site/trial rules)", "V"),
        ("—", ""),
    ],
)
def test_the_words_of_a_sheet_are_read_into_codes(words, codes):
    assert [code.value for code in codes_in(words)] == codes.split()


# ---------------------------------------------------------------- trials
def test_every_result_of_a_trial_says_how_surely_it_was_read():
    studies = BACKGROUND.trials.studies
    assert len(studies) >= 70
    assert sum(len(study.results) for study in studies.values()) > 200
    for key, study in studies.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key)
        assert study.finding.endswith("."), key
        for result in study.results:
            assert result.numbers, key


# ---------------------------------------------------------------- site settings
def test_every_default_of_engineering_that_decides_is_a_setting_of_the_site():
    held = {(p.file, p.value) for one in BACKGROUND.settings.settings.values() for p in one.stands_in}
    for file in deciding_files(LIBRARY):
        for name, dated in getattr(file, "values", {}).items():
            if any(value.certainty is Certainty.SITE_DEFAULT for value in dated.values()):
                assert (file.id, name) in held, f"{file.id}: {name} is a site default and no setting"


def test_a_setting_holds_what_decides_today():
    for key, setting in BACKGROUND.settings.settings.items():
        for place in setting.stands_in:
            dated = values_of(LIBRARY, place.file)[place.value]
            assert dated[max(dated)].value == setting.default, key
        assert setting.may_change is Role.DIRECTOR, key


# ---------------------------------------------------------------- refusals of a faulty file
# what is wrong: file, text that stands there, text put in its place, what the refusal says
FAULTS = {
    "an unverified fact with a value": (
        "background/reference-stopping.yaml",
        "    topic: stopping\n    sources: [RECALL]",
        "    values: {minutes: {value: 5, unit: min}}\n    topic: stopping\n    sources: [RECALL]",
        "no value that software may read",
    ),
    "an unverified fact called encoded": (
        "background/reference-stopping.yaml",
        "certainty: N\n    status: unverified",
        "certainty: N\n    status: encoded",
        "set its status so",
    ),
    "a certainty that is not the sheet's": (
        "background/reference-stopping.yaml",
        "certainty: N\n    status: unverified",
        "certainty: V\n    status: encoded",
        "Give it the sheet's",
    ),
    "a fact that no sheet has": (
        "background/reference-stopping.yaml",
        "  S-STOP-04:",
        "  S-STOP-44:",
        "no fact 'S-STOP-44'",
    ),
    "a rate without a basis": (
        "background/reference-adverse-events.yaml",
        "    basis: spontaneous reports per patient\n",
        "",
        "gives a rate and no basis",
    ),
    "a part that was not verified and is not named": (
        "background/reference-stopping.yaml",
        '    unverified: "The steps in their order are practice."\n',
        "",
        "was not verified",
    ),
    "a source that is not listed": (
        "background/trials.yaml",
        "sources: [BERM00]",
        "sources: [BERM99]",
        "'BERM99' does not stand",
    ),
    "a study of a fact that no sheet has": (
        "background/trials.yaml",
        "facts: [E-IV-01]",
        "facts: [E-IV-99]",
        "no fact 'E-IV-99'",
    ),
    "a result without a number": (
        "background/trials.yaml",
        "value: 71, unit",
        "unit",
        "it has no value",
    ),
    "a setting whose default lies outside its bounds": (
        "background/site-settings.yaml",
        "    default: 48\n",
        "    default: 480\n",
        "outside its bounds",
    ),
    "a setting that differs from what decides": (
        "background/site-settings.yaml",
        "    default: 48\n",
        "    default: 72\n",
        "Give both the same",
    ),
    "a setting of a value that is not there": (
        "background/site-settings.yaml",
        "value: volume_step}",
        "value: volume_stop}",
        "no value 'volume_stop'",
    ),
    "a place that is no file": (
        "background/fact-ids.yaml",
        "stands_in: [treatment/fields.py]",
        "stands_in: [treatment/field.py]",
        "no such file",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "said"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_file_is_refused_with_its_line_and_a_remedy(file, old, new, said):
    with pytest.raises(KnowledgeError, match=re.escape(said)) as refused:
        build_background(changed(file, old, new), LIBRARY)
    assert re.match(rf"{re.escape(file)}:\d+: ", str(refused.value))


def test_what_is_only_read_may_not_stand_among_what_decides():
    documents = read_files(DATA)
    moved = {n.removeprefix("background/"): given for n, given in documents.items()}
    for name, (document, raw) in moved.items():
        moved[name] = (replace(document, name=name), raw)
    with pytest.raises(KnowledgeError, match="belongs into the folder background/"):
        build_library(moved)


# ---------------------------------------------------------------- what is never ordered
def test_compounded_racemic_nasal_spray_is_refused_with_its_reason():
    with pytest.raises(KnowledgeError, match="strength varies") as refused:
        LIBRARY.protocol("ketamine-nasal")
    assert "PR-REG-06" in str(refused.value)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("ketamine-sc.yaml", "route: subcutaneous", "route: nasal"),
        ("products.yaml", "subcutaneous, sublingual]", "subcutaneous, sublingual, nasal]"),
    ],
)
def test_no_file_can_bring_a_refused_route_back(file, old, new):
    with pytest.raises(KnowledgeError, match=r"ketamine by the nasal route is refused"):
        build_library(changed(file, old, new))
