"""``python -m posology.cli``: the command line without its installed name."""

from posology.cli.main import run

run()
