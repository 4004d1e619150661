"""Samples: what stands around a page, and the small parts."""

from dataclasses import replace
from datetime import date

from posology.web.components import (
    AllergyStatus,
    Button,
    Cell,
    Chip,
    Column,
    Crumbs,
    Dialog,
    EmptyState,
    Event,
    EventList,
    Fact,
    FactList,
    Link,
    LoopSteps,
    Notice,
    Row,
    Status,
    Table,
    Tabs,
)
from posology.web.styleguide.samples import BANNER, Chapter, Sample, earlier, q

_LONG = replace(
    BANNER,
    patient_id="a2",
    family="Synthetic-Featherstonehaugh",
    given="Maximiliana Theodora Wilhelmina",
    identifier="SYN-000123456",
    allergies=("Penicillin (anaphylaxis, 2009)", "Latex", "Sulfonamides", "Iodinated contrast"),
    now_line="Intranasal esketamine · session 12 · under observation until 15:40 at the earliest",
)
_UNKNOWN = replace(
    BANNER,
    patient_id="a3",
    family="Synthetic",
    given="Unnamed",
    born_on=None,
    sex="",
    allergies=(),
    allergy_status=AllergyStatus.NOT_KNOWN,
    now_line="",
)
_NONE = replace(
    BANNER,
    patient_id="a4",
    given="Bo",
    sex="Male",
    allergies=(),
    allergy_status=AllergyStatus.NONE_KNOWN,
    now_line="Assessment · 3 of 5 parts complete",
)

FRAME = Chapter(
    "frame",
    "Around the page",
    (
        Sample("Patient banner", (BANNER,)),
        Sample("Patient banner, long name, four allergies", (_LONG,)),
        Sample("Patient banner, nothing known", (_UNKNOWN,)),
        Sample("Patient banner, no known allergies", (_NONE,)),
        Sample("Crumbs", (Crumbs((Link("Patients", "#"), Link("Synthetic, Ada", "#")), "Options"),)),
        Sample(
            "Steps of the loop",
            (
                LoopSteps(
                    "Options",
                    done=("Assessment", "Eligibility"),
                    hrefs=(("Assessment", "#"), ("Eligibility", "#")),
                ),
            ),
        ),
        Sample(
            "Tabs",
            (
                Tabs(
                    "Patient",
                    (
                        Link("Timeline", "#", current=True),
                        Link("Assessment", "#"),
                        Link("Sessions", "#", count=4),
                        Link("Scores", "#", count=9),
                        Link("Documents", "#"),
                    ),
                ),
            ),
        ),
    ),
)

_FACTS = FactList(
    (
        Fact("Weight", q("68.4", "kg"), at=earlier(minutes=12), origin="Measured here"),
        Fact("Height", q("171", "cm"), on=date(2026, 9, 7), origin="Imported, FHIR"),
        Fact("Body mass index", q("23.4", "kg/m2"), on=date(2026, 9, 7), origin="Worked out"),
        Fact(
            "Blood pressure",
            "128/76 mmHg, sitting, left arm",
            at=earlier(minutes=4),
            origin="Measured here",
        ),
        Fact(
            "ALT",
            q("41", "U/L"),
            on=date(2026, 5, 4),
            origin="Laboratory",
            stale_because="older than this site allows. Ask for a new one.",
        ),
        Fact(
            "Pregnancy",
            None,
            missing="not answered",
            needed_for="eligibility",
            action="Answer now",
            href="#",
        ),
    ),
    heading="Facts this page rests on",
)

_EVENTS = EventList(
    (
        Event(earlier(minutes=42), "Gate answered", "Identifiers typed, escort arranged", "Synthetic, Nora"),
        Event(
            earlier(minutes=34),
            "Infusion started",
            "34 mg over 40 min, 150 mL/h",
            "Synthetic, Nora",
            Chip(Status.RUNNING),
        ),
        Event(
            earlier(minutes=24),
            "Reading 188/76 mmHg",
            by="Synthetic, Nora",
            corrected_by="138/76 mmHg, by Synthetic, Nora at 13:43",
        ),
        Event(
            earlier(minutes=14),
            "Reading 134/80 mmHg, 78/min, 98%",
            by="Synthetic, Omar",
            arrived_at=earlier(minutes=2),
        ),
        Event(
            earlier(minutes=1),
            "Nausea, mild",
            by="Synthetic, Nora",
            chip=Chip(Status.NOT_SENT),
        ),
    )
)

