"""The twelve synthetic patients of the demo. All of it is invented; the names say so."""

from datetime import date
from types import MappingProxyType

from posology.case import Answer, Choice, Sex
from posology.server.demo.story import Complaint, Course, Story, Today

_IV, _IM, _ORAL, _NASAL = "ketamine-iv", "ketamine-im", "ketamine-oral", "esketamine-nasal-us"
_VIAL, _DEVICE = "ketamine-50", "esketamine-device-28"
_RESTED = "Rested; it passed while still in the chair."
_NAUSEA = Complaint("Nausea", 1, 25, _RESTED)
_DIZZY = Complaint("Dizziness", 2, 50, "Lay flat and was watched until it passed.")
_HEADACHE = Complaint("Headache", 1, 60, "No treatment needed.")
_UNREAL = Complaint("Dissociation", 1, 30, "Talked to in a calm voice.")

STORIES: tuple[Story, ...] = (
    Story(
        1, "Alder-Synthetic", "Ada", date(1981, 3, 14), Sex.FEMALE, "68.4", "168", Today.INFUSION_RUNS,
        Course(_IV, _VIAL, 7, (1, 4), ("0.5",) * 2, (21, 19), {1: _UNREAL}),
        phq9_today=16, pressure=(124, 78), rise=16,
        answers=MappingProxyType({"can_be_pregnant": Answer.YES}),
    ),
    Story(
        2, "Birch-Synthetic", "Ben", date(1974, 8, 2), Sex.MALE, "83", "179", Today.OBSERVED,
        Course(_NASAL, _DEVICE, 31, (1, 4, 8, 11, 15, 18, 22, 25), ("56",) * 2 + ("84",) * 6,
               (20, 18, 17, 15, 13, 12, 11, 10), {3: _NAUSEA, 4: _NAUSEA}, dissociation=2),
        phq9_today=9, pressure=(128, 80), rise=18, drugs=("Venlafaxine 150 mg oral capsule",),
    ),
    Story(
        3, "Cedar-Synthetic", "Cleo", date(1990, 11, 23), Sex.FEMALE, "61.2", "165", Today.AT_THE_GATE,
        Course(_IM, _VIAL, 3, (1,), ("0.5",), (22,), {1: _HEADACHE}),
        phq9_today=20, pressure=(116, 72), rise=14,
    ),
    Story(
        4, "Dogwood-Synthetic", "Dan", date(1968, 1, 30), Sex.MALE, "91.5", "182", Today.PLANNED,
        Course(_IV, _VIAL, 87, (1, 4, 8, 11, 15, 18, 25, 32, 39, 46, 60, 74), ("0.5",) * 12,
               (19, 16, 14, 11, 9, 8, 7, 6, 6, 5, 6, 7), {2: _NAUSEA, 6: _HEADACHE}),
        phq9_today=8, pressure=(130, 82), rise=17,
        drugs=("Bupropion 300 mg oral tablet", "Lisinopril 10 mg oral tablet"),
        answers=MappingProxyType({"hypertension": Answer.YES}),
    ),
    Story(
        5, "Elm-Synthetic", "Eve", date(1986, 6, 9), Sex.FEMALE, "74.8", "171", Today.DISCHARGED,
        Course(_IV, _VIAL, 14, (1, 4, 8, 11), ("0.5",) * 4, (18, 17, 14, 13), {1: _NAUSEA, 3: _UNREAL}),
        phq9_today=11, pressure=(120, 74), rise=12,
    ),
    Story(
        6, "Fir-Synthetic", "Finn", date(1979, 4, 17), Sex.MALE, "79", "176", Today.SIGNED_AHEAD,
        Course(_NASAL, _DEVICE, 91, (1, 4, 8, 11, 15, 18, 22, 25, 32, 39, 46, 53, 60, 74, 88),
               ("56",) * 2 + ("84",) * 13, (23, 20, 16, 12, 10, 8, 6, 5, 4, 3, 4, 3, 3, 4, 3),
               {3: _DIZZY, 4: _NAUSEA}, dissociation=2),
        phq9_today=3, pressure=(118, 76), rise=13, drugs=("Escitalopram 20 mg oral tablet",),
    ),
    Story(
        7, "Hawthorn-Blackthorn-Whitebeam-Synthetic", "Wilhelmina Alexandrina Konstantina", date(1963, 12, 5),
        Sex.FEMALE, "70.6", "163", Today.TO_DECIDE,
        Course(_IV, _VIAL, 14, (1, 4, 8, 11), ("0.5",) * 4, (22, 21, 18, 17), {2: _UNREAL}),
        phq9_today=16, pressure=(126, 78), rise=15,
        drugs=("Mirtazapine 30 mg oral tablet", "Lorazepam 1 mg oral tablet"),
    ),
    Story(
        8, "Hazel-Synthetic", "Hal", date(1971, 9, 21), Sex.MALE, "96.2", "184", Today.PRESSURE_HOLDS,
        Course(_IM, _VIAL, 7, (1, 4), ("0.5",) * 2, (17, 15), {2: _HEADACHE}),
        phq9_today=14, pressure=(134, 84), rise=19, drugs=("Duloxetine 60 mg oral capsule",),
        answers=MappingProxyType({"hypertension": Answer.YES}),
    ),
    Story(
        9, "Ivy-Synthetic", "Iris", date(1958, 2, 11), Sex.FEMALE, "64.9", "160", Today.ASSESSED,
        phq9_today=19, pressure=(122, 74),
        answers=MappingProxyType({"aneurysm_or_avm": Answer.YES}),
    ),
    Story(
        10, "Juniper-Synthetic", "Jo", date(1999, 7, 28), Sex.UNKNOWN, "58.3", "174", Today.UNFINISHED,
        drugs=("Fluoxetine 40 mg oral capsule",),
        unasked=frozenset({
            "weight", "height", "systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate", "ecg",
            "aneurysm_or_avm", "intracerebral_hemorrhage", "failed_adequate_trials", "written_consent",
            "liver_class", "liver_panel", "urine_drug_screen", "medication_list_complete", "escort_home",
            "fasting_met", "nasal_drug_timing_met", "intoxicated_or_withdrawing", "porphyria",
        }),
    ),
    Story(
        11, "Larch-Synthetic", "Lee", date(1983, 10, 3), Sex.MALE, "77.4", "180", Today.SIGNED_AHEAD,
        Course(_ORAL, _VIAL, 30, (1, 8, 15, 22, 29), ("0.5", "0.5", "0.75", "0.75", "0.75"),
               (16, 15, 14, 12, 11), {4: _NAUSEA}, dissociation=0),
        phq9_today=11, pressure=(119, 73), rise=10,
    ),
    Story(
        12, "Maple-Synthetic", "Mia", date(1995, 5, 16), Sex.FEMALE, "66", "169", Today.RISK_ANSWER,
        Course(_IV, _VIAL, 79, (1, 4, 8, 11, 15, 18, 25, 32, 39, 46, 60, 74), ("0.5",) * 12,
               (24, 20, 15, 11, 8, 6, 6, 5, 6, 7, 8, 9), {1: _DIZZY, 5: _NAUSEA}),
        phq9_today=17, risk_answer=1, first_risk_answer=1, pressure=(114, 70), rise=14,
        drugs=("Sertraline 150 mg oral tablet", "Lamotrigine 100 mg oral tablet"),
        answers=MappingProxyType({"suicidal_ideation": Choice("none"), "can_be_pregnant": Answer.YES}),
    ),
)  # fmt: skip
