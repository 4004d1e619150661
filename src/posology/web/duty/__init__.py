"""Who is on duty today, and which equipment was looked at: one screen of the morning."""
