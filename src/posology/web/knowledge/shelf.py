"""What every page about knowledge stands on: the clinic's library, the background, the day, whose pack.

By default a page shows what holds at the clinic: its own jurisdiction's, and what holds everywhere. A switch
shows the other packs too, and then each entry says whose it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from posology.clinic.protocols.queries import library_at
from posology.knowledge import Library
from posology.knowledge.background import Background, load_background
from posology.knowledge.uses import Use, Uses, uses_of
from posology.web.components import Button, Crumbs, EmptyState, Link
from posology.web.page import now_of, person

ALL_PACKS = "all"
PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Shelf:
    """The knowledge as one person sees it on one page."""

    library: Library
    background: Background
    uses: Uses
    now: datetime
    here: str  # the clinic's jurisdiction
    every_pack: bool = False

    @property
    def on(self) -> date:
        """The page's day."""
        return self.now.date()

    def holds(self, jurisdictions: Iterable[str]) -> bool:
        """Say whether something of these jurisdictions belongs on the page; of none, it holds everywhere."""
        told = tuple(jurisdictions)
        return self.every_pack or not told or self.here in told

    def shown(self, uses: Iterable[Use]) -> tuple[Use, ...]:
        """Return the uses that belong on the page."""
        return tuple(use for use in uses if self.holds(use.jurisdictions))


def library_for(request: HttpRequest) -> Library:
    """Return the library by which the person's clinic decides."""
    return library_at(person(request).clinic, now_of(request))


def shelf_of(request: HttpRequest) -> Shelf:
    """Return the knowledge as this page shall show it."""
    library, background = library_for(request), load_background()
    return Shelf(
        library,
        background,
        uses_of(library, background),
        now_of(request),
        person(request).clinic.jurisdiction,
        request.GET.get("packs") == ALL_PACKS,
    )


def where_words(jurisdictions: Iterable[str]) -> str:
    """Say where something holds: ``US``, ``EU, UK``, ``everywhere``."""
    return ", ".join(jurisdictions) or "everywhere"


def crumbs_to(here: str, *between: Link) -> Crumbs:
    """Return the way back to the front of the knowledge."""
    return Crumbs((Link("Knowledge", reverse("knowledge")), *between), here)


# ---------------------------------------------------------------- filters, kept in the address


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice by which a list is narrowed; an empty value shows all."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]
    value: str = ""

    @property
    def options(self) -> tuple[tuple[str, str, bool], ...]:
        """Return each choice with whether it is chosen."""
        return tuple((value, label, value == self.value) for value, label in self.choices)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a list is narrowed by: words, choices, and whose pack."""

    action: str
    filters: tuple[Filter, ...]
    words: str = ""
    searches: bool = True
    every_pack: bool = False
    here: str = ""
    switches: bool = True  # whether the list has entries of other packs

    def chosen(self, name: str) -> str:
        """Return what a choice is narrowed to; nothing where it shows all."""
        return next(f.value for f in self.filters if f.name == name)

    @property
    def is_narrowed(self) -> bool:
        """Return whether anything is left out by choice."""
        return bool(self.words or any(f.value for f in self.filters))

    def address(self, **changes: str) -> str:
        """Return this list's address with something changed."""
        told = {
            "q": self.words,
            **{f.name: f.value for f in self.filters},
            "packs": ALL_PACKS if self.every_pack else "",
            **changes,
        }
        kept = {key: value for key, value in told.items() if value}
        return f"{self.action}?{urlencode(kept)}" if kept else self.action

    @property
    def switch(self) -> Link:
        """Return the link that shows the other packs too, or only the own."""
        if self.every_pack:
            return Link(f"Show only what holds in the {self.here}", self.address(packs=""))
        return Link("Show the other jurisdictions too", self.address(packs=ALL_PACKS))


def narrowed(
    request: HttpRequest,
    shelf: Shelf,
    offered: Mapping[str, tuple[str, Iterable[tuple[str, str]]]],
    *,
    searches: bool = True,
    switches: bool = True,
) -> Narrowed:
    """Read from the address what a list is narrowed by; a value that is not offered counts as none."""
    filters = []
    for name, (label, choices) in offered.items():
        listed = tuple(choices)
        wanted = request.GET.get(name, "")
        filters.append(Filter(name, label, listed, wanted if wanted in {v for v, _ in listed} else ""))
    return Narrowed(
        request.path,
        tuple(filters),
        words=request.GET.get("q", "")[:100].strip() if searches else "",
        searches=searches,
        every_pack=shelf.every_pack,
        here=shelf.here,
        switches=switches,
    )


def has_words(words: str, *texts: str) -> bool:
    """Say whether every word that was asked for stands in one of the texts."""
    told = " ".join(texts).casefold()
    return all(word in told for word in words.casefold().split())


def nothing_found(by: Narrowed, what: str) -> EmptyState:
    """Return what stands where a list is empty: what was asked for, and how to see all."""
    if by.is_narrowed:
        button = Button("Show all", href=by.action)
        return EmptyState(f"No {what} found", "Nothing here has all of that. Use fewer words.", button)
    return EmptyState(f"No {what}", "What is added to the knowledge files appears here.")


# ---------------------------------------------------------------- long lists, a page at a time


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of a long list."""

    number: int
    pages: int
    total: int
    before: str = ""
    after: str = ""


def leaf_of(request: HttpRequest, by: Narrowed, total: int) -> tuple[slice, Leaf]:
    """Return which part of a list to show, and the links to the parts beside it."""
    pages = max(1, -(-total // PAGE_SIZE))
    asked = request.GET.get("page", "1")
    number = min(max(int(asked), 1), pages) if asked.isdecimal() and len(asked) < 6 else 1
    return slice((number - 1) * PAGE_SIZE, number * PAGE_SIZE), Leaf(
        number,
        pages,
        total,
        by.address(page=str(number - 1)) if number > 1 else "",
        by.address(page=str(number + 1)) if number < pages else "",
    )
