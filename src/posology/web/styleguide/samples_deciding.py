"""Samples: verdicts, options, worksheets. Fact ids, sources and certainties are those of the knowledge."""

from dataclasses import replace
from datetime import date

from posology.web.components import (
    AskedLine,
    Blocked,
    Chain,
    ChainLink,
    DeviceStep,
    Evidence,
    Fact,
    FactList,
    ForceValue,
    Ground,
    Held,
    Option,
    OptionSet,
    ReadValue,
    Rest,
    Status,
    Verdict,
    VerdictList,
    Worksheet,
    WorksheetStep,
)
from posology.web.styleguide.samples import NOW, Chapter, Sample, earlier, q

_KNOWLEDGE = "eligibility, version 1, reviewed 01-Nov-2026"

_VERDICTS = VerdictList(
    (
        Verdict(
            Status.PASS,
            "Age 18 or over",
            "45 y, born 14-Mar-1981",
            grounds=(Ground("eligibility/adult", "A-CI-17", "SPR-US", "V", knowledge=_KNOWLEDGE),),
        ),
        Verdict(
            Status.CANNOT_SAY,
            "Pregnancy",
            "No answer is recorded",
            needs=("A pregnancy test, or the reason why none applies",),
            grounds=(
                Ground("eligibility/pregnancy", "A-CI-12", "SPR-US, SPR-EU-PL", "V", knowledge=_KNOWLEDGE),
            ),
        ),
        Verdict(
            Status.HOLD,
            "Blood pressure before the dose",
            "148/92 mmHg, sitting",
            at=earlier(minutes=4),
            say="Above 140/90 mmHg: take it again, treat the cause, weigh the benefit against the risk of "
            "waiting. This is a decision, not a ban.",
            grounds=(
                Ground("eligibility/pressure-before", "A-CI-06", "SPR-US, SPR-EU", "V", knowledge=_KNOWLEDGE),
            ),
            open=True,
        ),
        Verdict(
            Status.STOP,
            "Heart attack or other major cardiovascular event in the last 6 weeks",
            "Heart attack, 34 days ago",
            on=date(2026, 10, 20),
            grounds=(Ground("eligibility/recent-event", "A-CI-04", "SPR-EU-PL", "V", knowledge=_KNOWLEDGE),),
        ),
        Verdict(
            Status.CAUTION,
            "Chronic lung disease or sleep apnea",
            "Obstructive sleep apnea, treated",
            on=date(2024, 2, 12),
            grounds=(Ground("eligibility/airway", "A-CI-10", "SPR-EU-PL", "V", knowledge=_KNOWLEDGE),),
        ),
        Verdict(
            Status.HOLD,
            "Earlier intolerance to ketamine",
            "Severe agitation, recorded in words only",
            on=date(2025, 6, 3),
            say="This rests on practice that was not read at a source. It asks a prescriber to decide; "
            "it stops nothing.",
            grounds=(
                Ground("eligibility/intolerance", "A-CI-25", "clinical practice", "N", knowledge=_KNOWLEDGE),
            ),
        ),
        Verdict(
            Status.PASS,
            "No aneurysm or arteriovenous malformation",
            "Answered no",
            on=date(2026, 11, 20),
            grounds=(Ground("eligibility/aneurysm", "A-CI-01", "SPR-US, SPR-EU", "V", knowledge=_KNOWLEDGE),),
        ),
        Verdict(
            Status.PASS,
            "No hypersensitivity to ketamine or esketamine",
            "Answered no",
            on=date(2026, 11, 20),
            grounds=(Ground("eligibility/hypersensitivity", "A-CI-03", "SPR-US", "V", knowledge=_KNOWLEDGE),),
        ),
    )
)

