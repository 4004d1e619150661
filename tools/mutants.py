"""Change the deciding code in small ways and see whether a test notices: the score of the tests, by file.

``python -m tools.mutants`` works on a copy under ``build/mutants`` (a mutation tool that edits sources in
place once left a wrong vial strength behind), in an environment of its own. Words after it name files below
``src/posology``; without them all of SCOPE is tried. A run that was stopped goes on where it was; ``--anew``
begins again, and without it only functions that changed are tried again.

A change that strict type checking refuses counts as noticed: ``make check`` would not let it pass. Survivors
are listed with their difference in ``build/mutants/survivors.txt``; those that are looked at and accepted
stand with their reason in ``tests/accepted-mutants.yaml``, by function and changed line.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "build" / "mutants"
TREE = PLACE / "tree"
ENVIRONMENT = PLACE / "env"
ACCEPTED = ROOT / "tests" / "accepted-mutants.yaml"
MUTMUT = "mutmut==3.8.1"

# What decides on a dose. Limits must reach 100 percent, all of it together 95.
LIMITS = ("protocols/limits/*", "treatment/dosing.py")
SCOPE = (
    *LIMITS,
    "protocols/*.py",
    "recommendation/*.py",
    "treatment/worksheet.py",
    "treatment/sheet.py",
    "treatment/preparation.py",
)
TESTS = ("tests/unit/protocols", "tests/unit/recommendation", "tests/unit/treatment", "tests/golden")

# Every change of an __init__ stands in the class at once, so that its attributes seem to be declared twice;
# counted as a refusal by the types, that would let the whole of it pass unasked.
TYPES = (
    "mypy", "--output=json", "--strict", "--no-warn-unused-ignores", "--follow-imports=silent",
    "--namespace-packages", "--explicit-package-bases", "--disable-error-code=no-redef",
)  # fmt: skip

# Exhaustive tests that take seconds: what they alone would notice counts as not noticed.
TOO_SLOW = (
    "every_sequence_of_device_events",
    "each_criterion_alone_keeps",
    "no_way_of_telling_the_start",
    "pauses_and_new_rates_add_up",
    "weight_in_the_wrong_unit_is_questioned",
    "a_stop_at_any_second",
    "converts_a_dose_between",
)
KILLED = {1, 3, 36, 24, -24, 152, 255, -11, -9}  # a failed test, or one that never ended
BY_TYPES = 37
NOT_RUN = {None, 2}


def prepare(scope: list[str]) -> None:
    """Copy what is needed, and say to mutmut what to change and which tests to ask."""
    TREE.mkdir(parents=True, exist_ok=True)
    for folder in ("src", "tests", "tools", "docs"):
        shutil.copytree(
            ROOT / folder, TREE / folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    not_slow = " and ".join(f"not {name}" for name in TOO_SLOW)
    pytest = (ROOT / "pyproject.toml").read_text().split("[tool.pytest.ini_options]")[1]
    kept = [line for line in pytest.splitlines() if "DJANGO" not in line and "django_find" not in line]
    settings = {
        "source_paths": ["src/posology"],
        "only_mutate": [f"src/posology/{name}" for name in scope],
        "also_copy": ["src", "tools", "docs"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-k", not_slow],
        "pytest_add_cli_args_test_selection": list(TESTS),
        "type_check_command": [*TYPES, *sorted({f"src/posology/{name.split('/')[0]}" for name in scope})],
        "use_git_change_detection": False,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    text = "\n".join(["[tool.mutmut]", *lines, "", "[tool.pytest.ini_options]", *kept])
    (TREE / "pyproject.toml").write_text(f"{text}\n\n[tool.mypy]\nmypy_path = 'src'\n")


def environment() -> Path:
    """Return the program, in an environment of its own that is made at the first call."""
    program = ENVIRONMENT / "bin" / "mutmut"
    if not program.exists():
        uv = Path(sys.executable).parent / "uv"
        python = str(ENVIRONMENT / "bin" / "python")
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, ENVIRONMENT], check=True)
        lock = ROOT / "requirements.lock"
        subprocess.run([uv, "pip", "install", "-q", "--python", python, "-r", lock], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", python, MUTMUT], check=True)
    return program


def run(program: Path, children: int) -> int:
    """Try every change that was not tried yet."""
    paths = os.pathsep.join((str(program.parent), os.environ["PATH"]))
    words = {**os.environ, "PYTHONPATH": "src", "PATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [program, "run", "--max-children", str(children)]
    return subprocess.run(command, cwd=TREE, env=words).returncode


def difference(program: Path, mutant: str) -> str:
    """Return the changed lines of one mutant: what was there, what stood in its place."""
    shown = subprocess.run([program, "show", mutant], cwd=TREE, capture_output=True, text=True).stdout
    kept = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return " => ".join(f"{line[0]} {line[1:].strip()}" for line in kept)


def function_of(mutant: str) -> str:
    """Return which function a mutant changed, without its number: it stays when others are added."""
    module, _, name = mutant.rpartition(".")
    bare = name.rsplit("__mutmut_", 1)[0].removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
    return f"{module}.{bare}"


def accepted() -> dict[tuple[str, str], str]:
    """Return the survivors that were looked at, with the reason of each."""
    if not ACCEPTED.exists():
        return {}
    listed = yaml.safe_load(ACCEPTED.read_text()) or []
    return {(one["function"], one["change"]): one["reason"] for one in listed}


def report(program: Path) -> int:
    """Print the score by file, list the survivors, and say whether the aims are met."""
    reasons = accepted()
    by_file: dict[str, Counter[str]] = {}
    survivors: list[str] = []
    for meta in sorted((TREE / "mutants").rglob("*.meta")):
        name = str(meta.relative_to(TREE / "mutants/src/posology")).removesuffix(".meta")
        count = by_file.setdefault(name, Counter())
        for mutant, code in json.loads(meta.read_text())["exit_code_by_key"].items():
            if code in NOT_RUN:
                count["not run"] += 1
            elif code == BY_TYPES or code in KILLED:
                count["noticed"] += 1
            else:
                where, change = function_of(mutant), difference(program, mutant)
                reason = reasons.get((where, change))
                count["accepted" if reason else "survived"] += 1
                survivors.append(f"{'accepted: ' + reason if reason else 'SURVIVED'}\n  {where}\n  {change}")
    (PLACE / "survivors.txt").write_text("\n".join(survivors) + "\n")
    return _print(by_file)


def _print(by_file: dict[str, Counter[str]]) -> int:
    print(
        f"\n{'file':44} {'tried':>6} {'noticed':>8} {'accepted':>9} {'survived':>9} {'not run':>8} {'%':>7}"
    )
    whole, limits = Counter[str](), Counter[str]()
    for name, count in by_file.items():
        whole.update(count)
        if name.startswith("protocols/limits/") or name in LIMITS:
            limits.update(count)
        _line(name, count)
    _line("limits", limits)
    _line("all", whole)
    open_ends = whole["not run"] + limits["survived"]
    return 0 if not open_ends and _score(whole) >= 95 else 1


def _line(name: str, count: Counter[str]) -> None:
    tried = count["noticed"] + count["accepted"] + count["survived"]
    print(
        f"{name:44} {tried:6} {count['noticed']:8} {count['accepted']:9} {count['survived']:9} "
        f"{count['not run']:8} {_score(count):7.1f}"
    )


def _score(count: Counter[str]) -> float:
    tried = count["noticed"] + count["survived"]
    return 100 * count["noticed"] / tried if tried else 100.0


def main() -> int:
    reader = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    reader.add_argument("files", nargs="*", help="below src/posology, such as protocols/schedule.py")
    reader.add_argument("--anew", action="store_true", help="forget earlier runs")
    reader.add_argument("--report", action="store_true", help="only print what the last run found")
    reader.add_argument("--children", type=int, default=os.cpu_count() or 1)
    words = reader.parse_args()
    program = environment()
    if words.report:
        return report(program)
    if words.anew:
        shutil.rmtree(TREE, ignore_errors=True)
    prepare(words.files or list(SCOPE))
    code = run(program, words.children)
    return report(program) or code


if __name__ == "__main__":
    sys.exit(main())
