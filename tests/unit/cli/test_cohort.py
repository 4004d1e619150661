"""``posology cohort``: the study as it is read, the file as it is written, and what is refused."""

import json
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from posology.cli.cohort_asked import read_file, study_of
from posology.cli.cohort_pieces import NotKept, Pieces
from posology.cli.cohort_run import TRIES, OneProcess, Stopped
from posology.cli.cohort_work import mark, work
from posology.pharmacology.cohorts import Spread, Study
from posology.pharmacology.people import ChildPugh
from tests.command_line import SUPPORTS, refused

VEIN = (
    "cohort", "--substance", "ketamine", "--route", "intravenous", "--dose-mg-per-kg", "0.5", "--minutes",
    "40", "--weights", "mean=78,sd=15,low=45,high=120", "--ages", "40", "--sessions-days", "0,3", "--members",
    "1500",
)  # fmt: skip
FILE = """
substance: esketamine
route: nasal
dose_mg: 56
devices: 2
rest_minutes: 5
sessions_days: [0, 3.5]
until_days: 5
members: 3000
seed: 7
piece_members: 1000
weights_kg: 70
ages_years: {low: 20, high: 60}
levels_ng_per_mL: {ketamine: [20, 50]}
child_pugh: B
pregnant: false
"""


@pytest.fixture
def study_file(tmp_path) -> Path:
    path = tmp_path / "study.yaml"
    path.write_text(FILE)
    return path


def study(members: int = 2500) -> Study:
    asked = dict(
        substance="ketamine", route="intravenous", dose_mg=35, minutes=40, weights_kg=70, ages_years=40
    )
    return study_of({**asked, "members": members, "piece_members": 1000})


def test_the_file_holds_each_member_the_study_and_the_summary(posology, tmp_path):
    out = tmp_path / "cohort.parquet"
    result = posology(*VEIN, "--level", "ketamine=100", "--level", "ketamine=200", "--out", out, "--json")
    assert result.code == 0, result.err
    file = pq.ParquetFile(out)
    table = file.read()
    assert table["member"].to_pylist() == list(range(1500))
    assert {"weight_kg", "ketamine_session_2_trough_ng_per_mL", "ketamine_hours_above_200_ng_per_mL"} <= set(
        table.column_names
    )
    metadata = table.schema.metadata
    assert json.loads(metadata[b"posology.study"]) == result.data["study"]
    told = json.loads(file.metadata.metadata[b"posology.summary"])
    assert told == result.data["summary"]
    weights = table["weight_kg"].to_numpy()
    assert told["columns"]["weight_kg"]["mean"] == pytest.approx(weights.mean(), rel=1e-12)
    assert 45 <= weights.min() and weights.max() <= 120
    assert result.data["supports"] == SUPPORTS
    assert not out.with_name("cohort.parquet.pieces").exists()


def test_the_page_says_what_was_run_what_came_out_and_how_far_to_trust_it(posology, tmp_path):
    result = posology(*VEIN, "--out", tmp_path)
    assert result.code == 0, result.err
    for words in (
        "1,500 virtual members, 2 sessions",
        "venous blood",
        "ketamine session 2 trough, ng/mL",
        "Not known here, and no curve would be drawn if it held",
        "Weights outside 45 to 120 were drawn again",
        "A virtual cohort sets no dose and waives no measurement.",
        SUPPORTS,
    ):
        assert words in result.words
    made = next(tmp_path.glob("cohort-*.parquet"))
    assert made.name in result.out and "1,500 members in" in result.err


def test_the_file_is_the_same_when_it_is_made_again(posology, tmp_path):
    first, second = tmp_path / "a.parquet", tmp_path / "b.parquet"
    for out in (first, second):
        assert posology(*VEIN, "--out", out).code == 0
    assert first.read_bytes() == second.read_bytes()


def test_a_study_file_says_all_that_options_say_and_more(study_file):
    found = study_of(read_file(study_file))
    assert found.model == "esketamine-perez-ruixo-2021"
    assert [dose.amount_mg for dose in found.session.doses] == [28, 28]
    assert found.session.doses[1].start_h == pytest.approx(5 / 60)
    assert found.sessions_h == (0.0, 84.0) and found.end_h == 120.0
    assert (found.members, found.seed, found.piece_members) == (3000, 7, 1000)
    assert found.ages == Spread(20, 60) and found.person.weight_kg == 70
    assert found.levels == (("ketamine", 20.0), ("ketamine", 50.0))
    assert found.person.child_pugh is ChildPugh.B and found.person.pregnant is False


