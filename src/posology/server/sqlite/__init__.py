"""SQLite as this product uses it: which engine may run, and whose turn it is to write."""
