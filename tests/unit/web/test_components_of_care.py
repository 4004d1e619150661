"""What the components promise that show one patient's care: options, worksheet, readings, chairs."""

import re
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from posology.quantities import Quantity
from posology.web.components import (
    Blocked,
    Board,
    ChairCard,
    Fact,
    Held,
    LiveValue,
    OptionSet,
    PadInput,
    PadRow,
    PatientBanner,
    ReadingPad,
    Status,
    Task,
    Verdict,
    VerdictList,
    Worksheet,
    WorksheetStep,
    due_status,
    render_component,
)
from posology.web.styleguide.samples import BANNER, NOW
from posology.web.styleguide.samples_deciding import DECIDING
from tests.unit.web.rendered import SAMPLES, Page, page


def options_of() -> tuple:
    chapter = next(c for c in DECIDING if c.slug == "options")
    return tuple(part for sample in chapter.samples for part in sample.parts)


def worksheets_of() -> tuple:
    chapter = next(c for c in DECIDING if c.slug == "worksheet")
    return tuple(part for sample in chapter.samples for part in sample.parts)


class TestOptions:
    @pytest.mark.hazard("H-21")
    @pytest.mark.parametrize("choice", options_of())
    def test_none_is_preselected_and_none_of_these_costs_the_same(self, choice: OptionSet):
        """Tried on every option set of the style guide."""
        radios = [a for a in page(choice).all("input") if a["type"] == "radio"]
        assert not [a for a in radios if "checked" in a]
        assert [a["value"] for a in radios][-1] == "none"
        assert len(radios) == choice.total
        assert {a["name"] for a in radios} == {choice.name}

    def test_there_is_no_way_to_preselect(self):
        names = {f.name for f in fields(OptionSet)} | {f.name for f in fields(options_of()[0].options[0])}
        assert not {name for name in names if re.search("select|checked|default|chosen|recommend", name)}

    def test_the_dose_is_bold_and_stands_once(self):
        option = options_of()[0].options[0]
        html = render_component(option, now=NOW, group="option")
        assert html.count("34\u00a0mg</span>") == 1
        assert re.search(r"DOSE</span> <strong[^>]*><span[^>]*>34\u00a0mg", html)

    def test_a_blocked_option_says_once_what_holds_it_and_what_to_do_and_cannot_be_chosen(self):
        held = Held("Enrolment", "Not yet enrolled.", "Send a form.")
        blocked = Blocked(Status.HOLD, (held,), cleared_by="prescriber")
        shown = Page(
            render_component(replace(options_of()[0].options[0], blocked=blocked), now=NOW, group="option")
        )
        assert "Hold" in shown.words and "Cleared by: prescriber." in shown.words
        assert [shown.words.count(said) for said in (held.title, held.found, held.do)] == [1, 1, 1]
        assert "disabled" in shown.all("input")[0]

    def test_a_checkpoint_has_its_own_label_and_what_is_asked_on_the_day_stands_on_the_card(self):
        first = options_of()[0].options[0]
        option = replace(first, checkpoint="After session 6, decide.", at_session=("fasting", "escort"))
        words = " ".join(Page(render_component(option, now=NOW, group="option")).words.split())
        assert "Checkpoint After session 6, decide. Asked at the session: fasting, escort." in words


NUMBER = re.compile(r"(?<![\w.,/-])\d[\d.\u202f]*")
# What may follow a number in a sheet: a unit, or a word that makes it a count, a step, a version, an id.
UNIT = re.compile(r"[\u00a0 ]?(mg|mL|kg|microgram|min|h\b|d\b|U/L|mmHg|/min|%|×|-[A-Z][a-z]{2}-\d{4})")
COUNTS = re.compile(r"(?:Device|device|version|version:|Step) $")


