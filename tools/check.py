"""Run every check that needs no test: one line a check, its output only when it fails.

``python -m tools.check`` runs all; ``python -m tools.check format lint`` runs the named ones.
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv/bin"

CHECKS = {
    "format": ("ruff", "format", "--check", "--output-format", "concise", "."),
    "lint": ("ruff", "check", "--quiet", "--output-format", "concise", "."),
    "types": ("mypy",),
    "imports": ("lint-imports", "--no-cache", "--no-logo"),
    "knowledge": ("posology", "check-knowledge"),
    "migrations": ("python", "-m", "posology.server.manage", "makemigrations", "--check", "--dry-run"),
    "docs": ("python", "-m", "tools.docs", "--check"),
    "lock": ("python", "-m", "tools.lock", "--check"),
}


def run(name: str) -> tuple[int, str, float]:
    program, *words = CHECKS[name]
    began = time.monotonic()
    done = subprocess.run(
        [BIN / program, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", "POSOLOGY_DATA": str(ROOT / "build/check-data")},
    )
    return done.returncode, (done.stdout + done.stderr).strip(), time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(prog="make check", description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="*", choices=[*CHECKS, []], help="run only these")
    names = parser.parse_args().name or list(CHECKS)
    failed = []
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for name, (code, output, seconds) in zip(names, pool.map(run, names), strict=True):
            print(f"  {name:<12}{'ok' if code == 0 else 'FAILED':<8}{seconds:5.1f} s", flush=True)
            if code != 0:
                failed.append(name)
                print("\n".join(f"      {line}" for line in output.splitlines()), flush=True)
    print(f"check: {'all well' if not failed else 'mend ' + ', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
