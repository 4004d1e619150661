"""Measure how long things take, beside named references, and how exact they are first."""
