"""What the bench times in a process of its own can be begun there, without settings or a database."""

import os
import subprocess
import sys

import pytest

from tests.plugins.kinds import ROOT

pytestmark = pytest.mark.unit


def test_what_stays_for_good_is_set_aside_without_settings():
    """The bench, the server and the listener call one piece, and only two of them have settings."""
    without = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    words = (
        "import gc; from posology.server.memory import set_aside; set_aside(); print(gc.get_freeze_count())"
    )
    done = subprocess.run(
        [sys.executable, "-c", words], cwd=ROOT, env=without, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-1500:]
    assert int(done.stdout) > 10_000
