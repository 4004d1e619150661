"""Bedside monitors: where each stands, what each says and how old that is, what is held back and why."""
