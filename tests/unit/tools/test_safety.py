"""The list of hazards: which ids are proved, and what is refused."""

import json

import pytest

from tests.plugins.proofs import Proof, proof_of, save
from tools import safety


def test_it_reads_required_ids_with_their_titles():
    titles = safety.required()
    assert titles["H-05"] == "Wrong vial strength"
    assert len(titles) == sum(line.startswith("H-") for line in safety.REQUIRED.read_text().splitlines())


def test_it_takes_n_from_the_marker_or_from_the_docstring(request):
    def stated():
        """All doses × strengths (N = 12,345)."""

    def marked():
        """All doses."""

    stated_item, marked_item = _item(request, stated), _item(request, marked)
    stated_item.add_marker(pytest.mark.hazard("H-05"))
    marked_item.add_marker(pytest.mark.hazard("H-05", "H-06", n=7))
    assert proof_of(stated_item) == Proof(("H-05",), "All doses × strengths (N = 12,345).", 12_345)
    assert proof_of(marked_item) == Proof(("H-05", "H-06"), "All doses.", 7)


def test_it_refuses_an_id_that_is_none(request):
    item = _item(request, lambda: None)
    item.add_marker(pytest.mark.hazard("H5"))
    with pytest.raises(pytest.UsageError, match="'H5' is no id of a hazard"):
        proof_of(item)


def test_a_test_without_a_marker_is_no_proof(request):
    assert proof_of(_item(request, lambda: None)) is None


def test_two_runs_keep_the_outcome_of_both_databases(tmp_path):
    place = tmp_path / "build" / "safety.json"
    save({"t::a": Proof(("H-25",), "Once.", 50, outcome={"sqlite": "passed"})}, place)
    save({"t::a": Proof(("H-25",), "Once.", 50, outcome={"postgresql": "failed"})}, place)
    (proof,) = safety.folded(json.loads(place.read_text())["H-25"])
    assert proof.outcome == {"sqlite": "passed", "postgresql": "failed"}
    assert not proof.passed


def cases(outcomes, *, stated=None, counted=(None, None, None)):
    return {
        f"t::a[{i}]": {"says": "", "stated": stated, "counted": n, "outcome": {"sqlite": how}}
        for i, (how, n) in enumerate(zip(outcomes, counted, strict=True))
    }


def test_cases_of_one_test_are_folded_and_the_worst_stands():
    (proof,) = safety.folded(cases(["passed", "failed", "passed"]))
    assert (proof.cases, proof.outcome) == (3, {"sqlite": "failed"})


@pytest.mark.parametrize(
    ("stated", "counted", "n"),
    [
        (None, (10, 20, 30), 60),  # each case counted its own
        (12, (None, None, None), 12),  # written once for the whole test, so never multiplied
        (12, (10, 20, 30), 60),
        (None, (None, None, None), 3),
    ],
)
def test_n_is_never_more_than_what_was_tried(stated, counted, n):
    (proof,) = safety.folded(cases(["passed"] * 3, stated=stated, counted=counted))
    assert proof.n == n


def test_an_id_without_a_passing_proof_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(safety, "RECORD", tmp_path / "safety.json")
    monkeypatch.setattr(safety, "required", lambda: {"H-05": "Wrong vial strength", "H-06": "Tenfold slip"})
    passed, skipped = {"sqlite": "passed"}, {"sqlite": "skipped"}
    entry = {"says": "", "stated": 6, "counted": None}
    record = {"H-05": {"t::a": {**entry, "outcome": passed}}}

    safety.RECORD.write_text(json.dumps(record))
    assert safety.report(brief=False) == 1
    assert "without a passing proof: H-06" in capsys.readouterr().out

    record["H-06"] = {"t::b": {**entry, "outcome": skipped}}
    safety.RECORD.write_text(json.dumps(record))
    assert safety.report(brief=True) == 1

    record["H-06"]["t::b"]["outcome"] = passed
    safety.RECORD.write_text(json.dumps(record))
    assert safety.report(brief=True) == 0
    assert "hazards: 2 of 2" in capsys.readouterr().out

    record["H-06"]["t::c"] = {**entry, "outcome": skipped}  # its records stand elsewhere
    record["H-43"] = {"t::d": {**entry, "outcome": skipped}}
    safety.RECORD.write_text(json.dumps(record))
    assert safety.report(brief=True) == 0

    record["H-06"]["t::c"]["outcome"] = {"sqlite": "failed"}
    safety.RECORD.write_text(json.dumps(record))
    assert safety.report(brief=True) == 1


def _item(request, function):
    return pytest.Function.from_parent(request.node.parent, name="planted", callobj=function)
