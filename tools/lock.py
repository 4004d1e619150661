"""Write requirements.lock from pyproject.toml, and tell when it is out of date.

``python -m tools.lock`` writes it (needs the network); ``--check`` compares offline. The lock holds names,
versions and hashes alone: no index address and no path, so that it means the same on every machine.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
EXTRAS = ("clinic", "research", "dev")
MADE_FROM = "# made from: sha256 "
# An address, a path of this machine or a private index would make the lock mean something else elsewhere.
FOREIGN = re.compile(r"://|--(?:extra-)?index|--find-links|(?:^|[\s@])(?:/|file:)", re.MULTILINE)


def inputs_digest() -> str:
    """Digest of what the lock is made from; comments in pyproject.toml do not count."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    parts = [project["requires-python"], project["dependencies"], project["optional-dependencies"]]
    build = [line.split("#")[0].strip() for line in (ROOT / "tools/build.in").read_text().splitlines()]
    return hashlib.sha256(json.dumps([parts, build], sort_keys=True).encode()).hexdigest()


def compiled(upgrade: bool) -> str:
    """Resolve every dependency and return the text of the lock."""
    command = [str(ROOT / ".venv/bin/uv"), "pip", "compile", "pyproject.toml", "tools/build.in"]
    command += [word for extra in EXTRAS for word in ("--extra", extra)]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
    command += ["--no-emit-find-links", "--custom-compile-command", "make lock", "--quiet"]
    command += ["--output-file", LOCK.name]  # an existing lock is kept to, so that only what must moves
    command += ["--upgrade"] if upgrade else []
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PIP_"))}
    subprocess.run(command, cwd=ROOT, check=True, env=ours)
    return LOCK.read_text()


def write(upgrade: bool) -> int:
    text = compiled(upgrade)
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith(MADE_FROM)]
    first_pin = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    lines.insert(first_pin, f"{MADE_FROM}{inputs_digest()}\n")
    LOCK.write_text("".join(lines))
    return check()


def check() -> int:
    text = LOCK.read_text()
    if foreign := FOREIGN.search(text):
        print(f"requirements.lock holds an address or a path ({foreign.group().strip()}); run: make lock")
        return 1
    if f"{MADE_FROM}{inputs_digest()}" not in text:
        print("pyproject.toml asks for other packages than requirements.lock holds; run: make lock")
        return 1
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make lock", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    asked = parser.parse_args()
    return check() if asked.check else write(asked.upgrade)


if __name__ == "__main__":
    sys.exit(main())
