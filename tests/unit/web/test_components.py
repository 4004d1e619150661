"""What every component promises, whatever page it stands on."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django import forms
from django.template import Context, Template

from posology.quantities import Quantity
from posology.web.components import (
    Button,
    Chip,
    Dialog,
    Field,
    Status,
    Table,
    errors_of,
    field_of,
    render_component,
)
from posology.web.components.tables import Cell, Column, Row
from posology.web.styleguide.samples import NOW, Sample
from posology.web.styleguide.views import CHAPTERS
from tests.unit.web.rendered import SAMPLES, Page, page


class TestEveryComponent:
    @pytest.mark.parametrize("component", SAMPLES)
    def test_it_carries_no_style_and_no_script_of_its_own(self, component):
        tags = page(component).tags
        assert tags
        for name, attrs in tags:
            assert name not in {"style", "script"}
            assert "style" not in attrs
            assert not [key for key in attrs if key.startswith("on")]

    @pytest.mark.parametrize("component", SAMPLES)
    def test_its_drawings_are_hidden_from_readers_or_have_words(self, component):
        for svg in page(component).all("svg"):
            nested = svg.get("class") == "at"  # a mark inside a lane that is hidden as a whole
            assert nested or svg.get("aria-hidden") == "true"

    @pytest.mark.parametrize("component", SAMPLES)
    def test_each_id_stands_once(self, component):
        ids = [attrs["id"] for _, attrs in page(component).tags if "id" in attrs]
        assert len(ids) == len(set(ids))

    @pytest.mark.parametrize("component", SAMPLES)
    def test_it_shows_text_and_never_runs_it(self, component):
        texts = [f.name for f in fields(component) if isinstance(getattr(component, f.name), str)]
        hostile = [name for name in texts if name in {"title", "text", "label", "what", "because", "heading"}]
        changed = replace(component, **{name: "<script>alert(1)</script>" for name in hostile})
        assert not page(changed).all("script")

    def test_the_whole_style_guide_is_made_of_components_that_render(self):
        parts = [part for chapter in CHAPTERS for sample in chapter.samples for part in sample.parts]
        assert all(isinstance(sample, Sample) for chapter in CHAPTERS for sample in chapter.samples)
        assert len(parts) > 50


class TestChip:
    @pytest.mark.parametrize("status", list(Status))
    def test_it_has_a_word_and_an_icon(self, status):
        shown = page(Chip(status))
        assert shown.words.strip() == status.word
        assert len(shown.all("svg")) == 1

    def test_the_grave_ones_differ_by_icon_as_well_as_by_colour(self):
        grave = [Status.STOP, Status.HOLD, Status.CAUTION, Status.CANNOT_SAY, Status.PASS]
        assert len({status.icon for status in grave}) == len({status.tone for status in grave}) == len(grave)

    def test_it_takes_the_words_of_the_librarys_decisions(self):
        assert Status.of("cannot say") is Status.of("cannot_say") is Status.CANNOT_SAY
        with pytest.raises(ValueError, match="not a status"):
            Status.of("perhaps")


class _WeightForm(forms.Form):
    weight = forms.DecimalField(label="Weight", help_text="Measured today")
    route = forms.ChoiceField(choices=[("", "-"), ("iv", "Vein")], widget=forms.RadioSelect)
    secret = forms.CharField(widget=forms.PasswordInput)


class TestFields:
    def test_what_was_typed_is_kept_and_the_error_is_tied_to_it(self):
        form = _WeightForm({"weight": "68,4", "secret": "hidden"})
        assert not form.is_valid()
        field = field_of(form["weight"], unit="kg")
        box = page(field).all("input")[0]
        assert (box["value"], box["type"], box["inputmode"]) == ("68,4", "text", "decimal")
        assert box["aria-invalid"] == "true"
        assert box["aria-describedby"] == "id_weight-hint id_weight-error"
        assert "kg" in page(field).words and "Measured today" in page(field).words

    def test_a_list_has_no_answer_before_somebody_answers(self):
        shown = page(field_of(_WeightForm()["route"]))
        assert [a["value"] for a in shown.all("input")] == ["iv"]
        assert not [a for a in shown.all("input") if "checked" in a]

    def test_a_password_is_not_shown_back(self):
        form = _WeightForm({"secret": "hidden"})
        assert "hidden" not in render_component(field_of(form["secret"]))

    def test_the_summary_leads_to_each_field(self):
        form = _WeightForm({})
        summary = errors_of(form)
        assert summary is not None
        assert [a["href"] for a in page(summary).all("a")] == ["#id_weight", "#id_route", "#id_secret"]
        assert (
            page(summary).words.startswith("  3 answers need another look")
            or "3 answers" in page(summary).words
        )
        assert errors_of(_WeightForm()) is None

    def test_no_field_is_a_number_box(self):
        for kind in ("text", "number", "day", "time", "code"):
            assert page(Field("x", "X", kind=kind)).all("input")[0]["type"] == "text"


class TestDialogAndTable:
    def test_the_safe_way_comes_first(self):
        dialog = Dialog("d", "Sign?", "Why", safe=Button("Go back"), act=Button("Sign order", kind="primary"))
        html = render_component(dialog)
        assert html.index("Go back") < html.index("Sign order")

    def test_a_row_of_the_wrong_length_is_refused(self):
        with pytest.raises(ValueError, match="one a column"):
            Table("T", (Column("A"), Column("B")), (Row((Cell("x"),)),))

    def test_an_empty_cell_is_a_dash_with_a_word(self):
        words = page(Table("T", (Column("A"),), (Row((Cell(None, missing="not scored"),)),))).words
        assert "— not scored" in words


class TestFilters:
    @pytest.mark.parametrize(
        ("template", "values", "expected"),
        [
            ("{{ v|number }}", {"v": Decimal("0.50")}, "0.5"),
            ("{{ v|number }}", {"v": Decimal("5.0")}, "5"),
            ("{{ v|number }}", {"v": Decimal("12500")}, "12\u202f500"),
            ("{{ v|quantity }}", {"v": Quantity(Decimal("34.0"), "mg")}, "34\u00a0mg"),
            ("{{ v|quantity }}", {"v": Quantity(Decimal("5"), "ug")}, "5\u00a0microgram"),
            ("{{ v|quantity }}", {"v": None}, "—"),
            ("{{ v|day }}", {"v": date(2026, 11, 3)}, "03-Nov-2026"),
            ("{{ v|weekday }}", {"v": date(2026, 11, 23)}, "Mon\u00a023-Nov-2026"),
            ("{{ v|clock }}", {"v": datetime(2026, 11, 23, 14, 5, tzinfo=UTC)}, "14:05"),
            ("{{ v|ago:n }}", {"v": NOW - timedelta(minutes=12), "n": NOW}, "12\u00a0min ago"),
            ("{{ v|ago:n }}", {"v": NOW - timedelta(seconds=20), "n": NOW}, "just now"),
            (
                "{{ v|ago:n }}",
                {"v": NOW - timedelta(hours=1, minutes=5), "n": NOW},
                "1\u00a0h\u00a005\u00a0min ago",
            ),
            ("{{ v|ago:n }}", {"v": NOW - timedelta(days=41), "n": NOW}, "41\u00a0days ago"),
            ("{{ s|bp:d }}", {"s": 128, "d": 76}, "128/76"),
            ("{{ s|bp:d }}", {"s": None, "d": None}, "—\u00a0not taken"),
            ("{{ s|bp:d }}", {"s": 128, "d": None}, "128/—"),
        ],
    )
    def test_numbers_and_moments_are_written_as_agreed(self, template, values, expected):
        assert Page(Template("{% load posology %}" + template).render(Context(values))).words == expected

    def test_the_day_of_a_moment_is_the_sites(self, settings):
        settings.TIME_ZONE = "Pacific/Auckland"
        late = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
        shown = Template("{% load posology %}{{ v|day }} {{ v|clock }}").render(Context({"v": late}))
        assert Page(shown).words == "24-Nov-2026 03:05"

    def test_ago_across_a_change_of_summer_time_is_true(self):
        from zoneinfo import ZoneInfo

        berlin = ZoneInfo("Europe/Berlin")
        before = datetime(2026, 10, 25, 1, 30, tzinfo=berlin)
        after = datetime(2026, 10, 25, 3, 30, tzinfo=berlin)
        shown = Template("{% load posology %}{{ v|ago:n }}").render(Context({"v": before, "n": after}))
        assert Page(shown).words == "3\u00a0h ago"
