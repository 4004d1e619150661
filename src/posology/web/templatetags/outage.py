"""Gives a session's page what it needs to go on without the network."""

from django import template

from posology.clinic.accounts.models import User
from posology.clinic.care.chairside import Chairside
from posology.web.outage.told import told_of

register = template.Library()


@register.simple_tag
def outage_data(chair: Chairside, user: User) -> str:
    """Return it as JSON, for an attribute of the page."""
    return told_of(chair, user)
