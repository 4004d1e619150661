"""PostgreSQL as this product talks to it."""
