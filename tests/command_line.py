"""What a command printed and how it ended, for the tests of the command line."""

import json
from pathlib import Path

CASES = Path(__file__).parent / "golden" / "cases"
RECORDS = Path(__file__).parent / "data" / "fhir"
AS_OF = "2026-11-24T15:00:00+00:00"
SUPPORTS = "Posology supports and never replaces a clinician."


class Result:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def words(self) -> str:
        """The page as running text."""
        return " ".join(self.out.replace("\u00a0", " ").replace("\u202f", " ").split())

    @property
    def data(self) -> dict:
        return json.loads(self.out)


def refused(result: Result, *says: str) -> None:
    assert result.code == 2
    assert result.out == ""
    assert len(result.err.strip().splitlines()) == 1
    assert "Traceback" not in result.err
    for words in says:
        assert words in result.err
