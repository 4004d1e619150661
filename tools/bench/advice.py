"""Time a recommendation with the curves of all its options, warm: as a call, and as the page asks for it.

The reference is the same call without curves. The page runs inside the process, through every middleware,
on a database of its own with synthetic patients; like the server, the process leaves what it has loaded
out of the collector's sight (``gc.freeze``).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALLS = 300
PLAIN, CALL = "recommend", "recommend with curves"
LIMITS_MS = {CALL: 50.0}
PAGE_LIMIT_MS = 80.0


@dataclass(frozen=True)
class Timed:
    """Milliseconds of one call over and over: by the clock on the wall, and of the processor's own work."""

    name: str
    options: int
    wall: tuple[float, ...]
    processor: tuple[float, ...]

    @property
    def limit_ms(self) -> float | None:
        return PAGE_LIMIT_MS if self.name.startswith("page") else LIMITS_MS.get(self.name)

    @property
    def missed(self) -> bool:
        return self.limit_ms is not None and at_rank(self.wall, 0.99) > self.limit_ms


def at_rank(times: tuple[float, ...], share: float) -> float:
    """Return the time that this share of all calls kept to."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def measure() -> list[Timed]:
    """Run the child, on one core and one thread, and read what it found."""
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tools.bench.advice", folder],
            cwd=ROOT, env=one_thread, capture_output=True, text=True,
        )  # fmt: skip
    if done.returncode != 0:
        raise SystemExit(f"The advice was not measured:\n{done.stderr[-1500:]}")
    return [
        Timed(one["name"], one["options"], tuple(one["wall"]), tuple(one["processor"]))
        for one in json.loads(done.stdout.splitlines()[-1])
    ]


def report(measured: list[Timed]) -> None:
    print(f"advice, warm, {CALLS} calls each, one core")
    print(f"{'call':<44}{'median':>9}{'p95':>9}{'p99':>9}{'processor p99':>15}{'ratio':>8}")
    reference = statistics.median(measured[0].wall)
    for one in measured:
        median = statistics.median(one.wall)
        own = at_rank(one.processor, 0.99)
        limit = ""
        if one.limit_ms is not None:
            limit = f"  {'MISSED' if one.missed else 'kept'}, limit {one.limit_ms:.0f} ms at p99"
            if one.missed and own <= one.limit_ms:
                limit += "; a busy machine, its own work keeps it"
        name = f"{one.name}, {one.options} options"
        print(
            f"{name:<44}{median:>6.1f} ms{at_rank(one.wall, 0.95):>6.1f} ms{at_rank(one.wall, 0.99):>6.1f} ms"
            f"{own:>12.1f} ms{median / reference:>6.1f} x{limit}"
        )


# ---------------------------------------------------------------- the child
def timed(name: str, options: int, call: Callable[[], object]) -> dict[str, object]:
    for _ in range(10):
        call()
    wall, processor = [], []
    for _ in range(CALLS):
        began, worked = time.perf_counter(), time.process_time()
        call()
        processor.append(1e3 * (time.process_time() - worked))
        wall.append(1e3 * (time.perf_counter() - began))
    return {"name": name, "options": options, "wall": wall, "processor": processor}


def in_process() -> list[dict[str, object]]:
    """Time the two calls of the library, on a case with every question answered."""
    from posology.knowledge import load_library
    from posology.recommendation import recommend
    from posology.recommendation.curves import curves_for
    from posology.server.memory import set_aside
    from tests.cases import NOW, complete_case

    library = load_library()
    case = complete_case()
    options = recommend(case, as_of=NOW, library=library).options

    def with_curves() -> object:
        advice = recommend(case, as_of=NOW, library=library)
        return curves_for(advice.options, case, as_of=NOW, library=library)

    with_curves()
    set_aside()
    return [
        timed(PLAIN, len(options), lambda: recommend(case, as_of=NOW, library=library)),
        timed(CALL, len(options), with_curves),
    ]


def on_the_page(folder: Path) -> list[dict[str, object]]:
    """Time the page's part of curves for a patient of each route, on a database made for it."""
    os.environ |= {"POSOLOGY_DEMO": "1", "POSOLOGY_DATA": str(folder)}
    os.environ |= {"DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}", "ALLOWED_HOSTS": "testserver"}
    os.environ.setdefault("SECRET_KEY", "a-key-for-one-measurement-of-synthetic-patients-only-0123456789")
    os.environ["DJANGO_SETTINGS_MODULE"] = "posology.server.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client
    from django.utils import timezone

    from posology.clinic.patients.models import Patient
    from posology.server.demo.hours import zone_at_noon
    from posology.server.demo.seeding import seed
    from posology.server.demo.stories import STORIES
    from posology.server.memory import set_aside

    call_command("migrate", interactive=False, verbosity=0)
    now = timezone.now()
    staff = seed(now=now, zone=zone_at_noon(now, "UTC"), tick=lambda _: None, stories=STORIES, days=0)
    client = Client(headers={"HX-Request": "true"})
    client.force_login(staff.prescriber)
    found = []
    for patient in Patient.objects.for_clinic(staff.clinic.pk).order_by("identifier"):
        address = f"/patients/{patient.pk}/curves/"
        answer = client.get(address)
        if answer.status_code == 200:
            found.append((answer.content.count(b'<article class="curve">'), address))
    drawn, address = max(found)
    set_aside()
    return [timed("page, part with curves", drawn, lambda: client.get(address))]


def child(folder: str) -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(json.dumps(in_process() + on_the_page(Path(folder))))


if __name__ == "__main__":
    child(sys.argv[1])
