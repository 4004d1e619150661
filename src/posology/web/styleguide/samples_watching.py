"""Samples: the reading pad, timers, the board and the charts."""

from dataclasses import replace
from datetime import datetime, timedelta

from posology.web.components import (
    BandPoint,
    Board,
    ChairCard,
    DosePoint,
    DoseStep,
    EventPoint,
    Instrument,
    LiveValue,
    PadChoice,
    PadInput,
    PadRow,
    PressurePoint,
    Question,
    ReadingPad,
    ScoreBand,
    ScorePoint,
    SiteLimit,
    Status,
    Studied,
    Task,
    VitalPoint,
    band_chart,
    session_chart,
    timeline,
)
from posology.web.styleguide.samples import NOW, Chapter, Sample, earlier, q

_UTC = NOW.tzinfo
assert _UTC is not None

_BP = PadRow(
    "Blood pressure",
    "mmHg",
    (PadInput("systolic", "Systolic"), PadInput("diastolic", "Diastolic")),
    previous="124/78 mmHg",
    previous_at=earlier(minutes=12),
)
_HR = PadRow(
    "Heart rate",
    "/min",
    (PadInput("heart_rate", "Heart rate"),),
    previous="72/min",
    previous_at=earlier(minutes=12),
)
_SPO2 = PadRow("Oxygen saturation", "%", (PadInput("spo2", "Oxygen saturation"),))
_SEDATION = PadRow(
    "Sedation, MOAA/S",
    choices=(
        PadChoice("5", "5", "answers readily"),
        PadChoice("4", "4", "lethargic"),
        PadChoice("3", "3", "to loud name"),
        PadChoice("2", "2", "to shaking"),
        PadChoice("1", "1", "to squeeze"),
        PadChoice("0", "0", "no response"),
    ),
    choice_name="moaas",
    previous="5",
    previous_at=earlier(minutes=12),
)
_PAD = ReadingPad((_BP, _HR, _SPO2, _SEDATION), action="#", request_id="", due="Due at 14:05")


def _renamed(row: PadRow, suffix: str, *typed: str, **changes: object) -> PadRow:
    inputs = tuple(
        replace(box, name=box.name + suffix, typed=value)
        for box, value in zip(row.inputs, typed, strict=True)
    )
    return replace(row, inputs=inputs, **changes)  # type: ignore[arg-type]  # the changes name fields of the row


_ODD = ReadingPad(
    (
        _renamed(
            _BP,
            "_odd",
            "214",
            "96",
            question=Question(
                "214 mmHg is 90 mmHg above the reading of 12 min ago.",
                "confirm_systolic",
                "I took it again: 214/96 mmHg is right",
            ),
        ),
        _renamed(_HR, "_odd", "8 1", error="'8 1' has a space in it. Write 81."),
        _renamed(_SPO2, "_odd", "97"),
    ),
    action="#",
    keys=False,
)

WATCHING = (
    Chapter(
        "readings",
        "Reading pad",
        (
            Sample("Empty, the last value beside", (_PAD,)),
            Sample("Back with a question and an error; what was typed is kept", (_ODD,)),
        ),
        banner=True,
    ),
)

_VALUES = (
    LiveValue("BP", "128/76", earlier(minutes=3), "mmHg"),
    LiveValue("HR", "76", earlier(minutes=3), "/min"),
    LiveValue("SpO2", "97", earlier(minutes=3), "%"),
)
_OLD = (
    LiveValue("BP", "141/88", earlier(minutes=17), "mmHg"),
    LiveValue("HR", "84", earlier(minutes=17), "/min"),
    LiveValue("SpO2", "98", earlier(minutes=17), "%"),
)


