"""The console that pages are printed on: no markup, so that text from a file is only ever text."""

import os
import shutil
import sys
from io import StringIO

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

_WIDEST = 110
_WIDTH_OF_A_FILE = 100


def console(buffer: StringIO | None = None, *, width: int | None = None) -> Console:
    """Return a console as wide as a page is read well, narrower where the terminal is."""
    if width is None:
        terminal = sys.stdout.isatty() and buffer is None
        width = min(shutil.get_terminal_size().columns, _WIDEST) if terminal else _WIDTH_OF_A_FILE
    return Console(
        file=buffer or sys.stdout,
        width=max(width, 40),
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
        no_color="NO_COLOR" in os.environ,
    )


def heading(out: Console, title: str) -> None:
    """Print a section's heading."""
    out.print()
    out.print(Rule(Text(title, style="bold"), align="left", characters="─", style="dim"))