def test_options_stand_in_for_lines_of_the_file(posology, study_file, tmp_path):
    out = tmp_path / "c.parquet"
    result = posology("cohort", study_file, "--members", "10", "--weights", "80", "--out", out, "--json")
    assert result.code == 0, result.err
    assert result.data["study"]["members"] == 10 and result.data["study"]["person"]["weight_kg"] == 80
    by_weight = ("--dose-mg-per-kg", "0.8", "--members", "10")  # instead of the 56 mg of the file
    result = posology("cohort", study_file, *by_weight, "--out", tmp_path / "d.parquet", "--json")
    assert result.code == 0, result.err
    assert result.data["study"]["per_kg"] and result.data["study"]["session"][0]["amount_mg"] == 0.4
    json_file = tmp_path / "study.json"
    json_file.write_text(json.dumps({"substance": "ketamine", "dose_mg": 35}))
    assert read_file(json_file)["dose_mg"] == 35


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--dose-mg", "35"), ("both dose_mg and dose_mg_per_kg",)),
        (("--members", "0"), ("0 members cannot be run",)),
        (("--members", "1.5"), ("Give a whole number",)),
        (("--substance", "ketamin"), ("There is no substance 'ketamin'",)),
        (("--route", "intramuscular"), ("minutes says nothing",)),
        (("--weights", "mean=78,sd=15"), ("has no ends",)),
        (("--weights", "mean=78,height=1,low=1,high=2"), ("no part 'height'",)),
        (("--weights", "low=45,low=46,high=120"), ("gives low twice",)),
        (("--ages", "12"), ("Only adults were studied",)),
        (("--level", "100"), ("names no analyte",)),
        (("--sessions-days", "0,x"), ("day of a session",)),
        (("--sessions-days", "0,0.01"), ("has not ended",)),
        (("--model", "nobody-1999"), ("nobody-1999",)),
        (("--workers", "0"), ("0 workers",)),
        (("--workers", "2", "--scheduler", "tcp://127.0.0.1:1"), ("given together",)),
        (("--tls-ca", "ca.pem"), ("without --scheduler",)),
        (("--scheduler", "tls://127.0.0.1:1"), ("its certificates do not fit",)),
        (("--scheduler", "tls://127.0.0.1:1", "--tls-ca", "ca.pem"), ("its certificates do not fit",)),
        (
            ("--scheduler", "tcp://127.0.0.1:1", "--tls-ca", "a", "--tls-cert", "a", "--tls-key", "a"),
            ("none of them with tcp://",),
        ),
        (
            ("--scheduler", "tls://127.0.0.1:1", "--tls-ca", "a", "--tls-cert", "a", "--tls-key", "a"),
            ("a: there is no such file",),
        ),
        (("--out", "nowhere/else/cohort.parquet"), ("no such folder",)),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_sentence(posology, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    refused(posology(*VEIN, "--out", "cohort.parquet", *words), *says)
    assert not list(tmp_path.glob("*.parquet"))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("dose: 35\n", "there is no line 'dose' in a study. Did you mean"),
        ("- 1\n", "holds no 'key: value' lines"),
        ("drugs: clarithromycin\n", "holds no list of names"),
        ("pregnant: 'no'\n", "Write true or false"),
        ("levels_ng_per_mL: [100]\n", "names no analytes"),
        ("sessions_days: 3\n", "holds no list of numbers"),
        ("study_population: martian\n", "no study population 'martian'"),
        ("child_pugh: D\n", "no child-pugh 'D'"),
        ("dose_mg: 10\n", "both dose_mg and dose_mg_per_kg"),
    ],
)
def test_a_line_without_meaning_is_refused(posology, tmp_path, lines, says):
    path = tmp_path / "study.yaml"
    base = "substance: ketamine\nroute: intravenous\ndose_mg_per_kg: 0.5\nminutes: 40\n"
    base += "members: 5\nweights_kg: 70\n"
    path.write_text(lines if lines.startswith("-") else base + lines)
    refused(posology("cohort", path, "--out", tmp_path / "x.parquet"), says)


def test_a_file_that_is_no_study_is_refused(posology, tmp_path):
    other = tmp_path / "study.txt"
    other.write_text("x")
    for path, says in ((other, "its name ends in none of"), (tmp_path / "gone.yaml", "cannot be read")):
        refused(posology("cohort", path, "--out", tmp_path / "x.parquet"), says)