_TABLE = Table(
    "Patients",
    (
        Column("Patient"),
        Column("Course"),
        Column("Last score", numeric=True),
        Column("Next visit"),
        Column("Open tasks"),
    ),
    (
        Row(
            (
                Cell("SYNTHETIC, Ada", href="#", sub="SYN-0014"),
                Cell("IV ketamine, session 4 of 6"),
                Cell("11 points", sub="16-Nov-2026"),
                Cell(date(2026, 11, 26)),
                Cell("Sign order", chip=Chip(Status.DUE)),
            )
        ),
        Row(
            (
                Cell("SYNTHETIC, Bo", href="#", sub="SYN-0015"),
                Cell("Assessment"),
                Cell(None, missing="not scored"),
                Cell(None, missing="not booked"),
                Cell("Pregnancy not applicable? Answer"),
            ),
        ),
        Row(
            (
                Cell("SYNTHETIC-FEATHERSTONEHAUGH, Maximiliana Theodora", href="#", sub="SYN-000123456"),
                Cell("Intranasal esketamine, session 12"),
                Cell("7 points", sub="20-Nov-2026"),
                Cell(date(2026, 12, 4)),
                Cell("PHQ-9", chip=Chip(Status.OVERDUE)),
            ),
        ),
    ),
    empty=EmptyState("No patients yet", "Patients come here once they are added."),
)

PARTS = Chapter(
    "parts",
    "Small parts",
    (
        Sample("Status chips: shape, word, then colour", tuple(Chip(s) for s in Status), as_row=True),
        Sample(
            "Buttons",
            (
                Button("Sign order", kind="primary"),
                Button("Save as draft"),
                Button("Print worksheet", icon="print"),
                Button("Cancel", kind="quiet", href="#"),
                Button("Stop infusion", kind="stop", icon="stop"),
                Button("Start session", kind="primary", disabled_because="The gate is not answered yet."),
            ),
            as_row=True,
        ),
        Sample("Facts, one stale and one missing", (_FACTS,)),
        Sample(
            "Notices",
            (
                Notice("The order of 23-Nov-2026 is signed.", status=Status.DONE),
                Notice(
                    "The last reading is 12 min old. Take a new one before the dose.", status=Status.CAUTION
                ),
                Notice(
                    "Blood pressure is above the site's guide. A prescriber decides whether to go on.",
                    title="148/92 mmHg",
                    status=Status.HOLD,
                    action=Button("Ask the prescriber", href="#"),
                ),
                Notice(
                    "This order was changed after it was signed, so it cannot start. Sign it again.",
                    status=Status.STOP,
                ),
                Notice("You are working offline. What you record is kept here and sent later."),
                Notice("The board has not been heard from for 12 s. Values may be old.", status=Status.STALE),
            ),
        ),
        Sample(
            "Toast (floats, stays until closed)",
            (Notice("Reading recorded at 14:05.", status=Status.DONE, floats=True),),
        ),
        Sample(
            "Dialog",
            (
                Button("Sign order", kind="primary", opens="sign-dialog"),
                Dialog(
                    "sign-dialog",
                    "Sign this order?",
                    "Read it aloud. After you sign, any change voids the signature.",
                    safe=Button("Go back and look again", submits=False),
                    act=Button("Sign order", kind="primary", name="sign", value="1", submits=False),
                    read_aloud="Ketamine 34 mg into a vein over 40 minutes for Ada Synthetic, "
                    "born 14-Mar-1981, on 26-Nov-2026.",
                ),
            ),
        ),
        Sample(
            "Empty state",
            (
                EmptyState(
                    "No scores yet",
                    "PHQ-9 scores come here once the patient or a colleague has answered the nine questions.",
                    Button("Enter PHQ-9", href="#"),
                ),
            ),
        ),
        Sample("Table", (_TABLE,)),
        Sample("Table without rows", (replace(_TABLE, rows=()),)),
        Sample("Events: corrected, late, not sent", (_EVENTS,)),
        Sample("Events, none yet", (EventList(()),)),
    ),
)
