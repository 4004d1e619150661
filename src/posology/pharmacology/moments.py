"""When two moments are one."""

SAME_MOMENT_H = 1e-10
"""Two moments nearer than this are one, h: rounding in the hours of a course of years, no pharmacology.

Twenty thousand hours are told apart to 4e-12 h, and the end of one stretch and the begin of the next are
worked out in two ways.
"""
