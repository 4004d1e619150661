"""Another dose, tried on paper: within what the protocol lists, and with no order at its end."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from decimal import Decimal

from posology.case import Case
from posology.knowledge import Library, Route
from posology.knowledge.schema import ProtocolFile
from posology.protocols.limits import dose_for_level
from posology.quantities import DomainError, Quantity, read_number, show_number
from posology.recommendation import Advice, Option, ProposedDose
from posology.recommendation.curve_people import subject_of
from posology.recommendation.curves import rest_of
from posology.recommendation.dose_curves import NoCurve, curve_of, planned
from posology.recommendation.doses import infusion_minutes, numbers
from posology.web.curves.picture import Entry, top_of
from posology.web.curves.view_models import Figure, figure_of, key_of

_MINUTES_STEP = Decimal(5)  # how finely a slider moves: of the page alone


@dataclass(frozen=True, slots=True)
class Slider:
    """One number that may be tried, and between what."""

    name: str
    label: str
    unit: str
    low: Decimal
    high: Decimal
    step: Decimal
    value: Decimal

    @property
    def is_fixed(self) -> bool:
        """Whether the protocol lists one value alone."""
        return self.low == self.high

    @property
    def shown(self) -> str:
        """The value with its unit."""
        return f"{show_number(self.value)}\u00a0{self.unit}"

    @property
    def digits(self) -> tuple[str, ...]:
        """Lowest, highest, step and value as a control takes them."""
        return tuple(format(one.normalize(), "f") for one in (self.low, self.high, self.step, self.value))

    @property
    def ends(self) -> tuple[str, str]:
        """The lowest and the highest with their unit."""
        return f"{show_number(self.low)}\u00a0{self.unit}", f"{show_number(self.high)}\u00a0{self.unit}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One way of giving that may be tried."""

    protocol_id: str
    title: str
    chosen: bool


@dataclass(frozen=True)
class Trial:
    """The controls, and the curve of what they say or the sentence that refuses it."""

    choices: tuple[Choice, ...]
    sliders: tuple[Slider, ...]
    answer: Figure
    key: tuple[Entry, ...]


class NothingToTry(NoCurve):
    """No protocol makes an option with a dose here, so there is nothing to begin from."""

    code = "nothing-to-try"


def trial_of(
    advice: Advice, case: Case, asked: Mapping[str, str], *, library: Library, as_of: datetime, zone: tzinfo
) -> Trial:
    """Return what was asked for as controls and a curve.

    Parameters
    ----------
    advice : Advice
        Only protocols that make an option with a dose here may be tried.
    asked : mapping of str to str
        The protocol, the dose in mg or the number of devices, and the minutes, as they were sent; what is
        left out is as in the protocol's first option.

    Raises
    ------
    NothingToTry
        If no protocol makes an option with a dose, or not the one that was asked for.
    """
    begins = _begins(advice)
    wanted = asked.get("protocol") or next(iter(begins), "")
    if wanted not in begins:
        raise NothingToTry(
            "No option with a dose is made here"
            + (" by the protocol that was asked for" if begins else "")
            + ", so no other dose can be tried. Go back to the options."
        )
    option, protocol = begins[wanted], library.protocol(wanted)
    choices = tuple(Choice(one, library.protocol(one).title, chosen=one == wanted) for one in begins)
    sliders, refusals = _read(_sliders(option, protocol, as_of), asked)
    if refusals:
        return Trial(choices, sliders, Figure("", None, refused=refusals[0]), ())
    answer, key = _answer(option, sliders, case, library, as_of, zone)
    return Trial(choices, sliders, answer, key)


def _begins(advice: Advice) -> dict[str, Option]:
    """Return by protocol the option from which a trial begins: its first one with a dose."""
    found: dict[str, Option] = {}
    for option in (*advice.options, *advice.also_possible):
        if option.dose is not None:
            found.setdefault(option.protocol_id, option)
    return found


