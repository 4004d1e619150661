"""Change the deciding code in small ways and see whether a test notices: the score of the tests, by file.

``python -m tools.mutants`` works on a copy under ``build/mutants`` (a mutation tool that edits sources in
place once left a wrong vial strength behind), in an environment of its own. Words after it name files below
``src/posology``; without them all of SCOPE is tried. A run that was stopped goes on where it was; ``--anew``
begins again, and without it only functions that changed are tried again, and what nothing noticed.

A change that strict type checking refuses counts as noticed: ``make check`` would not let it pass. Survivors
are listed with their difference in ``build/mutants/survivors.txt``; those that are looked at and accepted
stand with their reason in ``tests/accepted-mutants.yaml``, by function and changed line.

``--keep`` writes the figures of the files that were tried to the end into ``tests/mutation-score.yaml``, from
which ``make docs`` makes the page ``docs/reference/mutants.md``; those of other files stay as they were.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

from tools.mutation_score import LIMITS, Row, Sum, accepted, is_limit, keep

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "build" / "mutants"
TREE = PLACE / "tree"
ENVIRONMENT = PLACE / "env"
MUTMUT = "mutmut==3.8.1"

# What decides on a dose. Limits must reach 100 percent, all of it together 95.
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


def prepare(scope: list[str], tests: list[str]) -> None:
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
        "pytest_add_cli_args_test_selection": tests,
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


def ask_again() -> None:
    """Forget what nothing noticed, so that it is tried again: a test may have come for it.

    Which test reaches which function is asked anew too: mutmut asks new tests alone, and a new function would
    seem to be reached by none of the others.
    """
    for meta in TREE.glob("mutants/**/*.meta"):
        told = json.loads(meta.read_text())
        codes = told["exit_code_by_key"]
        told["exit_code_by_key"] = {m: None if became(c) == "not noticed" else c for m, c in codes.items()}
        meta.write_text(json.dumps(told, indent=4))
    reached = TREE / "mutants" / "mutmut-stats.json"
    if reached.exists():
        known = json.loads(reached.read_text())
        reached.write_text(json.dumps(known | {"tests_by_mangled_function_name": {}, "duration_by_test": {}}))


def became(code: int | None) -> str:
    """Return what became of a mutant, by the code that its tests ended with."""
    if code in NOT_RUN:
        return "not run"
    if code == BY_TYPES:
        return "by types"
    return "by tests" if code in KILLED else "not noticed"


def tried() -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Yield each file that was changed, and its mutants by what became of them."""
    for meta in sorted(TREE.glob("mutants/src/posology/**/*.meta")):
        found: dict[str, list[str]] = {
            name: [] for name in ("not run", "by types", "by tests", "not noticed")
        }
        for mutant, code in json.loads(meta.read_text())["exit_code_by_key"].items():
            found[became(code)].append(mutant)
        yield str(meta.relative_to(TREE / "mutants/src/posology")).removesuffix(".meta"), found


def report(program: Path, scope: list[str], command: str, keeps: bool) -> int:
    """Print the score by file, list the survivors, and say whether the aims are met."""
    rows: dict[str, Row] = {}
    open_ends: dict[str, int] = {}
    day = datetime.now(UTC).date()
    for name, found in tried():
        open_ends[name] = len(found["not run"])
        unseen = tuple((function_of(m), difference(program, m)) for m in found["not noticed"])
        rows[name] = Row(day, commit(), command, len(found["by tests"]), len(found["by types"]), unseen)
    reasons = accepted()
    (PLACE / "survivors.txt").write_text("".join(_survivors(rows, reasons)))
    _print(rows, open_ends, reasons)
    if keeps:
        _keep({n: r for n, r in rows.items() if any(fnmatch(n, s) for s in scope)}, open_ends)
    limits = Sum.of((row for name, row in rows.items() if is_limit(name)), reasons)
    whole = Sum.of(rows.values(), reasons)
    return 1 if any(open_ends.values()) or limits.left or whole.share < 95 else 0


def commit() -> str:
    """Return the commit that the tree stands on."""
    words = ("git", "rev-parse", "--short=9", "HEAD")
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _keep(rows: dict[str, Row], open_ends: dict[str, int]) -> None:
    """Keep the rows of files that were tried to the end, as they stand in the commit that is named."""
    for name in list(rows):
        source = f"src/posology/{name}"
        words = ("git", "show", f"HEAD:{source}")
        committed = subprocess.run(words, cwd=ROOT, capture_output=True).stdout
        if open_ends[name]:
            print(f"{name} is not kept: {open_ends[name]} changes were not tried yet. Run it to the end.")
            del rows[name]
        elif committed != (TREE / source).read_bytes():
            print(f"{name} is not kept: it was tried as no commit has it. Commit it and run again.")
            del rows[name]
    keep(rows)
    print(f"kept: {len(rows)} files; now run: make docs")


def _survivors(rows: dict[str, Row], reasons: dict[tuple[str, str], str]) -> Iterator[str]:
    for row in rows.values():
        for where, change in row.not_noticed:
            reason = reasons.get((where, change))
            yield f"{f'accepted: {reason}' if reason else 'SURVIVED'}\n  {where}\n  {change}\n"


def _print(rows: dict[str, Row], open_ends: dict[str, int], reasons: dict[tuple[str, str], str]) -> None:
    heads = ("tried", "by test", "by type", "accepted", "survived", "not run", "%")
    print(f"\n{'file':44}" + "".join(f"{head:>9}" for head in heads))
    groups = {name: [name] for name in rows}
    groups |= {"limits": [n for n in rows if is_limit(n)], "all": list(rows)}
    for title, names in groups.items():
        s = Sum.of((rows[n] for n in names), reasons)
        numbers = (s.tried, s.by_tests, s.by_types, s.accepted, s.left, sum(open_ends[n] for n in names))
        print(f"{title:44}" + "".join(f"{n:9}" for n in numbers) + f"{s.share:9.1f}")


def main() -> int:
    reader = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    reader.add_argument("files", nargs="*", help="below src/posology, such as protocols/schedule.py")
    reader.add_argument("--anew", action="store_true", help="forget earlier runs")
    reader.add_argument("--report", action="store_true", help="only print what the last run found")
    reader.add_argument("--keep", action="store_true", help="keep the figures for docs/reference/mutants.md")
    reader.add_argument("--tests", nargs="+", default=list(TESTS), help="ask only these tests")
    reader.add_argument("--children", type=int, default=os.cpu_count() or 1)
    words = reader.parse_args()
    scope = words.files or list(SCOPE)
    asked = [*words.files, *([] if words.tests == list(TESTS) else ["--tests", *words.tests])]
    command = f'make mutants ARGS="{" ".join(asked)}"' if asked else "make mutants"
    program = environment()
    if words.report:
        return report(program, scope, command, words.keep)
    if words.anew:
        shutil.rmtree(TREE, ignore_errors=True)
    prepare(scope, words.tests)
    ask_again()
    code = run(program, words.children)
    return report(program, scope, command, words.keep) or code


if __name__ == "__main__":
    sys.exit(main())
