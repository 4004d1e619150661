"""One supervised session at the chair: gate, check, dose, readings, events, the way home, the record."""
