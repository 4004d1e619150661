"""Tests with a database: quick password hashes, since none of them is about guessing one."""

import pytest


@pytest.fixture(autouse=True)
def quick_hashes(settings):
    """Argon2 is slow on purpose; the test that asks for it looks at the settings as they are."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
