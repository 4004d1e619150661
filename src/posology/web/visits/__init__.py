"""Appointments: the day by chairs, one patient's plan, and moving a visit by two lists."""
