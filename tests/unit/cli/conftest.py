"""The command line, run in this process as its entry point runs it."""

import sys

import pytest

from posology.cli import main as cli
from tests.command_line import Result


@pytest.fixture
def posology(capsys, monkeypatch):
    def run(*words: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["posology", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.run()
        captured = capsys.readouterr()
        return Result(int(ended.value.code or 0), captured.out, captured.err)

    return run
