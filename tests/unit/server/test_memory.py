"""What a server sets aside of its memory, each time in a process of its own: it stays set aside."""

import os
import subprocess
import sys

import pytest

from tests.plugins.kinds import ROOT

pytestmark = pytest.mark.unit

BEGIN = """
import gc, weakref
from posology.server import memory
class Thing: pass
def ring():
    one = Thing(); one.itself = one
    return one
memory.set_aside()
"""


def told_by(words: str) -> list[str]:
    """Run a program without settings; return the words that it prints."""
    without = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-c", BEGIN + words]
    done = subprocess.run(command, cwd=ROOT, env=without, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-1500:]
    return done.stdout.split()


def test_what_stays_for_good_is_set_aside_without_settings():
    """The bench, the server and the listener call one piece, and only two of them have settings."""
    aside, again = told_by("print(gc.get_freeze_count()); memory.set_aside(); print(len(gc.callbacks))")
    assert int(aside) > 10_000
    assert again == "1"


def test_what_outlived_a_full_look_is_not_looked_through_again():
    """A thousand things that stay are set aside by the next full look, and the one after finds none."""
    words = """
before = gc.get_freeze_count()
things = [Thing() for _ in range(1000)]
gc.collect()
print(gc.get_freeze_count() - before >= 1000, sum(isinstance(o, Thing) for o in gc.get_objects()))
"""
    assert told_by(words) == ["True", "0"]


def test_what_nobody_uses_is_let_go_at_once_while_new_and_within_the_hour_when_set_aside():
    words = """
new = weakref.ref(ring())
gc.collect()
kept = ring(); old = weakref.ref(kept)
gc.collect()
del kept
gc.collect()
print(new() is None, old() is None)
memory._aside.thawed_at -= memory.THAW_EVERY_S
gc.collect()
print(old() is None, gc.get_freeze_count() > 10_000)
"""
    assert told_by(words) == ["True", "False", "True", "True"]
