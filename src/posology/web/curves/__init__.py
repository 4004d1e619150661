"""Curves on the pages: of each option, of another dose, and of what a session really gave."""
