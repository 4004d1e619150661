"""Refusals as pages: what was found, why it stops us, what to do. They say little, and nothing opens by mistake."""

from posology.web.errors.middleware import Refusals

__all__ = ["Refusals"]
