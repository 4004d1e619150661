"""May this patient be treated: one verdict a rule, with what decided it, for each protocol."""