def _sliders(option: Option, protocol: ProtocolFile, as_of: datetime) -> tuple[Slider, ...]:
    dose = _dose_of(option)
    levels = sorted(numbers(protocol, "dose_levels", as_of))
    kg = dose.weight.kg if dose.weight else None
    low, high = (dose_for_level(protocol, level, kg, as_of.date()) for level in (levels[0], levels[-1]))
    if option.route is Route.NASAL and dose.devices:
        each = dose.dose_mg / dose.devices
        counts = (Decimal(int(low / each)), Decimal(int(high / each)))
        unit, now = f"× {Quantity(each, 'mg')}", Decimal(dose.devices)
        return (Slider("devices", "Devices", unit, *counts, Decimal(1), now),)
    step = numbers(protocol, "dose_step", as_of)[0] if "dose_step" in protocol.values else Decimal(1)
    made = [Slider("dose_mg", "Dose", "mg", low, high, step, dose.dose_mg)]
    minutes = [Decimal(one) for one in infusion_minutes(protocol, as_of) if one is not None]
    if dose.minutes and minutes:
        made.append(
            Slider("minutes", "Over", "min", min(minutes), max(minutes), _MINUTES_STEP, Decimal(dose.minutes))
        )
    return tuple(made)


def _dose_of(option: Option) -> ProposedDose:
    assert option.dose is not None  # a trial begins from an option with a dose
    return option.dose


def _read(sliders: tuple[Slider, ...], asked: Mapping[str, str]) -> tuple[tuple[Slider, ...], list[str]]:
    """Read what was sent for each slider; outside of its ends it is refused, and the slider stays."""
    read, refusals = [], []
    for slider in sliders:
        text = asked.get(slider.name, "").strip()
        try:
            read.append(_moved(slider, text) if text else slider)
        except NoCurve as refusal:
            read.append(slider)
            refusals.append(str(refusal))
    return tuple(read), refusals


def _moved(slider: Slider, text: str) -> Slider:
    try:
        value = read_number(text, what=slider.label.lower())
    except DomainError as refusal:
        raise NoCurve(str(refusal)) from None
    low, high = slider.ends
    if not slider.low <= value <= slider.high or (slider.name == "devices" and value != int(value)):
        raise NoCurve(
            f"{show_number(value)} {slider.unit} lies outside of what the protocol lists here, {low} to "
            f"{high}, so no curve is drawn of it. Choose one within."
        )
    return replace(slider, value=value)


def _answer(
    option: Option,
    sliders: tuple[Slider, ...],
    case: Case,
    library: Library,
    as_of: datetime,
    zone: tzinfo,
) -> tuple[Figure, tuple[Entry, ...]]:
    dose, said = _dose_of(option), {slider.name: slider for slider in sliders}
    devices = int(said["devices"].value) if "devices" in said else None
    mg = dose.dose_mg / (dose.devices or 1) * devices if devices else said["dose_mg"].value
    minutes = said["minutes"].value if "minutes" in said else None
    over = f" over {said['minutes'].shown}" if minutes else ""
    title = f"{option.substance.value} {Quantity(mg, 'mg')}, {option.route.value}{over}"
    try:
        regimen = planned(
            option.substance,
            option.route,
            mg,
            minutes=minutes,
            devices=devices,
            rest_minutes=rest_of(option.protocol_id, option.route, library, as_of=as_of),
        )
        subject = subject_of(case, as_of=as_of, library=library, weight=dose.weight)
        curve = curve_of(regimen, subject)
    except DomainError as refusal:
        return Figure(title, None, refused=str(refusal)), ()
    # One scale for all that may be tried, so that the curve moves and not its edge.
    first = sliders[0]
    top = top_of((curve,), times=float(first.high / first.value))
    return figure_of(curve, title=title, id="curve-try", zone=zone, top=top, height=220), key_of((curve,))