_LABELS = Rest(
    "V",
    (ChainLink("A-CI-06", "#A-CI-06"),),
    (
        ChainLink("SPR-US", "#SPR-US", "Spravato (esketamine) nasal spray, United States labelling"),
        ChainLink("SPR-EU", "#SPR-EU", "Spravato, European Union product information"),
    ),
)
_CHAIN = Chain(
    (_LABELS,),
    rule=ChainLink("rules-session/pressure-before", "#rule", "Blood pressure before the dose"),
    asked=(
        AskedLine("Any of these:"),
        AskedLine("Systolic pressure above 140 mmHg (systolic hold)", 1),
        AskedLine("Diastolic pressure above 90 mmHg (diastolic hold)", 1),
    ),
    read=(ReadValue("Systolic pressure", "148 mmHg", NOW.date(), "entered here"),),
    values=(ForceValue("Systolic hold", q("140", "mm[Hg]"), date(2019, 3, 5), _LABELS),),
    in_force="from 05-Mar-2019",
    knowledge="rules-session, version 1",
)
_DEFAULT = Chain(
    (
        Rest(
            "SITE",
            sources=(ChainLink("SITE-DEFAULT", "#", "Engineering default, to be set by each site"),),
            where="Weight older than this is asked anew.",
        ),
    )
)
_DERIVED = Chain(
    (
        Rest(
            "D",
            tuple(ChainLink(f"PR-IV-0{n}", "#") for n in range(1, 6)),
            (ChainLink("LOO16", "#", "Loo and others 2016, dose titration trial"),),
        ),
    ),
    label="The sum rests on",
)
_PRACTICE = Chain(
    (
        Rest(
            "N",
            (ChainLink("A-CI-25", "#"),),
            (ChainLink("OXF18", "#", "Service description of a clinic, read in part"),),
        ),
    )
)

_TWICE_WEEKLY = (
    date(2026, 11, 26),
    date(2026, 11, 30),
    date(2026, 12, 3),
    date(2026, 12, 7),
    date(2026, 12, 10),
    date(2026, 12, 14),
)

_IV = Option(
    value="iv",
    substance="ketamine (racemic)",
    route="into a vein",
    dose=q("34", "mg"),
    given_over="over 40 min",
    sum=(q("0.5", "mg/kg"), "×", q("68.4", "kg"), "=", q("34.2", "mg")),
    rounding="rounded down",
    schedule="Twice a week for 3 weeks, first:",
    dates=_TWICE_WEEKLY,
    checkpoint="After session 6, decide with the patient whether to go on",
    change="Same dose, 3 days later",
    reasons_for=("Score fell by 8 points since the first session", "Last session without adverse event"),
    reasons_against=("A vein and a pump at each visit",),
    cautions=("Off-label for depression",),
    evidence=(
        Evidence(
            "Response in 55.4% after 3 weeks, open trial against ECT.", "V", "Anand 2023", "E-IV-10", "#"
        ),
    ),
)
_NASAL = Option(
    value="nasal",
    substance="esKETAMINE",
    route="into the nose",
    dose=q("56", "mg"),
    given_over="2 devices",
    sum=("2 ×", q("28", "mg"), "=", q("56", "mg")),
    schedule="Twice a week for 4 weeks, first:",
    dates=(*_TWICE_WEEKLY, date(2026, 12, 17), date(2026, 12, 21)),
    checkpoint="After session 8, judge the benefit before going on",
    change="Another substance and route; a new course begins",
    reasons_for=("Labelled for treatment-resistant depression", "No vein needed"),
    reasons_against=("Not weight-based", "Observation of at least 2 h each time"),
    cautions=(),
    evidence=(Evidence("First dose of the US label.", "V", "SPR-US", "PR-ESK-02", "#"),),
)
_IM = Option(
    value="im",
    substance="ketamine (racemic)",
    route="into a muscle",
    dose=q("34", "mg"),
    sum=(q("0.5", "mg/kg"), "×", q("68.4", "kg"), "=", q("34.2", "mg")),
    rounding="rounded down",
    schedule="Twice a week for 3 weeks, first:",
    dates=_TWICE_WEEKLY,
    checkpoint="After session 6, decide with the patient whether to go on",
    at_session=("way home arranged", "fasting kept"),
    change="Same amount by another route; a new order",
    reasons_for=("No vein and no pump needed",),
    reasons_against=("Cannot be stopped once given", "No controlled trial of a schedule was read"),
    cautions=("Off-label for depression",),
    evidence=(
        Evidence(
            "Near-equal fall at 2 h to 0.5 mg/kg into a vein, 27 people.", "V", "CHIL14", "PR-IM-01", "#"
        ),
    ),
)
_BLOCKED = replace(
    _NASAL,
    blocked=Blocked(
        Status.HOLD,
        (
            Held(
                "REMS enrolment",
                "The patient is not enrolled in the REMS programme yet.",
                "Send the enrolment form, signed by patient and prescriber.",
            ),
        ),
    ),
)

