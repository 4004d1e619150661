"""Options side by side, the second look, the signature: a clinician chooses, and signs what was read."""
