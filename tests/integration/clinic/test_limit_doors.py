"""No door makes or begins a dose beside the limits: each breaks when they do, and there are no others."""

import ast
from datetime import date, timedelta
from pathlib import Path

import pytest

import posology
from posology.case.case_file import read_case_file
from posology.cli.worksheets import run_worksheet
from posology.clinic.care.actions import sign_order
from posology.clinic.care.importing import preview_of
from posology.clinic.care.queries import advice_for
from posology.protocols.limits import every, rate
from posology.recommendation import recommend
from tests import factories
from tests.cases import NOW, complete_case, with_scores, with_sessions

pytestmark = pytest.mark.django_db
SOURCE = Path(posology.__file__).parent
CASES = Path(__file__).parents[2] / "golden" / "cases"
RECORD = Path(__file__).parents[2] / "data" / "fhir" / "ada-depression.json"


class Asked(Exception):
    """Raised in place of the answer of a limit: whoever lets it through has asked."""


def _break(*_args, **_kw):
    raise Asked


@pytest.fixture
def broken(monkeypatch):
    """Let the question behind all doors raise, under whatever name a door imported it, and nothing else."""
    return lambda: monkeypatch.setattr(every, "check_dose", _break)


def _going_on():
    case = with_sessions(complete_case(), "ketamine-iv", 3, level="0.5", last_at=NOW - timedelta(days=4))
    return with_scores(case, 18, (NOW - timedelta(days=1), 12))


@pytest.mark.hazard("H-23")
@pytest.mark.parametrize("case", [complete_case(), _going_on()], ids=["start", "next"])
def test_no_recommendation_passes_beside_the_limits(case, broken):
    """N = 2: the first dose of a course, and the next."""
    assert [o for o in recommend(case, as_of=NOW).options if o.dose]
    broken()
    with pytest.raises(Asked):
        recommend(case, as_of=NOW)


@pytest.mark.hazard("H-23")
def test_no_command_passes_beside_the_limits(broken):
    """N = 2: posology recommend reads a case through the same question, and posology worksheet too."""
    path = CASES / "start-intravenous.yaml"
    read = read_case_file(path.read_text(encoding="utf-8"), name=path.name, now=NOW)
    option = next(o for o in recommend(read.case, as_of=read.as_of).options if o.route == "intravenous")
    broken()
    with pytest.raises(Asked):
        recommend(read.case, as_of=read.as_of)
    with pytest.raises(Asked):
        run_worksheet(path, option.id, "ketamine-50", "50 mL", None, None, as_json=False)


@pytest.mark.hazard("H-23")
def test_no_action_of_the_clinic_passes_beside_the_limits(broken):
    """N = 4: the options, the signing, the start, and an imported record."""
    site = factories.site()
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    sent = factories.signing(site, patient)
    other = factories.patient(site, given_name="Bea")
    factories.assess_fully(site, other)
    begun = factories.signed_order(site, other).session
    factories.pass_gate(site, begun, at=NOW)
    starts = factories.starting(begun)
    ada = factories.patient(site, given_name="Carla", born_on=date(1984, 5, 2))
    factories.assess_fully(site, ada)
    broken()
    with pytest.raises(Asked):
        advice_for(patient, as_of=NOW)
    with pytest.raises(Asked):
        sign_order(**sent)
    with pytest.raises(Asked):
        factories.event(site, begun, "administration_started", **starts)
    with pytest.raises(Asked):
        preview_of(site.prescriber, ada, RECORD.read_text(encoding="utf-8"), as_of=NOW)


@pytest.mark.hazard("H-23")
def test_signing_asks_once_more_than_the_advice_did(monkeypatch):
    """N = 1: the advice passes, and then the limits break: the signing itself has asked them."""
    from posology.clinic.care import signing

    site = factories.site()
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    sent = factories.signing(site, patient)

    monkeypatch.setattr(signing, "check_limits", _break)
    with pytest.raises(Asked):
        sign_order(**sent)


@pytest.mark.hazard("H-11")
@pytest.mark.parametrize("rate_mg_per_min", ["0.9", None])
def test_no_rate_is_set_or_resumed_beside_the_limits(rate_mg_per_min, monkeypatch):
    """N = 3: a new rate, a resumed one, and one resumed at the rate before the pause."""
    site = factories.site()
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    signed = factories.signed_order(site, patient)
    factories.pass_gate(site, signed.session, at=NOW)
    factories.event(site, signed.session, "administration_started", **factories.starting(signed.session))
    later = NOW + timedelta(minutes=4)
    if rate_mg_per_min:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rate, "limit_in", _break)
            with pytest.raises(Asked):
                factories.event(
                    site, signed.session, "infusion_rate_changed", at=later, rate_mg_per_min=rate_mg_per_min
                )
    factories.event(site, signed.session, "infusion_paused", at=later, reason="A pause.")
    resumed = {"rate_mg_per_min": rate_mg_per_min} if rate_mg_per_min else {}
    monkeypatch.setattr(rate, "limit_in", _break)
    with pytest.raises(Asked):
        factories.event(site, signed.session, "infusion_resumed", at=later + timedelta(minutes=1), **resumed)


# ---------------------------------------------------------------- and there are no others

# Who may make an option with a dose, an order, or the judgement of a start; each is asked above.
MAKERS = {
    "Option": {"recommendation/lines.py", "recommendation/start.py", "recommendation/prior.py"},
    "order_of_option": {"clinic/care/actions.py", "cli/worksheets.py"},
    "Order": {"treatment/orders.py", "clinic/orders/stored.py"},
    "Start": {"clinic/care/session.py"},
    "advise_start": {"recommendation/recommend.py"},
    "advise_next": {"recommendation/recommend.py"},
}


@pytest.mark.hazard("H-23")
def test_nobody_else_makes_an_option_an_order_or_a_start():
    """N = every call in every file of the package, of six names: a door that is not listed fails here."""
    found: dict[str, set[str]] = {name: set() for name in MAKERS}
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        ours = _names_of_ours(tree)
        for node in ast.walk(tree):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name in found and name in ours:
                found[name].add(path.relative_to(SOURCE).as_posix())
    for name, where in found.items():
        assert where, f"nobody calls {name}; the list is out of date"
        assert where <= MAKERS[name], f"{name} is made in {sorted(where - MAKERS[name])}, beside the limits"


def _names_of_ours(tree: ast.Module) -> set[str]:
    """Return the names that a file takes from the floors of recommendation and treatment, or defines."""
    names = {n.name for n in ast.walk(tree) if isinstance(n, ast.ClassDef | ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            ("posology.recommendation", "posology.treatment")
        ):
            assert all(alias.asname is None for alias in node.names), "an import under another name hides"
            names |= {alias.name for alias in node.names}
    return names


@pytest.mark.hazard("H-23")
def test_history_has_no_default_at_any_door():
    """N = 4: who asks a limit says what was given before; left out, it is a fault of the program."""
    from inspect import Parameter, signature

    from posology.protocols import History, check_interval
    from posology.protocols.limits import check_limits
    from posology.treatment import Start

    for door in (check_limits, check_interval, Start):
        assert signature(door).parameters["history"].default is Parameter.empty, door
    assert signature(History).parameters["given"].default is Parameter.empty