_FACTS = (
    Fact("Weight used", q("68.4", "kg"), at=earlier(minutes=12), origin="Measured here"),
    Fact("Weight policy", "Actual body weight", origin="Site setting"),
    Fact("Order", "34 mg over 40 min", at=earlier(hours=3), origin="Signed, version 1"),
)
_INFUSION = Worksheet(
    title="Worksheet for the infusion",
    on=NOW.date(),
    patient="SYNTHETIC, Ada",
    identifier="SYN-0014",
    born_on=date(1981, 3, 14),
    product="Ketamine 50 mg/mL, vial of 10 mL",
    stated_as="stated as ketamine base",
    facts=_FACTS,
    steps=(
        WorksheetStep(
            "Dose for this patient",
            (q("0.5", "mg/kg"), "×", q("68.4", "kg"), "=", q("34.2", "mg")),
            q("34", "mg"),
            "rounded down to a whole mg, then checked against the limit",
        ),
        WorksheetStep("Draw up from the vial", (q("34", "mg"), "÷", q("50", "mg/mL")), q("0.68", "mL")),
        WorksheetStep("Make up with sodium chloride 0.9% to", (), q("100", "mL")),
        WorksheetStep("Strength in the bag", (q("34", "mg"), "÷", q("100", "mL")), q("0.34", "mg/mL")),
        WorksheetStep(
            "Set the pump to", (q("100", "mL"), "÷", q("40", "min")), q("150", "mL/h"), "for 40 min"
        ),
    ),
    grounds="Protocol ketamine-iv, version 1 · rule PR-IV-01 · knowledge of 23-Nov-2026",
)
_DEVICES = Worksheet(
    title="Worksheet for the nasal session",
    on=NOW.date(),
    patient="SYNTHETIC, Bo",
    identifier="SYN-0015",
    born_on=date(1974, 7, 2),
    product="Esketamine nasal spray, devices of 28 mg",
    stated_as="stated as esketamine base",
    facts=(Fact("Order", "84 mg, 3 devices", at=earlier(hours=3), origin="Signed, version 1"),),
    devices=(
        DeviceStep(
            1, q("28", "mg"), "At the start", "One spray into each nostril; do not prime. Rest 5 min."
        ),
        DeviceStep(2, q("28", "mg"), "5 min after device 1", "Rest 5 min."),
        DeviceStep(3, q("28", "mg"), "5 min after device 2"),
    ),
    total=q("84", "mg"),
    warnings=("A lost spray is recorded and not given again.",),
    grounds="Protocol esketamine-us · rules PR-ESK-11, PR-ESK-12",
    signatures=("Given by", "Watched by"),
)

DECIDING = (
    Chapter(
        "chain",
        "Chain to the source",
        (
            Sample("Folded: the closed line names the fact and how sure it is", (_CHAIN,)),
            Sample("Flat, inside something that opens", (replace(_CHAIN, folded=False),)),
            Sample(
                "A default of the site; a sum of many facts; not verified", (_DEFAULT, _DERIVED, _PRACTICE)
            ),
            Sample(
                "Under a verdict and under a fact",
                (
                    VerdictList(
                        (
                            Verdict(
                                Status.HOLD,
                                "Blood pressure before the dose",
                                "148/92 mmHg, sitting",
                                at=earlier(minutes=4),
                                chain=replace(_CHAIN, folded=False),
                            ),
                        )
                    ),
                    FactList((Fact("Weight", q("68.4", "kg"), at=earlier(minutes=12), chain=_DEFAULT),)),
                ),
            ),
        ),
        banner=True,
    ),
    Chapter(
        "verdicts",
        "Verdicts",
        (
            Sample("Gravest first, passes folded", (_VERDICTS,)),
            Sample(
                "All passed",
                (VerdictList(tuple(v for v in _VERDICTS.verdicts if v.status is Status.PASS)),),
            ),
        ),
        banner=True,
    ),
    Chapter(
        "options",
        "Options",
        (
            Sample("Three options and none of these", (OptionSet((_IV, _NASAL, _IM)),)),
            Sample(
                "One is blocked; four options; nothing was chosen",
                (
                    OptionSet(
                        (_IV, _BLOCKED, _IM, replace(_IV, value="iv2", change="Same dose, 7 days later")),
                        name="second",
                        error="Nothing is chosen. Choose one option, or none of these.",
                    ),
                ),
            ),
        ),
        banner=True,
    ),
    Chapter(
        "worksheet",
        "Worksheet",
        (Sample("Infusion", (_INFUSION,)), Sample("Devices and rests", (_DEVICES,))),
        note=f"Printed as it stands; {NOW:%d}-Nov-2026.",
        banner=True,
    ),
)
