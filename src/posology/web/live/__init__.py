"""What is pushed to open pages: a heartbeat each second, what changed, and what calls for a person."""
