"""Orders, right and wrong, through every door; see ``python -m tools.fuzz --help``."""
