"""Play the synthetic week through the clinic's own actions, and say what each day came to.

``python -m tools.week`` plays five days of twelve sessions into a database of its own, which it takes away.
With ``DATABASE_URL`` set it plays into that one, which must hold no clinic. The exit code is 1 where a day
does not add up: the ledger, a form, or a field that was typed though an entry tells it.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from posology.server.demo.week_told import Day

MONDAY = date(2026, 11, 23)
ZONE = "America/New_York"
WORKDAYS = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.week", description=__doc__.splitlines()[0])
    parser.add_argument("--monday", type=date.fromisoformat, default=MONDAY, help=f"the first day ({MONDAY})")
    parser.add_argument("--days", type=int, default=WORKDAYS, help="how many working days (5)")
    parser.add_argument("--seed", type=int, default=1, help="which people come (1)")
    parser.add_argument("--json", action="store_true", help="print everything as JSON instead of a table")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="posology-week-") as folder:
        set_up(Path(folder))
        days, seconds = played(given.monday, given.days, given.seed)
    faults = [fault for day in days for fault in day.faults()]
    if given.json:
        print(json.dumps({"days": [asdict(d) for d in days], "faults": faults}, default=str, indent=1))
    else:
        print("\n".join([*lines(days), f"Played in {seconds:.0f} s by the clinic's own actions.", *faults]))
    return 1 if faults else 0


def set_up(folder: Path) -> None:
    """Bring up the application beside a folder of its own, and its database to this version."""
    os.environ |= {"POSOLOGY_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "posology.server.settings"}
    os.environ.setdefault("SECRET_KEY", os.urandom(32).hex())
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def played(monday: date, count: int, seed: int) -> tuple[tuple["Day", ...], float]:
    """Play a week; return what its days came to, and how long it took, s."""
    from posology.clinic.accounts.models import Clinic
    from posology.server.demo.people import CHAIRS
    from posology.server.demo.week import Week, end_of, new_clinic
    from posology.server.demo.week_plan import plan_week
    from posology.server.demo.week_told import told_of

    if Clinic.objects.exists():
        raise SystemExit("This database holds a clinic, so nothing was written. Name an empty one.")
    workdays = [d for n in range(7 * count) if (d := monday + timedelta(days=n)).weekday() < WORKDAYS]
    days = workdays[:count]
    began = time.perf_counter()
    staff = new_clinic(days[0], ZONE)
    until = end_of(days[-1], ZONE)
    Week(staff, plan_week(days, ZONE, seed=seed, chairs=CHAIRS), until=until).play()
    seconds = time.perf_counter() - began
    return told_of(staff.clinic, days, at=until), seconds


def lines(days: "Sequence[Day]") -> list[str]:
    """Return a table of the days, and what happened beside the usual."""
    head = (
        "day",
        "sessions",
        "by route",
        "forms on time",
        "outcomes",
        "given",
        "wasted",
        "open",
        "typed twice",
    )
    rows = [head, *(row_of(day) for day in days)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    told = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    happened: dict[str, int] = {}
    for day in days:
        for what, times in day.happened.items():
            happened[what] = happened.get(what, 0) + times
    beside = ", ".join(f"{what} {times}" for what, times in happened.items() if times)
    return [*told, f"Beside the usual: {beside}."]


def row_of(day: "Day") -> tuple[str, ...]:
    routes = ", ".join(f"{count} {route}" for route, count in sorted(day.sessions.items()))
    forms, drug = day.forms, day.drug
    amounts = (drug.given, drug.wasted, drug.unaccounted) if drug else (0, 0, 0)
    return (
        f"{day.day:%a %d-%b}",
        str(day.count),
        routes,
        f"{forms.on_time} of {forms.due}",
        f"{day.outcomes} of {day.count}",
        *(f"{ug / 1000:.1f} mg" for ug in amounts),
        f"{forms.typed_twice} of {forms.typed}",
    )


if __name__ == "__main__":
    sys.exit(main())
