"""The answers of the rules are kept with the case: never another library's, another moment's or day's."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from posology.case import Answer, Fact
from posology.knowledge import load_library
from posology.protocols import Verdict, assess
from tests.cases import NOW, STAFF, complete_case

LIBRARY = load_library()


def test_one_case_gives_every_protocol_what_a_fresh_case_gives():
    case = complete_case({"aneurysm_or_avm": Answer.YES})
    for _ in range(2):
        for name in LIBRARY.protocols:
            kept = assess(case, name, as_of=NOW, library=LIBRARY)
            assert kept == assess(replace(case), name, as_of=NOW, library=LIBRARY)


def test_another_moment_is_asked_anew():
    case = complete_case()
    assert assess(case, "ketamine-iv", as_of=NOW, library=LIBRARY).verdict is Verdict.PASS
    later = assess(case, "ketamine-iv", as_of=NOW + timedelta(days=40), library=LIBRARY)
    assert later.verdict is Verdict.CANNOT_SAY
    assert assess(case, "ketamine-iv", as_of=NOW, library=LIBRARY).verdict is Verdict.PASS


def test_the_same_moment_in_another_zone_is_another_day():
    """The eighteenth birthday begins in Auckland while it is the day before in Honolulu."""
    moment = datetime(2026, 11, 24, 15, tzinfo=ZoneInfo("UTC"))
    case = complete_case(born_on=date(2008, 11, 25))
    for zone, stopped in (
        ("Pacific/Honolulu", True),
        ("Pacific/Auckland", False),
        ("Pacific/Honolulu", True),
    ):
        at = moment.astimezone(ZoneInfo(zone))
        report = assess(case, "ketamine-iv", as_of=at, library=LIBRARY)
        assert bool(report.of(Verdict.STOP)) is stopped


def test_another_library_and_a_changed_case_are_asked_anew():
    case = complete_case()
    assert assess(case, "ketamine-iv", as_of=NOW, library=LIBRARY).verdict is Verdict.PASS
    bare = replace(LIBRARY, rules=())
    assert assess(case, "ketamine-iv", as_of=NOW, library=bare).findings == ()
    yes = Fact("hypersensitivity", Answer.YES, NOW, STAFF)
    more = replace(case, facts=(*case.facts, yes))
    assert assess(more, "ketamine-iv", as_of=NOW, library=LIBRARY).verdict is Verdict.STOP
