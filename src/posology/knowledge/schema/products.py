"""What stands on the shelf, and what is never ordered here."""

from typing import Literal

from pydantic import Field, model_validator

from posology.knowledge.schema.common import Certainty, Cited, Dated, Header, Number, Route, Substance


class Product(Cited):
    """One thing on the shelf: a vial with its strength, or a device with its content."""

    title: str
    substance: Substance
    routes: tuple[Route, ...]
    form: Literal["vial", "device", "oral"]
    strength_mg_per_mL: Number | None = None
    device_mg: Number | None = None
    volume_mL: Number | None = None
    dilute_first: tuple[Route, ...] = ()  # routes by which it may never be given undiluted
    codes: dict[str, str] = Field(default={})


class Refusal(Cited):
    """A substance by a route that is never ordered here, and why; no file may bring it back."""

    substance: Substance
    route: Route
    say: str = Field(max_length=240)
    do: str = Field(max_length=240)

    @model_validator(mode="after")
    def _rests_on_what_was_read(self) -> "Refusal":
        if self.certainty is Certainty.NOT_VERIFIED:
            raise ValueError("its certainty is N, and nobody can lift a refusal; it needs a source")
        return self


class ProductsFile(Header):
    """What stands on the shelf, and what never will."""

    kind: Literal["products"]
    values: dict[str, Dated] = Field(default={})
    products: dict[str, Product]
    refusals: dict[str, Refusal] = Field(default={})