class TestWorksheet:
    @pytest.mark.hazard("H-04")
    @pytest.mark.parametrize("sheet", worksheets_of())
    def test_every_number_is_followed_by_its_unit(self, sheet: Worksheet):
        """Tried on every number of both kinds of sheet, the infusion's and the devices'."""
        html = re.sub(r'<span class="sheet-n">\d+</span>', "", render_component(sheet, now=NOW))
        html = re.sub(r'<time class="(day|clock)".*?</time>', "", html)
        words = Page(html.replace(sheet.identifier, "").replace(sheet.grounds, "")).words
        numbers = list(NUMBER.finditer(words))
        bare = [
            words[max(0, m.start() - 12) : m.end() + 8]
            for m in numbers
            if not UNIT.match(words, m.end())
            and not COUNTS.search(words[: m.start()])
            and " devices" not in words[m.end() : m.end() + 9]
        ]
        assert len(numbers) > 5
        assert bare == []

    @pytest.mark.hazard("H-04")
    def test_a_dose_and_a_volume_never_look_alike(self):
        """The look follows from the unit's dimension: mg is bold under DOSE, mL and mL/h boxed."""
        how = ()
        steps = [
            WorksheetStep("x", how, Quantity(Decimal("34"), unit))
            for unit in ("mg", "ug", "mL", "mL/h", "mg/mL")
        ]
        assert [(s.look, s.result_label) for s in steps] == [
            ("dose", "DOSE"),
            ("dose", "DOSE"),
            ("volume", "VOLUME"),
            ("volume", "RATE"),
            ("other", ""),
        ]
        html = render_component(replace(worksheets_of()[0], steps=tuple(steps)), now=NOW)
        assert re.search(r'class="mass"><span class="mass-label">DOSE</span> <span[^>]*>34\u00a0mg', html)
        assert re.search(
            r'class="volume"><span class="volume-label">VOLUME</span> <span[^>]*>34\u00a0mL', html
        )


class TestReadingPad:
    @pytest.mark.hazard("H-24")
    def test_every_observation_is_empty_when_the_page_opens(self):
        """Every box and every choice of the pad, with a previous value beside each."""
        row = PadRow(
            "Heart rate", "/min", (PadInput("hr", "Heart rate"),), previous="72/min", previous_at=NOW
        )
        pads = [p.values[0] for p in SAMPLES if isinstance(p.values[0], ReadingPad)][:1]
        for pad in (*pads, ReadingPad((row,), action="/x")):
            shown = page(pad)
            boxes = [a for a in shown.all("input") if a.get("type") == "text"]
            assert boxes
            assert {a["value"] for a in boxes} == {""}
            assert not [a for a in shown.all("input") if "checked" in a or "placeholder" in a]

    def test_a_number_is_typed_as_text_on_a_decimal_keyboard(self):
        boxes = [
            a for p in SAMPLES if isinstance(p.values[0], ReadingPad) for a in page(p.values[0]).all("input")
        ]
        kinds = {
            (a["type"], a.get("inputmode")) for a in boxes if a["type"] not in {"hidden", "radio", "checkbox"}
        }
        assert kinds == {("text", "decimal")}

    def test_the_last_value_stands_beside_the_box_with_its_age(self):
        row = PadRow("Heart rate", "/min", (PadInput("hr", "Heart rate"),), previous="72/min",
                     previous_at=NOW - timedelta(minutes=12))  # fmt: skip
        words = page(ReadingPad((row,), action="/x")).words
        assert "72/min" in words and "12\u00a0min ago" in words

    def test_a_question_is_asked_in_place_and_not_answered_beforehand(self):
        odd = [p.values[0] for p in SAMPLES if isinstance(p.values[0], ReadingPad)][1]
        shown = page(odd)
        assert "Please look again." in shown.words
        assert not [a for a in shown.all("input") if "checked" in a]
        assert "214" in [a.get("value") for a in shown.all("input")]


