"""``posology check-knowledge --canaries`` names the rule that fell silent, and says so by its exit code."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from posology.cli.main import app
from tools.knowledge_manifest import DATA

pytestmark = [pytest.mark.knowledge, pytest.mark.hazard("H-18")]

# What is changed: a file, what stands there, what stands there then, and the rule that falls silent.
CODE = ("questions.yaml", '"67362008", ', "", "rules-contraindications/aneurysm-or-avm")
CLASS = (
    "drugs.yaml",
    "classes: [benzodiazepine]",
    "classes: [sedative]",
    "rules-interactions/benzodiazepine",
)
LIMIT = (
    "rules-session.yaml",
    '{value: 110, unit: "/min"',
    '{value: 130, unit: "/min"',
    "rules-session/heart-rate",
)


def run(*words: str):
    return CliRunner().invoke(app, ["check-knowledge", "--canaries", *words])


def changed(folder: Path, file: str, old: str, new: str) -> str:
    """Copy the files that ship, one place changed, and return where they are."""
    shutil.copytree(DATA, folder)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    if new.startswith("{value"):  # a limit stands in the site's settings too, and both must agree
        settings = folder / "background/site-settings.yaml"
        settings.write_text(settings.read_text().replace("default: 110\n", "default: 130\n", 1))
    return str(folder)


def test_all_is_well_with_the_knowledge_that_ships():
    """Exit code 0, and every rule answered. N = 1."""
    found = run()
    assert found.exit_code == 0, found.output
    assert "Every rule answered" in found.output


@pytest.mark.parametrize(("file", "old", "new", "rule"), [CODE, CLASS, LIMIT])
def test_a_rule_that_fell_silent_is_named(tmp_path, file, old, new, rule):
    """A code, a class and a limit changed in a copy of the files, each in turn: red, and the rule named."""
    found = run(changed(tmp_path / "data", file, old, new))
    assert found.exit_code == 2
    assert f"{rule}: " in found.output and "did not answer as written down" in found.output


def test_a_program_is_told_which_rule_fell_silent(tmp_path):
    """The same as JSON, of a code that was changed: red, and the rule named. N = 1."""
    *fault, rule = CODE
    found = run(changed(tmp_path / "data", *fault), "--json")
    assert found.exit_code == 2
    assert rule in {silence["rule"] for silence in json.loads(found.output)["silent"]}
