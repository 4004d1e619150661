"""Wiring only: settings, addresses, the process. The engine is put in place before anything else."""

from posology.server.sqlite.engine import put_in_place

put_in_place()
