"""Instruments: items, answers, bands, and the answers that need a person."""

from itertools import pairwise
from typing import Literal

from pydantic import model_validator

from posology.knowledge.schema.common import Cited, Dated, Header, Strict, Whole


class Item(Strict):
    """One item of an instrument."""

    number: Whole
    loinc: str
    text: str | None = None  # only where the wording may be shipped
    short: str


class AnswerChoice(Strict):
    """One answer an item may have."""

    value: Whole
    text: str | None = None
    loinc: str | None = None


class Band(Strict):
    """One range of totals and its name."""

    low: Whole
    high: Whole
    label: str


class RiskItem(Cited):
    """An answer that asks for a person the same day, whatever the total."""

    item: Whole
    above: Whole
    say: str


class MeasureFile(Header):
    """One instrument: items, answers, bands, and the answers that need a person."""

    kind: Literal["measure"]
    short_title: str
    loinc_panel: str
    loinc_total: str
    recall_days: Whole
    question: str | None = None
    notice: str
    items: tuple[Item, ...]
    answers: tuple[AnswerChoice, ...]
    bands: tuple[Band, ...]
    bands_cited: Cited
    values: dict[str, Dated]  # response_fall_percent, remission_below, meaningful_change
    risk: tuple[RiskItem, ...] = ()

    @model_validator(mode="after")
    def _bands_cover_the_range(self) -> "MeasureFile":
        low = min(a.value for a in self.answers) * len(self.items)
        high = max(a.value for a in self.answers) * len(self.items)
        edges = sorted((b.low, b.high) for b in self.bands)
        seams = all(a[1] + 1 == b[0] for a, b in pairwise(edges))
        if edges[0][0] != low or edges[-1][1] != high or not seams:
            raise ValueError(
                f"the bands do not cover {low} to {high} without gap or overlap; mend their edges"
            )
        return self
