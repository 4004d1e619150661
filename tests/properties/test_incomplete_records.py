"""A record that lacks something never gets a milder answer than the whole one (hazard H-14)."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from posology.case import Case, Fact
from posology.fhir import FhirError, Import, read_bundle, read_json
from posology.knowledge import load_library
from posology.protocols import Verdict, assess
from posology.protocols.schedule import protocols_for
from tests.cases import NOW, STAFF, usual_answer

pytestmark = pytest.mark.property

RECORDS = Path(__file__).parents[1] / "data" / "fhir"
# Each has one answer a question that counts; where an unreadable newest value hides an older good one,
# a record without the newest says honestly what the older one says.
LIVING = ("ada-depression", "boris-aneurysm", "carla-pregnant")


def record(name: str) -> dict[str, Any]:
    data = read_json((RECORDS / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    return data


def read(data: dict[str, Any]) -> Import:
    return read_bundle(data, as_of=NOW, jurisdiction="US")


def completed(case: Case, whole: Case) -> Case:
    """Return a case in which the staff have answered all that the whole record does not, in the mildest way.

    The list of drugs stays open: nobody can call it complete while a part of the record is missing.
    """
    told = {fact.key for fact in whole.facts} | {"medication_list_complete"}
    questions = load_library().questions.questions
    at = NOW - timedelta(hours=1)
    asked = [Fact(k, usual_answer(k, q), at, STAFF) for k, q in questions.items() if k not in told]
    return replace(case, facts=(*case.facts, *asked))


def verdicts(case: Case) -> dict[tuple[str, str], Verdict]:
    library = load_library()
    found = {}
    for protocol in protocols_for(library, case.jurisdiction, on=NOW.date()):
        report = assess(case, protocol.id, as_of=NOW)
        found[(protocol.id, "")] = report.verdict
        found.update({(protocol.id, finding.rule): finding.verdict for finding in report.findings})
    return found


@pytest.mark.hazard("H-14")
@pytest.mark.parametrize("name", LIVING)
def test_taking_a_resource_out_never_lets_a_rule_pass(name, record_property):
    """Each resource of four records in turn × every rule × every protocol: no new *pass*."""
    data = record(name)
    whole = read(data).case
    before = verdicts(completed(whole, whole))
    tried = 0
    for entry in data["entry"]:
        if entry["resource"]["resourceType"] == "Patient":
            continue
        less = read({**data, "entry": [e for e in data["entry"] if e is not entry]}).case
        for what, verdict in verdicts(completed(less, whole)).items():
            gave_way = verdict is Verdict.PASS and before[what] is not Verdict.PASS
            assert not gave_way, (what, before[what], entry["resource"])
            tried += 1
    record_property("n", tried)


@pytest.mark.hazard("H-14")
@pytest.mark.parametrize("name", LIVING)
def test_spoiling_a_code_never_lets_a_rule_pass(name, record_property):
    """Each code, status, unit and date of four records in turn spoiled × every rule: no new *pass*.

    A spoiled status may make a problem count less; it then leaves its question open, never answered no.
    """
    data = record(name)
    whole = read(data).case
    before = verdicts(completed(whole, whole))
    tried = 0
    for i, entry in enumerate(data["entry"]):
        for spoiled in spoilings(entry["resource"]):
            entries = list(data["entry"])
            entries[i] = {**entry, "resource": spoiled}
            try:
                case = read({**data, "entry": entries}).case
            except FhirError:
                tried += 1
                continue
            for what, verdict in verdicts(completed(case, whole)).items():
                gave_way = verdict is Verdict.PASS and before[what] is not Verdict.PASS
                assert not gave_way, (what, before[what], spoiled)
                tried += 1
    record_property("n", tried)


def spoilings(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the resource with each of its own keys in turn taken out, and put to something wrong."""
    wrong: tuple[Any, ...] = (None, "?", {}, [])
    keys = [key for key in resource if key not in {"id", "name"}]
    without = [{k: v for k, v in resource.items() if k != key} for key in keys]
    return [*without, *({**resource, key: value} for key in keys for value in wrong)]
