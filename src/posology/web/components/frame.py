"""What stands around every page: the site's frame, the loop a patient is in, tabs and buttons."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go: what it is called and where it is."""

    label: str
    href: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """The page frame. ``web/base.html`` reads it from the context under the name ``frame``.

    Without a ``user`` the frame shows neither navigation nor sign-out: the sign-in page uses it too.
    """

    site_name: str = ""
    user: str = ""
    role: str = ""
    navigation: tuple[Link, ...] = ()
    home_url: str = "/"
    sign_out_url: str = ""
    notices_url: str = ""  # where the page asks what is overdue; empty where it is told, or may not know
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Crumbs:
    """The way back up: links from the widest place to the one before this page, then this page's name."""

    template: ClassVar[str] = "web/components/crumbs.html"
    links: tuple[Link, ...]
    here: str


LOOP = ("Assessment", "Eligibility", "Options", "Order", "Session", "Outcome", "Next")


@dataclass(frozen=True, slots=True)
class LoopSteps:
    """Where this patient stands in the loop; ``current`` is one of ``LOOP``, ``done`` those behind it."""

    template: ClassVar[str] = "web/components/loop.html"
    current: str
    done: tuple[str, ...] = ()
    hrefs: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        unknown = {self.current, *self.done} - set(LOOP)
        if unknown:
            raise ValueError(f"{sorted(unknown)} is not a step of the loop. Use one of {LOOP}.")

    @property
    def position(self) -> int:
        """Return the number of the current step, counted from 1."""
        return LOOP.index(self.current) + 1

    @property
    def total(self) -> int:
        """Return how many steps the loop has."""
        return len(LOOP)

    @property
    def steps(self) -> tuple[tuple[str, str, str], ...]:
        """Return name, state (done, current, ahead) and address of each step, in order."""
        addresses = dict(self.hrefs)
        return tuple((name, self._state(name), addresses.get(name, "")) for name in LOOP)

    def _state(self, name: str) -> str:
        if name == self.current:
            return "current"
        return "done" if name in self.done else "ahead"


@dataclass(frozen=True, slots=True)
class Tabs:
    """Views of one subject beside each other; each is a link, so that each has an address."""

    template: ClassVar[str] = "web/components/tabs.html"
    label: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """A button, or with ``href`` a link that looks like one. The label says what will happen.

    ``kind`` is ``primary`` (one a page), ``secondary``, ``quiet`` or ``stop``; ``opens`` the id of a Dialog.
    """

    template: ClassVar[str] = "web/components/button.html"
    label: str
    kind: str = "secondary"
    href: str = ""
    name: str = ""
    value: str = ""
    icon: str = ""
    form: str = ""
    opens: str = ""
    disabled_because: str = ""
    submits: bool = True