def _in(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


_CHAIRS = (
    ChairCard(
        "Chair 1",
        "A.S.",
        "Infusion running",
        Status.RUNNING,
        earlier(minutes=34),
        (
            Task("Reading", _in(-3), "#"),
            Task("End of infusion", _in(6)),
            Task("Reading", _in(21)),
        ),
        _OLD,
        href="#",
    ),
    ChairCard(
        "Chair 2",
        "B.S.",
        "Under observation",
        None,
        earlier(minutes=72),
        (Task("Reading", _in(1.5), "#"), Task("May leave, if all is met", _in(48))),
        _VALUES,
        href="#",
    ),
    ChairCard(
        "Chair 3",
        "C.S.",
        "Device 2 of 3",
        Status.RUNNING,
        earlier(minutes=6),
        (Task("Device 3", _in(4), "#"), Task("Reading", _in(34))),
        (replace(_VALUES[0], at=earlier(minutes=8)), *_VALUES[1:]),
        href="#",
    ),
    ChairCard("Chair 4", note="Free until 15:30"),
)
_CHAIRS_WORSE = (
    replace(_CHAIRS[0], tasks=(Task("Reading", _in(-7), "#"),)),
    replace(_CHAIRS[1], silent=True, heard_at=earlier(minutes=6)),
    replace(_CHAIRS[2], locked=True),
    replace(_CHAIRS[2], chair="Chair 5", phase="Ready to leave", phase_status=Status.DONE, tasks=()),
)

BOARD = Chapter(
    "board",
    "Board",
    (
        Sample("Overdue, due, next, free", (Board(_CHAIRS),)),
        Sample("Stale, silent, locked, nothing due", (Board(_CHAIRS_WORSE),)),
    ),
    wide=True,
)

_PHQ9 = Instrument(
    "PHQ-9",
    0,
    27,
    (
        ScoreBand(0, 4, "minimal"),
        ScoreBand(5, 9, "mild"),
        ScoreBand(10, 14, "moderate"),
        ScoreBand(15, 19, "moderately severe"),
        ScoreBand(20, 27, "severe"),
    ),
)
_BEGIN = datetime(2026, 8, 31, 9, 0, tzinfo=_UTC)


def _on(day: int) -> datetime:
    return _BEGIN + timedelta(days=day)


_SESSION_DAYS = (7, 11, 14, 18, 21, 25, 39, 53, 67, 81)
_TIMELINE = timeline(
    id="timeline",
    start=_BEGIN,
    end=_on(91),
    zone=_UTC,
    instrument=_PHQ9,
    scores=[
        ScorePoint(_on(d), s)
        for d, s in zip((2, 11, 18, 25, 32, 39, 53, 67, 81), (21, 18, 15, 12, 11, 9, 10, 8, 7), strict=True)
    ],
    doses=[
        DosePoint(_on(d), q("34" if n < 3 else "41", "mg"), "into a vein")
        for n, d in enumerate(_SESSION_DAYS)
    ],
    pressures=[
        PressurePoint(_on(d), s, v)
        for d, s, v in zip(
            _SESSION_DAYS,
            (146, 151, 143, 158, 149, 147, 152, 144, 141, 145),
            (88, 92, 86, 97, 90, 88, 93, 87, 85, 88),
            strict=True,
        )
    ],
    events=[
        EventPoint(_on(18), "Dose raised to 41 mg: score above half of the first"),
        EventPoint(_on(25), "Nausea, mild, 20 min"),
        EventPoint(_on(53), "Interval kept at 14 days"),
    ],
    now=_on(84),
)
_SHORT_TIMELINE = timeline(
    id="timeline-short",
    start=_BEGIN,
    end=_on(14),
    zone=_UTC,
    instrument=_PHQ9,
    scores=[ScorePoint(_on(2), 21)],
    title="A patient at the beginning",
)

_START = earlier(minutes=44)


def _after(minutes: float) -> datetime:
    return _START + timedelta(minutes=minutes)


_SESSION = session_chart(
    id="session",
    start=_START,
    end=_after(120),
    zone=_UTC,
    vitals=[
        VitalPoint(_after(2), 124, 78, 72, 98),
        VitalPoint(_after(12), 131, 82, 78, 98),
        VitalPoint(_after(22), 138, 86, 84, 97),
        VitalPoint(_after(32), 146, 91, 88, None),
        VitalPoint(_after(42), 141, 88, 84, 98),
    ],
    doses=[
        DoseStep(_after(10), NOW, q("0.85", "mg/min"), "0.85 mg/min, 34 mg over 40 min"),
        DoseStep(NOW, _after(50), q("0.85", "mg/min"), " ", planned=True),
    ],
    events=[
        EventPoint(_after(4), "Gate answered"),
        EventPoint(_after(10), "Infusion started"),
        EventPoint(_after(27), "Nausea, mild"),
    ],
    limits=[SiteLimit("systolic", 160, "site limit 160 mmHg"), SiteLimit("spo2", 93, "site limit 93%")],
    now=NOW,
)
_EMPTY_SESSION = session_chart(
    id="session-empty", start=_START, end=_after(60), zone=_UTC, title="A session before its first reading"
)

_CURVE = band_chart(
    id="curve",
    title="A shape for the eye, no drug's concentration",
    points=[
        BandPoint(n / 12, 60 * rise * fall, 100 * rise * fall, 160 * rise * fall)
        for n in range(49)
        for rise in [min(1.0, n / 8)]
        for fall in [0.5 ** max(0.0, (n - 8) / 12)]
    ],
    unit="ng/mL",
    studied=Studied(
        population="invented people, for this guide",
        sampling_site="nowhere",
        band="90% band",
        certainty="N",
        source="no source: an illustration",
    ),
)

CHARTS = Chapter(
    "charts",
    "Charts",
    (
        Sample("Timeline of a patient", (_TIMELINE,)),
        Sample("Timeline with one score", (_SHORT_TIMELINE,)),
        Sample("Session", (_SESSION,)),
        Sample("Band chart", (_CURVE,)),
        Sample("Session, nothing taken yet", (_EMPTY_SESSION,)),
    ),
    banner=True,
)
