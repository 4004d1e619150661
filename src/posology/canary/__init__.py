"""Canaries: every rule, asked of synthetic patients through the real doors, in production (hazard H-18)."""

from posology.canary.watch import Silence, Watch, watch

__all__ = ["Silence", "Watch", "watch"]