@pytest.mark.parametrize(
    ("module", "words"), [("pyarrow", ()), ("distributed", ("--scheduler", "tcp://127.0.0.1:1"))]
)
def test_what_is_not_installed_is_named_with_how_to_install_it(
    posology, tmp_path, monkeypatch, module, words
):
    monkeypatch.setitem(sys.modules, module, None)
    result = posology(*VEIN, "--out", tmp_path / "x.parquet", *words)
    refused(result, module, "pip install posology[research]")


def test_nothing_is_written_over(posology, tmp_path):
    out = tmp_path / "mine.parquet"
    out.write_bytes(b"mine")
    refused(posology(*VEIN, "--out", out), "nothing is written over")
    assert out.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("10.0.0.5", "'10.0.0.5' is no address of a scheduler"),
        ("http://127.0.0.1:1", "is no address of a scheduler"),
        ("tcp://127.0.0.1:99999", "No scheduler answers at tcp://127.0.0.1:99999"),
        ("tcp://127.0.0.1:{free}", "No scheduler answers at tcp://127.0.0.1:{free} (ConnectionRefusedError)"),
    ],
)
def test_a_scheduler_that_is_not_there_is_told_in_one_sentence(posology, tmp_path, address, says):
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        free = taken.getsockname()[1]
        words = ("--out", tmp_path / "x.parquet", "--scheduler", address.format(free=free))
        refused(posology(*VEIN, *words), says.format(free=free))


# ---------------------------------------------------------------------------------------- what is kept
def test_pieces_of_another_study_are_not_mixed_in(tmp_path):
    with Pieces(tmp_path / "p", study()).held():
        pass
    other = Pieces(tmp_path / "p", study(2600))
    with pytest.raises(NotKept, match="pieces of another study"), other.held():
        pass


def test_two_runs_do_not_share_a_folder(tmp_path):
    pieces = Pieces(tmp_path / "p", study())
    with pieces.held(), pytest.raises(NotKept, match="another run is at work"), pieces.held():
        pass


def test_what_is_kept_is_not_run_again_and_a_damaged_piece_is(tmp_path):
    pieces = Pieces(tmp_path / "p", study())
    with pieces.held():
        assert pieces.missing() == [0, 1, 2]
        for done in OneProcess().run(work, study(), [2, 0]):
            pieces.keep(done)
        assert pieces.missing() == [1]
        assert pieces.read(2).table.shape[1] == 500
        place = tmp_path / "p" / "piece-000002"
        whole = place.read_bytes()
        for damaged in (whole[:-1], whole[:-9] + b"12345678" + whole[-1:], b"", b"{}\n"):
            place.write_bytes(damaged)
            assert pieces.missing() == [1, 2]
            with pytest.raises(NotKept, match="Piece 2 has gone"):
                pieces.read(2)


def test_a_piece_that_was_computed_with_something_else_is_refused(tmp_path):
    pieces = Pieces(tmp_path / "p", study())
    with pieces.held():
        pieces.keep(work(study(), 0))
        with pytest.raises(NotKept, match="rounds otherwise"):
            pieces.keep(replace(work(study(), 1), mark="0" * 64))
        again = Pieces(tmp_path / "p", study())
        again.missing()
        with pytest.raises(NotKept, match="rounds otherwise"):
            again.keep(replace(work(study(), 1), mark="0" * 64))


def test_the_mark_is_that_of_the_model():
    assert mark("ketamine-otto-2021") == mark("ketamine-otto-2021") != mark("ketamine-clements-1981")


def test_a_piece_that_fails_three_times_stops_the_run_and_one_that_fails_twice_does_not():
    tries: list[int] = []

    def failing(study: Study, index: int):
        if index == 1:
            tries.append(index)
            raise MemoryError("no room")
        return work(study, index)

    running = OneProcess().run(failing, study(), [0, 1, 2])
    assert next(running).index == 0
    with pytest.raises(Stopped, match=r"Piece 1 failed 3 times, the last time with MemoryError: no room"):
        next(running)
    assert len(tries) == TRIES

    def recovering(study: Study, index: int):
        tries.append(index)
        if len(tries) < TRIES:
            raise MemoryError
        return work(study, index)

    tries.clear()
    assert next(OneProcess().run(recovering, study(), [2])).index == 2
