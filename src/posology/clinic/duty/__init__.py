"""Who is on duty and which equipment was looked at, day by day, and what it asks of a start."""
