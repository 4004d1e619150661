"""What a dose becomes in this person: published models, run exactly, with their bands and their limits.

Knows models, regimens and populations; no rule, no order, no patient's record. Nothing here sets a dose or
waives a measurement. Needs NumPy; the floors above ask for it only where a curve is wanted.
"""
