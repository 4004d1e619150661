"""The same form from many hands at once: a form of several events is still recorded once."""

from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.db import connections

from posology.clinic.orders.models import OrderRow
from tests.cases import NOW
from tests.integration.web.chair import NORMAL, chair
from tests.integration.web.walk import signed_in

HANDS = 8


def at_once(send: Any) -> list[Any]:
    """Let many hands send the same thing at the same moment, and return the answers."""
    gate, answers = Barrier(HANDS), []

    def hand() -> None:
        gate.wait(30)
        try:
            answers.append(send())
        finally:
            connections.close_all()

    hands = [Thread(target=hand) for _ in range(HANDS)]
    for one in hands:
        one.start()
    for one in hands:
        one.join(120)
    return answers


@pytest.mark.hazard("H-25")
@pytest.mark.django_db(transaction=True)
def test_a_form_of_several_events_sent_by_many_hands_at_once_is_recorded_once(record_property):
    """A gate, readings and a start, each x 8 in parallel: equal answers, one set of rows (N = 24)."""
    with time_machine.travel(NOW, tick=False):
        seat = chair()
        gate = {
            "record_number": seat.patient.identifier,
            "born_on": "1981-03-14",
            "answer-escort_home": "yes",
        }
        for kind, typed, rows in (("gate", gate, 2), ("readings", {**NORMAL, "nausea": "0"}, 3)):
            before, form = seat.events(), {**seat.form(kind), **typed}
            clients = [signed_in(seat.site.nurse) for _ in range(HANDS)]
            url = seat.url + f"{kind}/"
            answers = at_once(lambda url=url, form=form, clients=clients: clients.pop().post(url, form))
            assert [a.status_code for a in answers] == [302] * HANDS, kind
            assert seat.events() == before + rows, kind
        seat.identify_and_answer().check()
        form = {**seat.form("infusion_started"), "lot": "L-1", "pump_rate_mL_per_h": "75"}
        clients = [signed_in(seat.site.nurse) for _ in range(HANDS)]
        answers = at_once(lambda: clients.pop().post(seat.url + "infusion_started/", form))
        assert [a.status_code for a in answers] == [302] * HANDS
        assert len(seat.state.infusions) == 1
    assert OrderRow.objects.for_clinic(seat.site.clinic).get().status == "used"
    record_property("n", 3 * HANDS)
