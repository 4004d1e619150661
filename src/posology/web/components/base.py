"""What every component has in common: a frozen view model that knows its own template."""

from typing import Any, ClassVar, Protocol

from django.template.loader import render_to_string
from django.utils.safestring import SafeString


class Component(Protocol):
    """A view model: plain values, and the template that alone may show them."""

    template: ClassVar[str]


def render_component(component: Component, **context: Any) -> SafeString:
    """Render one component by itself, for a part of a page that is swapped in place.

    Pass ``now`` in the context whenever the component shows how long ago something was.
    """
    return render_to_string(component.template, {"it": component, **context})
