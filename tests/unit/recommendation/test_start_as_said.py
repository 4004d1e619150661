"""What is said of each way to begin: its name, its reasons word for word, and why there is none."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from posology.case import Answer, Missing
from posology.knowledge import Library, load_library
from posology.knowledge.schema import ProtocolFile
from posology.recommendation import Option, ProtocolAdvice, recommend
from posology.recommendation.start import advise_start
from tests.cases import NOW, complete_case
from tests.unit.recommendation.test_prior import begun_with, earlier

LIBRARY = load_library()
IV = LIBRARY.protocol("ketamine-iv")
OLD = date(1950, 1, 1)

USUAL = "0.5 mg/kg over 40 minutes is the dose studied most."
LOWER = (
    "Lower starts were used in titration studies and in frail or older patients; some responded at 0.1 mg/kg."
)
SIX = (
    "Six infusions in 3 weeks: 55 of 100 patients responded, in an open trial against electroconvulsive "
    "therapy."
)
LESS = "Doses of 0.1 and 0.2 mg/kg separated from midazolam less consistently than 0.5 mg/kg."
OFF_LABEL = "Off-label: ketamine is approved as an anesthetic only."
AGAINST = (
    "Against midazolam the effect is smaller: at 24 hours 47 of 100 responded with ketamine and 26 of 100 "
    "with midazolam (very low certainty).",
    "Up to eight infusions did not separate from midazolam in the most recent trial (n=65).",
    "Higher doses have not consistently done better: 1.0 mg/kg showed no clear gain over 0.5 mg/kg.",
    "Without further treatment about 80 of 100 responders still hold at 4 weeks and about 60 of 100 at 8 "
    "weeks.",
)
ANOTHER = "Another dose of it helped before, and is the reasonable one to begin again with."
THIS = "This dose helped before; the last dose that worked is the reasonable one to begin again with."
BY_RAISE = (
    "Higher doses have not consistently done better: 1.0 mg/kg by infusion showed no clear gain over 0.5 "
    "mg/kg, nor 84 mg nasally over 56 mg at day 28."
)
AGAIN = (
    "What helped once may not hold: of 32 who began esketamine again after a relapse 23 responded by the end "
    "of induction, and 12 at week 24."
)
ELSEWHERE = "It helped before by another route. No dose is converted from one route to another."


def begun(
    protocol: str = "ketamine-iv", changes=None, library: Library = LIBRARY, **kwargs
) -> ProtocolAdvice:
    case = complete_case(changes, **kwargs)
    return recommend(case, as_of=NOW, protocols=(protocol,), library=library).protocols[0]


def said(option: Option) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(r.say for r in option.for_), tuple(r.say for r in option.against)


def changed(protocol: ProtocolFile, **update: object) -> ProtocolAdvice:
    """Return the advice by a protocol that was changed, as a site may tighten it."""
    mine = protocol.model_copy(update=update)
    library = replace(LIBRARY, protocols={**LIBRARY.protocols, mine.id: mine})
    return advise_start(complete_case(born_on=OLD), mine, library, as_of=NOW)


# ---------------------------------------------------------------- the reasons of each way
def test_each_way_to_begin_an_infusion_has_its_own_reasons():
    """What is said of the usual dose is not said of the lower one, nor the other way round."""
    usual, slower, lower = begun().options
    assert [o.title.replace("\u00a0", " ") for o in (usual, slower, lower)] == [
        "Start 0.5 mg/kg over 40 min",
        "Start 0.5 mg/kg over 60 min",
        "Start 0.3 mg/kg over 40 min",
    ]
    assert said(usual) == said(slower) == ((USUAL, SIX), (OFF_LABEL, *AGAINST))
    assert said(lower) == ((LOWER, SIX), (OFF_LABEL, LESS, *AGAINST))


def test_at_the_start_there_is_no_last_session_to_differ_from():
    assert {o.difference for o in begun().options} == {""}


def test_from_65_on_in_europe_the_first_dose_is_told_as_the_lower_one():
    (only,) = begun("esketamine-nasal-eu", born_on=OLD, jurisdiction="EU").options
    for_, against = said(only)
    assert for_[1] == "From 65 years on the first dose is 28 mg; later doses change in steps of 28 mg."
    assert not any("the label starts at 28 mg, not here" in say for say in against)
    (only,) = begun("esketamine-nasal-eu", jurisdiction="EU").options
    for_, against = said(only)
    assert not any("From 65 years on" in say for say in for_)
    assert "From 65 years on the label starts at 28 mg, not here." in against


def test_the_dose_that_helped_is_neither_the_usual_nor_the_lower_one():
    """0.75 mg/kg helped 200 days ago: the file's sentences on the usual dose and on the lower stay away."""
    on_record = " (On record: 0.75\u00a0mg/kg, last on 2026-05-08.)"
    usual, again, slower, lower = begun_with(earlier("ketamine-iv", "0.75", Answer.YES)).options
    assert said(again) == ((THIS + on_record, SIX), (AGAIN + on_record, BY_RAISE, OFF_LABEL, *AGAINST))
    assert said(usual) == said(slower) == ((USUAL, SIX), (ANOTHER + on_record, OFF_LABEL, *AGAINST))
    assert said(lower) == ((LOWER, SIX), (ANOTHER + on_record, OFF_LABEL, LESS, *AGAINST))


