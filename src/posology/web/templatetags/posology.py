"""``{% load posology %}``: components, icons, form fields, and how numbers and moments are written.

The filters return a piece of markup inside which no line breaks; ``components/text.py`` has plain text.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms.boundfield import BoundField
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from posology.quantities import Quantity, elapsed, unit_of
from posology.web.components import text
from posology.web.components.base import Component
from posology.web.components.board import due_status
from posology.web.components.forms import field_of
from posology.web.components.status import Status
from posology.web.components.text import Term
from posology.web.templatetags.icons import ICONS

register = template.Library()

_MISSING = format_html('<span class="missing">{}</span>', text.MISSING)


@register.simple_tag(takes_context=True)
def component(context: Context, it: Component) -> SafeString:
    """Render a component through its own template; the page's ``now`` and csrf token reach it."""
    name = getattr(type(it), "template", None)
    if name is None:
        raise template.TemplateSyntaxError(
            f"A component was expected, but {type(it).__name__!r} has no template."
        )
    engine = context.template.engine  # type: ignore[union-attr]  # bound while a page is rendered
    with context.push(it=it):
        return engine.get_template(name).render(context)


@register.simple_tag(takes_context=True)
def field(context: Context, bound: BoundField, **changes: Any) -> SafeString:
    """Render a field of a Django form: ``{% field form.weight unit="kg" %}``."""
    return component(context, field_of(bound, **changes))


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon. It is hidden from screen readers: the word stands beside it."""
    drawing = mark_safe(ICONS[name])  # our own constant drawings
    return format_html(
        '<svg class="icon icon--{}" viewBox="0 0 20 20" width="20" height="20" '
        'aria-hidden="true" focusable="false">{}</svg>',
        name,
        drawing,
    )


@register.filter
def number(value: Decimal | int | None) -> SafeString:
    """Write a number: leading zero, no trailing zero, thousands parted by a thin gap."""
    if value is None:
        return _MISSING
    return format_html('<span class="quantity">{}</span>', text.number_text(value))


@register.filter
def quantity(value: Quantity | None) -> SafeString:
    """Write a quantity with its unit; mass and volume have classes of their own, to look different."""
    if value is None:
        return _MISSING
    kind = unit_of(value.unit).dimension.replace(" ", "-")
    return format_html('<span class="quantity quantity--{}">{}</span>', kind, text.quantity_text(value))


@register.filter
def terms(value: tuple[Term, ...]) -> SafeString:
    """Write a sum; it may break between its terms, never inside one."""
    pieces = [term if isinstance(term, str) else quantity(term) for term in value]
    joined = SafeString("")
    for n, piece in enumerate(pieces):
        joined = format_html("{}{}{}", joined, " " if n else "", piece)
    return joined


@register.filter
def day(value: date | None) -> SafeString:
    """Write a day as ``23-Nov-2026``; a moment gives its day in the site's zone."""
    if value is None:
        return _MISSING
    on = timezone.localtime(value).date() if isinstance(value, datetime) else value
    return format_html('<time class="day" datetime="{}">{}</time>', on.isoformat(), text.day_text(on))


@register.filter
def weekday(value: date | None) -> SafeString:
    """Write a day with its weekday, where people plan."""
    if value is None:
        return _MISSING
    on = timezone.localtime(value).date() if isinstance(value, datetime) else value
    return format_html('<time class="day" datetime="{}">{}</time>', on.isoformat(), text.weekday_text(on))


@register.filter
def clock(value: datetime | None) -> SafeString:
    """Write the time of day, 24 hours, in the site's zone (the active one)."""
    if value is None:
        return _MISSING
    shown = text.clock_text(value, timezone.get_current_timezone())
    return format_html('<time class="clock" datetime="{}">{}</time>', value.isoformat(), shown)


@register.filter
def zone(value: datetime) -> str:
    """Name the zone that is in force at a moment, for places where two are possible."""
    return text.zone_text(value, timezone.get_current_timezone())


@register.filter
def ago(value: datetime | None, now: datetime) -> SafeString:
    """Say how long ago a moment was: ``{{ reading.at|ago:now }}``. ``now`` is the page's own moment."""
    if value is None:
        return _MISSING
    if not isinstance(now, datetime):
        raise template.TemplateSyntaxError(
            "The filter 'ago' needs the page's moment: put 'now' into the context."
        )
    return format_html(
        '<time class="ago" datetime="{}" data-ago>{}</time>', value.isoformat(), text.ago_text(value, now)
    )


@register.filter
def age(value: datetime, now: datetime) -> SafeString:
    """Write the age of a live value, ``3 min``, under a heading that says it is one."""
    seconds = elapsed(value, now).total_seconds()
    return format_html(
        '<time class="ago" datetime="{}" data-ago="short">{}</time>',
        value.isoformat(),
        text.duration_text(seconds),
    )


@register.filter
def bp(systolic: int | Decimal | None, diastolic: int | Decimal | None = None) -> SafeString:
    """Write a blood pressure, ``{{ r.systolic|bp:r.diastolic }}``; never 0 for what was not taken."""
    return format_html('<span class="quantity">{}</span>', text.pressure_text(systolic, diastolic))


@register.filter
def timer_text(at: datetime, now: datetime) -> str:
    """Write what a running timer shows at this moment."""
    seconds = elapsed(at, now).total_seconds()
    return text.duration_text(abs(seconds))


@register.filter
def due_state(due_at: datetime, now: datetime) -> Status | None:
    """Return due, overdue or stale, or nothing while the time is still far."""
    return due_status(due_at, now)


@register.filter
def due_words(due_at: datetime, now: datetime) -> str:
    """Say how far a due time is: ``in 4 min``, ``due now``, ``4 min over``."""
    return text.due_text(due_at, now)
