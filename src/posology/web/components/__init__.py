"""The parts every page is made of. Each is a frozen view model that names the one template that shows it.

``{% load posology %}{% component thing %}`` renders any of them; ``README.md`` beside this file lists them.
Views build these from what the lower floors answer; nothing here decides, stores or asks the clock.
"""

from posology.web.components.band_chart import BandPoint, Studied, band_chart
from posology.web.components.base import Component, render_component
from posology.web.components.board import Board, ChairCard, LiveValue, Task, Timer, due_status
from posology.web.components.chain import AskedLine, Chain, ChainLink, ForceValue, ReadValue, Rest
from posology.web.components.chart import Chart
from posology.web.components.events import Event, EventList
from posology.web.components.facts import Fact, FactList, Ground, Verdict, VerdictList
from posology.web.components.forms import (
    YES_NO_UNKNOWN,
    Choice,
    ErrorSummary,
    Field,
    Problem,
    errors_of,
    field_of,
)
from posology.web.components.frame import LOOP, Button, Crumbs, Frame, Link, LoopSteps, Tabs
from posology.web.components.notices import Dialog, EmptyState, Notice
from posology.web.components.options import (
    Blocked,
    Caution,
    Evidence,
    Held,
    InteractionLine,
    NoneOfThese,
    Option,
    OptionSet,
)
from posology.web.components.patient import AllergyStatus, PatientBanner
from posology.web.components.readings import PadChoice, PadInput, PadRow, Question, ReadingPad
from posology.web.components.session_chart import DoseStep, SiteLimit, VitalPoint, session_chart
from posology.web.components.status import Chip, Status
from posology.web.components.tables import Cell, Column, Row, Table
from posology.web.components.timeline import (
    DosePoint,
    EventPoint,
    Instrument,
    PressurePoint,
    ScoreBand,
    ScorePoint,
    timeline,
)
from posology.web.components.worksheet import DeviceStep, Worksheet, WorksheetStep

__all__ = [
    "LOOP",
    "YES_NO_UNKNOWN",
    "AllergyStatus",
    "AskedLine",
    "BandPoint",
    "Blocked",
    "Board",
    "Button",
    "Caution",
    "Cell",
    "Chain",
    "ChainLink",
    "ChairCard",
    "Chart",
    "Chip",
    "Choice",
    "Column",
    "Component",
    "Crumbs",
    "DeviceStep",
    "Dialog",
    "DosePoint",
    "DoseStep",
    "EmptyState",
    "ErrorSummary",
    "Event",
    "EventList",
    "EventPoint",
    "Evidence",
    "Fact",
    "FactList",
    "Field",
    "ForceValue",
    "Frame",
    "Ground",
    "Held",
    "Instrument",
    "InteractionLine",
    "Link",
    "LiveValue",
    "LoopSteps",
    "NoneOfThese",
    "Notice",
    "Option",
    "OptionSet",
    "PadChoice",
    "PadInput",
    "PadRow",
    "PatientBanner",
    "PressurePoint",
    "Problem",
    "Question",
    "ReadValue",
    "ReadingPad",
    "Rest",
    "Row",
    "ScoreBand",
    "ScorePoint",
    "SiteLimit",
    "Status",
    "Studied",
    "Table",
    "Tabs",
    "Task",
    "Timer",
    "Verdict",
    "VerdictList",
    "VitalPoint",
    "Worksheet",
    "WorksheetStep",
    "band_chart",
    "due_status",
    "errors_of",
    "field_of",
    "render_component",
    "session_chart",
    "timeline",
]
