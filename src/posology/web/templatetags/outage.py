"""Gives a session's page what it needs to go on without the network."""

from django import template

from posology.clinic.accounts.models import User
from posology.clinic.care.chairside import Chairside
from posology.web.outage.beside import Beside, beside_of
from posology.web.outage.told import told_of

register = template.Library()


@register.simple_tag
def outage_data(chair: Chairside, user: User) -> str:
    """Return it as JSON, for an attribute of the page."""
    return told_of(chair, user)


@register.simple_tag
def outage_beside(chair: Chairside) -> tuple[Beside, ...]:
    """Return what does not fit, each beside what the record held."""
    return beside_of(chair)