def test_a_dose_below_the_usual_that_helped_is_not_the_lower_start_that_a_caution_asks_for():
    """0.2 mg/kg helped, and the patient is over 65: the lower start to consider is the file's 0.3 mg/kg."""
    advice = begun_with(earlier("ketamine-iv", "0.2", Answer.YES), born_on=OLD)
    assert advice.protocols[0].lower_start == "ketamine-iv/start/0.3/40"
    again = advice.option("ketamine-iv/start/0.2/40")
    assert again is not None and said(again)[0][1:] == (SIX,) and LESS not in said(again)[1]


def test_what_helped_by_another_route_is_told_without_its_dose():
    """An injection helped: it is told beside the infusion by its day alone."""
    helped = earlier("ketamine-im", "0.5", Answer.YES)
    told = f"{ELSEWHERE} (On record: last on 2026-05-08.)"
    for option in begun_with(helped).options:
        assert option.for_[0].say == told
        assert not any(ANOTHER in r.say or THIS in r.say for r in (*option.for_, *option.against))
    both = begun_with(
        earlier("ketamine-im", "0.5", Answer.YES, days=100), earlier("ketamine-iv", "0.5", Answer.YES)
    )
    assert not any(ELSEWHERE in r.say for o in both.options for r in o.for_)
    assert not any(ELSEWHERE in r.say for o in begun().options for r in o.for_)


def test_of_two_doses_that_helped_elsewhere_the_newer_is_told():
    old, new = (earlier("ketamine-im", "0.5", Answer.YES, days=days) for days in (200, 100))
    assert begun_with(new, old).options[0].for_[0].say.endswith("(On record: last on 2026-08-16.)")


def test_of_two_in_vain_the_newer_is_told():
    old, new = (earlier("ketamine-iv", "0.5", Answer.NO, days=days) for days in (200, 100))
    assert begun_with(new, old).options[0].against[0].say == (
        "It was given before, and no response followed. An earlier response is what guides the dose; there "
        "was none. (On record: last on 2026-08-16.)"
    )


# ---------------------------------------------------------------- a file that says otherwise
def test_of_several_lower_starts_the_first_is_offered():
    dated = IV.values["dose_start_lower"]
    two = {day: v.model_copy(update={"value": (Decimal("0.3"), Decimal("0.2"))}) for day, v in dated.items()}
    advice = changed(IV, values={**IV.values, "dose_start_lower": two})
    assert [o.id for o in advice.options] == [
        "ketamine-iv/start/0.5/40",
        "ketamine-iv/start/0.3/40",
        "ketamine-iv/start/0.5/60",
    ]


def test_an_infusion_with_its_own_first_dose_from_65_on_keeps_its_minutes():
    older = LIBRARY.protocol("esketamine-nasal-eu").older_adults
    assert older is not None
    own = older.model_copy(update={"dose_start": Decimal("0.3"), "unit": "mg/kg"})
    (only,) = changed(IV, older_adults=own).options
    assert (only.id, only.dose.minutes) == ("ketamine-iv/start/0.3/40", 40)


def test_the_phase_of_a_beginning_is_that_of_its_first_visit():
    first, *later = IV.phases
    one_day = first.model_copy(update={"visit_days": (1,)})
    options = changed(IV, phases=(one_day, *later)).options
    assert {o.phase for o in options} == {"induction"}
    assert {o.visits[1].phase for o in options} == {"continuation"}


def test_the_rules_are_those_of_the_library_given():
    """By knowledge without any rule nothing is found, whatever the package ships."""
    bare = replace(LIBRARY, rules=())
    assert begun(library=bare).report.findings == () != begun().report.findings


# ---------------------------------------------------------------- why there is none
def test_without_a_weight_its_question_is_the_reason():
    ask = "What does the patient weigh, measured here?"
    advice = begun(changes={"weight": None})
    assert advice.why_no_options == f"{ask} (not asked yet.)"
    assert advice.missing == (Missing("weight", ask, "not asked yet"),)


@pytest.mark.parametrize(
    ("open_ones", "why"),
    [
        (("aneurysm_or_avm",), "1 question is open."),
        (("aneurysm_or_avm", "written_consent"), "2 questions are open."),
    ],
)
def test_open_questions_are_counted(open_ones, why):
    assert begun(changes=dict.fromkeys(open_ones)).why_no_options == why


# ---------------------------------------------------------------- which of them find room
def test_of_three_protocols_the_slower_infusion_gives_way():
    """Six ways for five places: each usual one, both lower ones, and not the same dose over 60 min."""
    chosen = ("ketamine-im", "ketamine-iv", "ketamine-oral")
    for born_on in (date(1981, 3, 14), OLD):
        advice = recommend(complete_case(born_on=born_on), as_of=NOW, protocols=chosen)
        assert [o.id for o in advice.options] == [
            "ketamine-im/start/0.5",
            "ketamine-im/start/0.25",
            "ketamine-iv/start/0.5/40",
            "ketamine-iv/start/0.3/40",
            "ketamine-oral/start/0.5",
        ]
        assert [o.id for o in advice.also_possible] == ["ketamine-iv/start/0.5/60"]


def test_an_option_that_nobody_proposed_is_none():
    advice = recommend(complete_case(), as_of=NOW)
    assert advice.option("ketamine-iv/start/9/40") is None
    shown = advice.option("ketamine-iv/start/0.5/60")
    assert shown is not None and shown.title.replace("\u00a0", " ") == "Start 0.5 mg/kg over 60 min"
