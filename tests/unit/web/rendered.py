"""A component as its page shows it: the tags and the words; and every one of the style guide."""

from html.parser import HTMLParser

import pytest

from posology.web.components import render_component
from posology.web.styleguide.samples import NOW
from posology.web.styleguide.views import CHAPTERS

SAMPLES = [
    pytest.param(part, id=f"{chapter.slug}: {sample.title} {number}")
    for chapter in CHAPTERS
    for sample in chapter.samples
    for number, part in enumerate(sample.parts)
]


class Page(HTMLParser):
    """The tags and the words of a piece of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.words += " " if tag not in {"span", "strong", "time", "s", "code"} else ""

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def page(component: object) -> Page:
    return Page(render_component(component, now=NOW))  # type: ignore[arg-type]
