"""Signing in and out, and the form that a fallen lock kept."""
