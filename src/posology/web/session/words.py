"""The words of the scales and events at the chair, as their sources have them."""

from posology.treatment import EventKind

# MOAA/S in its own words (S-SED-01).
MOAA_S = {
    5: "Answers readily to the name in a normal voice",
    4: "Answers slowly to the name in a normal voice",
    3: "Answers only after the name is called loudly or again",
    2: "Answers only after mild prodding or shaking",
    1: "Answers only to a painful squeeze of the shoulder",
    0: "Does not answer",
}
# Four steps at the bedside; this product's own rating, not a published scale.
RATING = {0: "None", 1: "Mild", 2: "Moderate", 3: "Severe"}
# What is seen most often, in the words of its reports (S-AE-01 to S-AE-14); anything else is written out.
ADVERSE = (
    "Dizziness",
    "Dissociation",
    "Nausea",
    "Vomiting",
    "Headache",
    "Anxiety",
    "Sedation",
    "Blurred vision",
    "Numbness or tingling",
    "Blood pressure increased",
)
ANOTHER = "another"
# The grades of adverse events (S-AE-29).
GRADES = {
    1: "Mild: no treatment",
    2: "Moderate: little treatment, or limits daily tasks such as shopping",
    3: "Severe: hospital, or disabling, or limits self-care",
    4: "Danger to life: urgent treatment",
    5: "Death",
}
# What makes an event serious, whatever its grade (S-AE-30).
SERIOUS = (
    "Death, immediate danger to life, a hospital stay or a longer one, lasting harm or disruption of "
    "normal life, a birth defect, or it may need treatment to prevent one of these."
)
# What makes any pressure an emergency (S-BP-05, S-STOP-02); in doubt it is one.
SYMPTOMS = (
    "Chest or back pain, shortness of breath, weakness or numbness, a change of vision, trouble speaking, "
    "a sudden severe headache, a seizure, less awake than the dose explains. In doubt: yes."
)
WAYS = (
    ("go_on", "Go on"),
    ("wait", "Keep the pause, and measure on"),
    ("end", "End the dose"),
)
# Who clears what stands in the way of a start.
CLEARS = {
    "nurse": "A nurse clears it: do it, or ask again.",
    "prescriber": "A prescriber clears it.",
    "director": "The medical director clears it.",
    "nobody": "Nobody may pass it.",
}
# What a planned reading is called in a sentence.
READINGS = {
    "blood_pressure": "blood pressure",
    "heart_rate": "heart rate",
    "spo2": "oxygen saturation",
    "respiratory_rate": "respiratory rate",
    "sedation": "sedation",
}
SCALES = {
    "moaa_s": "Sedation (MOAA/S)",
    "dissociation": "Dissociation",
    "nausea": "Nausea",
    "cadss": "Dissociation (CADSS)",
}
EVENTS = {
    EventKind.IDENTITY_CHECKED: "Identity checked",
    EventKind.GATE_ANSWERED: "Asked before the dose",
    EventKind.GATE_OVERRIDDEN: "Hold passed by the prescriber",
    EventKind.WORKSHEET_CHECKED: "Worksheet checked by a second person",
    EventKind.ADMINISTRATION_STARTED: "Dose started",
    EventKind.DEVICE_GIVEN: "Device used",
    EventKind.INFUSION_RATE_CHANGED: "Rate changed",
    EventKind.INFUSION_PAUSED: "Infusion paused",
    EventKind.INFUSION_RESUMED: "Infusion resumed",
    EventKind.INFUSION_STOPPED: "Dose ended",
    EventKind.DOSE_GIVEN: "Dose given",
    EventKind.READING_TAKEN: "Reading",
    EventKind.SCALE_SCORED: "Score",
    EventKind.ADVERSE_EVENT: "Adverse event",
    EventKind.DRUG_GIVEN: "Drug given",
    EventKind.NOTE_WRITTEN: "Note",
    EventKind.SYMPTOMS_CHECKED: "Symptoms of an emergency",
    EventKind.PRESSURE_DECIDED: "Prescriber's decision",
    EventKind.CORRECTED: "Correction",
    EventKind.DISCHARGE_CRITERION: "Seen before leaving",
    EventKind.DISCHARGE_OVERRIDDEN: "Leaving allowed by the prescriber",
    EventKind.DISCHARGED: "Discharged",
    EventKind.SESSION_CANCELLED: "Session cancelled",
}
