"""The table of roles: each action, each role, nothing by default."""

import inspect
import re
from pathlib import Path

import pytest

import posology.clinic
from posology.clinic.accounts import permissions
from posology.clinic.accounts.models import Role
from tests import factories

pytestmark = pytest.mark.django_db

# Written out once more, so that a slip in the table shows: n(urse) p(rescriber) d(irector) a(dministrator).
EXPECTED = {
    "view_board": "npd",
    "view_patient": "npd",
    "register_patient": "np",
    "record_facts": "np",
    "record_medications": "np",
    "record_elsewhere": "np",
    "import_bundle": "np",
    "view_advice": "npd",
    "open_course": "p",
    "end_course": "p",
    "sign_order": "p",
    "withdraw_order": "p",
    "override_hold": "p",
    "choose_none": "p",
    "place_session": "np",
    "view_visits": "npd",
    "plan_visits": "np",
    "view_session": "npd",
    "record_event": "np",
    "override_event": "p",
    "view_monitors": "npd",
    "place_monitor": "np",
    "join_monitor": "np",
    "record_form": "np",
    "take_risk_task": "npd",
    "close_risk_task": "pd",
    "view_rems": "npd",
    "certify_site": "d",
    "enrol_patient": "p",
    "fill_rems": "np",
    "send_rems": "npd",
    "view_duty": "npd",
    "record_duty": "npd",
    "decide_duty": "p",
    "set_duty": "d",
    "view_ledger": "npd",
    "keep_ledger": "npd",
    "settle_discrepancy": "pd",
    "view_programme": "d",
    "view_audit": "da",
    "view_knowledge": "npda",
    "view_alerts": "pd",
    "rate_alert": "pd",
    "view_protocols": "npd",
    "author_protocol": "pd",
    "review_protocol": "pd",
    "manage_users": "a",
}


@pytest.mark.requirement("SR-10")
def test_each_role_may_do_what_the_table_says(record_property):
    """Every action × every role, allowed and refused."""
    site = factories.site()
    assert set(EXPECTED) == set(permissions.ACTIONS)
    tried = 0
    for action, letters in EXPECTED.items():
        for role in Role:
            allowed = role.value[0] in letters
            assert permissions.may(site.person(role), action) is allowed, (action, role)
            if not allowed:
                with pytest.raises(permissions.NotPermitted, match="Ask one of them"):
                    permissions.check(site.person(role), action)
            tried += 1
    record_property("n", tried)


def test_an_action_without_a_line_is_a_fault():
    site = factories.site()
    with pytest.raises(KeyError):
        permissions.may(site.nurse, "no_such_action")


def test_nobody_and_former_staff_may_do_nothing():
    site = factories.site()
    site.nurse.is_active = False
    for action in permissions.ACTIONS:
        assert not permissions.may(site.nurse, action)
        assert not permissions.may(None, action)
        assert not permissions.may("system:demo", action)


def test_every_action_that_code_asks_for_has_a_line():
    folder = Path(inspect.getfile(posology.clinic)).parent
    asked = set()
    for file in folder.rglob("*.py"):
        text = file.read_text()
        asked |= set(re.findall(r'\b(?:may|check|check_can)\(\s*by,\s*"(\w+)"', text))
    assert asked <= set(permissions.ACTIONS)
    assert len(asked) > 10
