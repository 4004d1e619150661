"""Supervised sessions as append-only logs of events; every view of one is a fold of its log."""
