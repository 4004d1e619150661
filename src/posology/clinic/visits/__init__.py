"""Appointments: planned, moved and cancelled by acts that are only added; never an order."""
