"""Courses, orders, signatures and overrides: what was decided, by whom, under which hash."""
