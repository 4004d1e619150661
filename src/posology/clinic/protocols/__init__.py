"""Protocols of a site's own: drafted by one person, approved by another, in force from a day, all kept."""
