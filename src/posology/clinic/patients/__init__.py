"""Patients of a clinic; every query says whose."""
