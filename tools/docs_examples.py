"""The worked examples under docs/examples: each is run, and its page shows text, code and what it printed.

A script is cut into cells by ``# %%`` lines; a cell marked ``[markdown]`` is text. Cells run one after
another in one namespace. ``figure(name, svg)`` puts a picture beside the page.
"""

import io
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "examples"
_CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)


def cells(script: str) -> Iterator[tuple[bool, str]]:
    """Cut a script into cells: whether one is text, and what stands in it."""
    parts = _CELL.split(script)
    for mark, body in zip(parts[1::2], parts[2::2], strict=True):
        is_text = "[markdown]" in mark
        lines = body.strip("\n").split("\n")
        yield (
            is_text,
            "\n".join(line.removeprefix("#").removeprefix(" ") if is_text else line for line in lines),
        )


def run(script: Path) -> dict[str, str]:
    """Run an example; return its page and its pictures by file name."""
    made: dict[str, str] = {}
    page = [f"<!-- Made by `make docs` from {script.name}; edit that instead. -->"]
    pictures: list[str] = []

    def figure(name: str, svg: str) -> None:
        made[f"{name}.svg"] = svg.rstrip() + "\n"
        pictures.append(f"![{name.replace('_', ' ')}]({name}.svg)")

    space: dict[str, Any] = {"__name__": f"examples.{script.stem}", "figure": figure}
    for is_text, body in cells(script.read_text()):
        if is_text:
            page.append(body)
            continue
        said = io.StringIO()
        with redirect_stdout(said):
            exec(compile(body, script.name, "exec"), space)  # noqa: S102, our own examples, run by us
        page.append(f"```python\n{body}\n```")
        if said.getvalue():
            page.append(f"```text\n{said.getvalue().rstrip()}\n```")
        page.extend(pictures)
        pictures.clear()
    made[f"{script.stem}.md"] = "\n\n".join(page) + "\n"
    return made


def pages() -> dict[str, str]:
    """Every page and picture, by its path below docs."""
    made = {}
    titles = {}
    for script in sorted(FOLDER.glob("*.py")):
        for name, text in run(script).items():
            made[f"examples/{name}"] = text
            if name.endswith(".md"):
                titles[name] = re.search(r"^# (.+)$", text, re.MULTILINE).group(1)  # type: ignore[union-attr]
    listed = (f"- [{title}]({name}), from `{Path(name).stem}.py`\n" for name, title in titles.items())
    index = "".join(listed)
    made["examples/README.md"] = (
        "<!-- Made by `make docs`. -->\n# Worked examples\n\nFor notebooks and scripts. Each is a script "
        "that is run whenever the docs are made; its page shows what it printed. The pieces are named in "
        f"[use it from a notebook](../how-to/use-it-from-a-notebook.md).\n\n{index}"
    )
    return made
