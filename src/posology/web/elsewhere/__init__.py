"""Doses of ketamine or esketamine that were given elsewhere: the list, an entry, and its correction."""
