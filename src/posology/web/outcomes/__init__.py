"""Questionnaires entered by staff: all items on one page, none chosen, and what an answer asks for."""
