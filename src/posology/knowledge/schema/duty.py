"""Who has to be on duty and what has to be looked at before a dose, each need with its fact and its reach."""

from typing import Literal

from pydantic import Field, model_validator

from posology.knowledge.schema.common import Certainty, Cited, Header, Route, Strict, Substance, Texts


class Need(Cited):
    """For which doses something is needed; an empty list means all of a kind."""

    substances: tuple[Substance, ...] = ()
    routes: tuple[Route, ...] = ()
    jurisdictions: Texts = ()
    settings: tuple[Literal["outpatient", "inpatient"], ...] = ()  # as a programme certifies them
    when_rules: Texts = ()  # needed only for a patient about whom one of these rules speaks

    def reaches(self, substance: Substance, route: Route, jurisdiction: str) -> bool:
        """Return whether a dose of a substance by a route in a jurisdiction may need it."""
        return (
            (not self.substances or substance in self.substances)
            and (not self.routes or route in self.routes)
            and (not self.jurisdictions or jurisdiction in self.jurisdictions)
        )

    @property
    def only_holds(self) -> bool:
        """Whether nobody has checked the fact at its source, so that a prescriber may decide otherwise."""
        return self.certainty is Certainty.NOT_VERIFIED


class DutyPart(Strict):
    """One role of the day, or one thing of the equipment."""

    title: str = Field(max_length=60)
    say: str = Field(max_length=120)  # what a person is asked to see to
    needs: tuple[Need, ...] = Field(min_length=1)

    def asked_in(self, jurisdiction: str) -> bool:
        """Return whether any dose in a jurisdiction may need it."""
        return any(not need.jurisdictions or jurisdiction in need.jurisdictions for need in self.needs)


class DutyRole(DutyPart):
    """A role that a person has on one day; ``accounts`` says who may have it."""

    accounts: tuple[Literal["nurse", "prescriber", "director"], ...] = Field(min_length=1)


class DutyFile(Header):
    """The roles and the equipment of a day on which doses are given."""

    kind: Literal["duty"]
    roles: dict[str, DutyRole]
    equipment: dict[str, DutyPart]

    @model_validator(mode="after")
    def _names_are_apart(self) -> "DutyFile":
        both = sorted(set(self.roles) & set(self.equipment))
        if both:
            raise ValueError(f"'{both[0]}' is a role and a thing; give one of them another name")
        return self