class TestBanner:
    def test_it_carries_two_identifiers_and_writes_out_what_is_not_known(self):
        words = page(BANNER).words
        for expected in ("SYNTHETIC, Ada", "14-Mar-1981", "45\u00a0y", "Female", "SYN-0014"):
            assert expected in words
        nothing = PatientBanner("x", "Synthetic", "Bo", None, "", "", on=NOW.date())
        assert page(nothing).words.count("not known") == 3
        assert "nobody has asked" in page(nothing).words

    @pytest.mark.hazard("H-01")
    def test_it_names_the_patient_and_version_that_the_page_is_about(self):
        """One banner: the attributes that a form is checked against."""
        section = page(replace(BANNER, version="7")).all("section")[0]
        assert (section["data-patient"], section["data-version"]) == ("a1", "7")

    def test_more_allergies_than_fit_are_counted_and_can_be_opened(self):
        many = replace(BANNER, allergies=("Penicillin", "Latex", "Iodine", "Aspirin"))
        shown = page(many)
        assert "and 2 more" in shown.words and "Aspirin" in shown.words
        assert shown.all("button")[0]["popovertarget"] == "allergies-a1"


class TestVerdicts:
    def test_stops_come_first_and_passes_are_folded(self):
        rows = tuple(Verdict(status, status.word, "because") for status in reversed(list(Status)[:5]))
        listed = VerdictList(rows)
        assert [v.status for v in listed.standing] == [*list(Status)[:3], Status.CANNOT_SAY]
        assert [v.status for v in listed.passed] == [Status.PASS]

    def test_each_chain_goes_down_to_the_source_and_its_certainty(self):
        verdicts = next(c for c in DECIDING if c.slug == "verdicts").samples[0].parts[0]
        words = page(verdicts).words
        for expected in (
            "A-CI-06",
            "SPR-US, SPR-EU",
            "V read at the source",
            "not verified: a prescriber decides",
        ):
            assert expected in words
        assert words.count("unverified") == 1


class TestFact:
    def test_it_shows_value_unit_age_and_origin(self):
        fact = Fact(
            "Weight", Quantity(Decimal("68.40"), "kg"), at=NOW - timedelta(minutes=12), origin="Scale"
        )
        words = page(fact).words
        assert all(part in words for part in ("68.4\u00a0kg", "12\u00a0min ago", "23-Nov-2026", "Scale"))

    def test_a_missing_value_is_a_dash_with_a_word_and_never_zero(self):
        words = page(Fact("Weight", None, needed_for="the dose")).words
        assert "— not recorded" in words and "the dose" in words and "0" not in words


class TestBoard:
    def test_due_overdue_and_stale_begin_at_their_minute(self):
        def at(minutes: float) -> Status | None:
            return due_status(NOW, NOW + timedelta(minutes=minutes))

        assert at(-2.01) is None
        assert at(-2) is at(-0.01) is Status.DUE
        assert at(0) is at(4.99) is Status.OVERDUE
        assert at(5) is Status.STALE

    def test_what_is_due_next_stands_first_and_free_chairs_last(self):
        def chair(name: str, minutes: int | None) -> ChairCard:
            tasks = () if minutes is None else (Task("Reading", NOW + timedelta(minutes=minutes)),)
            return ChairCard(name, "A.S.", "Running", tasks=tasks)

        board = Board((chair("1", None), chair("2", 9), chair("3", -4)))
        assert [c.chair for c in board.in_order] == ["3", "2", "1"]
        words = page(board).words
        assert "Overdue" in words and "4\u00a0min over" in words and "in 9\u00a0min" in words

    def test_a_locked_board_shows_no_initials_but_keeps_the_times(self):
        card = ChairCard("1", "Q.Z.", "Running", since=NOW - timedelta(minutes=6), locked=True)
        words = page(Board((card,))).words
        assert "Q.Z." not in words and "6\u00a0min" in words

    def test_a_silent_chair_says_so_in_a_word(self):
        card = ChairCard("1", "A.S.", "Running", silent=True, heard_at=NOW - timedelta(minutes=6))
        assert "Stale" in page(card).words and "6\u00a0min ago" in page(card).words

    def test_a_chair_with_no_reading_says_so_in_one_line(self):
        none = tuple(LiveValue(label, "", None) for label in ("BP", "HR", "SpO₂"))
        words = page(ChairCard("1", "A.S.", "Expected", readings=none)).words
        assert words.count("No readings yet") == 1 and "not taken" not in words
        some = (LiveValue("BP", "128/76", NOW, "mmHg"), *none[1:])
        words = page(ChairCard("1", "A.S.", "Running", readings=some)).words
        assert "128/76" in words and words.count("not taken") == 2
