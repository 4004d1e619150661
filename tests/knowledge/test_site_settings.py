"""Each thing that a site may set: blank, nothing, beyond its bounds or another one's value is refused."""

from decimal import Decimal

import pytest

from posology.knowledge import load_library
from posology.knowledge.background import load_background
from posology.knowledge.editing import ValueChange
from posology.knowledge.site_bounds import higher_is_tighter, lower_is_tighter, setting_for
from posology.knowledge.submission import room_of
from tests.knowledge.test_site_draft import ACTIVE, LIBRARY, TODAY, faults

SETTINGS = load_background().settings.settings
PAIRS = (
    ("intra_session_systolic", "intra_session_diastolic"),
    ("dose_start", "dose_ceiling"),
    ("dose_start_lower", "dose_start"),
    ("sessions_in_7_days_hold_above", "sessions_in_28_days_hold_above"),
    ("amount_in_7_days_hold_above", "amount_in_28_days_hold_above"),
)


def change(base: str, name: str, new) -> ValueChange:
    """Return a change of one value, with the unit where only a site has it."""
    return ValueChange(name, new, TODAY, "We decided so.", unit=room_of(base)[name].unit)


def latest(base: str, name: str):
    dated = LIBRARY.protocol(base).values[name]
    return dated[max(dated)].value


def beyond(base: str, name: str) -> list:
    """Return the values just outside of what a site may choose, in the file's own unit."""
    setting = setting_for(base, name, SETTINGS)
    found = []
    if setting is not None and setting.low is not None and setting.high is not None:
        found += [setting.low - 1, setting.high + 1]
    product = LIBRARY.protocol(base).values.get(name)
    if product is not None and lower_is_tighter(name):
        now = latest(base, name)
        found.append(max(now) + 1 if isinstance(now, tuple) else now + Decimal("0.001"))
    if product is not None and higher_is_tighter(name):
        found.append(latest(base, name) - Decimal("0.001"))
    if room_of(base)[name].choices:
        found.append("whatever we like")
    return found


@pytest.mark.hazard("H-44")
@pytest.mark.parametrize("base", ACTIVE)
def test_every_setting_blank_nothing_or_beyond_its_bounds_is_refused(base, record_property):
    tried = 0
    for name in room_of(base):
        now = LIBRARY.protocol(base).values.get(name)
        many = now is not None and isinstance(latest(base, name), tuple)
        hostile = ["", " ", Decimal(0), Decimal(-1), Decimal("NaN"), Decimal("Infinity"), *beyond(base, name)]
        assert len(hostile) > 6, name
        for new in hostile:
            given = (new,) if many and isinstance(new, Decimal) else new
            assert faults(base, values=(change(base, name, given),)), (name, new)
            tried += 1
    record_property("n", tried)


def number_of(base: str, name: str) -> Decimal:
    """Return what stands for a value: the product's, or the middle of what a site may choose."""
    if name in LIBRARY.protocol(base).values:
        return latest(base, name)
    setting = SETTINGS[name]
    return (setting.low + setting.high) / 2


@pytest.mark.hazard("H-44")
@pytest.mark.parametrize("base", ACTIVE)
def test_two_settings_with_each_others_values_are_refused(base, record_property):
    tried = 0
    for one, other in PAIRS:
        if not {one, other} <= set(room_of(base)):
            continue
        first, second = number_of(base, one), number_of(base, other)
        right = faults(base, values=(change(base, one, first), change(base, other, second)))
        assert right == "", (one, other)
        if first != second:
            swapped = faults(base, values=(change(base, one, second), change(base, other, first)))
            assert swapped, (one, other)
            tried += 1
    assert tried
    record_property("n", tried)


def test_every_setting_of_the_file_is_bounded_or_chosen_from_a_list():
    open_ended = [
        name
        for name, s in SETTINGS.items()
        if not s.choices and s.high is None and not isinstance(s.default, bool)
    ]
    assert load_library().protocols and open_ended == []
