"""The store under test_monitor_listener.py from outside: ``prepare`` a clinic, ``verify`` what is there."""

import json
import sys

import django

django.setup()

from posology.clinic.audit.queries import verify_chain  # noqa: E402
from posology.clinic.monitors.models import MonitorMessage, MonitorReading  # noqa: E402
from tests import factories  # noqa: E402


def prepare() -> None:
    factories.site()


def verify() -> None:
    messages = MonitorMessage.objects.everywhere(because="test")
    readings = MonitorReading.objects.everywhere(because="test")
    told = {
        "stored": list(messages.values_list("control_id", flat=True)),
        "without_readings": messages.count() - readings.values("message").distinct().count(),
        "audit": len(verify_chain().faults),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    {"prepare": prepare, "verify": verify}[sys.argv[1]]()
