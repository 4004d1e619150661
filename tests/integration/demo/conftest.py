"""The whole demo, seeded once for every file of this folder, and rolled back after the last of them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import transaction

from posology.server.demo.seeding import seed
from posology.server.demo.story import Story

NOW = datetime(2026, 11, 24, 12, 40, tzinfo=UTC)


@pytest.fixture(scope="package")
def demo(django_db_setup, django_db_blocker) -> Iterator[dict[str, float]]:
    """The twelve stories and the week beside them; each test's own writes end at its savepoint."""
    ticks: list[Story] = []
    with django_db_blocker.unblock(), transaction.atomic():
        began, worked = time.perf_counter(), time.process_time()
        seed(now=NOW, zone="UTC", tick=ticks.append)
        took = time.perf_counter() - began
        worked = time.process_time() - worked
        print(f"\nThe demo was seeded in {took:.1f} s ({worked:.1f} s of processor): {len(ticks)} visits.")
        yield {"seconds": took, "ticks": len(ticks)}
        transaction.set_rollback(True)
