"""Ratings of what interrupted, as forms, as words and as the lines of an export without anybody's name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from uuid import UUID

from posology.clinic.care.ratings import LONGEST_WORDS, Intervention, Rated
from posology.clinic.orders.models import RatingRow
from posology.knowledge import Library
from posology.web.alerts.view_models import harmless, title_of
from posology.web.components import Choice, Field
from posology.web.components.text import day_text
from posology.web.page import new_id

RATINGS = (("useful", "Useful"), ("not useful", "Not useful"), ("wrong", "Wrong"))
_WORDS = dict(RATINGS)
HEAD = ("rule", "version", "moment", "role", "rating", "words", "order")


@dataclass(frozen=True, slots=True)
class RatingForm:
    """One rule of one order to rate: what it was, what one said of it, and empty fields."""

    order_id: UUID
    on: date
    rule: str
    title: str
    said: str  # what this person said so far; empty: nothing yet
    form_id: str
    rating: Field
    words: Field
    is_open: bool = False


def forms_of(
    interventions: Iterable[Intervention],
    library: Library,
    zone: tzinfo,
    *,
    sent: dict[str, str] | None = None,
    error: str = "",
    field: str = "",
) -> tuple[RatingForm, ...]:
    """Return a form for each; what was sent for one of them, and was refused, stays in it."""
    return tuple(
        _form(n, one, library, zone, sent if sent and sent.get("rule") == one.rule else None, error, field)
        for n, one in enumerate(interventions)
    )


def _form(
    n: int,
    one: Intervention,
    library: Library,
    zone: tzinfo,
    sent: dict[str, str] | None,
    error: str,
    field: str,
) -> RatingForm:
    typed = sent or {}
    choices = tuple(Choice(key, word, chosen=typed.get("rating") == key) for key, word in RATINGS)
    return RatingForm(
        one.order.pk,
        one.order.planned_on,
        one.rule,
        title_of(one.rule, library),
        said_of(one.mine, zone) if one.mine else "",
        typed.get("id") or new_id(),
        Field(
            "rating",
            "What do you think of it here?",
            kind="segments",
            choices=choices,
            id=f"id_rating_{n}",
            error=error if sent and field != "words" else "",
        ),
        Field(
            "words",
            "In words",
            kind="area",
            rows=2,
            required=False,
            value=typed.get("words", ""),
            id=f"id_words_{n}",
            hint=f"At most {LONGEST_WORDS} characters. They are exported: write no names.",
            error=error if sent and field == "words" else "",
        ),
        is_open=sent is not None,
    )


def said_of(row: RatingRow, zone: tzinfo) -> str:
    """Say what a person thought, and when."""
    words = f": {row.words}" if row.words else ""
    return f"{_WORDS[row.rating]}{words} ({day_text(row.at.astimezone(zone).date())})"


def rated_text(rated: Rated | None) -> str | None:
    """Write the counts of a rule in one short line; ``None`` where nobody rated it."""
    if rated is None or not rated.total:
        return None
    counted = ((rated.useful, "useful"), (rated.not_useful, "not useful"), (rated.wrong, "wrong"))
    return ", ".join(f"{count} {word}" for count, word in counted if count)


def export_lines(rows: Iterable[RatingRow]) -> Iterable[tuple[str, ...]]:
    """Yield the lines of the export, the head first: no name of anybody, and no cell that is a formula."""
    yield HEAD
    for row in rows:
        moment = row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = (row.rule, row.version, moment, row.role, row.rating, row.words, str(row.order_id))
        yield tuple(harmless(cell) for cell in line)
