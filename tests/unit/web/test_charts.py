"""Charts: the same values for eyes, for readers of tables, and in black and white."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from posology.quantities import Quantity
from posology.web.components import (
    BandPoint,
    DosePoint,
    DoseStep,
    EventPoint,
    Instrument,
    PressurePoint,
    ScoreBand,
    ScorePoint,
    SiteLimit,
    Studied,
    VitalPoint,
    band_chart,
    render_component,
    session_chart,
    timeline,
)
from posology.web.components.chart import SHAPES, TimeScale, ValueScale

START = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
END = START + timedelta(days=90)
PHQ9 = Instrument("PHQ-9", 0, 27, (ScoreBand(0, 4, "minimal"), ScoreBand(5, 27, "more")))


def day(n: int) -> datetime:
    return START + timedelta(days=n)


def minute(n: int) -> datetime:
    return START + timedelta(minutes=n)


def mg(amount: str) -> Quantity:
    return Quantity(Decimal(amount), "mg")


def a_timeline(**changes):
    points = {
        "scores": [ScorePoint(day(60), 4), ScorePoint(day(0), 20)],
        "doses": [DosePoint(day(1), mg("34")), DosePoint(day(8), mg("34")), DosePoint(day(15), mg("41"))],
        "pressures": [PressurePoint(day(1), 151, 92)],
        "events": [EventPoint(day(8), "Nausea, mild")],
    }
    return timeline(id="t", start=START, end=END, zone=UTC, instrument=PHQ9, **{**points, **changes})


class TestTimeline:
    def test_it_says_in_one_sentence_what_it_shows(self):
        assert a_timeline().summary == (
            "PHQ-9 went from 20 points (more) on 01-Sep-2026 to 4 points (minimal) on 31-Oct-2026, "
            "over 3 sessions."
        )
        assert a_timeline(scores=[], doses=[]).summary == "No PHQ-9 has been scored yet."

    def test_its_table_holds_every_value_with_its_unit_in_order(self):
        table = a_timeline().table
        told = [tuple(str(cell.value) for cell in row.cells) for row in table.rows]
        assert told == [
            ("01-Sep-2026", "PHQ-9", "20 points"),
            ("02-Sep-2026", "Dose", "34\u00a0mg"),
            ("02-Sep-2026", "Peak blood pressure", "151/92 mmHg"),
            ("09-Sep-2026", "Dose", "34\u00a0mg"),
            ("09-Sep-2026", "Event", "Nausea, mild"),
            ("16-Sep-2026", "Dose", "41\u00a0mg"),
            ("31-Oct-2026", "PHQ-9", "4 points"),
        ]

    def test_a_dose_is_labelled_where_it_changes(self):
        bars = a_timeline().lanes[1].bars
        assert [bar.label for bar in bars] == ["34", "", "41"]
        assert float(bars[2].height) > float(bars[0].height)

    def test_doses_of_two_units_are_not_drawn_on_one_axis(self):
        mixed = [DosePoint(day(1), mg("34")), DosePoint(day(2), Quantity(Decimal("0.5"), "mg/kg"))]
        with pytest.raises(ValueError, match="one unit"):
            a_timeline(doses=mixed)

    def test_a_better_score_is_drawn_lower(self):
        first, last = a_timeline().lanes[0].marks
        assert float(first.y) < float(last.y)
        assert float(first.x[:-1]) < float(last.x[:-1])

    def test_a_chart_of_nothing_still_stands(self):
        html = render_component(a_timeline(scores=[], doses=[], pressures=[], events=[]), now=END)
        assert "No PHQ-9 has been scored yet." in html


class TestSessionChart:
    def test_what_was_not_taken_is_not_drawn_and_is_told_as_missing(self):
        chart = session_chart(
            id="s", start=START, end=minute(60), zone=UTC, vitals=[VitalPoint(minute(5), 120, 80, 70, None)]
        )
        assert chart.lanes[0].marks == ()
        html = render_component(chart, now=END)
        assert "not taken" in html and "120/80\u00a0mmHg" in html and "70/min" in html

    def test_pressure_is_a_pair_of_carets_with_a_line(self):
        chart = session_chart(
            id="s", start=START, end=minute(60), zone=UTC, vitals=[VitalPoint(minute(5), 120, 80)]
        )
        lane = chart.lanes[1]
        assert [mark.shape for mark in lane.marks] == ["caret-down", "caret-up"]
        assert [line.series for line in lane.lines] == ["bp"]

    def test_a_value_beyond_the_axis_widens_it(self):
        chart = session_chart(
            id="s", start=START, end=minute(60), zone=UTC, vitals=[VitalPoint(minute(5), 232, 31)]
        )
        labels = [int(tick.label) for tick in chart.lanes[1].ticks]
        assert min(labels) <= 31
        ys = [float(mark.y) for mark in chart.lanes[1].marks]
        assert all(8 <= y <= 200 for y in ys) and ys[0] < ys[1]

    def test_equal_devices_share_one_label_and_a_new_rate_has_its_own(self):
        def labels(*amounts: tuple[str, str]) -> list[str]:
            steps = [
                DoseStep(minute(10 + 5 * n), minute(11 + 5 * n), Quantity(Decimal(number), unit))
                for n, (number, unit) in enumerate(amounts)
            ]
            chart = session_chart(id="s", start=START, end=minute(60), zone=UTC, doses=steps)
            return [bar.label for bar in chart.lanes[2].bars]

        assert labels(("28", "mg"), ("28", "mg"), ("28", "mg")) == ["28\u00a0mg", "", ""]
        rates = labels(("0.85", "mg/min"), ("0.4", "mg/min"), ("0.85", "mg/min"))
        assert rates == ["0.85\u00a0mg/min", "0.4\u00a0mg/min", "0.85\u00a0mg/min"]

    def test_what_is_only_planned_does_not_look_given(self):
        rate = Quantity(Decimal("0.85"), "mg/min")
        steps = [DoseStep(minute(10), minute(20), rate), DoseStep(minute(20), minute(50), rate, planned=True)]
        chart = session_chart(id="s", start=START, end=minute(60), zone=UTC, doses=steps)
        assert [bar.series for bar in chart.lanes[2].bars] == ["dose", "planned"]

    def test_a_limit_of_the_site_carries_its_words(self):
        chart = session_chart(
            id="s", start=START, end=minute(60), zone=UTC,
            limits=[SiteLimit("systolic", 160, "site limit 160 mmHg")],
        )  # fmt: skip
        assert [zone.label for zone in chart.lanes[1].zones] == ["site limit 160 mmHg"]

    def test_the_axis_stands_on_round_minutes(self):
        chart = session_chart(id="s", start=minute(7), end=minute(127), zone=UTC)
        assert [tick.label for tick in chart.axis][:3] == ["09:15", "09:30", "09:45"]


class TestScales:
    def test_time_across_a_change_of_summer_time_is_true(self):
        from zoneinfo import ZoneInfo

        berlin = ZoneInfo("Europe/Berlin")
        scale = TimeScale(
            datetime(2026, 10, 25, 0, 0, tzinfo=berlin), datetime(2026, 10, 25, 5, 0, tzinfo=berlin)
        )
        assert scale.percent(datetime(2026, 10, 25, 4, 0, tzinfo=berlin)) == pytest.approx(100 * 5 / 6)

    def test_a_value_off_the_scale_stays_on_the_paper(self):
        scale = ValueScale(0, 100, height=100, pad=10)
        assert (scale.y(-5), scale.y(0), scale.y(50), scale.y(100), scale.y(900)) == (
            "90.0", "90.0", "50.0", "10.0", "10.0",
        )  # fmt: skip

    def test_each_series_has_a_shape_of_its_own(self):
        chart = session_chart(id="s", start=START, end=minute(60), zone=UTC)
        shapes = [entry.shape for entry in chart.key]
        assert len(set(shapes)) == len(shapes) and set(shapes) <= set(SHAPES)

    def test_a_position_is_an_attribute_and_text_keeps_its_size(self):
        html = render_component(a_timeline(), now=END)
        assert not re.search(r"\bstyle=|viewBox=\"0 0 \d{3}", html)


class TestBandChart:
    STUDIED = Studied("adults", "a vein of the arm", "90% band", "V", "SOURCE")

    def points(self):
        return [BandPoint(n / 4, 5 * n, 10 * n, 20 * n) for n in range(9)]

    def test_it_never_stands_without_population_site_and_certainty(self):
        chart = band_chart(id="b", title="Curve", points=self.points(), unit="ng/mL", studied=self.STUDIED)
        html = render_component(chart, now=END)
        for expected in (
            "90% band of adults",
            "a vein of the arm",
            "V, read at the source",
            "A model, not a meas",
        ):
            assert expected in html

    def test_the_band_holds_the_middle_and_reaches_from_edge_to_edge(self):
        lane = band_chart(
            id="b", title="Curve", points=self.points(), unit="ng/mL", studied=self.STUDIED
        ).lanes[0]
        for line in lane.lines:
            start, end = float(line.x1[:-1]), float(line.x2[:-1])
            under = [bar for bar in lane.bars if start <= float(bar.x[:-1]) < end]
            middle = (float(line.y1) + float(line.y2)) / 2
            half = under[len(under) // 2]
            assert float(half.y) <= middle + 1
            assert middle - 1 <= float(half.y) + float(half.height)
        assert lane.bars[0].x == "0.00%"
        last = lane.bars[-1]
        assert float(last.x[:-1]) + float(last.width[:-1]) >= 100

    def test_every_value_of_its_table_has_a_unit(self):
        chart = band_chart(id="b", title="Curve", points=self.points(), unit="ng/mL", studied=self.STUDIED)
        cells = [str(cell.value) for row in chart.table.rows for cell in row.cells]
        assert all(cell.endswith((" ng/mL", " h")) for cell in cells)
        assert "160 ng/mL" in cells

    def test_one_point_is_no_curve(self):
        with pytest.raises(ValueError, match="two points"):
            band_chart(id="b", title="Curve", points=self.points()[:1], unit="ng/mL", studied=self.STUDIED)
