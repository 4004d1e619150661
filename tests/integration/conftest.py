"""Tests with a database: quick password hashes, since none of them is about guessing one."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Argon2 is slow on purpose; the test that asks for it looks at the settings as they are.

    For the whole run, so that what is made once for a file has them too.
    """
    quick = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    with override_settings(PASSWORD_HASHERS=quick):
        yield
