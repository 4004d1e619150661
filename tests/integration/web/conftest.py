"""The world of the pages' tests: made once for each file that asks for it, and handed to each test anew."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
import time_machine
from django.db import transaction

from tests.cases import NOW
from tests.integration.web.walk import World, world


@pytest.fixture(scope="module")
def world_of_file(django_db_setup, django_db_blocker) -> Iterator[World]:
    """A world that stands while a file's tests run, and is taken back after the last of them."""
    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel(NOW, tick=False):
            made = world()
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def here(world_of_file, db) -> Iterator[World]:
    """The file's world at ``NOW``, as it was made: what a test writes or changes in it ends with the test."""
    with time_machine.travel(NOW, tick=False):
        yield deepcopy(world_of_file)
