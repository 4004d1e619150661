"""The board for a wall: four facts a chair, to be read from three metres; the free chairs in a line."""

from dataclasses import dataclass

from posology.clinic.care.board import Today
from posology.web.board.view_models import board_of
from posology.web.components import ChairCard


@dataclass(frozen=True, slots=True)
class Wall:
    """The chairs in use, what is due next first; the free ones by their numbers."""

    chairs: tuple[ChairCard, ...]
    free: tuple[str, ...]


def wall_of(today: Today, *, hidden: bool) -> Wall:
    """Build the wall; ``hidden`` leaves the letters out as well."""
    cards = board_of(today, locked=hidden).in_order
    numbers = tuple(str(chair.number) for chair in today.chairs if chair.session is None)
    return Wall(tuple(card for card in cards if card.phase), numbers)
