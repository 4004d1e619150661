"""Refusals as pages: what was found, why it stops us, what to do. They say little and fail closed."""

from posology.web.errors.middleware import Refusals

__all__ = ["Refusals"]
