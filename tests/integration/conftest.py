"""Tests with a database: what each of them would wait for, and none of them is about."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import TransactionTestCase, override_settings


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Argon2 is slow on purpose; the test that asks for it looks at the settings as they are.

    For the whole run, so that what is made once for a file has them too.
    """
    quick = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    with override_settings(PASSWORD_HASHERS=quick):
        yield


@pytest.fixture(scope="session", autouse=True)
def emptied_at_once() -> Iterator[None]:
    """Empty the database in one transaction after a test that commits.

    The audit's triggers are taken away and made anew: hundreds of statements, and a commit for each alone
    has the disk waited for as often.
    """
    one_by_one = TransactionTestCase._fixture_teardown

    def at_once(case: TransactionTestCase) -> None:
        with transaction.atomic():
            one_by_one(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", at_once)
        yield


@pytest.fixture
def bedside() -> Any:
    """A site with a monitor beside a chair, at the usual moment."""
    from tests import factories  # models, which Django has to know first
    from tests.cases import NOW
    from tests.monitors import Bedside

    return Bedside(factories.site(), NOW)
